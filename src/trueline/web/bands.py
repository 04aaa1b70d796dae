"""A group over time: percentile band of its members' daily values, outliers, and heat days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from trueline.offerings.values import ServiceLevelObjective
from trueline.trends.cohort_course import quantiles
from trueline.web.daily import FloatMatrix, ObjectiveDays
from trueline.web.wording import day_text, floor_percent

SHARES = (5, 25, 50, 75, 95)
FENCE = 1.5  # Tukey's fence: this many quartile ranges beyond the quartile
NAMED = 5


@dataclass(frozen=True)
class Outlier:
    """A member outside the fence on its worse side."""

    product_id: str
    days_out: int
    days_known: int
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Band:
    days: tuple[date, ...]
    percentiles: tuple[tuple[float | None, ...], ...]  # one series per share of SHARES
    outliers: tuple[Outlier, ...]


@dataclass(frozen=True)
class HeatDay:
    """One day of the calendar; `level` 0 (worst) to 5 (all good), None = no data."""

    day: date
    share: float | None
    level: int | None
    of_members: bool = False  # the share of members whose day kept the target

    @property
    def text(self) -> str:
        if self.share is None:
            return f"{day_text(self.day)}: no data"
        what = "of members kept the target" if self.of_members else "good"
        return f"{day_text(self.day)}: {floor_percent(self.share)} {what}"

    @property
    def short(self) -> str:
        return floor_percent(self.share, 1).replace(" ", "") if self.share is not None else "–"


def band(days: ObjectiveDays, product_ids: Sequence[str], *, higher_is_better: bool) -> Band:
    """Percentiles per day over the members that have a value (RFC 2330: no interpolation)."""
    series = quantiles(days.value, SHARES)
    low, high = series[1], series[3]
    reach = FENCE * (high - low)
    with np.errstate(invalid="ignore"):
        out = days.value < low - reach if higher_is_better else days.value > high + reach
    counted = out.sum(axis=1)
    worst = sorted(np.flatnonzero(counted), key=lambda i: (-counted[i], i))[:NAMED]
    return Band(
        days.days,
        tuple(_listed(line) for line in series),
        tuple(
            Outlier(
                product_ids[int(days.products[i])],
                int(counted[i]),
                int((~np.isnan(days.value[i])).sum()),
                _listed(days.value[i]),
            )
            for i in worst
        ),
    )


def _listed(line: FloatMatrix) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in line)


def heat_days(days: ObjectiveDays) -> list[HeatDay]:
    """Pooled share of good time per day."""
    good, bad = days.good_s.sum(axis=0), days.bad_s.sum(axis=0)
    found = []
    for i, day in enumerate(days.days):
        known = int(good[i] + bad[i])
        share = float(Fraction(int(good[i]), known)) if known else None
        found.append(HeatDay(day, share, _level(share)))
    return found


def kept_days(days: ObjectiveDays, objective: ServiceLevelObjective) -> list[HeatDay]:
    """Share of the members whose value of the day keeps the target, for statistics that do not
    part time into good and bad."""
    target = float(objective.conformance_target)
    higher = objective.comparator.higher_is_better
    with np.errstate(invalid="ignore"):
        kept = days.value >= target if higher else days.value <= target
    known = ~np.isnan(days.value)
    found = []
    for i, day in enumerate(days.days):
        members = int(known[:, i].sum())
        share = float(Fraction(int(kept[:, i].sum()), members)) if members else None
        found.append(HeatDay(day, share, _level(share), of_members=True))
    return found


def _level(share: float | None) -> int | None:
    if share is None:
        return None
    return sum(share >= step for step in (0.5, 0.9, 0.95, 0.99, 1.0))


def weeks(days: Sequence[HeatDay]) -> list[list[HeatDay | None]]:
    """Rows of Monday to Sunday; None where the calendar has no day."""
    if not days:
        return []
    by_day = {entry.day: entry for entry in days}
    monday = days[0].day - timedelta(days=days[0].day.weekday())
    rows = []
    while monday <= days[-1].day:
        rows.append([by_day.get(monday + timedelta(days=n)) for n in range(7)])
        monday += timedelta(days=7)
    return rows
