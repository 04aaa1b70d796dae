"""The credit of an objective as a staircase: from which limit on how much is given back. What each
step gives is asked of the rules that advise credits, so that both always say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil

from trueline.assessment.advised_credits import credit_percent
from trueline.assessment.limits import Limit, violation_limit
from trueline.assessment.values import Verdict
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.offerings.credits import BandTable, CreditMeasure, DayProration, StepCredit
from trueline.offerings.values import ServiceLevelObjective

MOST_STEPS = 100  # of a credit in steps: a hundred per cent in steps of one


@dataclass(frozen=True)
class CreditLevel:
    """On the worse side of `limit` (None: whatever the figure is) so much of the monthly charge
    is given back, in percent, after the cap."""

    limit: Limit | None
    percent: Fraction


@dataclass(frozen=True)
class _Place:
    """A limit, and a figure just beyond it to ask the credit rules for."""

    limit: Limit | None
    value: Fraction = Fraction(0)
    bad_s: int = 0


@lru_cache(maxsize=1_024)  # thousands of products share few promises
def credit_levels(objective: ServiceLevelObjective) -> tuple[CreditLevel, ...]:
    """From the mildest figure to the worst; empty without credit terms, or where no side of the
    target is worse. Steps that give what the one before gives are left out."""
    terms = objective.credits
    if terms is None:
        return ()
    violation = violation_limit(objective)
    if violation is None:
        return ()
    found: list[CreditLevel] = []
    for place in _places(objective, violation):
        verdict = Verdict.MET if place.limit is None else Verdict.VIOLATED
        percent, _ = credit_percent(objective, verdict, place.value, place.bad_s)
        if percent is not None and (not found or found[-1].percent != percent):
            found.append(CreditLevel(place.limit, percent))
    return tuple(found)


def _places(objective: ServiceLevelObjective, violation: Limit) -> Iterator[_Place]:
    terms = objective.credits
    assert terms is not None
    best = Fraction(1 if objective.statistic in SHARE_STATISTICS else objective.conformance_target)
    if terms.flat_percent is not None:
        yield _Place(None, best)
        yield _Place(violation, violation.value)
    elif terms.days is not None:
        yield from _days(terms.days, best)
    elif terms.bands is not None:
        yield from _bands(terms.bands, best)
    elif terms.steps is not None:
        yield from _steps(objective, terms.steps)


def _days(rule: DayProration, best: Fraction) -> Iterator[_Place]:
    yield _Place(None, best)
    for day in range(1, rule.max_days + 1):
        more_than = Fraction((day - 1) * rule.unit_s)
        yield _Place(Limit(more_than, of_bad_s=True), best, day * rule.unit_s)


def _bands(table: BandTable, best: Fraction) -> Iterator[_Place]:
    if table.measure is CreditMeasure.OUTAGE_S:
        for number, band in enumerate(sorted(table.bands, key=lambda b: b.low)):
            low = Fraction(band.low)
            limit = Limit(low, reached=True, of_bad_s=True) if number else None
            yield _Place(limit, best, ceil(low))
        return
    for number, band in enumerate(sorted(table.bands, key=lambda b: b.low, reverse=True)):
        high = Fraction(100 if band.high is None else band.high)
        # A value is truncated to the last digit before it is looked up.
        below = (high + Fraction(table.resolution)) / 100
        yield _Place(Limit(below) if number else None, high / 100)


def _steps(objective: ServiceLevelObjective, rule: StepCredit) -> Iterator[_Place]:
    """A started step counts as a whole one: step n begins right beyond n - 1 whole ones."""
    percent = objective.statistic in SHARE_STATISTICS or objective.of == "share_within"
    scale = 100 if percent else 1
    down = -1 if objective.comparator.higher_is_better else 1
    yield _Place(None, Fraction(rule.target) / scale)
    for number in range(1, MOST_STEPS + 1):
        from_here = Fraction(rule.target) + down * (number - 1) * Fraction(rule.step)
        if percent and from_here <= 0:
            return
        yield _Place(Limit(from_here / scale), (from_here + down * Fraction(rule.step)) / scale)
