"""Arithmetic of half-open intervals [start, end) in whole UTC seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, disjoint, non-touching intervals that cover the same time."""
    merged: list[Interval] = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Time in both; each argument sorted and disjoint."""
    out: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            out.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return out


def subtract(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Time in `left` and not in `right`; each argument sorted and disjoint."""
    out: list[Interval] = []
    j = 0
    for interval in left:
        start, end = interval
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if right[k][0] > start:
                out.append((start, right[k][0]))
            start = max(start, right[k][1])
            k += 1
        if start < end:
            out.append((start, end))
    return out


def total(intervals: Iterable[Interval]) -> int:
    """Seconds covered by disjoint intervals."""
    return sum(end - start for start, end in intervals)


def contains(intervals: Sequence[Interval], instant: int) -> bool:
    return any(start <= instant < end for start, end in intervals)
