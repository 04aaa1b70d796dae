"""Percentiles by the empirical distribution (RFC 2330 §11.3) and what MEF derives from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

Number = TypeVar("Number", int, float, Decimal, Fraction)


def rank(count: int, p: Decimal | Fraction | int) -> int:
    """1-based position, among `count` sorted samples, of the smallest x with F(x) >= p/100.
    The 0th percentile is the minimum."""
    if not 0 <= p <= 100:
        raise ValueError(f"a percentile lies from 0 to 100, not {p}")
    numerator, denominator = _hundredth(p)
    return max(1, -(-numerator * count // denominator))


@lru_cache(maxsize=256)
def _hundredth(p: Decimal | Fraction | int) -> tuple[int, int]:
    return (Fraction(p) / 100).as_integer_ratio()


def percentile(samples: Sequence[Number], p: Decimal | Fraction | int) -> Number | None:
    """Smallest sample x with F(x) >= p/100: no interpolation. None without samples."""
    if not samples:
        return None
    return sorted(samples)[rank(len(samples), p) - 1]


def percentile_with_losses(
    samples: Sequence[Number], lost: int, p: Decimal | Fraction | int
) -> Number | None:
    """`lossInDelay: infiniteDelay` (RFC 7679): a lost packet is a sample of unbounded delay. None
    when the percentile falls among the lost, or there is nothing at all."""
    count = len(samples) + lost
    if count == 0 or (position := rank(count, p)) > len(samples):
        return None
    return sorted(samples)[position - 1]


def delay_range(samples: Sequence[Number], p: Decimal | Fraction | int) -> Number | None:
    """Frame delay range: the percentile less the minimum (MEF 10.3 §8.8)."""
    highest = percentile(samples, p)
    return None if highest is None else highest - min(samples)


def delay_variations(delays: Mapping[int, Number], apart_s: int) -> list[Number]:
    """|d_i - d_j| of all pairs whose starts lie `apart_s` seconds apart, in time order. `delays`
    by start second; a partner that is missing makes no pair."""
    return [
        abs(delays[start + apart_s] - delays[start])
        for start in sorted(delays)
        if start + apart_s in delays
    ]


def inter_frame_delay_variation(
    delays: Mapping[int, Number], apart_s: int, p: Decimal | Fraction | int
) -> Number | None:
    """IFDV: the percentile of the delay variations of pairs `apart_s` apart."""
    return percentile(delay_variations(delays, apart_s), p)
