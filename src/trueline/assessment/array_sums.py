"""Tallies of units from sorted arrays: a window of allowed time is a slice, so many windows cost
no more than one. Says the same as granule_sums."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from trueline.assessment.buckets import BucketedSamples, bucketed, bucketed_whole
from trueline.assessment.histogram import exact_sum
from trueline.assessment.percentile import rank
from trueline.assessment.plan import Unit
from trueline.assessment.readings import Reading, exact_bound, number_of
from trueline.assessment.sorted_granules import ReadingArrays, SortedGranules
from trueline.assessment.tallies import Demand, Tally, Wanted
from trueline.measurement.granule_arrays import Flags, Integers, Numbers
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
_FEW = 1_000  # so many samples are ranked as they are


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
    duration_s: Integers
    step_s: int | None

    def seconds(self, counted: Flags | None) -> int:
        """Seconds of the counted rows (None: all) that start in allowed time."""
        if self.step_s is not None:
            return self.step_s * self.count(counted)
        if counted is None:
            return sum(int(self.duration_s[s].sum()) for s in self.slices)
        return sum(int(self.duration_s[s][counted[s]].sum()) for s in self.slices)

    @cached_property
    def whole_count(self) -> int:
        return sum(s.stop - s.start for s in self.slices)

    def count(self, counted: Flags | None) -> int:
        if counted is None:
            return self.whole_count
        return sum(int(np.count_nonzero(counted[s])) for s in self.slices)

    def signed_seconds(self, counted: Flags | None) -> int:
        """What the edges add to or take from `seconds`."""
        return sum(extra for row, extra in self.cut if counted is None or counted[row])

    def taken(self, numbers: Numbers, counted: Flags | None) -> Numbers:
        """Numbers of the counted rows that start in allowed time."""
        parts = [numbers[s] if counted is None else numbers[s][counted[s]] for s in self.slices]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _rows_of(granules: SortedGranules, unit: Unit, first: int, last: int) -> _Rows:
    start, duration = granules.start_s[first:last], granules.duration_s[first:last]
    step = granules.step_s
    longest = step or int(duration.max())
    if step is None and longest == int(duration.min()):
        step = longest
    edges = np.array(unit.allowed, np.int64).ravel()
    places = start.searchsorted(edges).tolist()
    near = start.searchsorted(edges - longest, side="right").tolist()
    slices = [slice(first + a, first + b) for a, b in zip(places[::2], places[1::2], strict=True)]
    cut: list[tuple[int, int]] = []
    for number, (begins, ends) in enumerate(zip(near, places, strict=True)):
        if begins == ends:
            continue
        opens, closes = unit.allowed[number // 2]
        reaches = start[begins:ends] + duration[begins:ends]
        for at in np.flatnonzero(reaches > edges[number]).tolist():
            row, reach = begins + at, int(reaches[at])
            if number % 2 == 0:
                cut.append((first + row, min(reach, closes) - opens))
            elif row >= places[number - 1]:
                cut.append((first + row, closes - reach))
    return _Rows(tuple(slices), tuple(cut), granules.duration_s, step)


def _tally(rows: _Rows, arrays: ReadingArrays, wanted: Wanted) -> Tally:
    known = arrays.known
    needs_numbers = wanted.moments or wanted.percentiles or wanted.histogram
    numbers = rows.taken(arrays.number, known) if needs_numbers else arrays.number[:0]
    samples = _bucketed(rows, arrays, numbers) if _many(numbers, wanted) else None
    return Tally(
        known_s=rows.seconds(known) + rows.signed_seconds(known),
        samples=rows.count(arrays.present),
        numbers=rows.count(known),
        good_s=tuple(_good_seconds(rows, arrays, c, bound) for c, bound in wanted.thresholds),
        percentiles={
            p: _percentile(numbers, samples, p, arrays.decimals) for p in wanted.percentiles
        },
        histogram=samples.histogram() if samples and wanted.histogram else None,
        **(_moments(rows, arrays, numbers) if wanted.moments else {}),
    )


def _many(numbers: Numbers, wanted: Wanted) -> bool:
    """Whether it is worth to put the samples into buckets."""
    least = 1 if wanted.histogram else _FEW
    return bool(wanted.histogram or wanted.percentiles) and len(numbers) >= least


def _bucketed(rows: _Rows, arrays: ReadingArrays, numbers: Numbers) -> BucketedSamples:
    if arrays.whole is None:
        return bucketed(np.asarray(numbers, np.float64))
    if arrays.decimals is not None:
        return bucketed_whole(numbers, numbers, arrays.divisor)
    return bucketed_whole(rows.taken(arrays.whole, arrays.known), numbers, arrays.divisor)


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


def _percentile(
    numbers: Numbers, samples: BucketedSamples | None, percentile: Decimal, decimals: int | None
) -> Decimal | None:
    if not len(numbers):
        return None
    at = rank(len(numbers), percentile)
    if samples is not None:
        return number_of(samples.at_rank(at), decimals)
    return number_of(np.partition(numbers, at - 1)[at - 1].item(), decimals)


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
