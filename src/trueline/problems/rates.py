"""Rates against their own history: beta-binomial evidence that a rate was lifted.

A leaf has `count` members of which `hits` are bad. Its rate without a cause comes from history,
shrunk towards coarser combinations, so that a leaf seen rarely borrows from its relatives. Members
of a leaf are not independent (one stalling server stalls many viewers), so the likelihood is
beta-binomial, with the correlation unknown among a few values. Under a cause all leaves share one
shift of the log odds, each a little differently.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, logsumexp

from trueline.problems.cover import Cause, explain
from trueline.problems.cuboids import cuboid_of
from trueline.problems.evidence import LeafEvidence
from trueline.problems.leaves import Attributes, Floats

# Correlation between the members of a leaf.
CORRELATIONS = (0.001, 0.003, 0.01)
# Shifts of the log odds that are tried, and how much leaves under one cause differ in theirs.
SHIFTS = np.arange(-30, 31) / 5
UNEVEN = 0.4
# So many members' worth of the coarser combinations' rate is mixed into each finer one.
SHRINK = 50.0
# A further cause has to bring half of what the first one brought.
SHARE = 0.5
RATE_RANGE = (1e-5, 0.95)
# Shifts of the log odds that all leaves without a cause may have in common, and what it costs, in
# nats for a shift of 1, to say that they have one.
ELSEWHERE = (0.0, 0.2, 0.4, 0.6)
UNLIKELY = 10.0
# Beyond so many attributes, history is looked at singly, in pairs and by leaf.
ALL_LAYERS = 6


RatesExplained = tuple[LeafEvidence, list[Cause]]


@dataclass(frozen=True)
class Rates:
    """Hits among counts, per leaf."""

    hits: Floats
    counts: Floats


def rate_evidence(now: Rates, rate: Floats, *, worse: bool) -> LeafEvidence:
    """Gain of every leaf under each shift, up if the whole got worse, down if it got better."""
    shifts = SHIFTS[SHIFTS >= 0.0] if worse else SHIFTS[SHIFTS <= 0.0]
    gain = _gains(now, rate, shifts)
    return LeafEvidence(unevenly(gain, shifts)[:, shifts != 0], share=SHARE)


def explained_rates(attributes: Attributes, now: Rates, rate: Floats) -> RatesExplained:
    """The causes, with what the rest of the table has moved by, as far as that is little.

    A bad minute is a little worse everywhere. Without this, a combination that holds such leaves
    beside the bad ones seems to explain more than the bad ones alone.
    """
    rate = np.clip(rate, *RATE_RANGE)
    worse = bool(now.hits.sum() >= (now.counts * rate).sum())
    elsewhere = np.array(ELSEWHERE) if worse else -np.array(ELSEWHERE)
    everywhere = _gains(now, rate, elsewhere).sum(axis=0) - UNLIKELY * np.abs(elsewhere)
    best: tuple[float, RatesExplained] | None = None
    for shift, gained in zip(elsewhere, everywhere, strict=True):
        evidence = rate_evidence(now, _shifted(rate, float(shift)), worse=worse)
        causes = explain(attributes, evidence, split=False, whole=False)
        account = float(gained) + (causes[0].gain if causes else 0.0)
        if best is None or account > best[0]:
            best = account, (evidence, causes)
    assert best is not None  # there is at least the shift of nothing
    return best[1]


def _gains(now: Rates, rate: Floats, shifts: Floats) -> Floats:
    odds = np.log(rate / (1 - rate))[:, None] + shifts[None, :]
    caused = _log_likelihood(now.hits[:, None], now.counts[:, None], 1 / (1 + np.exp(-odds)))
    gains: Floats = caused - _log_likelihood(now.hits, now.counts, rate)[:, None]
    return gains


def _shifted(rate: Floats, shift: float) -> Floats:
    shifted: Floats = 1 / (1 + np.exp(-np.log(rate / (1 - rate)) - shift))
    return shifted


def expected_rates(leaves: Attributes, history: Attributes, seen: Rates) -> Floats:
    """Rate of every leaf without a cause, coarse combinations first, finer ones mixed in."""
    overall = (seen.hits.sum() + 0.5) / (seen.counts.sum() + 1)
    rate = np.full(len(leaves.codes), overall)
    both = Attributes(leaves.names, leaves.values, np.vstack([leaves.codes, history.codes]))
    count = len(leaves.names)
    layers = range(1, count + 1) if count <= ALL_LAYERS else (1, 2, count)
    for layer in layers:
        logs = [
            np.log(_mixed(both, positions, seen, rate))
            for positions in itertools.combinations(range(count), layer)
        ]
        rate = np.exp(np.mean(logs, axis=0))
    clipped: Floats = np.clip(rate, *RATE_RANGE)
    return clipped


def _mixed(
    both: Attributes, positions: tuple[int, ...], seen: Rates, coarser: Floats
) -> npt.NDArray[np.float64]:
    """Rates of one cuboid's elements for each leaf; nulls keep the coarser rate."""
    cuboid = cuboid_of(both, positions)
    key, past = cuboid.key[: len(coarser)], cuboid.key[len(coarser) :]
    known = past >= 0
    hits = np.bincount(past[known], weights=seen.hits[known], minlength=cuboid.elements)
    counts = np.bincount(past[known], weights=seen.counts[known], minlength=cuboid.elements)
    mixed = (hits[key] + SHRINK * coarser) / (counts[key] + SHRINK)
    return np.where(key >= 0, mixed, coarser)


def _log_likelihood(hits: Floats, counts: Floats, rate: Floats) -> Floats:
    """Beta-binomial, summed over the correlations that may hold; constants left out."""
    each = []
    for correlation in CORRELATIONS:
        size = (1 - correlation) / correlation
        good, bad = rate * size, (1 - rate) * size
        each.append(betaln(hits + good, counts - hits + bad) - betaln(good, bad))
    summed: Floats = np.asarray(logsumexp(each, axis=0))
    return summed


def unevenly(gain: Floats, shifts: npt.NDArray[np.float64]) -> Floats:
    """Each leaf's shift may differ from the common one: the likelihood is averaged about it."""
    weight = np.exp(-0.5 * ((shifts[:, None] - shifts[None, :]) / UNEVEN) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    most = gain.max(axis=1, keepdims=True)
    averaged: Floats = np.log(np.einsum("im,sm->is", np.exp(gain - most), weight) + 1e-300) + most
    return averaged
