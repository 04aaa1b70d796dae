"""Repair times and down time of events with stopped clocks (rule M2, M3, M8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from trueline.calendars.intervals import Interval, contains, intersect, subtract, total, union


@dataclass(frozen=True)
class Outage:
    """An outage or ticket over [start_s, end_s), and when its clock stood still."""

    start_s: int
    end_s: int
    stop_clock: tuple[Interval, ...] = ()

    @property
    def running(self) -> list[Interval]:
        """The time its clock ran."""
        return subtract(union([(self.start_s, self.end_s)]), union(self.stop_clock))


def repair_seconds(outages: Iterable[Outage], period: Sequence[Interval]) -> list[int]:
    """Duration, less stopped clock, of every outage that starts in the period: the whole of it,
    however far it runs beyond (MEF IP SLS mean time to repair)."""
    return [total(one.running) for one in outages if contains(period, one.start_s)]


def mean_seconds(durations: Sequence[int]) -> Fraction | None:
    return Fraction(sum(durations), len(durations)) if durations else None


def share_within(durations: Sequence[int], within_s: int) -> Fraction | None:
    """Share of repairs done within `within_s` seconds."""
    if not durations:
        return None
    return Fraction(sum(one <= within_s for one in durations), len(durations))


def running_time(outages: Iterable[Outage]) -> list[Interval]:
    """Time in which the clock of at least one outage ran: overlapping tickets count once, and a
    stopped clock takes time away only where no other ticket's clock runs."""
    return union(interval for one in outages for interval in one.running)


def down_seconds(outages: Iterable[Outage], period: Sequence[Interval]) -> int:
    """Seconds of the period in which the clock of an outage ran: an outage is split at its edge."""
    return total(intersect(running_time(outages), union(period)))
