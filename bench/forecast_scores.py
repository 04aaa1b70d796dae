"""How published competitions score forecasts, and how the date of a breach is scored.

sMAPE and MASE as in M4 (Makridakis, Spiliotis, Assimakopoulos 2020), MAPE as in the tourism
competition (Athanasopoulos, Hyndman, Song, Wu 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

CERTAIN = 0.5  # a breach is dated at the first step with at least this probability


def smape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean of 200 |y - f| / (|y| + |f|), in percent; 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    missed = 200 * np.abs(actual - forecast)
    return float(np.mean(np.divide(missed, size, out=np.zeros_like(missed), where=size > 0)))


def seasonal_step(train: np.ndarray, season: int) -> float:
    """Mean |x_t - x_(t-season)| of the training values."""
    return float(np.mean(np.abs(train[season:] - train[:-season])))


def mase(actual: np.ndarray, forecast: np.ndarray, train: np.ndarray, season: int) -> float:
    return float(np.mean(np.abs(actual - forecast))) / seasonal_step(train, season)


def mape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean of 100 |y - f| / |y| over the steps where y is not 0."""
    told = actual != 0
    return float(np.mean(100 * np.abs(actual - forecast)[told] / np.abs(actual[told])))


def owa(smape_mean: float, mase_mean: float, naive2: tuple[float, float]) -> float:
    """Overall weighted average: both means relative to those of Naive2 (sMAPE, MASE)."""
    return (smape_mean / naive2[0] + mase_mean / naive2[1]) / 2


@dataclass(frozen=True)
class BreachCase:
    """One series and direction: the probability of each step, and whether it was beyond."""

    chances: np.ndarray
    beyond: np.ndarray

    @property
    def dated(self) -> int | None:
        return _first(self.chances >= CERTAIN)

    @property
    def happened(self) -> int | None:
        return _first(self.beyond)

    @property
    def right(self) -> bool:
        """Dated within max(1, 0.1 h) steps."""
        if self.dated is None or self.happened is None:
            return False
        return abs(self.dated - self.happened) <= max(1.0, 0.1 * len(self.beyond))


def breach_lines(train: np.ndarray, season: int, horizon: int) -> tuple[float, float]:
    """Upper and lower line: the extremes of the last `horizon` training values, each moved outward
    by half of the mean seasonal step."""
    step = 0.5 * seasonal_step(train, season)
    return float(train[-horizon:].max()) + step, float(train[-horizon:].min()) - step


def brier(cases: Sequence[BreachCase]) -> float:
    """Mean squared error of the highest probability of each case."""
    return float(np.mean([(c.chances.max() - c.beyond.any()) ** 2 for c in cases]))


def auc(cases: Sequence[BreachCase]) -> float:
    """Share of pairs of a breach and a non-breach that the highest probability orders rightly."""
    ranks = rankdata([case.chances.max() for case in cases])
    breached = np.array([case.beyond.any() for case in cases])
    ones, zeros = int(breached.sum()), int((~breached).sum())
    return float((ranks[breached].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def date_f1(cases: Sequence[BreachCase]) -> float:
    """2 * right / (dated + happened): the harmonic mean of precision and recall of dates."""
    right = sum(case.right for case in cases)
    dated = sum(case.dated is not None for case in cases)
    happened = sum(case.happened is not None for case in cases)
    return 2 * right / (dated + happened) if dated + happened else 0.0


def _first(flags: np.ndarray) -> int | None:
    where = np.flatnonzero(flags)
    return int(where[0]) if len(where) else None
