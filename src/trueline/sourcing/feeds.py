"""How fresh and how complete each feed is, held against what is asked of it (R6).

A feed is what measurements come through: a probe system, a collector, a partner. Sold offerings
name theirs in a characteristic. What a feed owes is a granule for all time in which a sold offering
with a measured objective was in service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Source
from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval
from trueline.inventory.resolve import objectives_of
from trueline.inventory.values import Product
from trueline.sourcing.reconcile import Sourced

NO_FEED = "(none told)"
EVERY = "*"


class FeedState(StrEnum):
    SOUND = "sound"
    STALE = "stale"  # its newest granule is older than may be
    THIN = "thin"  # too much of what it owes is missing
    SILENT = "silent"  # nothing came at all


@dataclass(frozen=True)
class FeedObjective:
    """`feed` `*`: every feed without an objective of its own."""

    feed: str
    max_age_s: int = 86_400
    min_completeness: Decimal = Decimal("0.95")


DEFAULT = FeedObjective(EVERY)


@dataclass(frozen=True)
class FeedHealth:
    """One feed over a period. `age_s`: from the end of its newest granule to the end of the period,
    or to now where that comes first; None where nothing came. `completeness` of owed time."""

    feed: str
    products: int
    series: int
    silent_series: int
    owed_s: int
    measured_s: int
    age_s: int | None
    objective: FeedObjective

    @property
    def completeness(self) -> Fraction | None:
        return Fraction(min(self.measured_s, self.owed_s), self.owed_s) if self.owed_s else None

    @property
    def state(self) -> FeedState:
        if self.age_s is None:
            return FeedState.SILENT
        if self.age_s > self.objective.max_age_s:
            return FeedState.STALE
        share = self.completeness
        if share is not None and share < Fraction(self.objective.min_completeness):
            return FeedState.THIN
        return FeedState.SOUND


@dataclass
class _Sum:
    products: set[str]
    series: int = 0
    silent: int = 0
    owed_s: int = 0
    measured_s: int = 0
    newest_s: int | None = None


def feed_health(
    sourced: Sourced, characteristic: str, objectives: Sequence[FeedObjective], *, now_s: int
) -> list[FeedHealth]:
    """Every feed that owed something in the period, those in trouble first."""
    until_s = min(sourced.period[1], now_s)
    sums: dict[str, _Sum] = {}
    for product in sourced.snapshot.products.values():
        owed = _owed(product, (sourced.period[0], until_s))
        if owed:
            own = sums.setdefault(_feed(product, characteristic), _Sum(set()))
            _add(own, product, owed, sourced)
    asked = {one.feed: one for one in objectives}
    found = [
        FeedHealth(
            feed=name,
            products=len(own.products),
            series=own.series,
            silent_series=own.silent,
            owed_s=own.owed_s,
            measured_s=own.measured_s,
            age_s=None if own.newest_s is None else max(0, until_s - own.newest_s),
            objective=asked.get(name) or asked.get(EVERY) or DEFAULT,
        )
        for name, own in sums.items()
        if own.series
    ]
    order = [FeedState.SILENT, FeedState.STALE, FeedState.THIN, FeedState.SOUND]
    return sorted(found, key=lambda f: (order.index(f.state), f.completeness or 0, f.feed))


def _feed(product: Product, characteristic: str) -> str:
    return product.characteristics.get(characteristic) or NO_FEED


def _owed(product: Product, period: Interval) -> Interval | None:
    """When the product was in service within the period."""
    start = max(period[0], seconds(product.start))
    end = period[1] if product.end is None else min(period[1], seconds(product.end))
    return (start, end) if start < end else None


def _add(own: _Sum, product: Product, owed: Interval, sourced: Sourced) -> None:
    own.products.add(product.id)
    for parameter in _measured_parameters(product, sourced):
        own.series += 1
        own.owed_s += owed[1] - owed[0]
        series = sourced.measured.get((product.id, parameter))
        if series is None:
            own.silent += 1
            continue
        own.measured_s += min(series.seconds, owed[1] - owed[0])
        own.newest_s = max(own.newest_s or series.end_s, series.end_s)


def _measured_parameters(product: Product, sourced: Sourced) -> Sequence[str]:
    """Parameters that some objective of the product needs granules of."""
    applied = objectives_of(product, sourced.catalog, sourced.snapshot, sourced.period[0])
    return sorted(
        {
            one.objective.parameter
            for one in applied
            if RULES[one.objective.statistic].source is not Source.EVENTS
        }
    )


def told_by(states: Mapping[str, int]) -> str:
    """`1 silent, 2 thin, 9 sound`."""
    return ", ".join(f"{states[s]:,} {s.value}" for s in FeedState if states.get(s)) or "none"
