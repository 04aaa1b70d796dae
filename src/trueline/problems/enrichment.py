"""Which attribute values have more bad members than chance gives them.

Of N members K are bad. A combination that n members have would hold nK/N bad ones if bad ones fell
evenly; the chance of x or more is the hypergeometric tail. Every combination that could have been
called, had all its members been bad, is a test, whatever was found in it (Tarone, 1990): the
chances are turned into q-values over all of them (Benjamini and Hochberg, 1995). Among the
combinations with q below 0.05, a twentieth may be chance.

Members that fail together (products behind one node) are not independent. Where clusters are given,
every combination's counts are divided by its design effect (Rao and Scott, 1992): the variance of
its excess summed by cluster, over the variance if all members were on their own. Ten products of
one broken node weigh as one; ten on ten nodes weigh as ten. A combination that lies behind one
node alone is the claim that this node is bad, and is counted by members.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom

from trueline.assessment.false_discovery import q_values
from trueline.problems.cuboids import cuboid_of
from trueline.problems.hypergeometric import log_choose, tails
from trueline.problems.leaves import Attributes, Codes, Floats, Name

COULD_BE_CALLED = 0.05
"""A combination whose members could all be bad with a higher chance is no test."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Members:
    """Products or other members: their attributes, which are bad, and what each hangs on."""

    attributes: Attributes
    bad: Mask
    clusters: Codes | None = None


@dataclass(frozen=True)
class Enrichment:
    """A combination with more bad members than expected. `p` and `q` as in the module's text.

    `counted`, `bad` and `expected` are members divided by `design`, so many of which weigh as one.
    `scanned` is the number of combinations that were looked at; `not_separable` are those with
    exactly the same members.
    """

    attributes: dict[str, str]
    members: tuple[int, ...]
    counted: int
    bad: int
    expected: float
    p: float
    q: float
    scanned: int
    not_separable: tuple[dict[str, str], ...]
    design: float = 1.0

    @property
    def lift(self) -> float:
        return self.bad / self.expected


def tail(total: int, bad: int, drawn: int, found: int) -> float:
    """P(X >= found) of bad ones among `drawn` of `total` of which `bad` are bad."""
    return float(hypergeom.sf(found - 1, total, bad, drawn))


def scan_enrichment(
    members: Members, *, layers: tuple[int, ...] = (1, 2), least: int = 2, most: int | None = None
) -> list[Enrichment]:
    """Every combination of so many attributes with at least `least` bad ones, least chance first.

    Combinations with the same members stand once, under the shortest, the others beside it. With
    `most`, only so many of the first are returned; all are looked at.
    """
    if members.clusters is not None:  # numbered without gaps, once for all sets
        cluster = np.unique(members.clusters, return_inverse=True)[1]
        members = replace(members, clusters=cluster)
    tests = _tests(members, layers, least)
    if not len(tests.counted):
        return []
    chances = tails(tests.all, tests.all_bad, tests.counted, tests.bad)
    scanned = max(len(chances), _testable(members, layers, least))
    q = q_values(chances, tests=scanned)

    def rank(at: int) -> tuple[float, int, Name]:
        return float(chances[at]), len(tests.names[at][0][0]), tests.names[at][0]

    order = sorted(range(len(q)), key=rank)[:most]
    share = members.bad.mean()
    return [
        Enrichment(
            attributes=members.attributes.named(tests.names[at][0]),
            members=tuple(int(row) for row in members.attributes.rows_of(tests.names[at][0])),
            counted=int(tests.counted[at]),
            bad=int(tests.bad[at]),
            expected=float(tests.counted[at] * share),
            p=float(chances[at]),
            q=float(q[at]),
            scanned=scanned,
            not_separable=tuple(members.attributes.named(one) for one in tests.names[at][1:]),
            design=float(tests.design[at]),
        )
        for at in order
    ]


# A combination: positions of its attributes, and the code of each.


@dataclass(frozen=True)
class _Tests:
    """One entry per set of members: its names, its counts and those of all, and its design."""

    names: list[list[Name]]
    counted: Codes
    bad: Codes
    all: Codes
    all_bad: Codes
    design: Floats


def _tests(members: Members, layers: tuple[int, ...], least: int) -> _Tests:
    attributes = members.attributes
    marks = np.random.default_rng(0).random((2, len(members.bad)))  # sums tell sets apart
    by_members: dict[tuple[float, ...], list[Name]] = {}
    counts: list[tuple[float, ...]] = []
    for layer in layers:
        for positions in itertools.combinations(range(len(attributes.names)), layer):
            key = cuboid_of(attributes, positions).key
            for row, *told in _elements(members, key, marks, least):
                same = tuple(told[:4])
                codes = tuple(int(code) for code in attributes.codes[row, list(positions)])
                if same in by_members:
                    by_members[same].append((positions, codes))
                else:
                    by_members[same] = [(positions, codes)]
                    counts.append((told[0], told[1], told[4]))
    raw = np.array(counts, dtype=np.float64).reshape(-1, 3)
    return _weighed(members, list(by_members.values()), raw, least)


def _weighed(members: Members, names: list[list[Name]], raw: Floats, least: int) -> _Tests:
    """Counts divided by the design effect, found ones rounded down; too few are left out."""
    design = raw[:, 2]
    bad = np.floor(raw[:, 1] / design + 1e-9).astype(np.int64)
    counted = np.maximum(np.rint(raw[:, 0] / design).astype(np.int64), bad)
    everyone = np.maximum(np.rint(len(members.bad) / design).astype(np.int64), counted)
    all_bad = np.clip(np.rint(members.bad.sum() / design).astype(np.int64), bad, everyone)
    kept = np.flatnonzero(bad >= least)
    return _Tests(
        [names[at] for at in kept],
        counted[kept],
        bad[kept],
        everyone[kept],
        all_bad[kept],
        design[kept],
    )


def _testable(members: Members, layers: tuple[int, ...], least: int) -> int:
    """How many different sets of members could be called, seen from their size alone.

    Sets are told apart by a sum of one random number per member.
    """
    attributes = members.attributes
    could = _callable(len(members.bad), int(members.bad.sum()))
    mark = np.random.default_rng(0).random(len(members.bad))
    sets: list[Floats] = []
    for layer in layers:
        for positions in itertools.combinations(range(len(attributes.names)), layer):
            key = cuboid_of(attributes, positions).key
            inside = np.flatnonzero(key >= 0)
            place = key[inside]
            size = np.bincount(place)
            chosen = (size >= least) & could[size]
            marked = np.bincount(place, weights=mark[inside])[chosen].astype(np.float64)
            sets.append(marked)
    return len(np.unique(np.concatenate(sets))) if sets else 0


def _callable(total: int, bad: int) -> Mask:
    """By the number of members drawn: whether a set of so many could be called, were as many of
    them bad as can be. The chance of that is C(bad, drawn) / C(total, drawn), of more than are
    bad C(drawn, bad) / C(total, bad)."""
    drawn = np.arange(total + 1)
    many = np.maximum(drawn, bad)
    few = np.minimum(drawn, bad)
    chance = np.where(
        drawn <= bad,
        log_choose(bad, few) - log_choose(total, few),
        log_choose(many, bad) - log_choose(total, bad),
    )
    could: Mask = chance <= np.log(COULD_BE_CALLED)
    return could


def _elements(
    members: Members, key: Codes, marks: Floats, least: int
) -> Iterator[tuple[int, float, float, float, float, float]]:
    """Per element with enough bad ones: its first row, members, bad ones, two sums of marks, and
    its design effect."""
    rows = np.flatnonzero(key >= 0)
    if not len(rows):
        return
    first, element = _grouped(key[rows])
    bad = np.bincount(element, weights=members.bad[rows])
    enough = np.flatnonzero(bad >= least)
    if not len(enough):
        return
    counted = np.bincount(element)
    sums = [np.bincount(element, weights=mark[rows]) for mark in marks]
    design = np.ones(len(first))
    if members.clusters is not None:
        design = _design_effects(members, rows, element)
    for at in enough:
        yield (
            int(rows[first[at]]),
            float(counted[at]),
            float(bad[at]),
            float(sums[0][at]),
            float(sums[1][at]),
            float(design[at]),
        )


def _grouped(key: Codes) -> tuple[Codes, Codes]:
    """The first place of every key there is, in the order of keys, and the rank of each one's."""
    size = np.bincount(key)
    ranks = np.cumsum(size > 0) - 1
    element: Codes = ranks[key]
    first: Codes = np.empty(int(ranks[-1]) + 1, dtype=np.int64)
    first[element[::-1]] = np.arange(len(key))[::-1]
    return first, element


def _design_effects(members: Members, rows: Codes, element: Codes) -> Floats:
    """Variance of each element's excess by cluster over that by member, at least 1.

    With z = 1 inside the element and y = 1 for bad, the excess is the sum of (z - mean z)(y -
    mean y); its variance is the sum of squares of the parts of each cluster.
    """
    assert members.clusters is not None  # asked for where there are some
    off = members.bad - members.bad.mean()
    cluster, clusters = members.clusters, int(members.clusters.max()) + 1
    rest = np.bincount(cluster, weights=off)
    pairs, pair = np.unique(element * clusters + cluster[rows], return_inverse=True)
    part = np.bincount(pair, weights=off[rows])
    owner, where = pairs // clusters, pairs % clusters
    share = np.bincount(element) / len(members.bad)
    by_cluster = (
        np.bincount(owner, weights=part**2)
        - 2 * share * np.bincount(owner, weights=part * rest[where])
        + share**2 * (rest**2).sum()
    )
    by_member = (1 - 2 * share) * np.bincount(element, weights=off[rows] ** 2) + share**2 * (
        off**2
    ).sum()
    ratio = np.divide(by_cluster, by_member, out=np.ones_like(share), where=by_member > 0)
    alone = np.bincount(owner) == 1
    effects: Floats = np.where(alone, 1.0, np.maximum(ratio, 1.0))
    return effects
