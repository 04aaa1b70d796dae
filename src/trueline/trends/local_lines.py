"""Local lines through equally spaced points (loess), for many series at once.

The kernels depend on places only, so they are built once; the weights of the points may differ from
series to series, and a point that is missing has the weight 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from trueline.trends.observations import Floats


@dataclass(frozen=True, eq=False)
class LocalLines:
    """Tricube kernels at some places of a series of `size` points, (places, points)."""

    size: int
    kernel: sparse.csr_matrix
    first: sparse.csr_matrix
    """The kernel times the distance of each point from the place."""
    second: sparse.csr_matrix
    """The kernel times the square of it."""

    def smooth(self, values: Floats, weights: Floats, otherwise: Floats) -> Floats:
        """Height of the line at each place (series, places), for values and weights (series,
        points); `otherwise` where no point of the neighbourhood has weight."""
        weighted = values * weights
        total, moment, square = (
            np.asarray((one @ weights.T).T) for one in (self.kernel, self.first, self.second)
        )
        level = np.asarray((self.kernel @ weighted.T).T)
        tilt = np.asarray((self.first @ weighted.T).T)
        seen = total > 1e-12
        safe = np.where(seen, total, 1.0)
        mean, spread = moment / safe, square / safe - (moment / safe) ** 2
        lined = seen & (np.sqrt(np.maximum(spread, 0.0)) > 0.001 * max(self.size - 1, 1))
        slope = (tilt / safe - mean * level / safe) / np.where(lined, spread, 1.0)
        height = level / safe - np.where(lined, mean * slope, 0.0)
        return np.where(seen, height, otherwise)


@lru_cache(maxsize=64)
def local_lines(size: int, window: int, beyond: int = 0) -> LocalLines:
    """Places 0 to size - 1, and `beyond` more at both ends, of windows of `window` points.

    As in STL (Cleveland and others 1990): at the ends the window stays inside the series, and one
    that is wider than the series widens the kernel instead.
    """
    rows, columns, kernel, distance = [], [], [], []
    for row, place in enumerate(range(-beyond, size + beyond)):
        left, right = _window(size, window, place)
        points = np.arange(left, right + 1)
        away = points - place
        reach = float(max(place - left, right - place))
        if window > size:
            reach += (window - size) // 2
        weight = _tricube(np.abs(away), reach)
        kept = weight > 0
        rows.append(np.full(int(kept.sum()), row))
        columns.append(points[kept])
        kernel.append(weight[kept])
        distance.append(away[kept].astype(np.float64))
    at = (np.concatenate(rows), np.concatenate(columns))
    weight, away = np.concatenate(kernel), np.concatenate(distance)
    shape = (size + 2 * beyond, size)
    by_power = (
        sparse.csr_matrix((weight * away**power, at), shape=shape, dtype=np.float64)
        for power in range(3)
    )
    return LocalLines(size, *by_power)


def _window(size: int, window: int, place: int) -> tuple[int, int]:
    """First and last point of the neighbourhood."""
    if window >= size:
        return 0, size - 1
    left = min(max(place - (window - 1) // 2, 0), size - window)
    return left, left + window - 1


def _tricube(away: np.ndarray, reach: float) -> Floats:
    share = away / reach if reach > 0 else np.zeros(len(away))
    weight: Floats = np.where(share <= 0.001, 1.0, (1 - np.minimum(share, 1.0) ** 3) ** 3)
    return np.where(share <= 0.999, weight, 0.0)
