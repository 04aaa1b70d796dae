"""Single values far off everything around them: a broken reading, a storm, a typing error.

They say nothing of where a series is heading, and would pull levels, seasons and intervals with
them. What lasts for more than LONGEST_SPIKE values is a change and stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trueline.trends.forecast_series import Floats, root_offset, scaled, unscaled

FAR = 10.0  # robust standard deviations
APART = 3.0  # times as far off as the farthest of all the others
SIDE = 3  # values before and after, from which the usual one is the median
AT_THE_END = 3.0  # times as strict: nobody knows yet whether it lasts
LONGEST_SPIKE = 2  # values
MOST_SPIKES = 0.005  # share of the values: what comes back more often belongs to the series
FEWEST_VALUES = 4 * SIDE


def without_spikes(values: Floats, seasons: Sequence[int]) -> Floats:
    """`values` with each spike replaced by the median around it.

    A value is far off only if it is so among its neighbours and among those of the same phase of
    each season. A series of which most values are equal is left as it is.
    """
    if len(values) < FEWEST_VALUES:
        return values
    offset = root_offset(values)
    plain = scaled(values, offset)
    away = plain - _median_around(plain, 1)
    for season in seasons:
        if len(values) >= SIDE * season:
            other = plain - _median_around(plain, season)
            away = np.where(np.abs(other) < np.abs(away), other, away)
    usual = 1.4826 * np.median(np.abs(away - np.median(away)))
    size = np.abs(away)
    others = size[size <= FAR * usual].max(initial=0.0)
    least = np.full(len(values), max(FAR * usual, APART * others))
    least[-SIDE:] *= AT_THE_END
    spikes = _short_runs(size > least)
    if usual <= 0 or spikes.sum() > max(1, MOST_SPIKES * len(values)):
        return values
    return np.where(spikes, unscaled(plain - away, offset), values)


def _median_around(values: Floats, step: int) -> Floats:
    """Median of each value and SIDE others before and after, `step` apart; at the ends, those of
    the inner side count twice."""
    at = np.arange(len(values))
    window = []
    for shift in range(-SIDE, SIDE + 1):
        there, mirrored = at + shift * step, at - shift * step
        inside = (there >= 0) & (there < len(values))
        reachable = (mirrored >= 0) & (mirrored < len(values))
        window.append(values[np.where(inside, there, np.where(reachable, mirrored, at))])
    middle: Floats = np.median(window, axis=0)
    return middle


def _short_runs(flags: np.ndarray) -> np.ndarray:
    """The flags that stand in runs of at most LONGEST_SPIKE."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    kept = np.zeros(len(flags), dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        kept[start:end] = end - start <= LONGEST_SPIKE
    return kept
