"""Trend, seasons and the rest of many series at once: STL and MSTL, robust, with gaps.

STL as Cleveland, Cleveland, McRae and Terpenning (1990) define it, with lines and every point
worked out (no jumps); MSTL for several seasons as Bandara, Hyndman and Bergmeir (2021). A missing
point has no weight, so a gap is bridged and never filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trueline.errors import InputError
from trueline.trends.local_lines import local_lines
from trueline.trends.observations import Floats

WINDOW = 7
"""Points of one place of the season that its smoothing looks at."""
INNER, OUTER = 2, 15
"""Passes, and rounds of robust weights, of a robust decomposition."""
PLAIN_INNER = 5
ROUNDS = 2
"""Times that each of several seasons is taken out."""


@dataclass(frozen=True)
class Decomposition:
    """Of values (series, points); the rest is NaN where a value is missing."""

    trend: Floats
    seasons: tuple[Floats, ...]
    """One for each period, in the order of the periods."""
    rest: Floats


def stl(values: Floats, period: int, *, window: int = WINDOW, robust: bool = True) -> Decomposition:
    """Decomposition of each row by one season of `period` points.

    Raises InputError for fewer than two whole seasons, or a period below 2.
    """
    rows, seen = _checked(values, period)
    weight = seen.astype(np.float64)
    trend, season = np.zeros_like(rows), np.zeros_like(rows)
    for turn in range(1 + (OUTER if robust else 0)):
        if turn:
            weight = _robust_weights(rows - trend - season, seen)
        for _ in range(INNER if robust else PLAIN_INNER):
            season = _season(rows - trend, weight, (period, window), seen)
            trend = _bridged(_trend(rows - season, weight, period, window), seen)
    rest = np.where(seen, rows - trend - season, np.nan)
    return Decomposition(trend, (season,), rest)


def mstl(values: Floats, periods: Sequence[int], *, robust: bool = True) -> Decomposition:
    """Decomposition by several seasons, the shortest first, whatever the order they are named in.

    Each smoothes over 11, 15, 19 ... of its places, as MSTL does.
    """
    order = sorted(range(len(periods)), key=lambda at: periods[at])
    left = np.asarray(values, dtype=np.float64)
    seasons = {at: np.zeros_like(left) for at in order}
    last = None
    for _ in range(ROUNDS if len(periods) > 1 else 1):
        for place, at in enumerate(order):
            own = left + seasons[at]
            last = stl(own, periods[at], window=WINDOW + 4 * (place + 1), robust=robust)
            seasons[at] = last.seasons[0]
            left = own - seasons[at]
    if last is None:
        raise InputError("no season is named", mend="give at least one period")
    return Decomposition(
        last.trend, tuple(seasons[at] for at in range(len(periods))), left - last.trend
    )


def _checked(values: Floats, period: int) -> tuple[Floats, np.ndarray]:
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or period < 2 or rows.shape[1] < 2 * period:
        raise InputError(
            f"values of shape {rows.shape} hold no two seasons of {period} points",
            mend="give rows of at least two whole seasons",
        )
    seen = np.isfinite(rows)
    return _bridged(rows, seen), seen


def _bridged(rows: Floats, seen: np.ndarray) -> Floats:
    """Straight lines over the gaps: a line through points on one side of it would swing out."""
    if seen.all():
        return rows
    bridged = np.where(seen, rows, 0.0)
    points = np.arange(rows.shape[1])
    for at in np.flatnonzero(~seen.all(axis=1) & seen.any(axis=1)):
        known = seen[at]
        bridged[at] = np.interp(points, points[known], rows[at, known])
    return bridged


def _season(left: Floats, weight: Floats, span: tuple[int, int], seen: np.ndarray) -> Floats:
    """Each place of the season smoothed over its own points, less what is slow in that; `span` is
    the period and the window."""
    (period, window), (series, size) = span, left.shape
    longer = np.zeros((series, size + 2 * period))
    for at in range(period):
        own, own_weight = left[:, at::period], weight[:, at::period]
        lines = local_lines(own.shape[1], window, 1)
        inner = np.pad(own, ((0, 0), (1, 1)), mode="edge")
        smooth = lines.smooth(own, own_weight, inner)
        smooth[:, 1:-1] = _bridged(smooth[:, 1:-1], seen[:, at::period])
        longer[:, at::period] = smooth
    slow = _averages(_averages(_averages(longer, period), period), 3)
    low_pass = period + 1 if period % 2 == 0 else period
    low_pass += low_pass == period
    low_pass += low_pass % 2 == 0
    lines = local_lines(size, low_pass)
    steady: Floats = lines.smooth(slow, np.ones_like(slow), slow)
    return longer[:, period : period + size] - steady


def _trend(left: Floats, weight: Floats, period: int, window: int) -> Floats:
    span = int(np.ceil(1.5 * period / (1 - 1.5 / window)))
    span += span % 2 == 0
    return local_lines(left.shape[1], span).smooth(left, weight, left)


def _averages(values: Floats, length: int) -> Floats:
    """Moving averages without the ends, (series, points - length + 1)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    means: Floats = (total[:, length:] - total[:, :-length]) / length
    return means


def _robust_weights(rest: Floats, seen: np.ndarray) -> Floats:
    """Bisquare of the rest over six times its median size (Cleveland and others 1990)."""
    away = np.where(seen, np.abs(rest), np.nan)
    limit = 6 * np.nanmedian(away, axis=1, keepdims=True)
    share = np.divide(away, limit, out=np.zeros_like(away), where=limit > 0)
    weight = np.where(share <= 0.001, 1.0, (1 - np.minimum(share, 1.0) ** 2) ** 2)
    weight = np.where(share <= 0.999, weight, 0.0)
    weight = np.where((limit <= 0) & (away > 0), 0.0, weight)
    return np.where(seen, weight, 0.0)
