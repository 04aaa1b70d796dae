"""What slowly gets worse in one scan over groups, and what only looks as if it did.

Every group with enough days is tested; the Benjamini-Hochberg procedure is applied over all of
them. Only what is called at that level is then asked, in this order, whether it is

- a change of the measuring: it goes away when the days after a recorded change are set level,
- a change of the mix: it goes away in a fixed cohort with fixed weights,
- one bad member: it gets worse itself, and the trend goes away when it is left out,
- a season of the year: it goes away when weeks are compared with the same weeks of other years, or
  with the harmonics of the year that the years share,
- a step: two levels describe it better than a line, or two lines that meet,

and is called deterioration when it is none of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trueline.assessment.false_discovery import q_values
from trueline.trends.cohort import LEAST_DAYS_SEEN, Cohort
from trueline.trends.course_kind import Kind
from trueline.trends.many_series import SeriesScan, scan_many, without_cycle
from trueline.trends.monotone_trend import TrendTest, trend_test
from trueline.trends.observations import Floats
from trueline.trends.onset import Shape, onset
from trueline.trends.year_season import without_year

YEAR_WEEKS = 52
STILL_THERE = 0.05
"""A trend is gone when what is left of it is not called at this level, or is less than half."""


@dataclass(frozen=True)
class ScanSetting:
    """Which findings are called."""

    share_false: float = 0.05
    """Highest q-value that is called."""
    floor: float = 0.0
    """Smallest change over the days looked at, on the tested scale, that matters in practice."""
    dependent: bool = False
    """Benjamini-Yekutieli instead, where the groups share members or network."""


@dataclass(frozen=True)
class Course:
    """What was found of one group. Slopes are per day, on the tested scale (logit if bounded)."""

    kind: Kind
    test: TrendTest | None
    """None without enough data."""
    q_value: float
    scanned: int
    """Groups tested in this scan; the q-value holds among them."""
    since: int | None = None
    """0-based day on which it began."""
    since_between: tuple[int, int] | None = None
    """First and last day on which it may have begun, 95 %."""
    change: float = 0.0
    """Height of the step, or rise since it began; over all days where nothing is called."""
    member: int | None = None
    """The one bad member."""
    changes: tuple[int, ...] = ()
    """0-based days on which new levels start."""


def scan_groups(cohorts: Sequence[Cohort], setting: ScanSetting | None = None) -> list[Course]:
    """One course per group of equally long cohorts, higher values being worse."""
    setting = setting or ScanSetting()
    enough = [cohort.coverage() >= LEAST_DAYS_SEEN for cohort in cohorts]
    tested = [cohort for cohort, yes in zip(cohorts, enough, strict=True) if yes]
    if not tested:
        return [Course(Kind.UNKNOWN, None, np.nan, 0) for _ in cohorts]
    week, step_days = tested[0].week, tested[0].step_days
    series = np.array([cohort.pooled() for cohort in tested])
    plain, seasonal = without_year(series, step_days)
    scans = scan_many(plain, season=week)
    q = q_values([one.test.p_adjusted for one in scans], dependent=setting.dependent)
    by_year = {
        int(at): one.test
        for at, one in zip(
            np.flatnonzero(seasonal), scan_many(series[seasonal], season=week), strict=True
        )
    }
    found = iter(
        _season_called(
            _course(cohort, scan, (float(one_q), len(tested)), setting), by_year.get(at), setting
        )
        for at, (cohort, scan, one_q) in enumerate(zip(tested, scans, q, strict=True))
    )
    return [
        next(found) if yes else Course(Kind.UNKNOWN, None, np.nan, len(tested)) for yes in enough
    ]


def _season_called(course: Course, with_year: TrendTest | None, setting: ScanSetting) -> Course:
    """A course in which nothing is called but its season of the year, left in, would be."""
    if course.kind is not Kind.NO_TREND_FOUND or with_year is None or with_year.s <= 0:
        return course
    change = with_year.slope * (with_year.points - 1)
    if with_year.p_adjusted > setting.share_false or change < setting.floor:
        return course
    return replace(course, kind=Kind.SEASON, since=0, since_between=(0, 0), change=change)


def still_there(cohort: Cohort, without: np.ndarray, test: TrendTest) -> bool:
    """Whether the trend stays when the members of these rows are left out."""
    left = cohort.without(without)
    if float(np.isfinite(left).mean()) < LEAST_DAYS_SEEN:
        return False
    return not _gone(_plain(left, cohort), test)


def _course(
    cohort: Cohort, scan: SeriesScan, sure: tuple[float, int], setting: ScanSetting
) -> Course:
    q, scanned = sure
    change = scan.test.slope * (cohort.numerator.shape[1] - 1)
    if q > setting.share_false:
        return Course(Kind.NO_TREND_FOUND, scan.test, q, scanned, change=change)
    if scan.test.s < 0:
        return Course(Kind.BETTER, scan.test, q, scanned, change=change)
    if change < setting.floor:
        return Course(Kind.TOO_SMALL, scan.test, q, scanned, change=change)
    plain = _plain(cohort.pooled(), cohort)
    kind, where = _explained(cohort, plain, scan.test)
    began = onset(plain)
    if began.shape is Shape.STEP and kind is Kind.DETERIORATION:
        kind = Kind.STEP
    found = Course(kind, scan.test, q, scanned, began.day, began.between, began.change)
    found = replace(found, changes=tuple(scan.level_changes))
    if kind is Kind.MEASUREMENT_CHANGE and where is not None:
        return replace(found, since=where, since_between=(where, where))
    return replace(found, member=where)


def _explained(cohort: Cohort, plain: Floats, test: TrendTest) -> tuple[Kind, int | None]:
    """What explains the trend, with the day of a change of the measuring or the one bad member."""
    for day in cohort.measuring_changed:
        if _gone(_set_level(plain, day, 4 * cohort.week), test):
            return Kind.MEASUREMENT_CHANGE, day
    if cohort.mixing() and _gone(_plain(cohort.fixed(), cohort), test):
        return Kind.MIX_CHANGE, None
    if len(cohort.numerator) > 2:
        member = _worst_member(cohort)
        if _rises(cohort, member) and _gone(_plain(cohort.without(member), cohort), test):
            return Kind.ONE_MEMBER, member
    if _seasonal(plain, cohort.week):
        return Kind.SEASON, None
    return Kind.DETERIORATION, None


def _gone(series: Floats, test: TrendTest) -> bool:
    left = trend_test(series)
    return left.p_adjusted > STILL_THERE or left.slope < test.slope / 2


def _set_level(series: Floats, day: int, reach: int) -> Floats:
    """The series with the days from `day` moved to the level of the `reach` days before."""
    before, after = series[max(0, day - reach) : day], series[day : day + reach]
    if not (np.isfinite(before).any() and np.isfinite(after).any()):
        return series
    moved = series.copy()
    moved[day:] -= np.nanmedian(after) - np.nanmedian(before)
    return moved


def _worst_member(cohort: Cohort) -> int:
    """The member whose excess over its share grew most from the first half to the second."""
    half = cohort.numerator.shape[1] // 2
    own = np.nan_to_num(cohort.numerator)
    weight = np.where(np.isfinite(cohort.numerator), np.nan_to_num(cohort.denominator), 0.0)
    usual = own[:, :half].sum() / max(float(weight[:, :half].sum()), 1e-300)
    excess = own - usual * weight
    return int(np.argmax(excess[:, half:].sum(axis=1) - excess[:, :half].sum(axis=1)))


def _rises(cohort: Cohort, member: int) -> bool:
    """Whether the member alone gets worse: one long outage is no trend of its own."""
    others = np.delete(np.arange(len(cohort.numerator)), member)
    own = trend_test(_plain(cohort.without(others), cohort))
    return own.s > 0 and own.p_adjusted <= STILL_THERE


def _seasonal(plain: Floats, week: int) -> bool:
    """Whether the trend goes away when weeks are compared with the same weeks of other years."""
    weeks = len(plain) // week
    if weeks < 2 * YEAR_WEEKS:
        return False
    shaped = plain[-weeks * week :].reshape(weeks, week)
    count = np.isfinite(shaped).sum(axis=1)
    means = np.nansum(shaped, axis=1) / np.maximum(count, 1)
    found = trend_test(np.where(count > 0, means, np.nan), season=YEAR_WEEKS)
    return found.p_value > STILL_THERE or found.slope <= 0


def _plain(series: Floats, cohort: Cohort) -> Floats:
    """The series less the season of the year, where the years show one, and that of the week."""
    left, _ = without_year(series[None, :], cohort.step_days)
    plain: Floats = without_cycle(left, cohort.week)[0]
    return plain
