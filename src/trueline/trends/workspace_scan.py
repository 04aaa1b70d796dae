"""One scan over a workspace: every group, offering, attribute and product, every objective.

In: the figures of the stored assessments by day or week, and who belonged where. Out: findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp

import numpy as np

from trueline.assessment.aggregate import Membership
from trueline.errors import InputError
from trueline.trends.cohort import Cohort
from trueline.trends.course_kind import Kind
from trueline.trends.daily_history import DailyHistory, ObjectiveHistory
from trueline.trends.deterioration import Course, ScanSetting, scan_groups
from trueline.trends.findings import (
    BAD_TIME,
    EXPLAINED,
    VALUE,
    WORSE,
    QuietSeries,
    TrendFinding,
    TrendScan,
)
from trueline.trends.measuring import MeasuringChange, most_told
from trueline.trends.outlook import ahead, outlook_of
from trueline.trends.told_once import Called, told_elsewhere
from trueline.trends.value_index import value_index

LEAST_DAYS = 28
EVERY_PRODUCT = "*"
MOST_FORECAST = 200


@dataclass(frozen=True)
class Promises:
    """What is known of the objectives beside their figures, by objective id."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    allowed: Mapping[str, float] = field(default_factory=dict)
    """Share of bad time that the promise leaves, where it speaks of shares of time."""
    targets: Mapping[str, float] = field(default_factory=dict)
    """Targets of objectives whose value is looked at."""


@dataclass(frozen=True)
class ScanRequest:
    """What is scanned and how."""

    over: Sequence[Membership]
    worse_values: Mapping[str, int]
    """Objectives whose value is looked at as well: +1 where higher is worse, -1 where lower is."""
    setting: ScanSetting
    measuring_changed: Mapping[str, Sequence[MeasuringChange]] = field(
        default_factory=dict, hash=False
    )
    """By product id; EVERY_PRODUCT for all of them."""
    promises: Promises = field(default_factory=Promises, hash=False)
    customers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Customer by product id."""


@dataclass(frozen=True)
class Series:
    """One series of the scan; `worse` is 0 for bad time, else the sign of a worse value."""

    membership: Membership
    history: ObjectiveHistory
    rows: np.ndarray
    worse: int = 0

    @property
    def measure(self) -> str:
        return VALUE if self.worse else BAD_TIME

    @property
    def product_ids(self) -> tuple[str, ...]:
        return tuple(self.history.product_ids[row] for row in self.rows)


def scan_history(history: DailyHistory, request: ScanRequest) -> TrendScan:
    """Test every membership with every objective.

    Raises InputError when fewer than four weeks are stored.
    """
    span = history.days * history.step_days
    if span < LEAST_DAYS:
        raise InputError(f"only {span} days are assessed", mend=f"Assess at least {LEAST_DAYS}")
    asked = list(_asked(history, request))
    cohorts = [cohort_of(history, one, request) for one in asked]
    courses = scan_groups(cohorts, request.setting)
    found = {
        at: _finding(history, asked[at], course, (cohorts[at], request))
        for at, course in enumerate(courses)
        if course.kind in (*WORSE, *EXPLAINED)
    }
    for at, where in _elsewhere(asked, cohorts, courses, found).items():
        told_in = f"{found[where].dimension} {found[where].key}"
        found[at] = replace(found[at], kind=Kind.ELSEWHERE.value, member="", told_in=told_in)
    _look_ahead(history, asked, cohorts, (found, request))
    quiet = [_quiet(history, one, course) for one, course in zip(asked, courses, strict=True)]
    told = [one for one in quiet if one is not None]
    no_trend = [one for one in told if one.kind == Kind.NO_TREND_FOUND.value]
    reach = [one.detectable for one in no_trend if one.detectable is not None]
    return TrendScan(
        history.first.isoformat(),
        history.newest.isoformat(),
        sum(course.kind is not Kind.UNKNOWN for course in courses),
        sum(course.kind is Kind.UNKNOWN for course in courses),
        request.setting.share_false,
        request.setting.dependent,
        float(np.median(reach)) if reach else 0.0,
        len(no_trend) - len(reach),
        tuple(_ranked(list(found.values()))),
        tuple(told),
        history.step_days,
    )


def _ranked(found: list[TrendFinding]) -> list[TrendFinding]:
    """What is getting worse by rank, then what something else explains, by q."""
    order = [kind.value for kind in EXPLAINED]
    worse = {kind.value for kind in WORSE}
    told = [one for one in found if one.kind in worse]
    rest = [one for one in found if one.kind not in worse]
    return sorted(told, key=lambda f: (*f.rank(), f.key)) + sorted(
        rest, key=lambda f: (f.q_value, order.index(f.kind), f.key)
    )


def _asked(history: DailyHistory, request: ScanRequest) -> Iterator[Series]:
    """Bad time where there was any at all, for without it nothing can be seen to grow; and values
    of the objectives named."""
    for objective in history.objectives:
        for membership in request.over:
            yield from series_of(objective, membership, request.worse_values)


def series_of(
    objective: ObjectiveHistory, membership: Membership, worse_values: Mapping[str, int]
) -> Iterator[Series]:
    """The series of one membership and objective."""
    rows = np.array(sorted(objective.rows_of(membership.product_ids)), dtype=np.intp)
    worse = worse_values.get(objective.objective_id, 0)
    if len(rows) and objective.bad_s[rows].any():
        yield Series(membership, objective, rows)
    if len(rows) and worse and (objective.value[rows] > 0).any():
        yield Series(membership, objective, rows, worse)


def _elsewhere(
    asked: Sequence[Series],
    cohorts: Sequence[Cohort],
    courses: Sequence[Course],
    found: Mapping[int, TrendFinding],
) -> dict[int, int]:
    """Findings whose trend comes from members of another, by the place of that other."""
    alike: dict[tuple[str, int], list[int]] = {}
    for at, course in enumerate(courses):
        if course.kind in WORSE:
            objective = (asked[at].history.objective_id, asked[at].worse)
            alike.setdefault(objective, []).append(at)
    elsewhere = {}
    for places in alike.values():
        called = [
            Called(
                asked[at].product_ids, cohorts[at], courses[at], found[at].now - found[at].before
            )
            for at in places
        ]
        for one, other in told_elsewhere(called).items():
            elsewhere[places[one]] = places[other]
    return elsewhere


def _look_ahead(
    history: DailyHistory,
    asked: Sequence[Series],
    cohorts: Sequence[Cohort],
    told: tuple[dict[int, TrendFinding], ScanRequest],
) -> None:
    """Give what is getting worse its outlook, the surest first, where it has a line."""
    found, request = told
    worse = {kind.value for kind in WORSE}
    places = [at for at in found if found[at].kind in worse]
    for at in sorted(places, key=lambda at: found[at].q_value)[:MOST_FORECAST]:
        line = line_of(asked[at], request.promises)
        forecast = ahead(cohorts[at]) if line is not None else None
        if line is not None and forecast is not None:
            outlook = outlook_of(forecast, line, history.day(history.days - 1), history.step_days)
            found[at] = replace(found[at], outlook=outlook)


def line_of(series: Series, promises: Promises) -> float | None:
    """The promise in the measure of a series: the allowed share of bad time; or the index at which
    the middle member, at its usual value 1, meets its target. None where there is none."""
    objective = series.history.objective_id
    if not series.worse:
        return promises.allowed.get(objective)
    target = promises.targets.get(objective)
    usual = usual_value(series)
    if target is None or target <= 0 or usual is None:
        return None
    return float((target / usual) ** series.worse)


def usual_value(series: Series) -> float | None:
    """The usual value of the middle member, each member's own being its median."""
    value = series.history.value[series.rows]
    known = np.where(value > 0, value, np.nan)
    own = known[np.isfinite(known).any(axis=1)]
    return float(np.median(np.nanmedian(own, axis=1))) if len(own) else None


def changes_of(series: Series, request: ScanRequest) -> dict[str, list[MeasuringChange]]:
    """Changes of the measuring that reach this series, by product."""
    parameter = request.promises.parameters.get(series.history.objective_id, "")
    every = request.measuring_changed.get(EVERY_PRODUCT, ())
    return {
        product: [
            one
            for one in (*request.measuring_changed.get(product, ()), *every)
            if one.parameter in ("", parameter)
        ]
        for product in series.product_ids
    }


def cohort_of(history: DailyHistory, series: Series, request: ScanRequest) -> Cohort:
    """The members' days; measuring changed where it did for at least half of them on one day."""
    counts: dict[int, int] = defaultdict(int)
    for changes in changes_of(series, request).values():
        for at in {history.at(one.day) for one in changes}:
            counts[at] += 1
    points = tuple(
        sorted(
            at
            for at, count in counts.items()
            if 0 < at < history.days and 2 * count >= len(series.rows)
        )
    )
    if series.worse:
        index = value_index(series.history.value[series.rows], series.worse)
        return Cohort(index, np.ones_like(index), False, points, history.step_days)
    known = series.history.known_s[series.rows]
    bad = np.where(known > 0, series.history.bad_s[series.rows], np.nan)
    return Cohort(bad, known, True, points, history.step_days)


def _finding(
    history: DailyHistory, asked: Series, course: Course, of: tuple[Cohort, ScanRequest]
) -> TrendFinding:
    cohort, request = of
    since = course.since or 0
    told = tuple(_told(cohort))
    first, last = course.since_between or (since, since)
    products = asked.product_ids
    return TrendFinding(
        asked.membership.dimension,
        asked.membership.key,
        asked.history.objective_id,
        asked.measure,
        course.kind.value,
        course.q_value,
        history.day(since).isoformat(),
        history.day(first).isoformat(),
        history.day(last).isoformat(),
        *_before_and_now(cohort, since, LEAST_DAYS // history.step_days),
        "" if course.member is None else products[course.member],
        len(asked.rows),
        told,
        changes=tuple(history.day(at).isoformat() for at in course.changes),
        because=_because(history, asked, course, request),
        customers=len({request.customers[one] for one in products if one in request.customers}),
    )


def _because(history: DailyHistory, asked: Series, course: Course, request: ScanRequest) -> str:
    """The evidence of a change of the measuring, empty for every other course."""
    if course.kind is not Kind.MEASUREMENT_CHANGE:
        return ""
    found = changes_of(asked, request).values()
    then = [one for changes in found for one in changes if history.at(one.day) == course.since]
    return most_told(then)


def _quiet(history: DailyHistory, asked: Series, course: Course) -> QuietSeries | None:
    """A series that was tested and not called; None for one that was, or had too little data."""
    if course.kind not in (Kind.NO_TREND_FOUND, Kind.BETTER) or course.test is None:
        return None
    reach = course.test.detectable_slope * (history.days - 1)
    return QuietSeries(
        asked.membership.dimension,
        asked.membership.key,
        asked.history.objective_id,
        asked.measure,
        course.kind.value,
        course.q_value,
        exp(min(reach, 50.0)) - 1 if np.isfinite(reach) else None,
    )


def _before_and_now(cohort: Cohort, since: int, reach: int) -> tuple[float, float]:
    """Pooled over the four weeks before it began, and the newest four; over the first four where
    fewer lie before."""
    start = slice(max(0, since - reach), since) if since >= reach else slice(0, reach)
    before, now = (_pooled(cohort, part) for part in (start, slice(-reach, None)))
    return before, now


def _pooled(cohort: Cohort, part: slice) -> float:
    """Share of bad time, or the index, of some days together; 0 where nothing is known."""
    seen = np.isfinite(cohort.numerator[:, part])
    total = float(np.where(seen, cohort.numerator[:, part], 0.0).sum())
    weight = float(np.where(seen, cohort.denominator[:, part], 0.0).sum())
    if weight <= 0:
        return 0.0
    return total / weight if cohort.bounded else exp(total / weight)


def _told(cohort: Cohort) -> Iterator[float | None]:
    """What is drawn: the share of bad time, or the index with 1 as the usual value."""
    seen = np.isfinite(cohort.numerator)
    total = np.where(seen, cohort.numerator, 0.0).sum(axis=0)
    weight = np.where(seen, cohort.denominator, 0.0).sum(axis=0)
    for one, of in zip(total, weight, strict=True):
        ratio = float(one / of) if of > 0 else None
        yield ratio if ratio is None or cohort.bounded else exp(ratio)
