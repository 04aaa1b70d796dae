"""The published series that forecasts are measured on, and the goals for each set."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Series:
    name: str
    train: np.ndarray
    test: np.ndarray

    def earlier(self, steps: int) -> Series:
        """The same series as it stood `steps` values before; the test is as long."""
        whole = np.concatenate([self.train, self.test])
        end = len(self.train) - steps
        return Series(self.name, whole[:end], whole[end : end + len(self.test)])


@dataclass(frozen=True)
class ForecastSet:
    """`naive2`: sMAPE and MASE of M4's reference, from which OWA is taken; None for tourism.
    `peer`: what an automatic ETS reaches (statsforecast 2, measured elsewhere)."""

    name: str
    season: int
    horizon: int
    naive2: tuple[float, float] | None
    goals: Mapping[str, float]
    peer: Mapping[str, float] = field(default_factory=dict)

    def series(self) -> list[Series]:
        if self.naive2 is None:
            return _tourism()
        return _m4(self.name.removeprefix("M4 "))


SETS = (
    ForecastSet(
        "M4 Weekly",
        1,
        13,
        (9.161, 2.777),
        {"OWA": 0.80, "Brier": 0.20, "AUC": 0.80, "date F1": 0.25},
        {"OWA": 0.934, "Brier": 0.214, "AUC": 0.778, "date F1": 0.144},
    ),
    ForecastSet(
        "M4 Hourly",
        24,
        48,
        (18.383, 2.395),
        {"OWA": 0.43, "Brier": 0.13, "AUC": 0.85, "date F1": 0.52},
        {"OWA": 0.803, "Brier": 0.141, "AUC": 0.790, "date F1": 0.432},
    ),
    ForecastSet(
        "Tourism monthly",
        12,
        24,
        None,
        {"MASE": 1.45, "MAPE": 20.0, "Brier": 0.20, "AUC": 0.75, "date F1": 0.30},
        {"MASE": 1.531, "MAPE": 21.09, "Brier": 0.224, "AUC": 0.674, "date F1": 0.223},
    ),
)


def _m4(frequency: str) -> list[Series]:
    train, test = (
        _rows(DATA / "m4" / f"{frequency}-{part}-dev.csv.xz") for part in ("train", "test")
    )
    return [Series(name, values, test[name]) for name, values in train.items()]


def _rows(path: Path) -> dict[str, np.ndarray]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {row[0]: np.array([float(cell) for cell in row[1:] if cell]) for row in rows}


def _tourism() -> list[Series]:
    path = DATA / "tourism" / "tourism_monthly_dev.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        read = [json.loads(line) for line in file]
    return [Series(one["id"], np.array(one["train"]), np.array(one["test"])) for one in read]
