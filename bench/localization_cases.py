"""Cases of localization: the given ones where shared material lies, and generated ones.

`layered` follows the model of the sets S and L in the shared BENCHMARKS page, `quantised` the kind
of Squeeze B0; both with seeds of their own, so that no published instance is made again."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
Cause = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """A table, its attributes, the planted or labelled causes, and how `localize` is called."""

    table: pd.DataFrame
    attributes: list[str]
    causes: frozenset[Cause]
    asked: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    sizes: tuple[int, ...]
    noise: float
    severity: tuple[float, float]
    deviation: float
    anomalies: int
    elements: int
    leaves_only: bool


S = Kind((10, 12, 10, 8, 5), 0.25, (0.2, 1.0), 0.1, 3, 3, leaves_only=False)
L = Kind((10, 24, 10, 15), 0.1, (0.5, 1.0), 0.0, 5, 1, leaves_only=True)
B0_SIZES = (6, 36, 10, 10)


def layered(kind: Kind, seed: int) -> Case:
    """Weibull levels, a share of zeros, noise on either column; anomalies scale one column."""
    rng = np.random.default_rng([77, seed])
    codes = _grid(kind.sizes)
    noise, zeroed = rng.uniform(0, kind.noise), rng.uniform(0, 0.25)
    real = 100 * rng.weibull(rng.uniform(0.5, 1), len(codes)) * (rng.random(len(codes)) > zeroed)
    predict = np.maximum(0, real * (1 + rng.normal(0, noise, len(codes))))
    swapped = rng.integers(0, 2, len(codes)) == 1
    real, predict = np.where(swapped, predict, real), np.where(swapped, real, predict)
    columns = (real, predict) if real.sum() <= predict.sum() else (predict, real)
    causes: set[Cause] = set()
    placed: list[tuple[list[int], np.ndarray]] = []
    for _ in range(rng.integers(1, kind.anomalies + 1)):
        positions, elements = _placed(rng, kind, placed, codes, real)
        placed.append((positions, elements))
        severity = rng.uniform(*kind.severity) + noise
        deviation = rng.uniform(0, kind.deviation)
        rows = np.any([(codes[:, positions] == one).all(axis=1) for one in elements], axis=0)
        lost = rng.normal(severity, deviation, int(rows.sum()))
        columns[0][rows] = np.maximum(0, columns[1][rows] * (1 - lost))
        causes |= {_cause(positions, one) for one in elements}
    return _case(codes, real, predict, causes)


def _placed(
    rng: np.random.Generator,
    kind: Kind,
    placed: list[tuple[list[int], np.ndarray]],
    codes: np.ndarray,
    real: np.ndarray,
) -> tuple[list[int], np.ndarray]:
    """Elements of a cuboid not used before, sharing no attribute value with earlier ones."""
    count = len(kind.sizes)
    while True:
        layer = count if kind.leaves_only else int(rng.integers(1, count + 1))
        positions = sorted(rng.choice(count, layer, replace=False).tolist())
        if layer < count and any(positions == other for other, _ in placed):
            continue
        free = [_free(position, kind.sizes[position], placed) for position in positions]
        if not all(free):
            continue
        many = int(rng.integers(1, kind.elements + 1))
        elements = np.stack([rng.choice(values, many) for values in free], axis=1)
        if len(np.unique(elements, axis=0)) < many:
            continue
        told = [real[(codes[:, positions] == one).all(axis=1)].sum() > 0 for one in elements]
        if all(told):
            return positions, elements


def _free(position: int, size: int, placed: list[tuple[list[int], np.ndarray]]) -> list[int]:
    used = {
        int(value)
        for positions, elements in placed
        if position in positions
        for value in elements[:, positions.index(position)]
    }
    return [value for value in range(size) if value not in used]


def quantised(seed: int, noise: float = 0.01) -> Case:
    """Whole numbers over four decades, forecasts within the noise, 1-3 elements of one layer."""
    rng = np.random.default_rng([78, seed])
    codes = _grid(B0_SIZES)
    each = [rng.normal(0, 1, size)[codes[:, at]] for at, size in enumerate(B0_SIZES)]
    before = np.floor(np.exp(sum(each) + rng.normal(0.5, 1.5, len(codes))))
    before *= rng.random(len(codes)) > rng.uniform(0.1, 0.4)
    real = before.copy()
    layer, causes = int(rng.integers(1, 4)), set()
    for lost in rng.permutation([0.4, 0.6, 0.8, 1.0])[: rng.integers(1, 4)]:
        while True:
            positions = sorted(rng.choice(4, layer, replace=False).tolist())
            element = np.array([rng.integers(B0_SIZES[at]) for at in positions])
            rows = (codes[:, positions] == element).all(axis=1)
            if before[rows].sum() > 20 and _cause(positions, element) not in causes:
                break
        real[rows] = np.floor(before[rows] * (1 - lost) + rng.random(int(rows.sum())))
        causes.add(_cause(positions, element))
    return _case(codes, real, before * (1 + rng.normal(0, noise, len(codes))), causes)


def counted(seed: int) -> Case:
    """Poisson counts about means over four decades; two cases in three have one cause, up or down,
    the third has none."""
    rng = np.random.default_rng([80, seed])
    codes = _grid((10, 12, 10, 8))
    means = np.exp(rng.normal(1, 2, len(codes)))
    moved, causes = means.copy(), set()
    if seed % 3:
        positions = sorted(rng.choice(4, int(rng.integers(1, 3)), replace=False).tolist())
        element = np.array([rng.integers(codes[:, at].max() + 1) for at in positions])
        moved[(codes[:, positions] == element).all(axis=1)] *= (0.3, 2.0, 3.0)[seed // 3 % 3]
        causes = {_cause(positions, element)}
    return _case(codes, rng.poisson(moved).astype(float), means, causes)


def million(seed: int) -> Case:
    """A million leaves of six attributes with two causes."""
    rng = np.random.default_rng([79, seed])
    codes = _grid((10,) * 6)
    predict = 100 * rng.weibull(0.7, len(codes)) * (rng.random(len(codes)) > 0.1)
    real = predict * np.maximum(0, 1 + rng.normal(0, 0.1, len(codes)))
    causes = {((2, 3), (3, 1)): 0.6, ((0, 1, 4), (2, 4, 1)): 0.3}
    for (positions, element), factor in causes.items():
        rows = (codes[:, positions] == np.array(element)).all(axis=1)
        real[rows] = predict[rows] * factor
    named = {_cause(list(positions), np.array(element)) for positions, element in causes}
    return _case(codes, real, predict, named)


def squeeze_cases() -> Iterator[Case]:
    """The given instances of Squeeze B0."""
    files = _unpacked(SHARED / "rca-squeeze-b0" / "B0-dev.tar.xz")
    for name, held in sorted(files.items()):
        if not name.endswith("injection_info.csv"):
            continue
        for row in csv.DictReader(io.StringIO(held.decode())):
            table = files[name.replace("injection_info", str(row["timestamp"]))]
            causes = (one.split("&") for one in row["set"].split(";"))
            labels = frozenset(frozenset(_pair(part) for part in cause) for cause in causes)
            yield Case(pd.read_csv(io.BytesIO(table)), list("abcd"), labels)


def robustspot_cases() -> Iterator[Case]:
    """The given incidents of RS; the minute's rates are compared with the minutes before."""
    folder = SHARED / "rca-robustspot"
    files = {Path(name).name: held for name, held in _unpacked(folder / "RS-dev.tar.xz").items()}
    for label in yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8")):
        table = pd.read_csv(io.BytesIO(files[f"{label['data']}.csv"]))
        causes = label["cause"] if isinstance(label["cause"], list) else [label["cause"]]
        named = frozenset(frozenset((k, str(v)) for k, v in cause.items()) for cause in causes)
        attributes = [name for name in table.columns if name not in ("min", "value", "cnt")]
        asked = {"actual": "value", "denominator": "cnt", "time": "min", "at": label["timestamp"]}
        yield Case(table, attributes, named, asked)


@lru_cache(maxsize=1)
def _unpacked(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        return {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _grid(sizes: tuple[int, ...]) -> np.ndarray:
    return np.stack([axis.ravel() for axis in np.indices(sizes)], axis=1)


def _cause(positions: list[int], element: np.ndarray) -> Cause:
    pairs = zip(positions, element, strict=True)
    return frozenset(("abcdef"[at], f"{'abcdef'[at]}{int(value) + 1}") for at, value in pairs)


def _case(codes: np.ndarray, real: np.ndarray, predict: np.ndarray, causes: set[Cause]) -> Case:
    names = list("abcdef"[: codes.shape[1]])
    columns: dict[str, object] = {
        name: pd.Categorical.from_codes(
            codes[:, at], [f"{name}{value + 1}" for value in range(int(codes[:, at].max()) + 1)]
        )
        for at, name in enumerate(names)
    }
    return Case(
        pd.DataFrame({**columns, "real": real, "predict": predict}), names, frozenset(causes)
    )
