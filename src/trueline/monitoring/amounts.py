"""Figures that add up day by day: bad time, sums of samples, numerators over denominators.

Two models, chosen by what a member has shown. **Rare**: on at least half of its days nothing came
up. Then episodes come at the member's rate and are as large as those of all such members.
**Daily**: something comes up on most days. Then a member's days scatter about its own level, which
is drawn towards the group's as far as its few days say little of it; what comes back every week is
no scatter, and days that follow each other are alike, so that many days say less than their
number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import erfc, sqrt

import numpy as np

from trueline.assessment.limits import Limit
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.intervals import total
from trueline.monitoring.forecast import Exposure, breach_probability, rate_prior
from trueline.monitoring.shown import Shown
from trueline.offerings.values import ServiceLevelObjective, Statistic

RARE_FROM = 0.5  # share of days with nothing from which on the rare model is used
LEAST_WEEKS = 3  # in which a day of the week was seen before its effect is believed
RESIDUALS = 16  # lengths tried for an outage that goes on
_GROUP_DAYS = 10  # as many of its own days weigh as much as the group in a member's scatter
_DAY_S = 86_400
_PERCENTILES = (Statistic.PERCENTILE, Statistic.PERCENTILE_HISTOGRAM)


@dataclass(frozen=True)
class SoFar:
    """`amount` and `weight` of the period up to now, and the weight that is still to come."""

    amount: float
    weight: float
    weight_to_come: float


class Amounts:
    """The model of one objective's group at one instant."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown

    def chance(self, member: str, limit: Limit) -> float:
        """P(the final value is on the worse side of `limit`)."""
        one = self._shown[member]
        so_far = so_far_of(one)
        weight = Fraction(so_far.weight) + Fraction(so_far.weight_to_come)
        # Exactly: what stands right at its limit has not passed it.
        left = float(_allowed(one.objective, limit, weight) - Fraction(so_far.amount))
        if _more_is_worse(one.objective, limit):
            return self._over(member, left, so_far, reached=limit.reached)
        return 1.0 - self._over(member, left, so_far, reached=not limit.reached)

    def _over(self, member: str, left: float, so_far: SoFar, *, reached: bool) -> float:
        """P(the amount to come is more than `left`; or as much, where that counts)."""
        if so_far.weight_to_come <= 0:
            return float(left <= 0 if reached else left < 0)
        if not self._signed and left < 0:
            return 1.0
        if member in self._seldom:
            return self._rare.over(member, left)
        return self._daily.over(member, left, so_far.weight_to_come)

    @cached_property
    def _signed(self) -> bool:
        return any((d.amount or 0) < 0 for one in self._shown.values() for d in one.measured)

    @cached_property
    def _seldom(self) -> Mapping[str, Shown]:
        """Members to whom something comes up seldom; the others are like each other, not them."""
        if self._signed:
            return {}
        return {member: one for member, one in self._shown.items() if _is_rare(one)}

    @cached_property
    def _rare(self) -> Rare:
        return Rare(self._seldom)

    @cached_property
    def _daily(self) -> Daily:
        return Daily({m: one for m, one in self._shown.items() if m not in self._seldom})


def _is_rare(one: Shown) -> bool:
    days = one.measured
    nothing = sum(d.amount == 0 for d in days)
    return one.outages is not None or not days or nothing >= RARE_FROM * len(days)


def so_far_of(one: Shown) -> SoFar:
    """What the period holds; of seconds the weight to come is known, of samples it is guessed."""
    amount = sum(d.amount or 0.0 for d in one.in_period)
    weight = sum(d.weight for d in one.in_period)
    if _by_time(one.objective):
        return SoFar(amount, weight, float(one.to_come_s))
    usual = sum(d.weight for d in one.measured) / one.told_s if one.told_s else 0.0
    return SoFar(amount, weight, usual * one.to_come_s)


def value_of(one: Shown) -> float | None:
    """The value of the statistic so far; None for percentiles, whose bad time says enough."""
    so_far = so_far_of(one)
    if one.objective.statistic is Statistic.SUM:
        return so_far.amount
    if one.objective.statistic in _PERCENTILES or not so_far.weight:
        return None
    value = so_far.amount / so_far.weight
    return 1 - value if one.objective.statistic in SHARE_STATISTICS else value


def _by_time(objective: ServiceLevelObjective) -> bool:
    by_time = (*SHARE_STATISTICS, *_PERCENTILES, Statistic.SUM)
    return objective.statistic in by_time


def _allowed(objective: ServiceLevelObjective, limit: Limit, weight: Fraction) -> Fraction:
    """The amount at which the final value is the limit."""
    if limit.of_bad_s or objective.statistic is Statistic.SUM:
        return limit.value
    if objective.statistic in _PERCENTILES:
        # The days hold the samples beyond the limit: so large a share of them may lie there.
        share = Fraction(objective.percentile or 0) / 100
        return (share if objective.comparator.higher_is_better else 1 - share) * weight
    if objective.statistic in SHARE_STATISTICS:
        return (1 - limit.value) * weight
    return limit.value * weight


def _more_is_worse(objective: ServiceLevelObjective, limit: Limit) -> bool:
    if limit.of_bad_s or objective.statistic in _PERCENTILES:
        return True
    if objective.statistic in SHARE_STATISTICS:
        return objective.comparator.higher_is_better
    return not objective.comparator.higher_is_better


class Rare:
    """Episodes: outages, or else days with something, as large as what they brought."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown
        self._exposures = {m: Exposure(len(episodes(s)), s.known_s) for m, s in shown.items()}
        self._prior = rate_prior(list(self._exposures.values()))
        self._sizes = [size for one in shown.values() for size in episodes(one)]

    def over(self, member: str, left: float) -> float:
        """An outage that goes on may go on as long as others did that had lasted so long."""
        found = [self._to_come(member, left - more) for more in self._going_on(member)]
        return sum(found) / len(found)

    def _to_come(self, member: str, left: float) -> float:
        return breach_probability(
            self._prior,
            self._exposures[member],
            self._sizes,
            remaining_s=self._shown[member].to_come_s,
            left_s=left,
        )

    def _going_on(self, member: str) -> Sequence[float]:
        one = self._shown[member]
        if not one.outages or one.outages[-1][1] < one.at_s:
            return (0.0,)
        lasted = one.outages[-1][1] - one.outages[-1][0]
        return thinned([size - lasted for size in self._sizes if size > lasted]) or (0.0,)


def thinned(values: Sequence[float]) -> Sequence[float]:
    """At most RESIDUALS of them, evenly over their order."""
    ordered = sorted(values)
    if len(ordered) <= RESIDUALS:
        return ordered
    places = [(2 * n + 1) * len(ordered) // (2 * RESIDUALS) for n in range(RESIDUALS)]
    return [ordered[place] for place in places]


def episodes(one: Shown) -> list[float]:
    if one.outages is not None:
        return [float(total([outage])) for outage in one.outages]
    return [d.amount for d in one.measured if d.amount]


@dataclass(frozen=True)
class Level:
    """A member's own mean over its days, their number, and the scatter of one day (variance)."""

    mean: float
    days: int
    scatter: float


class Daily:
    """Empirical Bayes: levels of members are normal about the group's, days about their own."""

    def __init__(self, shown: Mapping[str, Shown]) -> None:
        self._shown = shown
        self._week = weekday_effects(shown)
        series = {m: _daily_values(one, self._week) for m, one in shown.items()}
        self._alike = _alike(list(series.values()))
        pooled = _pooled_scatter(list(series.values()))
        self._levels = {m: _level(values, pooled) for m, values in series.items()}
        known = [level for level in self._levels.values() if level.days]
        means = np.array([level.mean for level in known])
        noise = [level.scatter * self._alike / level.days for level in known]
        self._middle = float(means.mean()) if known else 0.0
        spread = float(means.var(ddof=1)) if len(known) > 1 else 0.0
        self._between = max(0.0, spread - sum(noise) / len(noise)) if known else 0.0

    def over(self, member: str, left: float, weight_to_come: float) -> float:
        """The mean of the days to come is normal: its own scatter, and what is not known of the
        member's level."""
        one, level = self._shown[member], self._levels[member]
        own = level.scatter * self._alike / level.days if level.days else float("inf")
        trust = self._between / (self._between + own) if self._between else 0.0
        middle = self._middle + trust * (level.mean - self._middle)
        unsure = self._between * (1 - trust) if self._between else own / max(1, len(self._levels))
        allowed_s = sum(d.allowed_s for d in one.measured) or 1
        days = max(1.0, one.to_come_s * len(one.measured) / allowed_s)
        deviation = sqrt(unsure + level.scatter * self._alike / days)
        first = _weekday(one.at_s)
        middle += float(np.mean([self._week[(first + n) % 7] for n in range(round(days))]))
        away = left / weight_to_come - middle
        if deviation == 0:
            return float(away < 0)
        return 0.5 * erfc(away / (deviation * sqrt(2)))


def _weekday(start_s: int) -> int:
    """0 is a Monday; half a day on from a local midnight it is the same day in every zone."""
    return ((start_s + _DAY_S // 2) // _DAY_S + 3) % 7


def weekday_effects(shown: Mapping[str, Shown]) -> np.ndarray:
    """How far each day of the week lies from the mean, over the whole group; nothing where it was
    seen on fewer than LEAST_WEEKS dates: what comes back every week is no scatter."""
    away: list[list[float]] = [[] for _ in range(7)]
    dates: list[set[int]] = [set() for _ in range(7)]
    for one in shown.values():
        days = [d for d in one.measured if d.weight]
        values = np.array([(d.amount or 0.0) / d.weight for d in days], dtype=np.float64)
        for day, value in zip(days, values - values.mean() if days else values, strict=True):
            away[_weekday(day.start_s)].append(float(value))
            dates[_weekday(day.start_s)].add((day.start_s + _DAY_S // 2) // _DAY_S)
    if min(len(seen) for seen in dates) < LEAST_WEEKS:
        return np.zeros(7)
    effects = np.array([sum(own) / len(own) for own in away])
    about_zero: np.ndarray = effects - effects.mean()
    return about_zero


def _daily_values(one: Shown, week: np.ndarray) -> np.ndarray:
    """Less what the day of the week brings."""
    found = [
        (d.amount or 0.0) / d.weight - week[_weekday(d.start_s)] for d in one.measured if d.weight
    ]
    return np.array(found, dtype=np.float64)


def _pooled_scatter(series: Sequence[np.ndarray]) -> float:
    """Variance of a day about its member's own mean, over the group."""
    away = [values - values.mean() for values in series if len(values) > 1]
    free = sum(len(values) - 1 for values in away)
    return float(sum((values**2).sum() for values in away)) / free if free else 0.0


def _level(values: np.ndarray, pooled: float) -> Level:
    if not len(values):
        return Level(0.0, 0, pooled)
    mean = float(values.mean())
    own = float(((values - mean) ** 2).sum())
    return Level(mean, len(values), (_GROUP_DAYS * pooled + own) / (_GROUP_DAYS + len(values) - 1))


def _alike(series: Sequence[np.ndarray]) -> float:
    """(1 + r) / (1 - r) with r the correlation of days that follow each other, 0 to 0.9: so many
    days say as much as one that stands alone."""
    away = [values - values.mean() for values in series if len(values) > 2]
    square = float(sum((values**2).sum() for values in away))
    if not square:
        return 1.0
    both = float(sum((values[1:] * values[:-1]).sum() for values in away))
    r = min(0.9, max(0.0, both / square))
    return (1 + r) / (1 - r)
