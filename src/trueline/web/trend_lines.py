"""Findings of the newest scan of trends as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.safestring import SafeString

from trueline.trends.course_kind import Kind
from trueline.trends.findings import (
    WORSE,
    Outlook,
    QuietSeries,
    TrendFinding,
    TrendScan,
    told_chance,
)
from trueline.web.records import Records
from trueline.web.sparkline import SparkScale, sparkline
from trueline.web.version_marks import VersionMark, marks_text, version_marks
from trueline.web.wording import day_text, floor_percent

QUIET_SHOWN = 500
LEAST_SAVED = 0.01  # of the error of repeating last week, for a forecast to count as better
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
class ShownOutlook:
    """When it breaks, in short; with the interval; and how far the forecast is trusted."""

    when: str
    ahead: str
    trusted: str


@dataclass(frozen=True)
class TrendLine:
    """One finding in words, with its drawing."""

    finding: TrendFinding
    meaning: str
    since: str
    between: str
    before: str
    now: str
    sure: str
    breaks: ShownOutlook | None
    drawing: SafeString
    marks: tuple[VersionMark, ...]
    """Changes of the promise on the days that are drawn."""
    raised: str
    """Since when it is on record, empty where it is not."""


def trend_lines(
    scan: TrendScan,
    raised: Mapping[tuple[str, str, str, str], datetime],
    records: Records | None = None,
) -> tuple[list[TrendLine], list[TrendLine]]:
    """What is getting worse, and what only looks as if it did, each in the order of the scan."""
    worse = {kind.value for kind in WORSE}
    lines = [trend_line(one, scan, raised.get(one.series), records) for one in scan.findings]
    return (
        [line for line in lines if line.finding.kind in worse],
        [line for line in lines if line.finding.kind not in worse],
    )


@dataclass(frozen=True)
class QuietLine:
    """A series that was tested and not called, in words."""

    series: QuietSeries
    sure: str
    reach: str


def quiet_lines(scan: TrendScan) -> list[QuietLine]:
    """The surest first, QUIET_SHOWN at most."""
    order = sorted(scan.quiet, key=lambda one: (one.q_value, one.series))[:QUIET_SHOWN]
    return [
        QuietLine(
            one,
            told_chance(one.q_value),
            "cannot be told" if one.detectable is None else f"{one.detectable:.0%}",
        )
        for one in order
    ]


def trend_line(
    one: TrendFinding,
    scan: TrendScan,
    raised: datetime | None = None,
    records: Records | None = None,
) -> TrendLine:
    marks = _marks(one, scan, records)
    before, now = one.told()
    beyond = one.outlook is not None and one.now > one.outlook.line
    since = day_text(date.fromisoformat(one.since))
    return TrendLine(
        one,
        MEANINGS[Kind(one.kind)],
        f"{since} or before" if one.since == scan.first_day else since,
        _between(one),
        before,
        now,
        one.sure(),
        None if one.outlook is None else shown_outlook(one.outlook, beyond=beyond),
        _drawing(one, scan, marks),
        marks,
        "" if raised is None else day_text(raised.date()),
    )


def shown_outlook(outlook: Outlook, *, beyond: bool, ahead: str = "") -> ShownOutlook:
    """The forecast of a breach in words; `beyond`: the newest weeks lie beyond the line already."""
    floored = floor_percent(outlook.probability, 0)
    likely = "below 1 %" if floored == "0 %" else floored
    chance = f"{likely} within {outlook.days_ahead} days"
    if beyond:
        when = "is beyond its line now"
    elif outlook.expected:
        when = f"by {day_text(date.fromisoformat(outlook.expected))}"
        latest = f"to {day_text(date.fromisoformat(outlook.latest))}" if outlook.latest else "on"
        earliest = day_text(date.fromisoformat(outlook.earliest))
        ahead = f"{chance}, 80 % of it from {earliest} {latest}" + (f"; {ahead}" if ahead else "")
    else:
        when = f"not expected: {chance}"
    return ShownOutlook(when, ahead, _trusted(outlook))


def _trusted(outlook: Outlook) -> str:
    if outlook.error is None or outlook.naive_error is None:
        return "too little history to test the forecast on"
    saved = 1 - outlook.error / outlook.naive_error if outlook.naive_error else 0.0
    if saved < LEAST_SAVED:
        return "its back-test is no better than repeating last week: take the day with caution"
    return f"its back-test errs {floor_percent(saved, 0)} less than repeating last week"


def _between(one: TrendFinding) -> str:
    first, last = (date.fromisoformat(day) for day in (one.since_from, one.since_to))
    if first == last:
        return ""
    return f"{day_text(first)} to {day_text(last)}"


def _marks(one: TrendFinding, scan: TrendScan, records: Records | None) -> tuple[VersionMark, ...]:
    if records is None:
        return ()
    members: tuple[str, ...] = (one.key,)
    if one.dimension != "product":
        members = records.members_by_key(one.dimension).get(one.key, ())
    days = (date.fromisoformat(scan.first_day), date.fromisoformat(scan.last_day))
    return version_marks(records, one.objective_id, members, days)


def _drawing(one: TrendFinding, scan: TrendScan, marks: Sequence[VersionMark]) -> SafeString:
    """The course point by point, dashed lines on the day it began and where new levels start."""
    known = [value for value in one.course if value is not None]
    line = None if one.outlook is None else one.outlook.line
    top = max(known, default=1.0)
    shown = line if line is not None and line <= top else None
    scale = SparkScale(min(known, default=0.0), top, shown, False)
    first = date.fromisoformat(scan.first_day)
    days = sorted({one.since, *one.changes} - {scan.first_day})
    dated = [(date.fromisoformat(day) - first).days // scan.step_days for day in days]
    places = [(mark.day - first).days // scan.step_days for mark in marks]
    before, now = one.told()
    label = f"{before} before {one.since}, {now} in the newest four weeks"
    if one.changes:
        label += f"; new levels from {', '.join(one.changes)}"
    return sparkline(one.course, scale, label + marks_text(marks), dated=dated, marks=places)
