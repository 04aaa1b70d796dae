"""Levels against expectations: how far each leaf is off, and what that says.

A leaf is off by x = (expected - actual) / max(|expected|, |actual|), between -1 and 1. All leaves
under one cause share one ratio of actual to expected, hence one x (the generalised ripple effect of
Squeeze, Li and others 2019). Without a cause, x is noise about 0: the relative error is normal,
with either of the two figures as its base. A leaf that is 0 in both figures says nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from trueline.problems.evidence import StateEvidence
from trueline.problems.leaves import Codes, Floats, Singles

BINS = 80
# How evenly a cause moves its leaves: the standard deviation of x about the common one, and of how
# many bins each is a centre (a wide spread need not be tried at each).
SPREADS = {0.01: 1, 0.03: 1, 0.08: 2, 0.16: 4}
# Of the leaves under a cause, so many are off in their own way, or not at all.
STRAY = 0.05
# A normal leaf anywhere at all, beyond what the noise allows.
FREAK = 1e-9
MAY_BE_CAUSES = 2
# A difference below a tenth is of no practical weight, however sure.
SLIGHT = 0.1
# Nats that any cause has to bring beyond naming it and choosing its ratio.
FIXED = 2.0
LEAST_NOISE = 1e-4
# When small leaves are held to be noisier than large ones, and how large a leaf must be then.
ENOUGH, LEAST_NOISY, NOISIER, SEVERAL = 40, 0.15, 3.0, 6.0


def deviations(actual: Floats, expected: Floats) -> Floats:
    """x of every leaf; NaN where both figures are 0 or one is missing."""
    size = np.maximum(np.abs(actual), np.abs(expected))
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(size > 0, (expected - actual) / size, np.nan)
    off[~np.isfinite(off)] = np.nan
    clipped: Floats = np.clip(off, -1.0, 1.0)
    return clipped


def silent(actual: Floats, expected: Floats) -> npt.NDArray[np.bool_]:
    """Leaves that say nothing, because they are small beside a noise that is not relative.

    Where the smallest quarter of leaves is relatively much noisier than the larger half, noise has
    a part of its own size; a leaf not several times that size may be off by any share.
    """
    size = np.maximum(np.abs(actual), np.abs(expected))
    off = deviations(actual, expected)
    some = np.flatnonzero(np.isfinite(off))
    if len(some) < ENOUGH:
        return np.zeros(len(size), dtype=np.bool_)
    order = some[np.argsort(size[some], kind="stable")]
    small, large = order[: len(order) // 4], order[len(order) // 2 :]
    sides = [off[small][off[small] > 0], -off[small][off[small] < 0]]
    if min(map(len, sides)) < len(small) / 4:  # noise moves leaves both ways, a cause one way
        return np.zeros(len(size), dtype=np.bool_)
    own = 1.4826 * min(float(np.median(side)) for side in sides)
    if own < LEAST_NOISY or own < NOISIER * noise_of(off[large]):
        return np.zeros(len(size), dtype=np.bool_)
    absolute = 1.4826 * float(np.median(np.abs(actual[small] - expected[small])))
    between = (np.abs(actual) + np.abs(expected)) / 2
    hushed: npt.NDArray[np.bool_] = between < SEVERAL * absolute
    return hushed


def noise_of(off: Floats) -> float:
    """Standard deviation of the noise, from the side that causes disturb less.

    Too few leaves to tell: a tenth, so that a handful of leaves claims what is plain only.
    """
    sides = [off[off >= 0], -off[off <= 0]]
    enough = [side for side in sides if len(side) >= max(5, 0.05 * len(off))]
    spreads = [float(np.median(side)) * 1.4826 for side in enough]
    return max(min(spreads, default=SLIGHT), LEAST_NOISE)


def noise_of_rest(off: Floats, noise: float) -> float:
    """Standard deviation of leaves that no cause explains, far ones drawn in."""
    if len(off) < 20:
        return noise
    spread = float(np.sqrt(np.mean(np.clip(off, -4 * noise, 4 * noise) ** 2)))
    return max(min(spread, 1.5 * noise), LEAST_NOISE)


def freaks_among(off: Floats, noise: float) -> float:
    """Share of leaves far off without a cause: twice what the side with fewer of them has.

    A cause moves its leaves one way, long-tailed noise moves them both ways; one or two on the
    other side may still be causes of their own.
    """
    fewer = min(int(np.sum(off > 6 * noise)), int(np.sum(off < -6 * noise)))
    share = 2 * max(0, fewer - MAY_BE_CAUSES) / max(1, len(off))
    return float(min(max(FREAK, share), 0.5))


def level_evidence(off: Floats, noise: float, freaks: float = FREAK) -> StateEvidence:
    """Gain of leaves in bins of x, the whole losses and whole surpluses in bins of their own."""
    edges = np.linspace(-1.0, 1.0, BINS + 1)
    normal = np.diff(np.concatenate([[0.0], _no_cause(edges[1:-1], noise), [1.0]]))
    base = (1 - freaks) * _with_ends(normal) + freaks / (BINS + 2)
    rows = []
    for spread, step in SPREADS.items():
        for middle in _middles(edges, step):
            hit = ndtr((edges - middle) / spread)
            caused = np.concatenate([np.diff(hit), [hit[0], 1 - hit[-1]]])
            rows.append(np.log((1 - STRAY) * caused + STRAY / (BINS + 2)) - np.log(base))
    table: Singles = np.array(rows, dtype=np.float32)
    return StateEvidence(_states(off), table, fixed=FIXED + 0.5 * float(np.log(len(table))))


def _middles(edges: Floats, step: int) -> Floats:
    centres = ((edges[1:] + edges[:-1]) / 2)[step // 2 :: step]
    every = np.concatenate([centres, [-1.0, 1.0]])
    steep: Floats = every[np.abs(every) >= SLIGHT]
    return steep


def _states(off: Floats) -> Codes:
    state = np.minimum(((off + 1) / 2 * BINS).astype(np.int64), BINS - 1)
    state[off <= -1] = BINS
    state[off >= 1] = BINS + 1
    return state


def _with_ends(mass: Floats) -> Floats:
    """The two ends may hold as much as the outermost bins."""
    ended: Floats = np.concatenate([mass, [mass[0], mass[-1]]])
    return ended


def _no_cause(off: Floats, noise: float) -> Floats:
    """Distribution of x when the relative error is normal and either figure is its base."""
    size = np.minimum(np.abs(off), 1 - 1e-12)
    of_larger = 2 * ndtr(size / noise) - 1
    of_smaller = 2 * ndtr(size / (1 - size) / noise) - 1
    share: Floats = 0.5 + np.sign(off) * 0.25 * (of_larger + of_smaller)
    return share
