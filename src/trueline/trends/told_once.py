"""Which findings of one objective are a trend of their own, and which only share members with one.

Groups overlap: what drifts in one offering of one region also moves the offering, the region and
a supplier with two of these products. Each finding is told only if its trend stays without the
members of the others that are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueline.trends.cohort import Cohort
from trueline.trends.deterioration import Course, still_there

BETWEEN = 0.75


@dataclass(frozen=True)
class Called:
    """A finding that is getting worse; `product_ids` are its cohort's members, row by row."""

    product_ids: tuple[str, ...]
    cohort: Cohort
    course: Course
    excess: float
    """How much worse it is now than before, in the measure that is told."""

    def weight(self) -> tuple[float, float]:
        """Between the largest excess, which a single member has, and the largest sum of it, which
        the widest group has: products that do not take part lower it, and so does leaving out
        products that do."""
        return self.excess * float(len(self.product_ids)) ** BETWEEN, self.course.change


def told_elsewhere(called: Sequence[Called]) -> dict[int, int]:
    """For each finding that has no trend of its own, the finding it shares most members with.

    Those of the largest weight come first, so that a narrow cause is told before the wide groups
    it moves; then those are dropped, smallest first, that the others tell already.
    """
    told: list[int] = []
    for at in sorted(range(len(called)), key=lambda at: called[at].weight(), reverse=True):
        if _own_trend(called, at, told):
            told.append(at)
    for at in sorted(told, key=lambda at: (len(called[at].product_ids), at)):
        others = [other for other in told if other != at]
        if others and not _own_trend(called, at, others):
            told = others
    return {
        at: max(told, key=lambda other: _shared(called[at], called[other]))
        for at in range(len(called))
        if at not in told
    }


def _own_trend(called: Sequence[Called], at: int, others: Sequence[int]) -> bool:
    held = {product for other in others for product in called[other].product_ids}
    one = called[at]
    inside = np.array([product in held for product in one.product_ids])
    if not inside.any():
        return True
    if inside.all() or one.course.test is None:
        return False
    return still_there(one.cohort, np.flatnonzero(inside), one.course.test)


def _shared(one: Called, other: Called) -> float:
    """Members of both, as a share of the members of either."""
    both = len(set(one.product_ids) & set(other.product_ids))
    return both / (len(one.product_ids) + len(other.product_ids) - both)
