"""Samples of labelled series as granules: their periods, ratio pairs, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trueline.intake.ledger import SetAsideRow
from trueline.measurement.formats.series import Integers, SeriesMapping, Target, Targets
from trueline.measurement.granules import GRANULE_SCHEMA, MAX_START_S, GranuleBatch

_PAIR_SHIFT = 33  # a start before 2100 fits below


@dataclass(frozen=True)
class Samples:
    """Columns of equal length: the number of the target, the period, the value, and where the
    series stands in its source (1-based)."""

    target: Integers
    start_s: Integers
    duration_s: Integers
    value: NDArray[np.float64]
    line: Integers

    def __len__(self) -> int:
        return len(self.target)

    def only(self, keep: NDArray[np.bool_]) -> Samples:
        if keep.all():
            return self
        return Samples(
            self.target[keep],
            self.start_s[keep],
            self.duration_s[keep],
            self.value[keep],
            self.line[keep],
        )


@dataclass(frozen=True)
class Decoded:
    """A decoded push: `refused` samples of it are in no granule."""

    batch: GranuleBatch
    samples: int
    refused: int
    warnings: tuple[str, ...] = ()


def start_of(time_s: Integers, duration_s: Integers, mapping: SeriesMapping) -> Integers:
    """The start of the granule that a sample at `time_s` stands for."""
    floored = time_s - time_s % mapping.align_s if mapping.align_s > 1 else time_s
    return floored - duration_s if mapping.timestamp_is_end else floored


def decoded(samples: Samples, targets: Targets, faults: Sequence[SetAsideRow] = ()) -> Decoded:
    """The granules of `samples`. `faults`: one row per sample that could not be read at all."""
    set_aside = list(faults)
    total = len(samples) + len(faults)
    samples = _addressed(samples, targets, set_aside)
    samples = _in_time(samples, set_aside)
    samples, denominator = _paired(samples, targets, set_aside)
    batch = GranuleBatch(_table(samples, denominator, targets), tuple(set_aside))
    return Decoded(batch, total, total - len(samples))


def _addressed(samples: Samples, targets: Targets, set_aside: list[SetAsideRow]) -> Samples:
    """Samples of series that lead to a product; the others in one row per reason."""
    lost = targets.rows(samples.target)[:, Targets.FAULT].astype(np.bool_)
    if not lost.any():
        return samples
    counts: dict[str, int] = {}
    first: dict[str, tuple[int, Target]] = {}
    for at in np.flatnonzero(lost):
        target = targets.known[samples.target[at]]
        counts[target.fault] = counts.get(target.fault, 0) + 1
        first.setdefault(target.fault, (int(samples.line[at]), target))
    for fault, (line, target) in first.items():
        reason = f"{fault} ({counts[fault]} samples of this push; the first is shown)"
        set_aside.append(SetAsideRow(line, "labels", reason, target.labels))
    return samples.only(~lost)


def _in_time(samples: Samples, set_aside: list[SetAsideRow]) -> Samples:
    good = (samples.start_s >= 0) & (samples.start_s <= MAX_START_S)
    for at in np.flatnonzero(~good):
        line, start = int(samples.line[at]), str(samples.start_s[at])
        set_aside.append(SetAsideRow(line, "timestamp", "the time is before 1970 or absurd", start))
    return samples.only(good)


def _paired(
    samples: Samples, targets: Targets, set_aside: list[SetAsideRow]
) -> tuple[Samples, NDArray[np.float64] | None]:
    """Numerators with the denominator of the same product, parameter and start."""
    if not targets.mapping.ratios():
        return samples, None
    rows = targets.rows(samples.target)
    below = rows[:, Targets.DENOMINATOR].astype(np.bool_)
    ratio = rows[:, Targets.RATIO].astype(np.bool_)
    pairs = rows[:, Targets.PRODUCT] * len(targets.parameters.texts) + rows[:, Targets.PARAMETER]
    pair = np.unique(pairs, return_inverse=True)[1].reshape(-1)
    key = (pair << _PAIR_SHIFT) + samples.start_s
    keys, first = np.unique(key[below], return_index=True)
    at = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
    found = keys[at] == key if len(keys) else np.zeros(len(samples), dtype=np.bool_)
    denominator = np.full(len(samples), np.nan)
    wanted = found & ratio & ~below
    denominator[wanted] = samples.value[below][first][at[wanted]]
    _lonely(samples, targets, ratio & ~below & ~found, "its denominator", set_aside)
    unmatched = below & ~np.isin(key, key[ratio & ~below])
    _lonely(samples, targets, unmatched, "its numerator", set_aside)
    keep = ~below & (~ratio | found)
    return samples.only(keep), denominator[keep]


def _lonely(
    samples: Samples,
    targets: Targets,
    which: NDArray[np.bool_],
    other: str,
    set_aside: list[SetAsideRow],
) -> None:
    for at in np.flatnonzero(which):
        target = targets.known[samples.target[at]]
        reason = f"{other} is not in the same push"
        text = f"{target.product_id}, start {samples.start_s[at]}, value {samples.value[at]!s}"
        set_aside.append(SetAsideRow(int(samples.line[at]), target.parameter, reason, text))


def _table(samples: Samples, denominator: NDArray[np.float64] | None, targets: Targets) -> pa.Table:
    rows = targets.rows(samples.target)
    bottoms = (
        pa.nulls(len(samples), pa.float64())
        if denominator is None
        else pa.array(denominator, pa.float64(), from_pandas=True)  # NaN: not a ratio
    )
    columns = [
        targets.products.dictionary(rows[:, Targets.PRODUCT]),
        targets.parameters.dictionary(rows[:, Targets.PARAMETER]),
        pa.array(samples.start_s, pa.int64()),
        pa.array(samples.duration_s.astype(np.int32), pa.int32()),
        pa.array(samples.value, pa.float64()),
        bottoms,
        pa.array(np.zeros(len(samples), dtype=np.bool_)),
        pa.array(samples.line, pa.int64()),
    ]
    return pa.Table.from_arrays(columns, schema=GRANULE_SCHEMA)
