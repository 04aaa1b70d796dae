"""Stored assessments as the pages read them: memory-mapped, kept until a file changes."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueline.assessment.values import Verdict
from trueline.calendars.instants import parse_instant
from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.settings.workspace import Workspace
from trueline.web.daily import DailyFigures, daily_figures

FILES = ("rows.parquet", "daily.parquet", "aggregates.parquet", "assessment.json")


@dataclass(frozen=True)
class AssessmentFacts:
    """What assessment.json says of how the figures came about."""

    period: str
    delivery: int | None  # the newest delivery that was known
    as_of: datetime | None
    assessed_at: datetime | None
    data_until: datetime | None


@dataclass(frozen=True, eq=False)  # one object per reading: it keys the caches of the pages
class StoredAssessment:
    """One period's rows, daily figures and aggregates, with what a page asks of them."""

    folder: Path
    stamp: tuple[int, ...]
    facts: AssessmentFacts
    rows: pa.Table
    aggregates: pa.Table
    daily_table: pa.Table

    @cached_property
    def daily(self) -> DailyFigures:
        return daily_figures(self.daily_table)

    @cached_property
    def verdict_counts(self) -> dict[Verdict, int]:
        counted = pc.value_counts(self.rows["verdict"]).to_pylist()
        found = {Verdict(entry["values"]): int(entry["counts"]) for entry in counted}
        return {verdict: found.get(verdict, 0) for verdict in Verdict}


_opened: dict[Path, StoredAssessment] = {}
_opening = threading.Lock()


def stored_periods(workspace: Workspace) -> tuple[str, ...]:
    """Labels of the assessed periods, newest first."""
    if not workspace.results.is_dir():
        return ()
    found = []
    for folder in workspace.results.iterdir():
        if all((folder / name).is_file() for name in FILES):
            try:
                found.append((parse_period(folder.name).first, folder.name))
            except InputError:
                continue  # a folder that someone else put there
    return tuple(label for _, label in sorted(found, reverse=True))


def open_assessment(workspace: Workspace, period: str) -> StoredAssessment | None:
    """The stored assessment of `period`, None where there is none."""
    if period not in stored_periods(workspace):
        return None
    folder = workspace.results / period
    stamp = tuple((folder / name).stat().st_mtime_ns for name in FILES)
    known = _opened.get(folder)
    if known is not None and known.stamp == stamp:
        return known
    with _opening:
        known = _opened.get(folder)
        if known is None or known.stamp != stamp:
            known = _read(folder, stamp)
            _opened[folder] = known
    return known


def _read(folder: Path, stamp: tuple[int, ...]) -> StoredAssessment:
    return StoredAssessment(
        folder=folder,
        stamp=stamp,
        facts=_facts(folder),
        rows=pq.read_table(folder / "rows.parquet", memory_map=True),
        aggregates=pq.read_table(folder / "aggregates.parquet", memory_map=True),
        daily_table=pq.read_table(folder / "daily.parquet", memory_map=True),
    )


def _facts(folder: Path) -> AssessmentFacts:
    kept = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
    delivery = kept.get("delivery")
    return AssessmentFacts(
        period=folder.name,
        delivery=int(delivery) if delivery is not None else None,
        as_of=_moment(kept.get("as_of")),
        assessed_at=_moment(kept.get("assessed_at")),
        data_until=_moment(kept.get("data_until")),
    )


def _moment(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
