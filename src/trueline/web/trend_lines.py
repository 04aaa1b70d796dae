"""Findings of the newest scan of trends as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from trueline.trends.deterioration import Kind
from trueline.trends.findings import WORSE, TrendFinding, TrendScan
from trueline.web.records import Records
from trueline.web.sparkline import SparkScale, sparkline
from trueline.web.version_marks import VersionMark, marks_text, version_marks

MEANINGS = {
    Kind.DETERIORATION: "slowly getting worse",
    Kind.STEP: "became worse at once",
    Kind.ONE_MEMBER: "one member is getting worse",
    Kind.MEASUREMENT_CHANGE: "the measuring changed, not the service",
    Kind.MIX_CHANGE: "the members changed, not the service",
    Kind.SEASON: "this time of the year is always like that",
    Kind.ELSEWHERE: "comes from its members in",
    Kind.TOO_SMALL: "too small to matter",
}


@dataclass(frozen=True)
class TrendLine:
    """One finding in words, with its drawing."""

    finding: TrendFinding
    meaning: str
    before: str
    now: str
    sure: str
    drawing: SafeString
    marks: tuple[VersionMark, ...] = ()  # changes of the promise on the days that are drawn


def trend_lines(
    scan: TrendScan, records: Records | None = None
) -> tuple[list[TrendLine], list[TrendLine]]:
    """What is getting worse, and what only looks as if it did, each in the order of the scan."""
    worse = {kind.value for kind in WORSE}
    lines = [_line(one, scan, records) for one in scan.findings]
    return (
        [line for line in lines if line.finding.kind in worse],
        [line for line in lines if line.finding.kind not in worse],
    )


def _line(one: TrendFinding, scan: TrendScan, records: Records | None) -> TrendLine:
    before, now = one.told()
    first = date.fromisoformat(scan.first_day)
    marks = _marks(one, (first, date.fromisoformat(scan.last_day)), records)
    return TrendLine(
        one,
        MEANINGS[Kind(one.kind)],
        before,
        now,
        one.sure(),
        _drawing(one, first, marks),
        marks,
    )


def _marks(
    one: TrendFinding, days: tuple[date, date], records: Records | None
) -> tuple[VersionMark, ...]:
    if records is None:
        return ()
    members: tuple[str, ...] = (one.key,)
    if one.dimension != "product":
        members = records.members_by_key(one.dimension).get(one.key, ())
    return version_marks(records, one.objective_id, members, days)


def _drawing(one: TrendFinding, first: date, marks: Sequence[VersionMark]) -> SafeString:
    """The course day by day, a dashed line on the day it began."""
    known = [value for value in one.course if value is not None]
    scale = SparkScale(min(known, default=0.0), max(known, default=1.0), None, False)
    began = (date.fromisoformat(one.since) - first).days
    label = f"{one.before:.3g} before {one.since}, {one.now:.3g} in the newest four weeks"
    places = [(mark.day - first).days for mark in marks]
    return sparkline(one.course, scale, label + marks_text(marks), began=began, marks=places)
