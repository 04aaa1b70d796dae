"""The members of a group over time, in the unit people know: bands, outliers, and what may come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from trueline.trends.daily_history import DailyHistory
from trueline.trends.findings import Outlook
from trueline.trends.level_changes import change_points
from trueline.trends.observations import Floats
from trueline.trends.outlook import Ahead, ahead, outlook_of, trailing_weeks
from trueline.trends.week_pattern import WeekPattern, week_pattern
from trueline.trends.workspace_scan import (
    ScanRequest,
    Series,
    cohort_of,
    line_of,
    usual_value,
)

SHARES = (10, 25, 50, 75, 90)
FENCE = 1.5
"""Quartile ranges beyond the quartile on the worse side, from which a day of a member is out."""
NAMED = 5
LEAST_OUT = 0.1
"""Share of its known days on which a member has to be out to be named."""
AHEAD_LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)

Listed = tuple[float | None, ...]


@dataclass(frozen=True)
class NamedMember:
    """A member that is worse than its peers, with its own line."""

    product_id: str
    points_out: int
    points_known: int
    values: Listed


@dataclass(frozen=True)
class Coming:
    """The forecast: one line per level of AHEAD_LEVELS; point 0 follows the newest one."""

    lines: tuple[Listed, ...]
    outlook: Outlook | None


@dataclass(frozen=True)
class CohortCourse:
    """Points in order of time; figures are shares of bad time, or values in their own unit."""

    days: tuple[date, ...]
    step_days: int
    known: tuple[int, ...]
    """Members with a figure."""
    bands: tuple[Listed, ...]
    """One line per share of SHARES: the figure that this share of the members does not exceed."""
    group: Listed
    """All together over the seven days up to each; of values, the index at the usual value."""
    trend: Listed
    """The same without the pattern of the week and without spikes."""
    named: tuple[NamedMember, ...]
    changes: tuple[date, ...]
    """First days on which the group follows another level or slope."""
    line: float | None
    coming: Coming | None
    week: WeekPattern | None
    """None of a weekly view."""

    def coming_day(self, step: int) -> date:
        """The first day of a point ahead."""
        return self.days[-1] + timedelta(days=(step + 1) * self.step_days)


def cohort_course(history: DailyHistory, series: Series, request: ScanRequest) -> CohortCourse:
    """What the page of one group and objective draws."""
    cohort = cohort_of(history, series, request)
    unit = _Unit(cohort.bounded, series.worse, usual_value(series) or 1.0)
    figures = _figures(series)
    promised = line_of(series, request.promises)
    line = None if promised is None else float(unit.shown_plain(promised))
    pooled = cohort.pooled()
    daily = cohort.week == 7 and len(pooled) >= 14
    week = week_pattern(pooled, history.first.weekday()) if daily else None
    forecast = ahead(cohort)
    known = np.isfinite(figures)
    worse = -1 if series.worse < 0 else 1
    return CohortCourse(
        tuple(history.day(at) for at in range(history.days)),
        history.step_days,
        tuple(int(count) for count in known.sum(axis=0)),
        tuple(_listed(row) for row in quantiles(figures)),
        _listed(unit.shown(trailing_weeks(cohort))),
        _listed(unit.shown(week.trend)) if week is not None else (),
        named_members(figures, series.product_ids, worse),
        tuple(history.day(at) for at in change_points(_weekless(pooled, week))),
        line,
        None if forecast is None else _coming(history, forecast, unit, promised),
        week,
    )


@dataclass(frozen=True)
class _Unit:
    """From the tested scale to what people know."""

    bounded: bool
    worse: int
    usual: float

    def shown(self, on_scale: Floats) -> Floats:
        """Shares of bad time from logits; values from logarithms of the index."""
        if self.bounded:
            share: Floats = 1 / (1 + np.exp(-on_scale))
            return share
        value: Floats = self.usual * np.exp(self.worse * on_scale)
        return value

    def shown_plain(self, figure: float) -> float:
        """A share as it is; a value from the index itself."""
        return figure if self.bounded else self.usual * figure**self.worse


def _figures(series: Series) -> Floats:
    """(members, points): share of bad time, or the value, NaN where nothing is known."""
    if series.worse:
        value = series.history.value[series.rows]
        return np.where(value > 0, value, np.nan)
    known = series.history.known_s[series.rows]
    bad = series.history.bad_s[series.rows]
    share: Floats = np.divide(bad, known, out=np.full(known.shape, np.nan), where=known > 0)
    return share


def quantiles(figures: Floats, shares: Sequence[int] = SHARES) -> Floats:
    """(shares, points): nearest ranks, without interpolation (RFC 2330); NaN without a member."""
    ordered = np.sort(figures, axis=0)  # NaN last
    known = np.isfinite(figures).sum(axis=0)
    rank = np.maximum(-(-np.array(shares)[:, None] * known[None, :] // 100), 1) - 1
    found = np.take_along_axis(ordered, rank, axis=0)
    result: Floats = np.where(known > 0, found, np.nan)
    return result


def named_members(
    figures: Floats, product_ids: tuple[str, ...], worse: int
) -> tuple[NamedMember, ...]:
    """Those that lie beyond the fence on their worse side on most days, NAMED at most.

    Of fewer than four members none can be said to be unlike the others.
    """
    if len(figures) < 4:
        return ()
    bands = quantiles(figures)
    low, high = bands[1], bands[3]
    reach = FENCE * (high - low)
    with np.errstate(invalid="ignore"):
        out = figures > high + reach if worse > 0 else figures < low - reach
    known = np.isfinite(figures).sum(axis=1)
    count = out.sum(axis=1)
    often = np.flatnonzero((count > 0) & (count >= LEAST_OUT * known))
    worst = sorted(often, key=lambda row: (-count[row], product_ids[row]))[:NAMED]
    return tuple(
        NamedMember(product_ids[row], int(count[row]), int(known[row]), _listed(figures[row]))
        for row in worst
    )


def _weekless(pooled: Floats, week: WeekPattern | None) -> Floats:
    """The group's points less the pattern of the week."""
    return pooled if week is None else pooled - week.season


def _coming(history: DailyHistory, forecast: Ahead, unit: _Unit, promised: float | None) -> Coming:
    lines = tuple(
        _listed(unit.shown(np.asarray(forecast.forecast.quantile(one)))) for one in AHEAD_LEVELS
    )
    if promised is None:
        return Coming(lines, None)
    newest = history.day(history.days - 1)
    return Coming(lines, outlook_of(forecast, promised, newest, history.step_days))


def _listed(line: Floats) -> Listed:
    return tuple(float(one) if np.isfinite(one) else None for one in line)
