"""What members of a group have shown up to an instant, and what is left of their period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from trueline.calendars.intervals import Interval, intersect, total
from trueline.offerings.values import ServiceLevelObjective


@dataclass(frozen=True)
class Day:
    """One local day of a product and objective, as far as it lies before the run's instant.

    `amount` is what adds up: bad seconds, the sum of samples or of numerators; of smallest and
    largest, the day's own. `weight` is what it is divided by in the end: known seconds, the number
    of samples, the sum of denominators. None: nothing was measured."""

    start_s: int
    end_s: int
    allowed_s: int
    known_s: int
    amount: float | None
    weight: float


@dataclass(frozen=True)
class Happening:
    """An event that starts in time that counts: when its clock ran, and its end, if it has one."""

    start_s: int
    end_s: int | None
    running: tuple[Interval, ...]

    def lasted_s(self, until_s: int) -> int:
        """Its time up to an instant, less stopped clock."""
        return total(intersect(self.running, [(self.start_s, until_s)]))

    def is_open(self, at_s: int) -> bool:
        return self.end_s is None or self.end_s > at_s


@dataclass(frozen=True)
class Spans:
    """The running conformance period of a member and whole ones before it, newest first, in UTC
    seconds; `zone_name`: where its days begin."""

    running: Interval
    earlier: tuple[Interval, ...]
    zone_name: str = "UTC"


@dataclass(frozen=True)
class Member:
    """What is known of one member: days in order of time, events, and outages (as intervals, where
    availability is counted by them). `whole_s`: allowed time of its whole running period."""

    objective: ServiceLevelObjective
    spans: Spans
    days: Sequence[Day]
    whole_s: int
    events: Sequence[Happening] = ()
    outages: Sequence[Interval] | None = None

    def shown(self, until_s: int, period: Interval, to_come_s: int) -> Shown:
        """As it stood at an instant of a period, with so much allowed time to come."""
        days = [d for d in self.days if d.end_s <= until_s]
        first_s = self.days[0].start_s if self.days else until_s
        outages = self.outages
        return Shown(
            self.objective,
            until_s,
            period,
            days,
            [e for e in self.events if first_s <= e.start_s < until_s],
            to_come_s,
            None if outages is None else intersect(outages, [(first_s, until_s)]),
        )

    def now(self, due_s: int) -> Shown:
        so_far = sum(d.allowed_s for d in self.days if d.start_s >= self.spans.running[0])
        return self.shown(due_s, self.spans.running, max(0, self.whole_s - so_far))

    def back_then(self, part: float, *, periods_ago: int = 1) -> Shown:
        """In an earlier period, when that part of its days was over."""
        period = self.spans.earlier[periods_ago - 1]
        inside = [d for d in self.days if period[0] <= d.start_s < period[1]]
        kept = round(len(inside) * part)
        origin_s = inside[kept - 1].end_s if kept else period[0]
        to_come_s = sum(d.allowed_s for d in inside[kept:])
        return self.shown(origin_s, period, to_come_s)


@dataclass(frozen=True)
class Shown:
    """One member at an instant. `days` and `events` reach back before the period; `to_come_s` is
    allowed time that is left of it."""

    objective: ServiceLevelObjective
    at_s: int
    period: Interval
    days: Sequence[Day]
    events: Sequence[Happening]
    to_come_s: int
    outages: Sequence[Interval] | None = None

    @cached_property
    def measured(self) -> list[Day]:
        return [d for d in self.days if d.amount is not None and d.known_s > 0]

    @cached_property
    def in_period(self) -> list[Day]:
        return [d for d in self.measured if d.start_s >= self.period[0]]

    @cached_property
    def events_in_period(self) -> list[Happening]:
        return [e for e in self.events if e.start_s >= self.period[0]]

    @cached_property
    def known_s(self) -> int:
        """Known time of everything that is told: what a rate is held against."""
        return sum(d.known_s for d in self.days)

    @cached_property
    def told_s(self) -> int:
        """Allowed time since the first measured day: before it nobody measured."""
        first_s = self.measured[0].start_s if self.measured else self.at_s
        return sum(d.allowed_s for d in self.days if d.start_s >= first_s)

    @cached_property
    def coverage_at_end(self) -> float:
        """Known share of the whole period, if what is to come is known as well as what was."""
        so_far = [d for d in self.days if d.start_s >= self.period[0]]
        allowed_s = sum(d.allowed_s for d in so_far) + self.to_come_s
        usual = self.known_s / self.told_s if self.told_s else 0.0
        known_s = sum(d.known_s for d in so_far) + usual * self.to_come_s
        return known_s / allowed_s if allowed_s else 0.0
