"""The verdict that a period is going to end with, as a probability (R1 h).

Bad time comes in episodes. Their number in what is left of the period is Poisson with the member's
rate; the rate is gamma distributed over the group and shrunk per member by what it has shown, so
the number is negative binomial. Their lengths are those that the whole group has had. The sum of
the lengths is added up on a grid by its generating function (Grubel and Hermesmeier 1999), never
drawn at random: equal inputs give equal probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

STEPS = 240  # of the grid from nothing to the allowance that is left
CIRCLE, TILT = 2048, 23.0  # points of the transform; 1e-10 of error from what wraps around


@dataclass(frozen=True)
class Exposure:
    """What a member has shown: episodes in so many seconds."""

    episodes: int
    seconds: float


@dataclass(frozen=True)
class RatePrior:
    """Rates of a group: gamma with this shape, and `seconds` as its inverse scale."""

    shape: float
    seconds: float


def rate_prior(exposures: Sequence[Exposure]) -> RatePrior | None:
    """By moments over the members; None where the group has no episode or no time."""
    episodes = sum(e.episodes for e in exposures)
    seconds = sum(e.seconds for e in exposures)
    if not episodes or not seconds:
        return None
    rate = episodes / seconds
    squares = sum((e.episodes - rate * e.seconds) ** 2 for e in exposures)
    variance = (squares - episodes) / sum(e.seconds**2 for e in exposures)
    # Members that differ no more than chance makes them: the whole group counts for each.
    if variance <= rate**2 / episodes:
        return RatePrior(float(episodes), seconds)
    return RatePrior(rate**2 / variance, rate / variance)


def breach_probability(
    prior: RatePrior | None,
    member: Exposure,
    lengths_s: Sequence[float],
    *,
    remaining_s: float,
    left_s: float,
) -> float:
    """P(the bad time still to come is more than `left_s`). `lengths_s`: episodes of the group."""
    if left_s < 0:
        return 1.0
    if prior is None or not lengths_s or remaining_s <= 0:
        return 0.0
    shape = prior.shape + member.episodes
    seconds = prior.seconds + member.seconds
    stay = seconds / (seconds + remaining_s)
    if left_s == 0:
        return 1.0 - float(np.exp(shape * log(stay)))
    step_s = left_s / STEPS
    share = _lengths_on_grid(lengths_s, step_s)
    return min(1.0, max(0.0, 1.0 - float(_sum_within(shape, stay, share).sum())))


def _lengths_on_grid(lengths_s: Sequence[float], step_s: float) -> np.ndarray:
    """Shares of episodes of 1 to STEPS steps, each split between its neighbours so that the mean
    is kept; longer ones are missing, for one of them is a breach by itself."""
    places = np.asarray(lengths_s, dtype=np.float64) / step_s
    low = np.floor(np.minimum(places, STEPS + 1)).astype(np.int64)
    kept = low <= STEPS
    low, part = low[kept], places[kept] - low[kept]
    share = np.bincount(low, 1 - part, STEPS + 2) + np.bincount(low + 1, part, STEPS + 2)
    found: np.ndarray = share[: STEPS + 1] / len(lengths_s)
    return found


def _sum_within(shape: float, stay: float, share: np.ndarray) -> np.ndarray:
    """The probability of each sum from 0 to STEPS steps, for a negative binomial number of
    episodes: its generating function (stay / (1 - go f))^shape, read off on a circle. Tilted by
    exp(-k TILT / CIRCLE), what wraps around adds less than exp(-TILT)."""
    tilt = np.exp(-np.arange(len(share)) * (TILT / CIRCLE))
    lengths = np.fft.rfft(share * tilt, CIRCLE)
    sums = np.fft.irfft(np.exp(shape * (log(stay) - np.log(1 - (1.0 - stay) * lengths))), CIRCLE)
    found: np.ndarray = sums[: len(share)] / tilt
    return found


def brier_score(forecasts: Sequence[tuple[float, bool]]) -> float | None:
    """Mean squared distance of the probabilities from what came; 0 is perfect."""
    if not forecasts:
        return None
    return sum((p - came) ** 2 for p, came in forecasts) / len(forecasts)


def base_rate_score(forecasts: Sequence[tuple[float, bool]]) -> float | None:
    """What always naming the share that came would have scored: the score to beat."""
    if not forecasts:
        return None
    share = sum(came for _, came in forecasts) / len(forecasts)
    return share * (1 - share)
