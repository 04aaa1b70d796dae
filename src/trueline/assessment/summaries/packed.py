"""Runs of one part as they lie on disk: few bytes each, mapped into memory, and asked for windows
of time by binary searches within one series, so that only what is asked for is ever touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.planned_columns import Windows, added_up
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_S, RUNS_SCHEMA, table_of
from trueline.measurement.plain_arrow import column_of, numbers_of

SLICES_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("kind", pa.int16()),
        ("first", pa.int64()),  # place of its first run; its last one is before the next slice's
    ]
)
_KIND_BITS = 17
_READING_BITS = 15
_WIDTHS = (pa.uint8(), pa.uint16(), pa.uint32())


def series_code(product: Integers, reading: Integers, kind: Integers | int) -> Integers:
    """Product, reading and kind of a run as one integer."""
    code: Integers = (((product << _READING_BITS) + reading) << _KIND_BITS) + kind + 2
    return code


def kinds_of(code: Integers) -> Integers:
    """The kind of each series."""
    kinds: Integers = (code & ((1 << _KIND_BITS) - 1)) - 2
    return kinds


def pack_runs(runs: pa.Table, base_s: int) -> tuple[pa.Table, pa.Table]:
    """Runs of RUNS_SCHEMA, sorted by series and start, none before `base_s`, as slices and narrow
    columns. A column that is the same throughout is left to the metadata."""
    names = ("product_key", "reading", "kind")
    product, reading, kind = (_long(runs[name]) for name in names)
    code = series_code(product, reading, kind)
    heads = np.flatnonzero(np.concatenate((code[:1] == code[:1], code[1:] != code[:-1])))
    columns_of_slices: dict[str, object] = {
        "product_key": product[heads],
        "reading": reading[heads],
        "kind": kind[heads],
        "first": heads,
    }
    slices = table_of(columns_of_slices, SLICES_SCHEMA)
    columns, constant = {"start": column_of(_long(runs["start_s"]) - base_s).cast(pa.uint32())}, {}
    for name in ("step_s", "count"):
        numbers = _long(runs[name])
        if len(numbers) and (numbers == numbers[0]).all():
            constant[name] = str(int(numbers[0]))
        else:
            columns[name] = narrowest(numbers)
    return slices, pa.table(columns).replace_schema_metadata(constant)


def _long(column: pa.ChunkedArray) -> Integers:
    return numbers_of(column).astype(np.int64)


def narrowest(numbers: Integers) -> pa.Array:
    """Numbers from 0 up as a column of as few bytes as hold them."""
    most = int(numbers.max()) if len(numbers) else 0
    return column_of(numbers).cast(next(w for w in _WIDTHS if most < 1 << w.bit_width))


def slices_of(code: Integers, first: Integers, asked: Integers) -> tuple[Integers, Integers]:
    """From where to where each series lies; the same twice for one that is not there."""
    if not len(code):
        none = np.zeros(len(asked), np.int64)
        return none, none
    at = np.minimum(np.searchsorted(code, asked), len(code) - 1)
    there = code[at] == asked
    return np.where(there, first[at], 0), np.where(there, first[at + 1], 0)


def spread(begin: Integers, sizes: Integers) -> tuple[Integers, Integers]:
    """Every place of slices of these sizes, one slice after the other; and whose each is."""
    owner = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    places: Integers = np.arange(len(owner)) + np.repeat(begin - (np.cumsum(sizes) - sizes), sizes)
    return places, owner


@dataclass(frozen=True)
class PackedRuns:
    """`code`: the series of each slice, rising; `first`: where its runs begin, and the end of all.
    `start`: seconds after `base_s`."""

    base_s: int
    code: Integers
    first: Integers
    start: npt.NDArray[Any]
    step: npt.NDArray[Any]
    count: npt.NDArray[Any]

    @classmethod
    def of(cls, slices: pa.Table, packed: pa.Table, base_s: int) -> PackedRuns:
        code = series_code(*(_long(slices[n]) for n in ("product_key", "reading", "kind")))
        constant = packed.schema.metadata or {}
        start, step, count = (
            np.broadcast_to(np.int64(int(constant[name.encode()])), packed.num_rows)
            if name.encode() in constant
            else numbers_of(packed[name])
            for name in ("start", "step_s", "count")
        )
        first = np.append(_long(slices["first"]), packed.num_rows)
        return cls(base_s, code, first, start, step, count)

    def table(self) -> pa.Table:
        """All runs as RUNS_SCHEMA."""
        lengths = np.diff(self.first)
        product = self.code >> (_READING_BITS + _KIND_BITS)
        reading = (self.code >> _KIND_BITS) & ((1 << _READING_BITS) - 1)
        kind = kinds_of(self.code)
        columns = {
            "product_key": np.repeat(product, lengths),
            "reading": np.repeat(reading, lengths),
            "kind": np.repeat(kind, lengths),
            "start_s": self.start.astype(np.int64) + self.base_s,
            "step_s": self.step,
            "count": self.count,
        }
        return table_of(columns, RUNS_SCHEMA)

    def steps(self, series: Integers) -> tuple[Integers, Integers]:
        """The shortest and the longest granule of each series; 0 where it has none."""
        low, high = slices_of(self.code, self.first, series)
        if self.step.strides == (0,) and len(self.step):
            step = np.where(low < high, np.int64(self.step[0]), 0)
            return step, step
        some = np.flatnonzero(low < high)
        places, owner = spread(low[some], high[some] - low[some])
        step = self.step[places].astype(np.int64)
        heads = np.flatnonzero(np.concatenate((owner[:1] == owner[:1], owner[1:] != owner[:-1])))
        least, most = np.zeros((2, len(series)), np.int64)
        if len(some):
            least[some] = np.minimum.reduceat(step, heads)
            most[some] = np.maximum.reduceat(step, heads)
        return least, most

    def within(self, series: Integers, windows: Windows) -> Touched:
        """The runs of each window's series that may reach into it. `series`: by window."""
        low, high = slices_of(self.code, self.first, series)
        begin = np.maximum(self._before(low, high, windows.opens) - 1, low)
        end = self._before(low, high, windows.closes)
        run, which = spread(begin, np.maximum(end - begin, 0))
        return Touched(
            which,
            self.start[run].astype(np.int64) + self.base_s,
            self.step[run].astype(np.int64),
            self.count[run].astype(np.int64),
        )

    def sums(self, series: Integers, windows: Windows) -> tuple[Integers, Integers]:
        """Seconds covered, and granules that start, in each window of each series: what `within`
        adds up, from running sums and the two runs at the edges. None may overlap: `disjoint`."""
        low, high = slices_of(self.code, self.first, series)
        begin = np.maximum(self._before(low, high, windows.opens) - 1, low)
        end = self._before(low, high, windows.closes)
        some = end > begin
        seconds, starts = (np.where(some, all_[end] - all_[begin], 0) for all_ in self._running)
        if not some.any():
            return seconds, starts
        first, last = np.where(some, begin, 0), np.where(some, end - 1, 0)
        head_s, head = self._cut(first, windows.opens)
        tail_s, tail = self._cut(last, windows.closes)
        seconds -= np.where(some, head_s + self._seconds(last) - tail_s, 0)
        starts -= np.where(some, head + self.count[last].astype(np.int64) - tail, 0)
        return seconds, starts

    @cached_property
    def disjoint(self) -> bool:
        """Whether no run of a series reaches into the next one."""
        if len(self.start) < 2:
            return True
        runs = np.arange(len(self.start) - 1)
        over = self.start[:-1].astype(np.int64) + self._seconds(runs) > self.start[1:]
        over[self.first[1:-1] - 1] = False
        return not over.any()

    @cached_property
    def _running(self) -> tuple[Integers, Integers]:
        """Seconds and granules of all runs before each place."""
        runs = np.arange(len(self.start))
        each = (self._seconds(runs), self.count.astype(np.int64))
        seconds, starts = (np.concatenate(([0], np.cumsum(numbers))) for numbers in each)
        return seconds, starts

    def _seconds(self, runs: Integers) -> Integers:
        found: Integers = self.step[runs].astype(np.int64) * self.count[runs].astype(np.int64)
        return found

    def _cut(self, runs: Integers, edge: Integers) -> tuple[Integers, Integers]:
        """Seconds of runs that lie before an edge, and granules that start before it."""
        after_s = edge - self.base_s - self.start[runs].astype(np.int64)
        step, count = self.step[runs].astype(np.int64), self.count[runs].astype(np.int64)
        return np.clip(after_s, 0, step * count), np.clip(-(-after_s // step), 0, count)

    def _before(self, low: Integers, high: Integers, at_s: Integers) -> Integers:
        """The place in [low, high] before which runs start earlier than the instant."""
        wanted = at_s - self.base_s
        low, high = low.copy(), high.copy()
        last = max(len(self.start) - 1, 0)
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = np.minimum((low + high) >> 1, last)
            earlier = (self.start[middle] < wanted) & (low < high)
            low = np.where(earlier, middle + 1, low)
            high = np.where(earlier, high, np.minimum(middle, high))
        return low


@dataclass(frozen=True)
class Touched:
    """Runs that reach into windows; `which`: into which of them, sorted."""

    which: Integers
    start_s: Integers
    step_s: Integers
    count: Integers

    def take(self, kept: Flags) -> Touched:
        return Touched(self.which[kept], self.start_s[kept], self.step_s[kept], self.count[kept])

    @property
    def day(self) -> Integers:
        found: Integers = self.start_s // DAY_S
        return found

    def seconds(self, windows: Windows) -> Integers:
        """Seconds of each window that the runs cover."""
        opens, closes = windows.opens[self.which], windows.closes[self.which]
        end_s = self.start_s + self.step_s * self.count
        inside = np.minimum(end_s, closes) - np.maximum(self.start_s, opens)
        return added_up(self.which, np.maximum(inside, 0), len(windows.opens))

    def starts(self, windows: Windows) -> Integers:
        """Granules that start in each window."""
        begun, over = (
            np.clip(-((self.start_s - edge[self.which]) // self.step_s), 0, self.count)
            for edge in (windows.opens, windows.closes)
        )
        return added_up(self.which, over - begun, len(windows.opens))
