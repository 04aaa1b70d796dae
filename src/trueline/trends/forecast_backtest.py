"""Back-test: what each method would have said at earlier times, beside what then came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueline.trends.forecast_series import Floats, Ints

ORIGINS = 12
FEWEST_VALUES = 4


@dataclass(frozen=True)
class BackTest:
    """Origins in the last quarter or so of the history; rules are learnt before the first one."""

    origins: Ints
    truth: Floats  # (origins, horizon); NaN beyond the history

    @property
    def fit_end(self) -> int:
        return int(self.origins[0])


@dataclass(frozen=True)
class ForecastScore:
    """How the same forecaster did on the end of the history, at `origins` earlier times.

    Errors are means of |value - forecast| over all steps. `naive_error` is that of repeating the
    last season, or the last value. `covered` is the share of values inside the 95 % interval.
    """

    origins: int
    error: float
    naive_error: float
    covered: float

    @property
    def skill(self) -> float:
        """Share of the naive error that is saved; 0 where there was none to save."""
        return 1 - self.error / self.naive_error if self.naive_error > 0 else 0.0


def back_test_of(values: Floats, horizon: int) -> BackTest:
    """`values` are at least FEWEST_VALUES; a short history is tested over fewer steps."""
    length = len(values)
    steps = min(horizon, max(1, length // 4))
    region = int(np.clip(length // 4, 2 * steps, max(4 * steps, 100)))
    first = max(length - region, length // 3, 3)
    last = max(length - steps, first)
    origins = np.unique(np.round(np.linspace(first, last, ORIGINS)).astype(int))
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return BackTest(origins, padded[origins[:, None] + np.arange(horizon)])
