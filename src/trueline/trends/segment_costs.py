"""What is left of a series when each segment is described by one polynomial."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from trueline.trends.observations import Floats

LEAST_LENGTH = (1, 3, 15, 25)
"""Points a segment needs before a level, line, parabola or cubic is asked of it."""


@lru_cache(maxsize=4096)
def basis(length: int, degree: int) -> Floats:
    """Orthonormal polynomials up to `degree` on `length` even points, (length, degree + 1)."""
    place = np.linspace(-1, 1, length) if length > 1 else np.zeros(1)
    powers = np.vander(place, min(degree + 1, length), increasing=True)
    return np.asarray(np.linalg.qr(powers)[0])


def segment_costs(series: Floats) -> Floats:
    """Sums of squares left by each degree in each segment, (degrees, n + 1, n + 1).

    `cost[j, a, b]` is for points a to b - 1 of `series` (n, d), summed over the d columns;
    infinite where the segment is empty or too short for degree j.
    """
    size, degrees = len(series), len(LEAST_LENGTH)
    cost = np.full((degrees, size + 1, size + 1), np.inf)
    squares = np.concatenate([[0.0], np.cumsum((series**2).sum(axis=1))])
    for length in range(1, size + 1):
        start = np.arange(size - length + 1)
        left = squares[length:] - squares[:-length]
        windows = np.lib.stride_tricks.sliding_window_view(series, length, axis=0)
        share = ((windows @ basis(length, degrees - 1)) ** 2).sum(axis=1)
        for degree in range(degrees):
            if degree < share.shape[1]:
                left = left - share[:, degree]
            if length >= LEAST_LENGTH[degree]:
                cost[degree, start, start + length] = np.maximum(left, 0.0)
    return cost


def residuals(
    series: Floats, cost: Floats, cuts: tuple[int, ...], per_coefficient: float
) -> tuple[Floats, int]:
    """What the best polynomial of each segment leaves, and how many coefficients were spent."""
    left, spent = series.copy(), 0
    charge = per_coefficient * np.arange(len(cost))
    for start, stop in pairwise((0, *cuts, len(series))):
        degree = int(np.argmin(cost[:, start, stop] + charge))
        shape = basis(stop - start, degree)
        left[start:stop] -= shape @ (shape.T @ series[start:stop])
        spent += degree + 1
    return left, spent


def partition(cost: Floats, penalty: float, least: int) -> tuple[int, ...]:
    """Cuts with the smallest sum of segment costs plus `penalty` for each cut.

    Exact, by dynamic programming (Jackson et al. 2005, "An algorithm for optimal partitioning
    of data on an interval"); `cost` is (n + 1, n + 1), `least` the shortest segment.
    """
    size = len(cost) - 1
    best = np.full(size + 1, np.inf)
    best[0] = -penalty
    origin = np.zeros(size + 1, dtype=np.intp)
    by_end = np.ascontiguousarray(cost.T)
    for stop in range(least, size + 1):
        until = stop - least + 1
        total = best[:until] + by_end[stop, :until]
        origin[stop] = total.argmin()
        best[stop] = total[origin[stop]] + penalty
    cuts: list[int] = []
    stop = int(origin[size])
    while stop > 0:
        cuts.append(stop)
        stop = int(origin[stop])
    return tuple(reversed(cuts))
