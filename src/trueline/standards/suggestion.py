"""An achievable target suggested from what was measured: a percentile with its tolerance bound.

The bound is free of any distribution (Wilks 1941): an order statistic that, with the confidence
asked for, has at least the share of all figures on its safe side. It takes figures as independent;
months of one product are not, so it is a suggestion and says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, inf, lgamma, log, log1p

from trueline.errors import InputError
from trueline.offerings.values import Comparator


@dataclass(frozen=True)
class Suggestion:
    """`percentile`: the plain one of the sample. `bound`: the tolerance bound, None where there are
    fewer than `needed` figures."""

    share: Fraction
    confidence: Fraction
    figures: int
    percentile: Fraction
    bound: Fraction | None
    needed: int


def suggest_target(
    figures: Sequence[Fraction], comparator: Comparator, share: Fraction, confidence: Fraction
) -> Suggestion:
    """The target that `share` of such figures keep. Above for GE and GT, below for LE and LT."""
    if comparator in (Comparator.EQ, Comparator.NEQ):
        raise InputError(f"Nothing can be suggested for {comparator.value}")
    if not 0 < share < 1 or not 0 < confidence < 1:
        raise InputError("Share and confidence lie between 0 and 1, both ends left out")
    if not figures:
        raise InputError("Nothing was measured to suggest a target from")
    safe_first = sorted(figures, reverse=comparator.higher_is_better)
    count = len(safe_first)
    rank = tolerance_rank(count, share, confidence)
    plain = -(-count * share.numerator // share.denominator)  # smallest rank with F >= share
    return Suggestion(
        share,
        confidence,
        count,
        safe_first[plain - 1],
        None if rank is None else safe_first[rank - 1],
        figures_needed(share, confidence),
    )


def tolerance_rank(count: int, share: Fraction, confidence: Fraction) -> int | None:
    """The smallest rank k whose order statistic covers `share` of the population with `confidence`:
    P(Binomial(count, share) >= k) <= 1 - confidence. None where even the last one does not."""
    allowed, tail, rank = 1 - float(confidence), 0.0, count + 1
    for k in range(count, 0, -1):
        tail += exp(_log_probability(count, k, float(share)))
        if tail > allowed:
            break
        rank = k
    return rank if rank <= count else None


def figures_needed(share: Fraction, confidence: Fraction) -> int:
    """The fewest figures with a bound: share ** n <= 1 - confidence."""
    n = max(1, int(log1p(-float(confidence)) / log(float(share))))
    while share**n > 1 - confidence:
        n += 1
    return n


def _log_probability(count: int, k: int, share: float) -> float:
    if share <= 0 or share >= 1:
        return -inf
    ways = lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1)
    return ways + k * log(share) + (count - k) * log1p(-share)
