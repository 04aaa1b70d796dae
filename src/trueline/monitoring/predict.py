"""The verdict at the end of the period for each member, and how well such predictions came true in
the period before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueline.calendars.intervals import Interval, intersect
from trueline.monitoring.forecast import (
    Exposure,
    base_rate_score,
    breach_probability,
    brier_score,
    rate_prior,
)
from trueline.monitoring.observe import Day
from trueline.offerings.values import ServiceLevelObjective, exact_fraction

ORIGINS = (0.25, 0.5, 0.75)  # of the period before, at which its end is predicted for the back-test


@dataclass(frozen=True)
class Episodes:
    """Bad time of one member: how long each episode was, and over how much allowed time."""

    lengths_s: tuple[int, ...]
    seconds: int


@dataclass(frozen=True)
class Running:
    """A member within a period: what is used up and what is still to come."""

    bad_s: int
    known_s: int
    remaining_s: int
    target: float


@dataclass(frozen=True)
class BackTest:
    """Brier `score` of the predictions, and of always naming the share that came, `base_rate`."""

    forecasts: int
    score: float | None
    base_rate: float | None


@dataclass(frozen=True)
class Member:
    """What is known of one member: its days, and its outages where outages are what counts."""

    objective: ServiceLevelObjective
    days: Sequence[Day]
    outages: Sequence[Interval] | None = None

    def episodes(self, until_s: int) -> Episodes:
        """Up to an instant: every outage, or else every day with bad time, as long as its bad time.
        An outage that goes on is as long as it has been."""
        days = [d for d in self.days if d.end_s <= until_s]
        seconds = sum(d.allowed_s for d in days)
        if self.outages is None:
            return Episodes(tuple(d.bad_s for d in days if d.bad_s), seconds)
        told = [(self.days[0].start_s, until_s)] if self.days else []
        lengths = tuple(end - start for start, end in intersect(self.outages, told))
        return Episodes(lengths, seconds)

    def running(self, span: tuple[int, int], remaining_s: int) -> Running:
        """What the days that start in [start, end) hold, with so much allowed time to come."""
        mine = [d for d in self.days if span[0] <= d.start_s < span[1]]
        return Running(
            sum(d.bad_s for d in mine),
            sum(d.known_s for d in mine),
            remaining_s,
            float(exact_fraction(self.objective.conformance_target)),
        )


def probabilities(
    history: Mapping[str, Episodes], running: Mapping[str, Running]
) -> dict[str, float]:
    """P(violated at the end) by member. Episodes are those of the whole group; how often they
    come is shrunk per member."""
    exposures = {m: Exposure(len(e.lengths_s), e.seconds) for m, e in history.items()}
    prior = rate_prior(list(exposures.values()))
    lengths = [length for e in history.values() for length in e.lengths_s]
    found = {}
    for member, now in running.items():
        left_s = (1 - now.target) * (now.known_s + now.remaining_s) - now.bad_s
        found[member] = breach_probability(
            prior,
            exposures.get(member, Exposure(0, 0)),
            lengths,
            remaining_s=now.remaining_s,
            left_s=left_s,
        )
    return found


def back_test(members: Mapping[str, Member], before: tuple[int, int]) -> BackTest:
    """Predictions within the whole period before, each from what had happened until then."""
    start_s, end_s = before
    forecasts: list[tuple[float, bool]] = []
    for part in ORIGINS:
        origin = start_s + int((end_s - start_s) * part)
        history, running, came = {}, {}, {}
        for name, member in members.items():
            told = [d for d in member.days if start_s <= d.start_s < end_s]
            known_s = sum(d.known_s for d in told)
            if known_s == 0:
                continue
            to_come = sum(d.allowed_s for d in told if d.start_s >= origin)
            history[name] = member.episodes(origin)
            running[name] = member.running((start_s, origin), to_come)
            came[name] = sum(d.bad_s for d in told) > (1 - running[name].target) * known_s
        found = probabilities(history, running)
        forecasts += [(found[name], came[name]) for name in sorted(found)]
    return BackTest(len(forecasts), brier_score(forecasts), base_rate_score(forecasts))
