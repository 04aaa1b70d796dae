"""Hypergeometric tails of many draws at once: scipy's adds up every term of each one alone."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from trueline.problems.leaves import Codes, Floats

# A further term below this share of the sum ends it.
NEGLIGIBLE = 1e-17


def tails(total: Codes, bad: Codes, drawn: Codes, found: Codes) -> Floats:
    """P(X >= found) of bad ones among `drawn` of `total` of which `bad` are bad, for each entry.

    From the term at `found` outwards, away from the mean, each term from its neighbour, until
    further ones are negligible; relative error about 1e-9 at a million members.
    """
    above = found * total > bad * drawn
    chances: Floats = np.empty(len(found))
    for up, rows in ((True, above), (False, ~above)):
        at = found[rows] if up else found[rows] - 1
        summed = _outwards((total[rows], bad[rows], drawn[rows]), at, up=up)
        chances[rows] = summed if up else 1.0 - summed
    return np.clip(chances, 0.0, 1.0)


def _outwards(draws: tuple[Codes, Codes, Codes], at: Codes, *, up: bool) -> Floats:
    """The term at `at` and all beyond it; 0 where that lies outside of what can be drawn."""
    total, bad, drawn = draws
    least, most = np.maximum(0, bad + drawn - total), np.minimum(bad, drawn)
    summed: Floats = np.zeros(len(at))
    rows = np.flatnonzero((at >= least) & (at <= most))
    n, k, d, x = (one[rows].astype(np.float64) for one in (total, bad, drawn, at))
    term = np.exp(log_choose(k, x) + log_choose(n - k, d - x) - log_choose(n, d))
    while len(rows):
        summed[rows] += term
        if up:
            term = term * (k - x) * (d - x) / ((x + 1) * (n - k - d + x + 1))
            x = x + 1
        else:
            term = term * x * (n - k - d + x) / ((k - x + 1) * (d - x + 1))
            x = x - 1
        going = term > NEGLIGIBLE * summed[rows]
        rows, term = rows[going], term[going]
        n, k, d, x = (one[going] for one in (n, k, d, x))
    return summed


def log_choose(of: Floats | Codes | int, some: Floats | Codes | int) -> Floats:
    """ln of how many sets of `some` there are."""
    ways: Floats = gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1)
    return ways
