"""Did the fix help? Days that kept the line, members against others, during and after a problem.

An interrupted comparison: every product's share of kept days after the fix, less its share during
the problem; the mean over the members, less the mean over products outside, to which whatever
else changed happened too. Days of one product hang together, so products are the units of the
interval: Welch's, with degrees of freedom of the smaller side, and never narrower than the days'
own binomial scatter (two days added, Agresti and Coull, 1998), so that ten products that all went
from bad to good do not look like certainty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from trueline.problems.leaves import Floats
from trueline.problems.member_days import MemberDays

CONFIDENCE = 0.95
FEWEST = 2  # products with days on both sides; fewer have no scatter to judge by


@dataclass(frozen=True)
class Phases:
    """The problem was there on [onset, fixed); the day `fixed` itself is left out."""

    onset: date
    fixed: date


@dataclass(frozen=True)
class KeptDays:
    """Days that kept the line, of the product-days with a figure."""

    kept: int
    days: int

    @property
    def share(self) -> float | None:
        return self.kept / self.days if self.days else None


@dataclass(frozen=True)
class BeforeAfter:
    """Kept days of members and of others before, during and after, in this order.

    `difference`: how much the members' share rose from during to after, beyond that of the
    others; [low, high] holds it with 95 % confidence. None where too few products have days on
    both sides. `compared_with_others` is False where no product outside has: then it is the
    members' own rise.
    """

    members: tuple[KeptDays, KeptDays, KeptDays]
    others: tuple[KeptDays, KeptDays, KeptDays]
    compared_with_others: bool
    difference: float | None
    low: float | None
    high: float | None

    @property
    def improved(self) -> bool:
        """The whole interval lies above 0."""
        return self.low is not None and self.low > 0


@dataclass(frozen=True)
class _Rise:
    """Mean rise of the products of one side, its squared standard error, and how many they are."""

    mean: float
    variance: float
    products: int


def before_after(days: MemberDays, members: Collection[str], phases: Phases) -> BeforeAfter:
    """The comparison; days of either side without a figure say nothing."""
    names, product = np.unique(days.product.astype(str), return_inverse=True)
    inside = np.isin(names, list(members))
    onset, fixed = np.datetime64(phases.onset, "D"), np.datetime64(phases.fixed, "D")
    phase = np.where(days.day < onset, 0, np.where(days.day < fixed, 1, 2))
    told = days.day != fixed
    shape = (len(names), 3)
    total, kept = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (product[told], phase[told]), 1)
    np.add.at(kept, (product[told], phase[told]), days.kept[told])
    own = _rise(kept[inside], total[inside])
    other = _rise(kept[~inside], total[~inside])
    difference, low, high = _interval(own, other)
    return BeforeAfter(
        _summed(kept[inside], total[inside]),
        _summed(kept[~inside], total[~inside]),
        other is not None,
        difference,
        low,
        high,
    )


def _summed(kept: npt.NDArray[Any], total: npt.NDArray[Any]) -> tuple[KeptDays, KeptDays, KeptDays]:
    before, during, after = (
        KeptDays(int(k), int(n)) for k, n in zip(kept.sum(axis=0), total.sum(axis=0), strict=True)
    )
    return before, during, after


def _rise(kept: Floats, total: Floats) -> _Rise | None:
    both = (total[:, 1] > 0) & (total[:, 2] > 0)
    products = int(both.sum())
    if products < FEWEST:
        return None
    kept, total = kept[both, 1:], total[both, 1:]
    share = kept / total
    rises = share[:, 1] - share[:, 0]
    drawn = (kept + 2) / (total + 4)
    scatter = (drawn * (1 - drawn) / (total + 4)).sum() / products**2
    between = float(rises.var(ddof=1)) / products
    return _Rise(float(rises.mean()), max(between, float(scatter)), products)


def _interval(
    own: _Rise | None, other: _Rise | None
) -> tuple[float | None, float | None, float | None]:
    if own is None:
        return None, None, None
    sides = [own] if other is None else [own, other]
    difference = own.mean - (0.0 if other is None else other.mean)
    freedom = min(one.products for one in sides) - 1
    error = sum(one.variance for one in sides) ** 0.5
    reach = float(student.ppf((1 + CONFIDENCE) / 2, freedom)) * error
    return difference, difference - reach, difference + reach


def told(test: Mapping[str, Any]) -> str:
    """A test kept as a dict, in words; an empty one is of too few days or products."""
    if not test or test.get("difference") is None:
        return "too few products have daily figures during the problem and after its fix"
    shares = ", ".join(
        f"{phase} {_percent(own)} (others {_percent(other)})"
        for phase, own, other in zip(
            ("before", "during", "after"), test["members"], test["others"], strict=True
        )
    )
    against = "beyond the others" if test["compared_with_others"] else "without others to compare"
    low, high = 100 * test["low"], 100 * test["high"]
    rise = (
        f"{100 * test['difference']:+.1f} points {against}, 95 % within {low:+.1f} to {high:+.1f}"
    )
    return f"member-days that kept the line {shares}; {rise}"


def _percent(days: Mapping[str, int]) -> str:
    return f"{100 * days['kept'] / days['days']:.1f} %" if days["days"] else "unknown"
