"""Figures of many members together: sums over sums, never averages of averages (rule M16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from trueline.offerings.values import Comparator

Exact = Fraction | Decimal | int
Number = TypeVar("Number", float, Fraction)


@dataclass(frozen=True, slots=True)
class Part:
    """A member's part of a pooled ratio: for a counter ratio its two sums, for availability its
    good seconds and its good + bad seconds."""

    numerator: Exact
    denominator: Exact


def pooled_ratio(parts: Iterable[Part]) -> Fraction | None:
    """Sum of numerators over sum of denominators; None where there was no demand at all."""
    numerator, denominator = _sums(parts)
    return Fraction(numerator) / Fraction(denominator) if denominator else None


def _sums(parts: Iterable[Part]) -> tuple[Fraction | int, Fraction | int]:
    # Seconds and counts are whole: they add up without a common denominator at every step.
    whole_numerator = whole_denominator = 0
    numerator: Fraction | int = 0
    denominator: Fraction | int = 0
    for part in parts:
        if isinstance(part.numerator, int) and isinstance(part.denominator, int):
            whole_numerator += part.numerator
            whole_denominator += part.denominator
        else:
            numerator += Fraction(part.numerator)
            denominator += Fraction(part.denominator)
    return numerator + whole_numerator, denominator + whole_denominator


def customer_weighted(parts_by_customer: Mapping[str, Sequence[Part]]) -> Fraction | None:
    """Every customer weighs the same: the mean of each customer's pooled ratio. The rule's name
    must stand beside the figure, for it is another figure than the pooled one."""
    ratios: list[tuple[int, int]] = []
    for parts in parts_by_customer.values():
        numerator, denominator = _sums(parts)
        if denominator:
            (a, b), (c, d) = numerator.as_integer_ratio(), denominator.as_integer_ratio()
            ratios.append((a * d, b * c))
    if not ratios:
        return None
    numerator, denominator = _added(ratios)
    return Fraction(numerator, denominator * len(ratios))


def _added(ratios: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The exact sum, halves first, so that large denominators meet late."""
    if len(ratios) == 1:
        return ratios[0]
    middle = len(ratios) // 2
    (a, b), (c, d) = _added(ratios[:middle]), _added(ratios[middle:])
    return a * d + c * b, b * d


def worst(values: Iterable[Number], comparator: Comparator) -> Number | None:
    """The value of the member that is worst off: the least where higher is better."""
    if comparator.higher_is_better:
        return min(values, default=None)
    return max(values, default=None)
