"""Ridge autoregression: the next values as a linear rule of the last ones.

One regression gives two forecasts: *direct*, one rule for each step ahead, and *recursive*, the
rule for one step applied to its own answers. Everything is measured from the last value (or from
the mean of the last season), so that a shift of the series shifts the forecast and nothing else.
The penalty is the one with the least generalised cross-validation error (Golub, Heath, Wahba 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from trueline.trends.forecast_series import Floats, Ints

PENALTIES = 10.0 ** np.arange(-5, 2)  # in units of the mean eigenvalue of the lags
FEWEST_ROWS, MOST_ROWS = 8, 2500  # the latest are kept


@dataclass(frozen=True)
class Lags:
    """`count` last values, each less the mean of the last `centre` values."""

    count: int
    centre: int = 1

    @property
    def reach(self) -> int:
        return max(self.count, self.centre)


@dataclass(frozen=True)
class _Rule:
    lag_means: Floats  # (count,)
    step_means: Floats  # (horizon,)
    direct: Floats  # (count, horizon)
    one_step: Floats  # (count,)


def autoregress(
    values: Floats, lags: Lags, horizon: int, fit_end: int, origins: Ints
) -> tuple[Floats, Floats] | None:
    """Direct and recursive paths, each (origins, horizon); None where the history is too short.

    The rule is learnt from values[:fit_end] only; an origin t sees values[:t].
    """
    rule = _fitted(values[:fit_end], lags, horizon)
    if rule is None or origins.min() < lags.reach:
        return None
    seen = values[origins[:, None] - lags.reach + np.arange(lags.reach)]
    level = seen[:, -lags.centre :].mean(axis=1, keepdims=True)
    offsets = seen[:, -lags.count :] - level - rule.lag_means
    direct = rule.step_means + offsets @ rule.direct + level
    return direct, _recursive(rule, lags, seen, horizon)


def _fitted(values: Floats, lags: Lags, horizon: int) -> _Rule | None:
    rows = np.arange(lags.reach, len(values) - horizon + 1)[-MOST_ROWS:]
    if len(rows) < FEWEST_ROWS:
        return None
    sums = np.concatenate([[0.0], np.cumsum(values - values[0])])
    level = (sums[rows] - sums[rows - lags.centre]) / lags.centre + values[0]
    before = sliding_window_view(values, lags.count)[rows - lags.count] - level[:, None]
    after = sliding_window_view(values, horizon)[rows] - level[:, None]
    lag_means, step_means = before.mean(axis=0), after.mean(axis=0)
    before, after = before - lag_means, after - step_means
    eigenvalues, vectors = np.linalg.eigh(before.T @ before)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    if eigenvalues[-1] <= 0.0:
        nothing = np.zeros((lags.count, horizon))
        return _Rule(lag_means, step_means, nothing, nothing[:, 0])
    turned = vectors.T @ (before.T @ after)  # (count, horizon)
    shrunk = 1.0 / (eigenvalues + PENALTIES[:, None] * eigenvalues.mean())  # (penalties, count)
    error = _cross_validation(eigenvalues, shrunk, turned, np.square(after).sum(axis=0), len(rows))
    direct = vectors @ (shrunk[error.mean(axis=1).argmin()][:, None] * turned)
    one_step = vectors @ (shrunk[error[:, 0].argmin()] * turned[:, 0])
    return _Rule(lag_means, step_means, direct, one_step)


def _cross_validation(
    eigenvalues: Floats, shrunk: Floats, turned: Floats, total: Floats, rows: int
) -> Floats:
    """Generalised cross-validation error, (penalties, horizon)."""
    explained = (2 * shrunk - eigenvalues * np.square(shrunk)) @ np.square(turned)
    residual = np.maximum(total - explained, 1e-12 * total)
    freedom = 1 + (eigenvalues * shrunk).sum(axis=1)
    left = np.maximum(1 - freedom / rows, 0.02)
    error: Floats = np.sqrt(residual / rows) / left[:, None]
    return error


def _recursive(rule: _Rule, lags: Lags, seen: Floats, horizon: int) -> Floats:
    """The rule for one step is linear in what was seen, so each step is one product."""
    reach = lags.reach
    weights = np.zeros(reach)
    weights[-lags.count :] = rule.one_step
    weights[-lags.centre :] += (1 - rule.one_step.sum()) / lags.centre
    constant = rule.step_means[0] - rule.lag_means @ rule.one_step
    path = np.concatenate([seen, np.empty((len(seen), horizon))], axis=1)
    for end in range(reach, reach + horizon):
        path[:, end] = constant + path[:, end - reach : end] @ weights
    return path[:, reach:]
