"""Findings of the newest scan of trends as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from trueline.trends.deterioration import Kind
from trueline.trends.findings import WORSE, TrendFinding, TrendScan
from trueline.web.sparkline import SparkScale, sparkline

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


def trend_lines(scan: TrendScan) -> tuple[list[TrendLine], list[TrendLine]]:
    """What is getting worse, and what only looks as if it did, each in the order of the scan."""
    worse = {kind.value for kind in WORSE}
    lines = [_line(one, scan) for one in scan.findings]
    return (
        [line for line in lines if line.finding.kind in worse],
        [line for line in lines if line.finding.kind not in worse],
    )


def _line(one: TrendFinding, scan: TrendScan) -> TrendLine:
    before, now = one.told()
    return TrendLine(
        one,
        MEANINGS[Kind(one.kind)],
        before,
        now,
        one.sure(),
        _drawing(one, date.fromisoformat(scan.first_day)),
    )


def _drawing(one: TrendFinding, first: date) -> SafeString:
    """The course day by day, a dashed line on the day it began."""
    known = [value for value in one.course if value is not None]
    scale = SparkScale(min(known, default=0.0), max(known, default=1.0), None, False)
    began = (date.fromisoformat(one.since) - first).days
    label = f"{one.before:.3g} before {one.since}, {one.now:.3g} in the newest four weeks"
    return sparkline(one.course, scale, label, began=began)
