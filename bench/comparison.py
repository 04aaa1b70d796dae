"""Answers of two programs to the same question, series by series."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

from bench.process import job

Answers = dict[str, float]


@dataclass(frozen=True)
class Difference:
    """`differ`: series apart by more than 1e-9, relative; `median` and `most` of those apart."""

    series: int
    differ: int
    median: float
    most: float

    def __str__(self) -> str:
        if not self.differ:
            return f"equal in all {self.series:,} series"
        return (
            f"{self.differ:,} of {self.series:,} series apart, relative median "
            f"{self.median:.1e}, most {self.most:.1e}"
        )


def difference(ours: Answers, theirs: Answers) -> Difference:
    keys = ours.keys() | theirs.keys()
    apart = []
    for key in keys:
        a, b = ours.get(key), theirs.get(key)
        if a is None or b is None:
            apart.append(float("inf"))
        elif abs(a - b) > 1e-9 * max(abs(a), abs(b)):
            apart.append(abs(a - b) / max(abs(a), abs(b)))
    return Difference(
        len(keys), len(apart), statistics.median(apart or [0.0]), max(apart, default=0.0)
    )


def expected_answers(products: int, question: str, folder: Path) -> Answers:
    path = folder / f"expected-{question}-{products}.json"
    job("bench.peers", "expected", products=products, question=question, path=str(path))
    return _read(path)


def trueline_answers(rows: Path) -> Answers:
    path = rows.with_suffix(".json")
    job("bench.peers", "rows_as_answers", rows=str(rows), path=str(path))
    return _read(path)


def _read(path: Path) -> Answers:
    found: Answers = json.loads(path.read_text(encoding="utf-8"))
    return found
