"""Combinations with more than their share of a sum, or with higher values than the rest.

Three measures, each over every set of one or two attributes:

- **counts** against expectation: of N events together, a combination that E_S of all E were
  expected of would have a share E_S / E; the chance of as many as it has is the binomial tail;
- **ratios**: numerators that fell on d_S of all D denominators, by the hypergeometric tail, as with
  violated products;
- **levels**: the members' values by rank, so that one wild value weighs as one; the sum of ranks
  inside, against the normal tail.

Events of one product, and products of one node, hang together: counts and denominators are divided
by how much the members of a combination scatter about its own rate, over what independent events
would (Pearson's dispersion; McCullagh and Nelder, 1989): the larger one of the combination's own
and of all combinations of its attributes together, and at least 1. Ten products that each have
twice the events keep their weight; one product that has all of them weighs as one event. The
chances become q-values over all different sets of members that were looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom, norm, rankdata

from trueline.assessment.false_discovery import q_values
from trueline.problems.cuboids import cuboid_of
from trueline.problems.enrichment import Enrichment
from trueline.problems.hypergeometric import tails
from trueline.problems.leaves import Attributes, Codes, Floats, Name

LAYERS = (1, 2)
LEAST = 2  # members of a combination that is looked at


@dataclass(frozen=True)
class Amounts:
    """One entry per member: what was observed of it and expected, or over which denominator.

    `clusters` says what members hang on; without, each stands alone. `least_design`: no set's
    events weigh more than one for so many."""

    attributes: Attributes
    observed: Floats
    expected: Floats
    clusters: Codes | None = None
    least_design: float = 1.0


def scan_counts(amounts: Amounts) -> list[Enrichment]:
    """Combinations with more events than expected of them, the least chance first. The
    expectations are scaled to sum to what was observed."""
    total, everything = float(amounts.observed.sum()), float(amounts.expected.sum())
    if total <= 0 or everything <= 0:
        return []
    expected = amounts.expected * (total / everything)
    looked = _looked(amounts.attributes, (amounts.observed, expected))
    share = looked.sums[:, 1] / total
    design = _designs(replace(amounts, expected=expected), looked, lambda rate, of: rate * of)
    events = np.rint(total / design)
    found = np.minimum(np.floor(looked.sums[:, 0] / design + 1e-9), events)
    p = binom.sf(found - 1, events, np.clip(share, 0.0, 1.0))
    return _enrichments(amounts, looked, _Chances(p, design, found, looked.sums[:, 1] / design))


def scan_ratios(amounts: Amounts) -> list[Enrichment]:
    """Combinations with a higher ratio of observed to `expected`, which is the denominator here."""
    total, everything = float(amounts.observed.sum()), float(amounts.expected.sum())
    if total <= 0 or everything <= total:
        return []
    ratio = total / everything
    looked = _looked(amounts.attributes, (amounts.observed, amounts.expected))
    drawn = looked.sums[:, 1]
    design = _designs(amounts, looked, lambda rate, of: rate * (1 - rate) * of)
    bad = np.floor(looked.sums[:, 0] / design + 1e-9).astype(np.int64)
    counted = np.maximum(np.rint(drawn / design).astype(np.int64), bad)
    every = np.maximum(np.rint(everything / design).astype(np.int64), counted)
    all_bad = np.clip(np.rint(total / design).astype(np.int64), bad, every)
    p = tails(every, all_bad, counted, bad)
    return _enrichments(amounts, looked, _Chances(p, design, bad, drawn * ratio / design))


def scan_levels(amounts: Amounts, worse: Floats) -> list[Enrichment]:
    """Combinations whose members lie higher; `worse` are the values, the larger the worse. Counted
    as `observed` are the members that are affected, against the `expected` number of them."""
    if len(worse) < 2 * LEAST or not amounts.observed.any():
        return []  # nobody lies higher than most
    off = rankdata(worse) - (len(worse) + 1) / 2
    ones = np.ones(len(worse))
    looked = _looked(amounts.attributes, (off, ones))
    members = looked.members.astype(np.float64)
    spread = float((off**2).sum()) / (len(worse) - 1)
    design: Floats = np.ones(len(looked.names))
    if amounts.clusters is not None:
        ranks = Amounts(amounts.attributes, off, ones, amounts.clusters)
        design = _designs(ranks, looked, lambda _, of: spread * of)
    variance = members * (1 - members / len(worse)) * spread * design
    z = looked.sums[:, 0] / np.sqrt(variance)  # no set is everybody, so none is 0
    hit = _looked(amounts.attributes, (amounts.observed, amounts.expected)).sums
    return _enrichments(
        amounts,
        looked,
        _Chances(norm.sf(z), design, np.floor(hit[:, 0] / design), hit[:, 1] / design),
    )


@dataclass(frozen=True)
class _Chances:
    """Per set of members: its chance, its design effect, and counts divided by that."""

    p: Floats
    design: Floats
    found: Floats | Codes
    expected: Floats


@dataclass(frozen=True)
class _Looked:
    """Different sets of members: their names, the first of each's cuboid, and sums over them.

    `sums[i]` are of the two amounts over set i."""

    names: list[list[Name]]
    members: Codes
    sums: Floats


def _looked(attributes: Attributes, amounts: tuple[Floats, Floats]) -> _Looked:
    marks = np.random.default_rng(0).random((2, len(attributes.codes)))  # sums tell sets apart
    by_members: dict[tuple[float, float, float], int] = {}
    names: list[list[Name]] = []
    members: list[int] = []
    sums: list[tuple[float, float]] = []
    for positions, rows, first, element in _cuboids(attributes):
        size = np.bincount(element)
        told = [np.bincount(element, weights=one[rows]) for one in (*marks, *amounts)]
        for at in np.flatnonzero((size >= LEAST) & (size < len(attributes.codes))):
            same = (float(size[at]), float(told[0][at]), float(told[1][at]))
            codes = tuple(int(code) for code in attributes.codes[rows[first[at]], list(positions)])
            known = by_members.setdefault(same, len(names))
            if known < len(names):
                names[known].append((positions, codes))
                continue
            names.append([(positions, codes)])
            members.append(int(size[at]))
            sums.append((float(told[2][at]), float(told[3][at])))
    return _Looked(names, np.array(members, dtype=np.int64), np.array(sums).reshape(-1, 2))


def _cuboids(
    attributes: Attributes,
) -> Iterator[tuple[tuple[int, ...], Codes, Codes, Codes]]:
    """Positions of attributes, the rows that have them all, first row and element of each."""
    for layer in LAYERS:
        for positions in itertools.combinations(range(len(attributes.names)), layer):
            key = cuboid_of(attributes, positions).key
            rows = np.flatnonzero(key >= 0)
            if len(rows):
                _, first, element = np.unique(key[rows], return_index=True, return_inverse=True)
                yield positions, rows, first, element


def _designs(
    amounts: Amounts, looked: _Looked, variance: Callable[[Floats, Floats], Floats]
) -> Floats:
    """The dispersion of every set, at least 1: in the cuboid that names it first. `variance` is
    that of independent events, from the set's rate and what it is the rate of."""
    place = {name[0]: at for at, name in enumerate(looked.names)}
    design: Floats = np.ones(len(looked.names))
    alone: Codes = np.arange(len(amounts.observed))
    for positions, rows, first, element in _cuboids(amounts.attributes):
        own: Floats = _dispersion(amounts, (rows, element), alone, variance)
        if amounts.clusters is not None:
            hung = _dispersion(amounts, (rows, element), amounts.clusters, variance)
            own = np.where(np.isnan(hung), own, np.fmax(own, hung))
        codes = amounts.attributes.codes[rows[first]][:, list(positions)]
        for one, effect in zip(codes.tolist(), own.tolist(), strict=True):
            at = place.get((positions, tuple(one)))
            if at is not None:
                design[at] = max(amounts.least_design, effect)
    return design


def _dispersion(
    amounts: Amounts,
    inside: tuple[Codes, Codes],
    groups: Codes,
    variance: Callable[[Floats, Floats], Floats],
) -> Floats:
    """Per element: Pearson's statistic of its groups about its own rate over their number less
    one, or that of all elements together where it is larger; NaN where it is one group."""
    rows, element = inside
    count = int(groups.max()) + 1
    units, unit = np.unique(element * count + groups[rows], return_inverse=True)
    owner = units // count
    observed = np.bincount(unit, weights=amounts.observed[rows])
    expected = np.bincount(unit, weights=amounts.expected[rows]).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.bincount(owner, weights=observed) / np.bincount(owner, weights=expected)
        scatter = (observed - rate[owner] * expected) ** 2 / variance(rate[owner], expected)
        pearson = np.bincount(owner, weights=np.nan_to_num(scatter, posinf=0.0))
        free = np.bincount(owner) - 1
        pooled = pearson.sum() / max(1, int(free.sum()))
        found: Floats = np.where(free > 0, np.maximum(pearson / free, pooled), np.nan)
    return found


def _enrichments(amounts: Amounts, looked: _Looked, chances: _Chances) -> list[Enrichment]:
    if not len(looked.names):
        return []
    q = q_values(chances.p)
    order = sorted(
        range(len(q)),
        key=lambda at: (float(chances.p[at]), len(looked.names[at][0][0]), looked.names[at][0]),
    )
    return [_enrichment(amounts, looked, (chances, float(q[at])), at) for at in order if q[at] < 1]


def _enrichment(
    amounts: Amounts, looked: _Looked, told: tuple[_Chances, float], at: int
) -> Enrichment:
    chances, q = told
    design = float(chances.design[at])
    return Enrichment(
        attributes=amounts.attributes.named(looked.names[at][0]),
        members=tuple(int(row) for row in amounts.attributes.rows_of(looked.names[at][0])),
        counted=round(int(looked.members[at]) / design),
        bad=int(chances.found[at]),
        expected=float(chances.expected[at]),
        p=float(chances.p[at]),
        q=q,
        scanned=len(looked.names),
        not_separable=tuple(amounts.attributes.named(one) for one in looked.names[at][1:]),
        design=design,
    )
