"""Slopes between all pairs of points: their signs, and exact order statistics of them.

Mann-Kendall and Theil-Sen are both statements about the n (n - 1) / 2 slopes between pairs. The
order statistics asked for lie close together, so a sample brackets them, one pass counts what lies
below the bracket, and only what lies inside is sorted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from trueline.trends.observations import Floats

PAIRS_AT_ONCE = 1_000_000
SAMPLED = 2048


@dataclass(frozen=True)
class PairSlopes:
    """Slopes of one series between pairs of observed points, a whole number of seasons apart."""

    position: NDArray[np.intp]
    value: Floats
    season: int = 1

    def chunks(self) -> Iterator[Floats]:
        """All slopes, in units of the values per point, a million pairs or so at a time."""
        size = len(self.value)
        if size * (size - 1) // 2 <= PAIRS_AT_ONCE:
            yield self._all
            return
        rows = max(1, PAIRS_AT_ONCE // size)
        for start in range(0, size - 1, rows):
            first = np.arange(start, min(start + rows, size - 1))
            row, column = np.nonzero(first[:, None] < np.arange(size)[None, :])
            yield self._between(first[row], column)

    @cached_property
    def _all(self) -> Floats:
        first, second, apart = _all_pairs(len(self.value))
        gapless = len(self.value) > 0 and np.ptp(self.position) == len(self.value) - 1
        if self.season > 1 or not gapless:
            return self._between(first, second)
        rise = np.take(self.value, second)
        rise -= np.take(self.value, first)
        rise /= apart
        return rise

    def _between(self, first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
        apart = np.take(self.position, second) - np.take(self.position, first)
        slopes: Floats = (np.take(self.value, second) - np.take(self.value, first)) / apart
        return slopes if self.season == 1 else slopes[apart % self.season == 0]

    @cached_property
    def s(self) -> int:
        """Kendall's S: pairs that rise less pairs that fall."""
        return sum(
            int(np.count_nonzero(slopes > 0)) - int(np.count_nonzero(slopes < 0))
            for slopes in self.chunks()
        )

    def ordered(self, low_rank: int, high_rank: int) -> OrderedSlopes:
        """The slopes from one 0-based rank to another at least, ready to be picked from."""
        low, high = self._bracket(low_rank, high_rank)
        found = self._within(low, high)
        if found.holds(low_rank, high_rank):
            return found
        return self._within(-np.inf, np.inf)

    def _within(self, low: float, high: float) -> OrderedSlopes:
        below = 0
        inside: list[Floats] = []
        for slopes in self.chunks():
            below += int(np.count_nonzero(slopes < low))
            inside.append(slopes[(slopes >= low) & (slopes <= high)])
        return OrderedSlopes(below, np.concatenate(inside) if inside else np.empty(0))

    def _bracket(self, low_rank: int, high_rank: int) -> tuple[float, float]:
        size = len(self.value)
        pairs = size * (size - 1) // 2
        if self.season > 1 or pairs < 8 * SAMPLED:
            return -np.inf, np.inf
        sample = np.sort(self._between(*some_pairs(size)))
        slack = 0.05 * len(sample)
        low = int(low_rank / pairs * len(sample) - slack)
        high = int(high_rank / pairs * len(sample) + slack) + 1
        return (
            float(sample[low]) if low >= 0 else -np.inf,
            float(sample[high]) if high < len(sample) else np.inf,
        )


@dataclass(frozen=True)
class OrderedSlopes:
    """Slopes of neighbouring ranks; `below` slopes are smaller than all of them."""

    below: int
    slopes: Floats

    def holds(self, low_rank: int, high_rank: int) -> bool:
        return self.below <= low_rank and high_rank < self.below + len(self.slopes)

    def at(self, *ranks: int) -> list[float]:
        """The slopes at 0-based `ranks` of all slopes in ascending order."""
        places = [rank - self.below for rank in ranks]
        parted = np.partition(self.slopes, sorted(set(places)))
        return [float(parted[place]) for place in places]


@lru_cache(maxsize=4)
def _all_pairs(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """First and second points of all pairs, and how far they are apart without gaps."""
    first, second = np.triu_indices(size, 1)
    return first, second, (second - first).astype(np.float64)


@lru_cache(maxsize=4)
def some_pairs(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The same few thousand pairs for every series of a length; only a bracket depends on them."""
    draw = np.random.default_rng(0).integers(0, size, (SAMPLED, 2))
    draw = draw[draw[:, 0] != draw[:, 1]]
    return draw.min(axis=1), draw.max(axis=1)


@lru_cache(maxsize=4)
def pairs_by_lag(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """First and second points of all pairs and how far they are apart, neighbours first."""
    apart = np.repeat(np.arange(1, size), np.arange(size - 1, 0, -1))
    first = np.concatenate([np.arange(size - lag) for lag in range(1, size)] or [np.arange(0)])
    return first, first + apart, apart.astype(np.float64)
