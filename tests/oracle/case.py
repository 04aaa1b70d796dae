"""What one figure is worked from: one product, one objective, one calendar period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.intervals import Interval, both, holds, length, union, without
from tests.oracle.workspace import Event, Granule, exact


@dataclass(frozen=True)
class Case:
    objective: dict[str, Any]
    ratio: bool  # the parameter is a ratio of two counters
    scope: list[Interval]
    exclusions: list[Interval]
    granules: list[Granule]  # all of the product and parameter, in time order
    events: list[Event]  # those whose kind the parameter names
    as_of: int

    @property
    def allowed(self) -> list[Interval]:
        """Scope less the exclusions: the time that counts."""
        return without(self.scope, self.exclusions)

    @property
    def excluded_s(self) -> int:
        return length(both(self.scope, self.exclusions))

    @property
    def trusted(self) -> list[Granule]:
        return [granule for granule in self.granules if not granule.suspect]

    def counted(self) -> list[Granule]:
        """Trusted granules that start in the time that counts."""
        allowed = self.allowed
        return [granule for granule in self.trusted if holds(allowed, granule.start)]

    def started(self) -> list[Event]:
        """Events that start in scope."""
        where = self.scope
        if self.objective.get("excluded_events", "count") == "ignore":
            where = self.allowed
        return [event for event in self.events if holds(where, event.start)]

    def end_of(self, event: Event) -> int:
        """An open event lasts until as-of."""
        if event.end is not None:
            return event.end
        return max(event.start, self.as_of)


@dataclass(frozen=True)
class Figure:
    """What a statistic finds. `unknown` time is the rest of the allowed time."""

    value: Fraction | None
    good: int
    bad: int
    samples: int | None
    best: Fraction | None = None
    worst: Fraction | None = None
    crossings: tuple[int, ...] | None = None  # instants, where the statistic knows such
    open_events: int | None = None
    nothing_asked: bool = False  # no demand: no counted event, zero denominator sum
    error: Fraction = Fraction(0)  # relative error another implementation may make
    down: tuple[Interval, ...] = ()  # of an availability: the time it calls unavailable


def sample(case: Case, granule: Granule) -> Fraction | None:
    """The granule's value; of a ratio numerator / denominator, None without demand."""
    if not case.ratio:
        return granule.value
    if not granule.denominator:
        return None
    return granule.value / granule.denominator


def satisfies(value: Fraction, comparator: str, target: object) -> bool:
    bound = exact(target)
    return {
        "GT": value > bound,
        "GE": value >= bound,
        "EQ": value == bound,
        "NEQ": value != bound,
        "LT": value < bound,
        "LE": value <= bound,
    }[comparator]


def pieces(
    granules: list[Granule], judge: Callable[[Granule], bool | None]
) -> list[tuple[Interval, bool | None]]:
    """Each granule's own time with its verdict: a later start takes the time over."""
    found = []
    for i, granule in enumerate(granules):
        end = granule.end
        if i + 1 < len(granules):
            end = min(end, granules[i + 1].start)
        found.append(((granule.start, end), judge(granule)))
    return found


def time_of(
    judged: list[tuple[Interval, bool | None]], verdict: bool, allowed: list[Interval]
) -> int:
    """Seconds of the allowed time that pieces of this verdict cover."""
    return length(both(union(interval for interval, said in judged if said is verdict), allowed))
