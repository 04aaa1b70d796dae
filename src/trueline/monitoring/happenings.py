"""Figures of single events: how many, the longest, the time to repair; and extremes of samples.

Events come at the member's rate, which is gamma distributed over the group and shrunk per member
by what it has shown: the number still to come is negative binomial. How long they last is what the
whole group has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, comb, floor

import numpy as np

from trueline.assessment.limits import Limit
from trueline.monitoring.forecast import Exposure, RatePrior, rate_prior
from trueline.monitoring.shown import Shown
from trueline.offerings.values import ServiceLevelObjective, Statistic

STEPS = 60  # of the grid of repair times up to the limit
MOST_EVENTS = 60  # that are still to come; more change nothing that is printed
_LONGEST = 2 * STEPS * MOST_EVENTS
_TAIL = 1e-9


def numbers_to_come(prior: RatePrior, member: Exposure, remaining_s: float) -> np.ndarray:
    """Negative binomial: the probability of 0, 1, 2 ... events in what is left, up to all but a
    billionth."""
    if remaining_s <= 0:
        return np.ones(1)
    shape, seconds = prior.shape + member.episodes, prior.seconds + member.seconds
    stay = seconds / (seconds + remaining_s)
    found = [stay**shape]
    while 1 - sum(found) > _TAIL and len(found) < 10_000:
        number = len(found)
        found.append(found[-1] * (number - 1 + shape) / number * (1 - stay))
    return np.array(found)


def prior_of(exposures: Sequence[Exposure]) -> RatePrior | None:
    """Of a group without an event: half of one in all of its time (Jeffreys). None: no time."""
    seconds = sum(e.seconds for e in exposures)
    if not seconds:
        return None
    return rate_prior(exposures) or RatePrior(0.5, seconds)


def none_to_come(prior: RatePrior | None, member: Exposure, remaining_s: float) -> float:
    """P(no event in what is left)."""
    if prior is None or remaining_s <= 0:
        return 1.0
    seconds = prior.seconds + member.seconds
    return float((seconds / (seconds + remaining_s)) ** (prior.shape + member.episodes))


class _Events:
    """Rates of the events of a group."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown
        self._exposures = {m: Exposure(len(s.events), s.known_s) for m, s in shown.items()}
        self._prior = prior_of(list(self._exposures.values()))

    def _numbers(self, member: str) -> np.ndarray:
        if self._prior is None:
            return np.ones(1)
        to_come_s = self._shown[member].to_come_s
        return numbers_to_come(self._prior, self._exposures[member], to_come_s)


class Counts(_Events):
    """`event_count`: those so far and those to come."""

    def chance(self, member: str, limit: Limit) -> float:
        one = self._shown[member]
        so_far, bound = len(one.events_in_period), limit.value
        numbers = self._numbers(member)
        if one.objective.comparator.higher_is_better:
            # Worse: fewer than the bound, or as many where that counts.
            most = (floor(bound) if limit.reached else ceil(bound) - 1) - so_far
            return float(numbers[: max(0, most + 1)].sum())
        most = (ceil(bound) - 1 if limit.reached else floor(bound)) - so_far
        if most < 0:
            return 1.0
        return max(0.0, 1.0 - float(numbers[: most + 1].sum()))


@dataclass(frozen=True)
class _Marks:
    """Sizes of one member, larger is worse: all that were seen, those of the running period, and
    what still goes on (how much it has lasted)."""

    seen: Sequence[float]
    in_period: Sequence[float]
    going_on: Sequence[float] = ()


class Extremes:
    """The largest or smallest of what is seen: how often something beyond the limit comes.

    Of samples a day is one draw; of events, each event that is over."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown
        self._marks = {member: _marks(one) for member, one in shown.items()}
        self._every = [mark for marks in self._marks.values() for mark in marks.seen]
        self._known: dict[tuple[Fraction, bool], dict[str, Exposure]] = {}

    def chance(self, member: str, limit: Limit) -> float:
        one = self._shown[member]
        sign = _sign(one.objective)
        wants_more = one.objective.comparator.higher_is_better == (sign > 0)
        if wants_more:  # worse: nothing reaches the limit
            return 1.0 - self._beyond(member, sign * limit.value, reached=not limit.reached)
        return self._beyond(member, sign * limit.value, reached=limit.reached)

    def _beyond(self, member: str, bound: Fraction, *, reached: bool) -> float:
        """P(something beyond the bound has come or will)."""
        mine = self._marks[member]
        if any(_past(mark, bound, reached) for mark in mine.in_period):
            return 1.0
        stays_within = 1.0
        for lasted in mine.going_on:
            stays_within *= 1.0 - self._goes_beyond(lasted, bound, reached)
        if self._shown[member].to_come_s > 0:
            stays_within *= self._none_comes(member, bound, reached)
        return 1.0 - stays_within

    def _none_comes(self, member: str, bound: Fraction, reached: bool) -> float:
        exposures = self._exposures_to(bound, reached)
        prior = prior_of(list(exposures.values()))
        return none_to_come(prior, exposures[member], self._shown[member].to_come_s)

    def _exposures_to(self, bound: Fraction, reached: bool) -> dict[str, Exposure]:
        """How often each member came beyond the bound."""
        key = bound, reached
        if key not in self._known:
            self._known[key] = {
                name: Exposure(
                    sum(_past(mark, bound, reached) for mark in self._marks[name].seen), one.known_s
                )
                for name, one in self._shown.items()
            }
        return self._known[key]

    def _goes_beyond(self, lasted: float, bound: Fraction, reached: bool) -> float:
        """As often as others did that had lasted so long."""
        if _past(lasted, bound, reached):
            return 1.0
        longer = [mark for mark in self._every if mark > lasted]
        if not longer:
            return 0.0
        return sum(_past(mark, bound, reached) for mark in longer) / len(longer)


def _sign(objective: ServiceLevelObjective) -> int:
    return -1 if objective.statistic is Statistic.MIN else 1


def _past(mark: float, bound: Fraction, reached: bool) -> bool:
    return mark >= bound if reached else mark > bound


def _marks(one: Shown) -> _Marks:
    if one.objective.statistic in (Statistic.MIN, Statistic.MAX):
        sign = _sign(one.objective)
        return _Marks(
            [sign * (d.amount or 0.0) for d in one.measured],
            [sign * (d.amount or 0.0) for d in one.in_period],
        )
    over = [e for e in one.events if not e.is_open(one.at_s)]
    return _Marks(
        [float(e.lasted_s(one.at_s)) for e in over],
        [float(e.lasted_s(one.at_s)) for e in over if e.start_s >= one.period[0]],
        [float(e.lasted_s(one.at_s)) for e in one.events_in_period if e.is_open(one.at_s)],
    )


class _Repairs(_Events):
    """Repair times so far, those to come, and those that go on: their number is sure."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        super().__init__(shown)
        self._seen = [
            float(e.lasted_s(one.at_s))
            for one in shown.values()
            for e in one.events
            if not e.is_open(one.at_s)
        ]

    def _done(self, member: str) -> list[float]:
        one = self._shown[member]
        mine = [e for e in one.events_in_period if not e.is_open(one.at_s)]
        return [float(e.lasted_s(one.at_s)) for e in mine]

    def _more(self, member: str) -> np.ndarray:
        """Probability of each number of repairs that are still to be counted."""
        one = self._shown[member]
        going_on = sum(e.is_open(one.at_s) for e in one.events_in_period)
        counted = going_on if one.to_come_s > 0 else 0
        every = np.concatenate([np.zeros(counted), self._numbers(member)])
        found = every[: MOST_EVENTS + 1]
        found[-1] += every[MOST_EVENTS + 1 :].sum()
        return found


class RepairMeans(_Repairs):
    """The mean of repair times: for each number of repairs to come, their sum on a grid."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        super().__init__(shown)
        self._sums: dict[Fraction, list[np.ndarray]] = {}

    def chance(self, member: str, limit: Limit) -> float:
        done, bound = self._done(member), float(limit.value)
        higher = self._shown[member].objective.comparator.higher_is_better
        found = 0.0
        for number, chance in enumerate(self._more(member)):
            count = len(done) + number
            if not count:
                continue  # without a repair there is no figure
            left = bound * count - sum(done)
            if number and bound > 0:
                beyond = 1.0 - self._within(limit.value, number, left)
            else:
                beyond = float(left <= 0 if limit.reached != higher else left < 0)
            found += float(chance) * (1.0 - beyond if higher else beyond)
        return min(1.0, max(0.0, found))

    def _within(self, bound: Fraction, number: int, left: float) -> float:
        """P(so many repairs take no longer than `left` together)."""
        if left < 0:
            return 0.0
        place = floor(left / float(bound) * STEPS + 1e-9)
        return float(self._sum_of(bound, number)[: place + 1].sum())

    def _sum_of(self, bound: Fraction, number: int) -> np.ndarray:
        """Distribution of the sum of so many repair times, in steps of a part of the bound."""
        sums = self._sums.setdefault(bound, [])
        if not sums:
            sums.append(_on_grid(self._seen or [float(bound)], float(bound) / STEPS))
        while len(sums) < number:
            sums.append(np.convolve(sums[-1], sums[0])[:_LONGEST])
        return sums[number - 1]


def _on_grid(lengths: Sequence[float], step: float) -> np.ndarray:
    """Each split between its neighbours so that the mean is kept; those beyond the largest sum
    that is asked for are missing."""
    places = [min(length / step, _LONGEST + 1.0) for length in lengths]
    found = np.zeros(int(max(places)) + 2)
    for place in places:
        low = int(place)
        found[low] += (1 - (place - low)) / len(places)
        found[low + 1] += (place - low) / len(places)
    return found[:_LONGEST]


class RepairShares(_Repairs):
    """The share of repairs within a time: each one to come is, as often as those of the group."""

    def chance(self, member: str, limit: Limit) -> float:
        objective, done = self._shown[member].objective, self._done(member)
        within_s = objective.within_s or 0
        good = sum(length <= within_s for length in done)
        kept_before = sum(length <= within_s for length in self._seen)
        share = (kept_before + 1) / (len(self._seen) + 2)  # Laplace: neither never nor always
        found = 0.0
        for number, chance in enumerate(self._more(member)):
            for kept in range(number + 1) if len(done) + number else ():
                value = Fraction(good + kept, len(done) + number)
                lower = objective.comparator.higher_is_better
                beyond = value < limit.value if lower else value > limit.value
                if beyond or (limit.reached and value == limit.value):
                    found += float(chance) * _binomial(number, kept, share)
        return found


def _binomial(number: int, kept: int, share: float) -> float:
    return float(comb(number, kept) * share**kept * (1 - share) ** (number - kept))
