"""Tolerance bounds against Wilks' table of sample sizes (S. S. Wilks 1941; NRC usage of 95/95)."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from trueline.errors import InputError
from trueline.offerings.values import Comparator
from trueline.standards.suggestion import figures_needed, suggest_target, tolerance_rank

P95 = Fraction(95, 100)


@pytest.mark.parametrize(("figures", "from_the_end"), [(59, 1), (93, 2), (124, 3), (153, 4)])
def test_wilks_sample_sizes_for_95_95(figures: int, from_the_end: int) -> None:
    assert tolerance_rank(figures, P95, P95) == figures - from_the_end + 1
    before = tolerance_rank(figures - 1, P95, P95)
    assert before is None or before > figures - 1 - from_the_end + 1


def test_59_figures_are_needed_for_95_95() -> None:
    assert figures_needed(P95, P95) == 59
    assert tolerance_rank(58, P95, P95) is None


@pytest.mark.parametrize("count", [7, 20, 61])
def test_the_rank_is_the_smallest_by_exact_binomials(count: int) -> None:
    share, confidence = Fraction(8, 10), Fraction(9, 10)

    def tail(k: int) -> Fraction:
        return sum(
            (comb(count, i) * share**i * (1 - share) ** (count - i) for i in range(k, count + 1)),
            Fraction(0),
        )

    enough = [k for k in range(1, count + 1) if tail(k) <= 1 - confidence]
    assert tolerance_rank(count, share, confidence) == (min(enough) if enough else None)


def test_the_bound_lies_on_the_safe_side() -> None:
    figures = [Fraction(n) for n in range(1, 101)]
    upper = suggest_target(figures, Comparator.LE, P95, P95)
    assert (upper.percentile, upper.bound) == (95, 99)  # of 100, the second from the end
    lower = suggest_target(figures, Comparator.GE, P95, P95)
    assert (lower.percentile, lower.bound) == (6, 2)
    few = suggest_target(figures[:20], Comparator.LE, P95, P95)
    assert (few.bound, few.needed) == (None, 59)


def test_nothing_is_suggested_from_nothing() -> None:
    with pytest.raises(InputError, match="Nothing was measured"):
        suggest_target([], Comparator.LE, P95, P95)
    with pytest.raises(InputError, match="between 0 and 1"):
        suggest_target([Fraction(1)], Comparator.LE, Fraction(1), P95)
