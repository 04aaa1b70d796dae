"""Lists of half-open intervals [start, end) in UTC seconds, always sorted and disjoint."""

from __future__ import annotations

from collections.abc import Iterable

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def both(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """Time in `left` and in `right`."""
    found = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """Time in `left` and not in `right`: `left` and the gaps of `right`."""
    if not left:
        return []
    edges = [min(left[0][0], right[0][0]) if right else left[0][0]]
    for start, end in right:
        edges += [start, end]
    edges.append(max(left[-1][1], right[-1][1]) if right else left[-1][1])
    gaps = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
    return both(left, [gap for gap in gaps if gap[0] < gap[1]])


def length(intervals: list[Interval]) -> int:
    return sum(end - start for start, end in intervals)


def holds(intervals: list[Interval], second: int) -> bool:
    return any(start <= second < end for start, end in intervals)
