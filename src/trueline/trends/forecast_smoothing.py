"""Exponential smoothing with a damped trend (Gardner, McKenzie 1985), many settings in one pass.

Level l and slope b follow each value y: e = y - (l + phi b); l += phi b + alpha e; b = phi b +
alpha beta e. The settings that would have been best on the past are averaged, which is steadier
than the one best. Seasonal series come here with their season taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from trueline.trends.forecast_series import Floats, Ints

KEPT = 8  # settings averaged
LONGEST = 500  # values: what lies further back has no weight left in the levels


def _settings() -> Floats:
    """Rows of alpha, beta, phi; without a slope, phi has nothing to damp."""
    alphas = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
    sloped = product(alphas, (0.02, 0.05, 0.1, 0.2, 0.4), (0.8, 0.9, 0.95, 0.98, 1.0))
    return np.array([(alpha, 0.0, 0.0) for alpha in alphas] + list(sloped))


SETTINGS = _settings()


@dataclass(frozen=True)
class Pass:
    """What one pass over (series, values) leaves: states at chosen times and one-step errors."""

    times: Ints
    level: Floats  # (times, series, settings): after values[:time]
    slope: Floats
    error: Floats  # (times, series, settings): sum of one-step errors' sizes before that time


def damped(series: Floats, fit_ends: Ints, origins: Ints, horizon: int) -> list[Floats]:
    """Paths of each row of `series` (series, values) from each origin, (origins, horizon) each.

    A row's settings are chosen on its values before its fit_end, the states follow all values
    before the origin.
    """
    start = max(0, series.shape[1] - LONGEST)
    if origins.min() <= start:
        start = max(0, int(origins.min()) - LONGEST // 2)
    series, fit_ends, origins = series[:, start:], fit_ends - start, origins - start
    length = series.shape[1]
    regular = np.arange(max(length // 6, 1), length, max(1, horizon // 3))
    quarters = np.maximum(fit_ends // 4, 1)
    past = smooth(series, np.unique(np.concatenate([regular, quarters, fit_ends, origins])))
    growth = np.cumsum(SETTINGS[:, 2] ** np.arange(1, horizon + 1)[:, None], axis=0)
    at = np.searchsorted(past.times, origins)
    found = []
    for row, fit_end in enumerate(fit_ends):
        best = best_settings(past, row, series[row, :fit_end], growth)
        paths = damped_paths(
            past.level[at, row][:, best], past.slope[at, row][:, best], growth[:, best]
        )
        found.append(paths.mean(axis=-1))
    return found


def smooth(series: Floats, times: Ints) -> Pass:
    """One pass over `series` (series, values), keeping the states at sorted `times` (>= 1)."""
    alpha, beta, phi = SETTINGS.T
    shape = (len(times), len(series), len(SETTINGS))
    kept = Pass(times, np.empty(shape), np.empty(shape), np.empty(shape))
    level = np.repeat(series[:, :1], len(SETTINGS), axis=1)
    slope, total = np.zeros_like(level), np.zeros_like(level)
    gain = alpha * beta
    at = 0
    for time in range(1, times[-1] + 1):
        slope *= phi
        level += slope
        error = series[:, time - 1, None] - level
        level += alpha * error
        slope += gain * error
        total += np.abs(error)
        if time == times[at]:
            kept.level[at], kept.slope[at], kept.error[at] = level, slope, total
            at += 1
    return kept


def damped_paths(level: Floats, slope: Floats, growth: Floats) -> Floats:
    """From states (origins, settings) and what a slope grows to (horizon, settings):
    (origins, horizon, settings)."""
    paths: Floats = level[:, None] + growth * slope[:, None]
    return paths


def best_settings(past: Pass, row: int, values: Floats, growth: Floats) -> Ints:
    """The KEPT best settings of a row, judged on its `values` before the fit's end.

    One-step error and error over the horizon count alike, each relative to its least.
    """
    end, horizon = len(values), len(growth)
    begin, stop = np.searchsorted(past.times, (max(end // 4, 1), end))
    one_step = past.error[stop, row] - (past.error[begin, row] if begin < stop else 0.0)
    score = _relative(one_step)
    tried = np.flatnonzero((past.times >= max(end // 3, 1)) & (past.times <= end - horizon))
    if len(tried) > 1:
        truth = values[past.times[tried][:, None] + np.arange(horizon)][:, :, None]
        paths = damped_paths(past.level[tried, row], past.slope[tried, row], growth)
        score = score + _relative(np.abs(paths - truth).mean(axis=(0, 1)))
    return np.argsort(score, kind="stable")[:KEPT]


def _relative(error: Floats) -> Floats:
    """Relative to the least; ones where nothing was missed."""
    tiny = 1e-12 * error.max() + 1e-300
    ratio: Floats = (error + tiny) / (error.min() + tiny)
    return ratio
