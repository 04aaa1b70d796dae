"""Simpson's reversal: one group does better than another as a whole and worse in its parts.

Warned of where the pooled difference and the one within strata (Mantel and Haenszel's weighted
difference of shares) have opposite signs and both are at least a point of a hundred, if either the
reversal is complete (the better group is the worse one in every stratum that both have) or both
differences are beyond chance. A complete one may be chance; `beyond_chance` says which it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
import numpy.typing as npt

from trueline.aggregates.cube import Dimension, Facts

STANDARD_ERRORS = 2.0
LEAST_ASSESSED = 20  # of each group
LEAST_IN_STRATUM = 10  # of each group, for the stratum to count
LEAST_DIFFERENCE = 0.01
MAX_STRATA = 200  # a dimension of more values (a circuit, a site) is no mix but a name
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reversal:
    """`first` looks better than `second` by `pooled`, and is worse by `within` (both shares, as
    first less second) when verdicts of one `by` are compared with each other."""

    dimension: str
    first: str
    second: str
    by: str
    pooled: float
    within: float
    strata: int  # in which both have verdicts
    against: int  # of those, in how many the first is the worse one
    beyond_chance: bool

    @property
    def complete(self) -> bool:
        return self.against == self.strata

    @property
    def sentence(self) -> str:
        """For people: `Careful: a looks better than b by 4.6 points, but ...`."""
        sure = "" if self.beyond_chance else "; with these numbers it may be chance"
        return (
            f"Careful: {self.first} looks better than {self.second} by {100 * self.pooled:.1f} "
            f"points, but is worse by {-100 * self.within:.1f} within {self.by} "
            f"(in {self.against} of {self.strata} of its values{sure})"
        )


def find_reversals(facts: Facts, groups: Dimension, strata: Iterable[Dimension]) -> list[Reversal]:
    """Every pair of groups and every stratification that reverses it: those beyond chance first,
    then the largest."""
    found = []
    for mix in strata:
        if mix.name == groups.name or not 2 <= len(mix.labels) <= MAX_STRATA:
            continue
        number, met = _counts(facts, groups, mix)
        for one, other in combinations(range(len(groups.labels)), 2):
            reversal = _compared(groups, mix, (one, other), number, met)
            if reversal is not None:
                found.append(reversal)
    return sorted(
        found, key=lambda r: (not r.beyond_chance, -min(r.pooled, -r.within), r.first, r.by)
    )


def _counts(facts: Facts, groups: Dimension, mix: Dimension) -> tuple[_Counts, _Counts]:
    shape = (len(groups.labels), len(mix.labels))
    own = facts.assessed
    place = groups.codes[own].astype(np.int64) * shape[1] + mix.codes[own]
    size = shape[0] * shape[1]
    number = np.bincount(place, minlength=size).reshape(shape)
    return number, np.bincount(place[facts.met[own]], minlength=size).reshape(shape)


def _compared(
    groups: Dimension, mix: Dimension, pair: tuple[int, int], number: _Counts, met: _Counts
) -> Reversal | None:
    n1, n2 = number[pair[0]], number[pair[1]]
    m1, m2 = met[pair[0]], met[pair[1]]
    both = (n1 >= LEAST_IN_STRATUM) & (n2 >= LEAST_IN_STRATUM)
    if min(n1.sum(), n2.sum()) < LEAST_ASSESSED or both.sum() < 2:
        return None
    whole = [counts.sum(keepdims=True) for counts in (n1, n2, m1, m2)]
    pooled, pooled_error = _difference(*whole)
    within, within_error = _difference(n1[both], n2[both], m1[both], m2[both])
    if pooled * within >= 0 or min(abs(pooled), abs(within)) < LEAST_DIFFERENCE:
        return None
    first, second = pair if pooled > 0 else (pair[1], pair[0])
    sign = 1 if pooled > 0 else -1
    apart = sign * (m1[both] / n1[both] - m2[both] / n2[both])
    sure = min(abs(pooled) / pooled_error, abs(within) / within_error) >= STANDARD_ERRORS
    found = Reversal(
        groups.name,
        groups.labels[first],
        groups.labels[second],
        mix.name,
        abs(pooled),
        sign * within,
        int(both.sum()),
        int((apart < 0).sum()),
        sure,
    )
    return found if sure or found.complete else None


def _difference(n1: _Counts, n2: _Counts, m1: _Counts, m2: _Counts) -> tuple[float, float]:
    """Mantel-Haenszel difference of shares over strata, and its standard error; with one stratum
    the plain difference. The error uses (m + 1) / (n + 2), which is never nothing."""
    weight = n1 * n2 / (n1 + n2)
    weight = weight / weight.sum()
    difference = float((weight * (m1 / n1 - m2 / n2)).sum())
    p1, p2 = (m1 + 1) / (n1 + 2), (m2 + 1) / (n2 + 2)
    variance = weight**2 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    return difference, sqrt(float(variance.sum()))
