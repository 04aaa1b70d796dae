"""Random values that are the same on every machine.

Vectorised exp, log and sin differ in their last bit between processors. So each distribution is
a table of 65,536 rounded quantiles, drawn from by random 16-bit numbers; beyond that only exact
IEEE operations (add, multiply, round) touch a value.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_SIZE = 65_536
_DIGITS = 5  # coarse enough that a processor's last bit is rounded away


@lru_cache(maxsize=1)
def _uniform() -> Floats:
    return (np.arange(_SIZE) + 0.5) / _SIZE


@lru_cache(maxsize=1)
def _normal() -> Floats:
    inverse = NormalDist().inv_cdf
    return np.array([inverse(u) for u in _uniform().tolist()])


def _table(quantiles: Floats) -> Floats:
    table = np.round(quantiles, _DIGITS)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=32)
def lognormal(sigma: float) -> Floats:
    """Factors around 1 whose logarithm is normal with deviation `sigma`."""
    return _table(np.exp(sigma * _normal()))


@lru_cache(maxsize=32)
def heavy_tailed(sigma: float, tail_share: float, tail_power: float) -> Floats:
    """Lognormal factors whose upper `tail_share` grows on as a power law."""
    beyond = np.maximum(1.0, tail_share / (1 - _uniform()))
    return _table(np.exp(sigma * _normal()) * beyond**tail_power)


@lru_cache(maxsize=8)
def stray_losses(share: float, mean: float) -> Floats:
    """Lost frames of a quiet interval: none but for `share`, then about `mean`."""
    rest = np.clip((1 - _uniform()) / share, 1e-9, 1.0)
    return _table(np.where(_uniform() < 1 - share, 0.0, np.ceil(np.round(-mean * np.log(rest), 6))))


def draw(random: np.random.Generator, table: Floats, shape: int | tuple[int, ...]) -> Floats:
    """Independent values of the table's distribution."""
    return table[random.integers(0, _SIZE, size=shape, dtype=np.uint16)]


def draw_counts(random: np.random.Generator, means: Floats) -> Integers:
    """Whole numbers with the given means below about three (Poisson by inversion)."""
    uniform = random.random(means.shape)
    total = np.zeros(means.shape, dtype=np.int64)
    for mean, u, where in zip(means.tolist(), uniform.tolist(), range(means.size), strict=True):
        term = cumulative = round(math.exp(-mean), 12)
        while u > cumulative and total[where] < 40:
            total[where] += 1
            term = term * mean / float(total[where])
            cumulative += term
    return total


def choose(random: np.random.Generator, weights: tuple[float, ...], size: int) -> Integers:
    """Indices of `weights` with those relative frequencies."""
    edges = np.cumsum(np.array(weights)) / sum(weights)
    return np.minimum(
        np.searchsorted(edges, random.random(size), side="right"), len(weights) - 1
    ).astype(np.int64)
