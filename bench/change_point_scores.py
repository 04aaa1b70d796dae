"""How change points are scored against those of several people (Turing Change Point Dataset).

van den Burg and Williams (2020), "An evaluation of change point detection algorithms", section 4:
positions are 0-based, position 0 always counts as a change point, margin 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

MARGIN = 5


@dataclass(frozen=True)
class Score:
    """F1 and cover of one series, both in [0, 1]."""

    f1: float
    cover: float


def score(annotations: Sequence[Sequence[int]], predicted: Sequence[int], length: int) -> Score:
    """The score of one series of `length` points; `annotations` holds one list per annotator."""
    return Score(f1_of(annotations, predicted), cover_of(annotations, predicted, length))


def f1_of(annotations: Sequence[Sequence[int]], predicted: Sequence[int]) -> float:
    """Harmonic mean of precision (against the union) and recall (mean over annotators)."""
    claimed = {0, *predicted}
    everyone = {0}.union(*annotations)
    precision = len(matched(everyone, claimed)) / len(claimed)
    recalls = [len(matched({0, *one}, claimed)) / len({0, *one}) for one in annotations]
    recall = sum(recalls) / len(recalls)
    return 2 * precision * recall / (precision + recall)


def matched(true: set[int], claimed: set[int]) -> set[int]:
    """The true positions with a claimed one within the margin; each claim is used once."""
    found: set[int] = set()
    left = set(claimed)
    for position in sorted(true):
        near = [(abs(position - one), one) for one in left if abs(position - one) <= MARGIN]
        if near:
            left.remove(min(near)[1])
            found.add(position)
    return found


def cover_of(annotations: Sequence[Sequence[int]], predicted: Sequence[int], length: int) -> float:
    """Mean over annotators of the length-weighted best Jaccard index of each true segment."""
    claimed = segments(predicted, length)
    covers = [
        sum(len(own) * max(_jaccard(own, one) for one in claimed) for own in segments(cuts, length))
        / length
        for cuts in annotations
    ]
    return sum(covers) / len(covers)


def segments(cuts: Sequence[int], length: int) -> list[range]:
    """The half-open index ranges between cuts."""
    edges = sorted({0, *cuts, length})
    return [range(a, b) for a, b in pairwise(edges)]


def _jaccard(one: range, other: range) -> float:
    common = max(0, min(one.stop, other.stop) - max(one.start, other.start))
    return common / (len(one) + len(other) - common)
