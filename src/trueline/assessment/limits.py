"""Bounds of a figure beyond which something else follows: a violation, or another credit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from trueline.offerings.values import Comparator, Rounding, ServiceLevelObjective


@dataclass(frozen=True)
class Limit:
    """A value of a statistic on whose worse side something follows; at the value itself too where
    it counts as `reached`. `of_bad_s`: bad seconds are meant, of which more are worse."""

    value: Fraction
    reached: bool = False
    of_bad_s: bool = False


def violation_limit(objective: ServiceLevelObjective) -> Limit | None:
    """On whose worse side the verdict is a violation, with tolerance target and contractual
    rounding (of values from zero up); None where no side is worse (EQ, NEQ)."""
    comparator = objective.comparator
    if comparator in (Comparator.EQ, Comparator.NEQ):
        return None
    target = _laxer(objective)
    if objective.rounding.mode == "none":
        return Limit(Fraction(target), reached=comparator in (Comparator.GT, Comparator.LT))
    return _rounded_limit(comparator, Fraction(target), objective.rounding)


def _laxer(objective: ServiceLevelObjective) -> Decimal:
    """The tolerance target, where it lets more pass than the target."""
    target, tolerance = objective.conformance_target, objective.tolerance
    if tolerance is None or tolerance.target is None:
        return target
    choose = min if objective.comparator.higher_is_better else max
    return choose(target, tolerance.target)


def _rounded_limit(comparator: Comparator, target: Fraction, rounding: Rounding) -> Limit:
    """What is compared is a multiple of the last digit: the last one that is met, and the values
    that are rounded to it."""
    unit = Fraction(1, 10**rounding.decimals)
    half = unit / 2 if rounding.mode == "half_up" else Fraction(0)
    steps = target / unit
    if comparator.higher_is_better:
        met = ceil(steps) if comparator is Comparator.GE else floor(steps) + 1
        return Limit(met * unit - half)
    met = floor(steps) if comparator is Comparator.LE else ceil(steps) - 1
    return Limit(met * unit + (half or unit), reached=True)
