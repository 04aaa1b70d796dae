"""When a group breaks its line: the forecast of its weeks, and the day on which it crosses.

Of each day the seven days up to it are looked at, so that one bad day is no breach yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from trueline.trends.breach import breach_date
from trueline.trends.cohort import Cohort
from trueline.trends.findings import Outlook
from trueline.trends.forecasting import Forecast, forecast
from trueline.trends.observations import Floats

DAYS_AHEAD = 90
LEAST_POINTS = 20
"""Points with data without which nothing is forecast."""


@dataclass(frozen=True)
class Ahead:
    """The group's weeks on the tested scale, (points,), and their forecast."""

    weeks: Floats
    forecast: Forecast
    bounded: bool


def trailing_weeks(cohort: Cohort) -> Floats:
    """Pooled figure of the seven days up to each point, on the tested scale; NaN for a point
    without data of its own."""
    seen = np.isfinite(cohort.numerator) & (np.nan_to_num(cohort.denominator) > 0)
    total = np.where(seen, cohort.numerator, 0.0).sum(axis=0)
    weight = np.where(seen, cohort.denominator, 0.0).sum(axis=0)
    weeks = cohort.on_scale(_last(total, cohort.week), _last(weight, cohort.week))
    return np.where(weight > 0, weeks, np.nan)


def _last(daily: Floats, points: int) -> Floats:
    total = np.cumsum(np.concatenate([np.zeros(points), daily]))
    sums: Floats = total[points:] - total[:-points]
    return sums


def ahead(cohort: Cohort) -> Ahead | None:
    """The forecast over DAYS_AHEAD, None where too little is known."""
    weeks = trailing_weeks(cohort)
    known = np.flatnonzero(np.isfinite(weeks))
    if len(known) < LEAST_POINTS:
        return None
    horizon = -(-DAYS_AHEAD // cohort.step_days)
    # Seven days hold every weekday once: what is left has no season of a week.
    found = forecast(weeks[known[0] : known[-1] + 1], 1, horizon)
    return Ahead(weeks, found, cohort.bounded)


def line_on_scale(line: float, *, bounded: bool) -> float:
    """An allowed share of bad time as a logit, a line of the index as a logarithm."""
    if not bounded:
        return float(np.log(line))
    share = min(max(line, 1e-9), 1 - 1e-9)
    return float(np.log(share / (1 - share)))


def outlook_of(found: Ahead, line: float, newest: date, step_days: int) -> Outlook:
    """When the line is crossed; `newest` is the first day of the newest point."""
    breach = breach_date(found.forecast, line_on_scale(line, bounded=found.bounded), "above")

    def day(step: int | None) -> str:
        if step is None:
            return ""
        return (newest + timedelta(days=(step + 1) * step_days)).isoformat()

    score = breach.score
    return Outlook(
        line,
        len(found.forecast.mean) * step_days,
        breach.probability,
        day(breach.expected),
        day(breach.earliest),
        day(breach.latest),
        None if score is None else score.error,
        None if score is None else score.naive_error,
    )


def common_line(lines: Sequence[float]) -> float | None:
    """The line that most members share, the looser of two; None where there is none."""
    if not lines:
        return None
    return max(set(lines), key=lambda one: (lines.count(one), one))
