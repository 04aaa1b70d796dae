"""Figures of many members together: sums over sums, never averages of averages (rule M16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.offerings.values import Comparator

Exact = Fraction | Decimal | int


@dataclass(frozen=True)
class Part:
    """A member's part of a pooled ratio: for a counter ratio its two sums, for availability its
    good seconds and its good + bad seconds."""

    numerator: Exact
    denominator: Exact


def pooled_ratio(parts: Iterable[Part]) -> Fraction | None:
    """Sum of numerators over sum of denominators; None where there was no demand at all."""
    # Seconds and counts are whole: they add up without a common denominator at every step.
    whole_numerator = whole_denominator = 0
    numerator = denominator = Fraction(0)
    for part in parts:
        if isinstance(part.numerator, int) and isinstance(part.denominator, int):
            whole_numerator += part.numerator
            whole_denominator += part.denominator
        else:
            numerator += Fraction(part.numerator)
            denominator += Fraction(part.denominator)
    denominator += whole_denominator
    return (numerator + whole_numerator) / denominator if denominator else None


def customer_weighted(parts_by_customer: Mapping[str, Sequence[Part]]) -> Fraction | None:
    """Every customer weighs the same: the mean of each customer's pooled ratio. The rule's name
    must stand beside the figure, for it is another figure than the pooled one."""
    ratios = [pooled_ratio(parts) for parts in parts_by_customer.values()]
    known = [ratio for ratio in ratios if ratio is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def worst(values: Iterable[Fraction], comparator: Comparator) -> Fraction | None:
    """The value of the member that is worst off: the least where higher is better."""
    if comparator.higher_is_better:
        return min(values, default=None)
    return max(values, default=None)
