"""Axes of the charts: time in the zone of the promise, values in the unit people know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import altair as alt
import numpy as np
import numpy.typing as npt

from trueline.calendars.instants import instant, seconds, zone
from trueline.calendars.intervals import Interval
from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective, Statistic
from trueline.web.wording import is_share, unit_of

TICKS = 16
FAR = 1.6  # a peak this many times beyond the usual values would flatten everything else
DURATIONS = frozenset({Statistic.TIME_TO_REPAIR, Statistic.LONGEST_EVENT})


@dataclass(frozen=True)
class ValueAxis:
    """How values are written: as a percentage, in hours, or as they are with their unit."""

    title: str
    form: str  # percent | hours | plain
    low: float | None = None  # ends of the drawing where the values alone do not give them
    high: float | None = None

    def y(self, field: str) -> alt.Y:
        scale = alt.Scale(zero=False)
        if self.low is not None and self.high is not None:
            scale = alt.Scale(domain=[self.low, self.high], nice=False)
        axis = alt.Axis(format=self.told)
        return alt.Y(f"{field}:Q", title=self.title, scale=scale, axis=axis)

    def drawn(self, value: float) -> float:
        """A stored value in the unit of the axis."""
        return value / 3600 if self.form == "hours" else value

    @property
    def told(self) -> str:
        """The format of values on the axis and in tooltips."""
        return ".4~p" if self.form == "percent" else ".5~g"


@dataclass(frozen=True)
class TimeAxis:
    """Ticks at midnights of a zone, and the expression that writes them in its time."""

    zone_name: str
    ticks_ms: tuple[int, ...]
    shift: str

    @property
    def x(self) -> alt.X:
        label = f"utcFormat(datum.value + ({self.shift}), '%-d %b')"
        # As an expression: Vega's interpreter takes datetime(number) for a year.
        ticks = alt.ExprRef(expr=f"[{', '.join(map(str, self.ticks_ms))}]")
        axis = alt.Axis(values=ticks, labelExpr=label, labelOverlap=True)
        scale = alt.Scale(type="utc", nice=False)
        return alt.X("t:T", title=f"{self.zone_name} time", scale=scale, axis=axis)


def time_axis(period: Interval, zone_name: str) -> TimeAxis:
    """Midnights of the zone within the period, at most TICKS of them; a change of the clocks
    moves the label, never the tick off midnight."""
    first, last = (instant(s).astimezone(zone(zone_name)).date() for s in period)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    step = -(-len(days) // TICKS)
    midnights = [datetime.combine(day, time(), zone(zone_name)) for day in days]
    kept = [seconds(m) for m in midnights if period[0] <= seconds(m) <= period[1]]
    return TimeAxis(zone_name, tuple(s * 1000 for s in kept[::step]), _shift(midnights))


def _shift(midnights: list[datetime]) -> str:
    """Offset from UTC in milliseconds as an expression of the tick's own time."""
    offsets = [int((m.utcoffset() or timedelta()).total_seconds() * 1000) for m in midnights]
    written = str(offsets[-1])
    for before, after, at in reversed(list(zip(offsets, offsets[1:], midnights[1:], strict=False))):
        if before != after:
            written = f"datum.value < {seconds(at) * 1000} ? {before} : ({written})"
    return written


def granule_axis(parameter: PerformanceParameter) -> ValueAxis:
    if parameter.unit == "ratio" or parameter.kind == "ratio":
        return ValueAxis("value", "percent")
    unit = unit_of(parameter)
    return ValueAxis(f"value ({unit})" if unit else "value", "plain")


def daily_axis(
    objective: ServiceLevelObjective | None, parameter: PerformanceParameter | None
) -> ValueAxis:
    if objective is not None and is_share(objective, parameter):
        return ValueAxis("daily value", "percent")
    if objective is not None and objective.statistic in DURATIONS:
        return ValueAxis("daily value (h)", "hours")
    unit = unit_of(parameter)
    return ValueAxis(f"daily value ({unit})" if unit else "daily value", "plain")


def held_in(axis: ValueAxis, values: npt.NDArray[np.float64], limit: float | None) -> ValueAxis:
    """The axis ended where a few far peaks would press the rest of the line flat; they are
    marked at its end instead."""
    if len(values) == 0 or limit is None:
        return axis
    usual = max(float(np.quantile(values, 0.98)), limit) * 1.25
    lowest = min(float(values.min()), limit)
    if usual <= 0 or float(values.max()) <= FAR * usual:
        return axis
    return ValueAxis(axis.title, axis.form, min(lowest * 0.9, lowest), usual)
