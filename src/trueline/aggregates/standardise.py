"""Comparing like with like: the share met that each group would have with everybody's mix.

Direct standardisation: the share of each stratum, weighted by how many verdicts of all groups lie
in that stratum. A group without a verdict in some stratum is compared over the others, and
`covered` says how much of the common mix that is. Strata are taken as independent samples."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from trueline.aggregates.cube import Dimension, Facts

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Standardised:
    """`crude` share met beside the standardised one with its 95 % interval, both 0 to 1; None
    without assessed verdicts. `covered`: the part of the common mix that the group has at all."""

    label: str
    assessed: int
    crude: float | None
    share: float | None
    low: float | None
    high: float | None
    covered: float


def standardised(facts: Facts, groups: Dimension, mix: Dimension) -> list[Standardised]:
    """Each group as if it had the mix that all groups have together."""
    height, width = len(groups.labels), len(mix.labels)
    own = facts.assessed
    place = groups.codes[own].astype(np.int64) * width + mix.codes[own]
    number = np.bincount(place, minlength=height * width).reshape(height, width)
    met = np.bincount(place[facts.met[own]], minlength=height * width).reshape(height, width)
    common = number.sum(axis=0)
    return [_one(groups.labels[g], number[g], met[g], common) for g in range(height)]


def _one(
    label: str,
    number: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    met: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    common: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> Standardised:
    assessed = int(number.sum())
    if not assessed:
        return Standardised(label, 0, None, None, None, None, 0.0)
    has = number > 0
    weights = common[has] / common[has].sum()
    shares = met[has] / number[has]
    share = float((weights * shares).sum())
    # Agresti and Coull's two and two more keep the variance of 0 of 3 from being nothing.
    drawn = (met[has] + 2) / (number[has] + 4)
    half = _Z * sqrt(float((weights**2 * drawn * (1 - drawn) / number[has]).sum()))
    return Standardised(
        label=label,
        assessed=assessed,
        crude=int(met.sum()) / assessed,
        share=share,
        low=max(0.0, share - half),
        high=min(1.0, share + half),
        covered=float(common[has].sum() / common.sum()),
    )
