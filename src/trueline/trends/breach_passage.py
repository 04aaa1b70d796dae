"""Chance that a line was crossed by each step, from the chance of each step by itself.

Errors of neighbouring steps are alike: a series that is high today is likely high tomorrow. They
are taken as a Gaussian process z with z_t = rho z_(t-1) + noise, of which each step is beyond the
line where z exceeds what its chance says. The share that has not crossed yet is followed from step
to step over fine cells of z, so nothing is drawn at random.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from trueline.trends.forecast_series import Floats

CELLS = 121
REACH = 6.0  # standard deviations
DEPENDENCE = 0.95  # rho with which chances of crossing came true on weekly and monthly series
MOST_DEPENDENCE = 0.98  # beyond it the cells are too coarse


def crossed_by(chances: Floats, dependence: float = DEPENDENCE) -> Floats:
    """P(some step up to this one is beyond), (horizon,); `dependence` is rho from 0 to 1."""
    rho = min(max(dependence, 0.0), MOST_DEPENDENCE)
    edges = np.linspace(-REACH, REACH, CELLS + 1)
    edges[[0, -1]] = -np.inf, np.inf
    centres = np.linspace(-REACH, REACH, 2 * CELLS + 1)[1::2]
    cumulated = stats.norm.cdf((edges - rho * centres[:, None]) / np.sqrt(1 - rho * rho))
    moves = np.diff(cumulated, axis=1)  # (from, to)
    left = np.diff(stats.norm.cdf(edges))
    limits = stats.norm.isf(chances)
    crossed = np.empty(len(chances))
    for step, limit in enumerate(limits):
        if step:
            left = left @ moves
        left = left * _share_within(limit)
        crossed[step] = 1 - left.sum()
    return np.maximum.accumulate(np.maximum(crossed, chances))


def _share_within(limit: float) -> Floats:
    """Share of each cell that lies below the limit."""
    width = 2 * REACH / CELLS
    starts = np.linspace(-REACH, REACH, CELLS + 1)[:-1]
    share: Floats = np.clip((limit - starts) / width, 0.0, 1.0)
    return share
