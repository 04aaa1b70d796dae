"""Tallies of units from sorted arrays: a window of allowed time is a slice, so many windows cost
no more than one. Says the same as granule_sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from trueline.assessment.granule_sums import Demand, Tally, Wanted
from trueline.assessment.histogram import Histogram, bucket_keys, exact_sum, histogram
from trueline.assessment.percentile import rank
from trueline.assessment.plan import Unit
from trueline.assessment.readings import Reading, exact_bound, number_of
from trueline.assessment.sorted_granules import Flags, Numbers, ReadingArrays, SortedGranules
from trueline.offerings.values import Comparator

COMPARE = {
    Comparator.GT: np.greater,
    Comparator.GE: np.greater_equal,
    Comparator.LT: np.less,
    Comparator.LE: np.less_equal,
    Comparator.EQ: np.equal,
    Comparator.NEQ: np.not_equal,
}
_SAFE_SUM = 1 << 62


def sum_arrays(granules: SortedGranules, demand: Demand) -> dict[tuple[int, Reading], Tally]:
    """Tallies by unit number and reading. Units without granules have none."""
    tallies: dict[tuple[int, Reading], Tally] = {}
    for unit in demand.units:
        first, last = granules.slice_of(demand.keys[unit.product_id])
        if first == last or not unit.allowed:
            continue
        rows = _rows_of(granules, unit, first, last)
        for reading, wanted in demand.wanted[unit.number].items():
            if reading.parameter in granules.columns:
                arrays = granules.reading(reading)
                tallies[(unit.number, reading)] = _tally(rows, arrays, wanted)
    return tallies


@dataclass(frozen=True)
class _Rows:
    """Rows that count for a unit: slices of those that start in allowed time, and the rows that an
    edge cuts with their signed seconds. `step_s`: the one duration of them all, or None."""

    slices: tuple[slice, ...]
    cut: tuple[tuple[int, int], ...]
    duration_s: npt.NDArray[np.int64]
    step_s: int | None

    def seconds(self, counted: Flags | None) -> int:
        """Seconds of the counted rows (None: all) that start in allowed time."""
        if self.step_s is not None:
            return self.step_s * self.count(counted)
        if counted is None:
            return sum(int(self.duration_s[s].sum()) for s in self.slices)
        return sum(int(self.duration_s[s][counted[s]].sum()) for s in self.slices)

    def count(self, counted: Flags | None) -> int:
        if counted is None:
            return sum(s.stop - s.start for s in self.slices)
        return sum(int(np.count_nonzero(counted[s])) for s in self.slices)

    def signed_seconds(self, counted: Flags | None) -> int:
        """What the edges add to or take from `seconds`."""
        return sum(extra for row, extra in self.cut if counted is None or counted[row])

    def taken(self, numbers: Numbers, counted: Flags | None) -> Numbers:
        """Numbers of the counted rows that start in allowed time."""
        parts = [numbers[s] if counted is None else numbers[s][counted[s]] for s in self.slices]
        return np.concatenate(parts)  # type: ignore[return-value]  # one kind goes in and comes out


def _rows_of(granules: SortedGranules, unit: Unit, first: int, last: int) -> _Rows:
    start = granules.start_s[first:last]
    duration = granules.duration_s[first:last]
    longest = int(duration.max())
    step = longest if longest == int(duration.min()) else None
    edges = np.array(unit.allowed, np.int64)
    begins = np.searchsorted(start, edges[:, 0])
    ends = np.searchsorted(start, edges[:, 1])
    slices = tuple(slice(first + int(a), first + int(b)) for a, b in zip(begins, ends, strict=True))
    cut: list[tuple[int, int]] = []
    for (opens, closes), a, b in zip(unit.allowed, begins.tolist(), ends.tolist(), strict=True):
        for row, reach in _reaching(start, duration, (opens, a), longest):
            cut.append((first + row, min(reach, closes) - opens))
        for row, reach in _reaching(start, duration, (closes, b), longest):
            if row >= a:
                cut.append((first + row, closes - reach))
    return _Rows(slices, tuple(cut), granules.duration_s, step)


def _reaching(
    start: npt.NDArray[np.int64],
    duration: npt.NDArray[np.int64],
    edge: tuple[int, int],
    longest: int,
) -> list[tuple[int, int]]:
    """Rows that start before an edge (its instant, its place among the starts) and reach past it,
    each with the instant it reaches."""
    instant, place = edge
    near = int(np.searchsorted(start[:place], instant - longest, side="right"))
    reach = start[near:place] + duration[near:place]
    return [(near + int(i), int(reach[i])) for i in np.flatnonzero(reach > instant)]


def _tally(rows: _Rows, arrays: ReadingArrays, wanted: Wanted) -> Tally:
    good = [_good_seconds(rows, arrays, c, bound) for c, bound in wanted.thresholds]
    needs_numbers = wanted.moments or wanted.percentiles or wanted.histogram
    numbers = rows.taken(arrays.number, arrays.known) if needs_numbers else arrays.number[:0]
    return Tally(
        known_s=rows.seconds(arrays.known) + rows.signed_seconds(arrays.known),
        samples=rows.count(arrays.present),
        numbers=rows.count(arrays.known),
        good_s=tuple(good),
        percentiles={p: _percentile(numbers, p, arrays.decimals) for p in wanted.percentiles},
        histogram=_histogram(numbers, arrays.decimals) if wanted.histogram else None,
        **(_moments(rows, arrays, numbers) if wanted.moments else {}),
    )


def _good_seconds(
    rows: _Rows, arrays: ReadingArrays, comparator: Comparator, bound: Decimal
) -> int:
    stored, number = exact_bound(comparator, bound, arrays.decimals)
    keeps = COMPARE[stored]
    good_s = 0
    for part in rows.slices:
        flags = keeps(arrays.number[part], number)
        if arrays.known is not None:
            flags &= arrays.known[part]
        if rows.step_s is not None:
            good_s += rows.step_s * int(np.count_nonzero(flags))
        else:
            good_s += int(rows.duration_s[part][flags].sum())
    for row, extra in rows.cut:
        if (arrays.known is None or arrays.known[row]) and keeps(arrays.number[row], number):
            good_s += extra
    return good_s


def _percentile(numbers: Numbers, percentile: Decimal, decimals: int | None) -> Decimal | None:
    if not len(numbers):
        return None
    place = rank(len(numbers), percentile) - 1
    return number_of(np.partition(numbers, place)[place].item(), decimals)


def _histogram(numbers: Numbers, decimals: int | None) -> Histogram:
    """Scaled integers take few values: each is put into its bucket once, with its count."""
    if decimals is None:
        return histogram(np.asarray(numbers, np.float64))
    values, counts = np.unique(numbers, return_counts=True)
    keys, first = np.unique(bucket_keys(values / 10**decimals), return_index=True)
    return Histogram(
        keys=keys,
        counts=np.add.reduceat(counts, first) if len(first) else counts,
        total=Fraction(0),
        lowest=float("-inf"),
        highest=float("inf"),
    )


def _moments(rows: _Rows, arrays: ReadingArrays, numbers: Numbers) -> dict[str, Decimal | None]:
    if not len(numbers):
        return {"total": None, "denominator": None, "minimum": None, "maximum": None}
    denominator = None
    if arrays.denominator is not None:
        denominator = _sum(
            rows.taken(arrays.denominator, arrays.known), arrays.denominator_decimals
        )
    return {
        "total": _sum(numbers, arrays.decimals),
        "denominator": denominator,
        "minimum": number_of(numbers.min().item(), arrays.decimals),
        "maximum": number_of(numbers.max().item(), arrays.decimals),
    }


def _sum(numbers: Numbers, decimals: int | None) -> Decimal:
    """An exact sum; of doubles rounded to 15 decimals, as the engines' fixed point has."""
    if decimals is None:
        exact = exact_sum(np.asarray(numbers, np.float64))
        return Decimal(round(exact * 10**15)).scaleb(-15)
    largest = max(abs(int(numbers.min())), abs(int(numbers.max())))
    if largest * len(numbers) >= _SAFE_SUM:
        return Decimal(sum(numbers.tolist())).scaleb(-decimals)
    return Decimal(int(numbers.sum(dtype=np.int64))).scaleb(-decimals)
