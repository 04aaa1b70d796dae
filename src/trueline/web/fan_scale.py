"""Where a day and a figure lie on the fan chart, and what is written along its axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 900, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 118, 30, 26
MOST_TICKS = 8


@dataclass(frozen=True)
class FanScale:
    """`first`: the day at the left edge; `days`: how many lie to the right edge."""

    first: date
    days: int
    low: float
    high: float
    told: Callable[[float], str]

    def x(self, day: date) -> float:
        share = (day - self.first).days / max(self.days, 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, figure: float) -> float:
        """A figure beyond the ends is drawn at the end."""
        held = min(max(figure, self.low), self.high)
        span = self.high - self.low or 1.0
        return TOP + (1 - (held - self.low) / span) * (HEIGHT - TOP - BOTTOM)

    def point(self, day: date, figure: float) -> str:
        return f"{self.x(day):.1f},{self.y(figure):.1f}"

    def ticks(self) -> list[float]:
        """Round figures, five or so."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        raw = span / 5
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [at * step for at in range(first, last + 1)]

    def months(self) -> list[tuple[date, str]]:
        """First days of months, thinned out, or of weeks where fewer than two months are shown."""
        last = self.first + timedelta(days=self.days)
        found = [day for day in _firsts(self.first, last) if day >= self.first]
        if len(found) < 2:
            monday = self.first + timedelta(days=-self.first.weekday() % 7)
            weeks = range((last - monday).days // 7 + 1)
            found = [monday + timedelta(days=7 * week) for week in weeks]
            return [(day, f"{day.day} {day:%b}") for day in found]
        found = found[:: -(-len(found) // MOST_TICKS)]
        return [(day, f"{day:%b %Y}" if at == 0 or day.month == 1 else f"{day:%b}")
                for at, day in enumerate(found)]  # fmt: skip


def _firsts(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def ends(
    usual: Iterable[float], wanted: Iterable[float], *, from_zero: bool
) -> tuple[float, float]:
    """Bottom and top: all usual figures, and of what is wanted as well all that does not press them
    flat (three times their height)."""
    known = list(usual) or [0.0, 1.0]
    low, high = min(known), max(known)
    span = (high - low) or abs(high) or 1.0
    reach = (low - 2 * span, high + 2 * span)
    more = [one for one in wanted if reach[0] <= one <= reach[1]]
    low, high = min([low, *more]), max([high, *more])
    if from_zero:
        low = min(0.0, low)
    margin = 0.04 * ((high - low) or 1.0)
    return (low if low == 0 else low - margin), high + margin
