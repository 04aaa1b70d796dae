"""The fewest combinations that explain the leaves: likelihood gained less the cost of names.

Greedy: the element with the largest net gain is taken, its leaves are explained, the rest is
looked at again. A coarse element gives way to finer ones inside it when these explain more; a cause
whose own leaves no longer pay for it is dropped. This is minimum description length: a combination
is claimed only when it shortens the account of the table by more than its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trueline.problems.cuboids import Hope, promising_cuboids
from trueline.problems.evidence import Content, Evidence
from trueline.problems.leaves import Attributes, Codes, Floats

Mask = npt.NDArray[np.bool_]
MOST_CAUSES = 64
# Finer elements that together hold more of a coarse one than this only say the coarse one again.
MOST_COVERED = 0.75


@dataclass(frozen=True)
class Cause:
    """One element: attribute positions with their value numbers, its leaves, its net gain."""

    positions: tuple[int, ...]
    codes: tuple[int, ...]
    leaves: Codes
    gain: float
    cost: float


@dataclass
class _Candidates:
    """The elements of one cuboid that could pay at all, with what they hold."""

    positions: tuple[int, ...]
    cost: float
    place: npt.NDArray[np.int32]  # leaf -> candidate, -1 for none
    content: Content
    net: Floats = field(default_factory=lambda: np.empty(0))


def explain(
    attributes: Attributes, evidence: Evidence, *, split: bool = True, whole: bool = True
) -> list[Cause]:
    """The causes, most gained first; `split` lets finer elements replace a coarse one.

    A cause without attributes says that everything is off alike; without `whole`, only where
    several causes together hold all leaves anyway."""
    everywhere = np.arange(len(attributes.codes))
    pool = _pool(attributes, evidence, everywhere, first=0 if whole else 1)
    chosen = _greedy(attributes, evidence, pool)
    if split:
        chosen = [part for cause in chosen for part in _parts(attributes, evidence, cause)]
    paying = _paying(evidence, chosen)
    return sorted(_as_a_whole(evidence, paying, everywhere), key=lambda cause: -cause.gain)


def ranked(attributes: Attributes, evidence: Evidence, most: int) -> list[Cause]:
    """The elements with the largest net gains, each taken as if it were the only cause."""
    everywhere = np.arange(len(attributes.codes))
    found: list[tuple[float, int, int]] = []
    pool = _pool(attributes, evidence, everywhere, first=1)
    for number, candidates in enumerate(pool):
        top = np.argsort(-candidates.net, kind="stable")[:most]
        found.extend((-float(candidates.net[place]), number, int(place)) for place in top)
    return [_cause(attributes, pool[number], place) for _, number, place in sorted(found)[:most]]


def _pool(
    attributes: Attributes,
    evidence: Evidence,
    rows: Codes,
    *,
    first: int,
    within: Sequence[int] = (),
) -> list[_Candidates]:
    hope = Hope(evidence.best(), evidence.fixed)
    pool = []
    for found in promising_cuboids(attributes, hope, rows, first=first, within=within):
        number = np.full(found.cuboid.elements + 1, -1, dtype=np.int32)
        number[found.able] = np.arange(len(found.able))
        of_rows = number[found.cuboid.key]  # key -1 finds the last entry, which stays -1
        held = np.flatnonzero(of_rows >= 0)
        members, element = found.rows[held], of_rows[held]
        place = np.full(len(attributes.codes), -1, dtype=np.int32)
        place[members] = element
        content = evidence.content(element.astype(np.int64), members, len(found.able))
        net = evidence.gains(content, found.cost) - found.cost
        pool.append(_Candidates(found.cuboid.positions, found.cost, place, content, net))
    return pool


def _greedy(attributes: Attributes, evidence: Evidence, pool: list[_Candidates]) -> list[Cause]:
    chosen: list[Cause] = []
    free = np.ones(len(attributes.codes), dtype=np.bool_)
    while pool and len(chosen) < MOST_CAUSES:
        best = max(pool, key=lambda candidates: float(candidates.net.max()))
        place = int(best.net.argmax())
        least = evidence.share * chosen[0].gain if chosen else 0.0
        if best.net[place] <= least:
            break
        cause = _cause(attributes, best, place)
        chosen.append(cause)
        explained = cause.leaves[free[cause.leaves]]
        free[explained] = False
        for candidates in pool:
            _take_away(evidence, candidates, explained)
    return chosen


def _take_away(evidence: Evidence, candidates: _Candidates, rows: Codes) -> None:
    """Leaves that are explained count for no other candidate."""
    held = rows[candidates.place[rows] >= 0]
    if not len(held):
        return
    touched, dense = np.unique(candidates.place[held], return_inverse=True)
    candidates.content[touched] -= evidence.content(dense.reshape(-1), held, len(touched))
    candidates.net[touched] = (
        evidence.gains(candidates.content[touched], candidates.cost) - candidates.cost
    )


def _cause(attributes: Attributes, candidates: _Candidates, place: int) -> Cause:
    leaves = np.flatnonzero(candidates.place == place)
    positions = candidates.positions
    codes = tuple(int(attributes.codes[leaves[0], position]) for position in positions)
    return Cause(positions, codes, leaves, float(candidates.net[place]), candidates.cost)


def _parts(attributes: Attributes, evidence: Evidence, cause: Cause) -> list[Cause]:
    """The cause, or finer elements inside it when together they gain more."""
    if len(cause.leaves) < 2 or len(cause.positions) == len(attributes.names):
        return [cause]
    first, within = len(cause.positions) + 1, cause.positions
    pool = _pool(attributes, evidence, cause.leaves, first=first, within=within)
    parts = _greedy(attributes, evidence, pool)
    if not parts:
        return [cause]
    covered = np.unique(np.concatenate([part.leaves for part in parts]))
    if within and len(covered) > MOST_COVERED * len(cause.leaves):
        return [cause]
    whole = _alone(evidence, cause.leaves) - cause.cost
    return parts if sum(part.gain for part in parts) > whole else [cause]


def _paying(evidence: Evidence, chosen: list[Cause]) -> list[Cause]:
    """Without the causes whose own leaves, shared with no other, do not pay for them."""
    kept = sorted(chosen, key=lambda cause: cause.gain)
    place = 0
    while place < len(kept) and len(kept) > 1:
        cause = kept[place]
        others = np.concatenate([other.leaves for other in kept if other is not cause])
        own = np.setdiff1d(cause.leaves, others)
        if _alone(evidence, own) > cause.cost:
            place += 1
        else:
            kept.pop(place)
    return kept


def _as_a_whole(evidence: Evidence, causes: list[Cause], everywhere: Codes) -> list[Cause]:
    """One cause without attributes, where several hold all leaves and say no more than it does."""
    if len(causes) < 2 or len(np.unique(np.concatenate([c.leaves for c in causes]))) < len(
        everywhere
    ):
        return causes
    gain = _alone(evidence, everywhere) - evidence.fixed
    if gain < sum(cause.gain for cause in causes):
        return causes
    return [Cause((), (), everywhere, gain, evidence.fixed)]


def _alone(evidence: Evidence, leaves: Codes) -> float:
    if not len(leaves):
        return 0.0
    content = evidence.content(np.zeros(len(leaves), dtype=np.int64), leaves, 1)
    return float(evidence.gains(content, 0.0)[0])
