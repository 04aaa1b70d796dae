"""Which attribute values have more bad members than chance gives them.

Of N members K are bad. A combination that n members have would hold nK/N bad ones if bad ones fell
evenly; the chance of x or more is the hypergeometric tail. Every combination that could have been
called, had all its members been bad, is a test, whatever was found in it (Tarone, 1990): the
chances are turned into q-values over all of them (Benjamini and Hochberg, 1995). Among the
combinations with q below 0.05, a twentieth may be chance.

Members that fail together (products behind one node) are not independent. Where clusters are given,
clusters are counted instead of members: a cluster is bad when one of its members is.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import hypergeom

from trueline.problems.cuboids import cuboid_of
from trueline.problems.leaves import Attributes, Codes, Floats

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

    @property
    def lift(self) -> float:
        return self.bad / self.expected


def tail(total: int, bad: int, drawn: int, found: int) -> float:
    """P(X >= found) of bad ones among `drawn` of `total` of which `bad` are bad."""
    return float(hypergeom.sf(found - 1, total, bad, drawn))


def q_values(chances: Floats, tests: int | None = None) -> Floats:
    """Benjamini-Hochberg adjusted chances, in the order given; those of `tests` that are not given
    are larger than all that are."""
    count = len(chances)
    order = np.argsort(chances, kind="stable")
    scaled = chances[order] * max(count, tests or 0) / np.arange(1, count + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    values: Floats = np.empty(count)
    values[order] = np.minimum(adjusted, 1.0)
    return values


def scan_enrichment(
    members: Members, *, layers: tuple[int, ...] = (1, 2), least: int = 2
) -> list[Enrichment]:
    """Every combination of so many attributes with at least `least` bad ones, least chance first.

    Combinations with the same members stand once, under the shortest, the others beside it.
    """
    drawn = _tests(members, layers, least)
    if not drawn:
        return []
    total, bad = _totals(members)
    chances = np.array([tail(total, bad, test.counted, test.bad) for test in drawn])
    scanned = max(len(drawn), _testable(members, layers, least))
    q = q_values(chances, scanned)
    found = [
        Enrichment(
            attributes=test.names[0],
            members=test.members,
            counted=test.counted,
            bad=test.bad,
            expected=test.counted * bad / total,
            p=float(chance),
            q=float(adjusted),
            scanned=scanned,
            not_separable=tuple(test.names[1:]),
        )
        for test, chance, adjusted in zip(drawn, chances, q, strict=True)
    ]
    return sorted(found, key=lambda one: (one.p, len(one.attributes), sorted(one.attributes)))


@dataclass(frozen=True)
class _Test:
    names: list[dict[str, str]]
    members: tuple[int, ...]
    counted: int
    bad: int


def _tests(members: Members, layers: tuple[int, ...], least: int) -> list[_Test]:
    attributes = members.attributes
    by_members: dict[tuple[int, ...], _Test] = {}
    for layer in layers:
        for positions in itertools.combinations(range(len(attributes.names)), layer):
            key = cuboid_of(attributes, positions).key
            for element in np.unique(key[members.bad & (key >= 0)]):
                rows = np.flatnonzero(key == element)
                counted, bad = _counted(members, rows)
                if bad < least:
                    continue
                name = {
                    attributes.names[at]: attributes.values[at][attributes.codes[rows[0], at]]
                    for at in positions
                }
                same = tuple(int(row) for row in rows)
                if same in by_members:
                    by_members[same].names.append(name)
                else:
                    by_members[same] = _Test([name], same, counted, bad)
    return list(by_members.values())


def _testable(members: Members, layers: tuple[int, ...], least: int) -> int:
    """How many different sets of members could be called, seen from their size alone.

    Sets are told apart by a sum of one random number per member.
    """
    attributes = members.attributes
    total, bad = _totals(members)
    drawn = np.arange(total + 1)
    could = hypergeom.sf(np.minimum(drawn, bad) - 1, total, bad, drawn) <= COULD_BE_CALLED
    mark = np.random.default_rng(0).random(len(members.bad))
    sets: list[Floats] = []
    for layer in layers:
        for positions in itertools.combinations(range(len(attributes.names)), layer):
            key = cuboid_of(attributes, positions).key
            inside = np.flatnonzero(key >= 0)
            elements, place = np.unique(key[inside], return_inverse=True)
            size = np.bincount(_units(members, inside, place), minlength=len(elements))
            chosen = (size >= least) & could[size]
            sets.append(np.bincount(place, weights=mark[inside], minlength=len(elements))[chosen])
    return len(np.unique(np.concatenate(sets))) if sets else 0


def _units(members: Members, inside: Codes, place: Codes) -> Codes:
    """The element of each member, or once for each cluster in it."""
    if members.clusters is None:
        return place
    pairs = np.unique(np.stack([place, members.clusters[inside]]), axis=1)
    units: Codes = pairs[0]
    return units


def _counted(members: Members, rows: Codes) -> tuple[int, int]:
    if members.clusters is None:
        return len(rows), int(members.bad[rows].sum())
    clusters = members.clusters[rows]
    return len(np.unique(clusters)), len(np.unique(clusters[members.bad[rows]]))


def _totals(members: Members) -> tuple[int, int]:
    return _counted(members, np.arange(len(members.bad)))
