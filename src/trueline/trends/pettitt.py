"""One change of level, without a distribution: Pettitt (1979)."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from scipy.stats import rankdata

from trueline.trends.observations import Values, one_series


@dataclass(frozen=True)
class PettittTest:
    """`change_point` is the 0-based position at which the new level starts; None if untested."""

    k: int
    change_point: int | None
    p_value: float


def pettitt_test(values: Values) -> PettittTest:
    """Largest difference of ranks before and after a split; p approximate, two-sided.

    `values` is one series (n,); None and NaN are missing points. p = 2 exp(-6 K^2 / (n^3 + n^2)).
    Raises InputError when the values are not one series of numbers.
    """
    series = one_series(values)
    size = len(series.value)
    if size < 3:
        return PettittTest(0, None, 1.0)
    rank = rankdata(series.value[:, 0])
    before = np.arange(1, size)
    statistic = np.abs(2 * np.cumsum(rank)[:-1] - before * (size + 1))
    split = int(np.argmax(statistic))
    k = round(float(statistic[split]))
    if k == 0:
        return PettittTest(0, None, 1.0)
    p_value = min(1.0, 2 * exp(-6 * k * k / (size**3 + size**2)))
    return PettittTest(k, int(series.position[split + 1]), p_value)
