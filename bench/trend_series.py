"""Series with known truths, and real ones with people's change points, for the section trends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHARED = Path(__file__).resolve().parents[2] / "shared/data/tcpd"


@dataclass(frozen=True)
class Annotated:
    """A real series and where each annotator marked a change."""

    name: str
    values: list[float | None]
    annotations: list[list[int]]


def annotated_series() -> list[Annotated]:
    """The series of the Turing Change Point Dataset that are here; empty where there are none."""
    if not SHARED.is_dir():
        return []
    marks = json.loads((SHARED / "annotations.json").read_text(encoding="utf-8"))
    found = []
    for path in sorted((SHARED / "series").glob("*.json")):
        one = json.loads(path.read_text(encoding="utf-8"))
        values = one["series"][0]["raw"]
        found.append(Annotated(path.stem, values, list(marks[path.stem].values())))
    return found


def autocorrelated(rng: np.random.Generator, runs: int, size: int) -> np.ndarray:
    """AR(1) noise of correlation 0.5 and deviation 1, (runs, size)."""
    news = rng.normal(size=(runs, size + 60)) * np.sqrt(0.75)
    for at in range(1, size + 60):
        news[:, at] += 0.5 * news[:, at - 1]
    return news[:, 60:]


def daily_series(rows: int, days: int = 365) -> np.ndarray:
    """Noise with a week in it; one in ten with a step, one in seven with a slope (rows, days)."""
    rng = np.random.default_rng(1)
    week = np.tile([0.0, 0.0, 0.0, 0.1, 0.3, 1.0, 0.9], days // 7 + 1)[:days]
    values = rng.normal(size=(rows, days)) + week
    values[::10, days // 2 :] += 1.5
    values[::7] += 0.005 * np.arange(days)
    return values
