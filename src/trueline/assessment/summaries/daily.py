"""Sums of whole UTC days, and windows within days: how the figures of many rows are added up
without a look at the runs of the days that count whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from trueline.assessment.planned_columns import Windows, added_up
from trueline.assessment.summaries.packed import series_code
from trueline.assessment.summaries.part_runs import PartRuns
from trueline.assessment.summaries.parts import (
    Index,
    Part,
    SummaryStore,
)
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_BITS, DAY_S, KNOWN, NO_NUMBER
from trueline.assessment.summaries.sketches import Sketch, pack_sketch
from trueline.measurement.plain_arrow import numbers_of


@dataclass(frozen=True)
class SharesAsked:
    """A row for each question: the seconds in which a reading's granules were known, and kept a
    threshold, in [start_s, end_s) less the windows `away`."""

    product: Integers  # keys; -1 for a product that was never measured
    reading: Integers
    watch: Integers
    start_s: Integers
    end_s: Integers
    away: Windows

    def __len__(self) -> int:
        return len(self.product)

    def take(self, rows: Integers) -> SharesAsked:
        """Some of the questions; `rows` rises."""
        return SharesAsked(
            self.product[rows],
            self.reading[rows],
            self.watch[rows],
            self.start_s[rows],
            self.end_s[rows],
            self.away.of(rows, len(self)),
        )


@dataclass(frozen=True)
class SharesFound:
    """`summed`: whether the reading is summed up on every day on which its parameter was measured;
    `kept`: whether the violations of the threshold are too; where not, `good_s` says nothing."""

    summed: Flags
    kept: Flags
    known_s: Integers
    good_s: Integers
    samples: Integers
    numbers: Integers  # of the samples that have a number

    def take(self, rows: Integers) -> SharesFound:
        return SharesFound(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class _Sums:
    """Numbers by code, added up to each place; codes rise."""

    code: Integers
    upto: dict[str, Integers]

    @classmethod
    def of(cls, code: Integers, columns: dict[str, Integers]) -> _Sums:
        if len(code) and bool((code[1:] < code[:-1]).any()):
            order = np.argsort(code, kind="stable")
            code = code[order]
            columns = {name: column[order] for name, column in columns.items()}
        return cls(
            code,
            {n: np.concatenate(([0], np.cumsum(c, dtype=np.int64))) for n, c in columns.items()},
        )

    def places(self, series: Integers, first: Integers, end: Integers) -> tuple[Integers, Integers]:
        """From where to where the days [first, end) of each series lie."""
        begin = np.searchsorted(self.code, (series << DAY_BITS) + first)
        over = np.searchsorted(self.code, (series << DAY_BITS) + np.maximum(first, end))
        return begin.astype(np.int64), over.astype(np.int64)

    def between(self, name: str, places: tuple[Integers, Integers]) -> Integers:
        found: Integers = self.upto[name][places[1]] - self.upto[name][places[0]]
        return found


@dataclass
class DailySums:
    """The summaries of one range of products over some months. No granule of the parts reaches
    beyond the UTC day in which it starts, else sums of days do not add up to seconds."""

    store: SummaryStore
    index: Index
    parts: Sequence[Part]
    _sketches: dict[int, list[Sketch]] = field(default_factory=dict)

    def figures(self, asked: SharesAsked) -> SharesFound:
        first, end = -(-asked.start_s // DAY_S), asked.end_s // DAY_S
        series = self._series(asked.product, asked.reading)
        watched = self._watched_series(series, asked.watch)
        days = self._days.places(series, first, end)
        bad_days = self._watched.places(watched, first, end)
        edges = _edges(asked, first, end)
        some, none = self._within(asked, edges), self._within(asked, asked.away)
        known_s = self._days.between("known_s", days) + some.known_s - none.known_s
        bad_s = self._watched.between("bad_s", bad_days) + some.bad_s - none.bad_s
        samples = self._days.between("present", days) + some.samples - none.samples
        numbers = self._days.between("numbers", days) + some.numbers - none.numbers
        kept = self._kept(asked, series, watched)
        return SharesFound(*kept, known_s, known_s - bad_s, samples, numbers)

    def one_step(self, asked: SharesAsked) -> Flags:
        """Whether the granules of each series all last equally long."""
        lowest = np.full(len(asked), np.iinfo(np.int64).max)
        highest = np.zeros(len(asked), np.int64)
        series = series_code(asked.product, asked.reading, KNOWN)
        for part in self.parts:
            least, most = self.store.packed_runs(part).steps(series)
            lowest = np.where(most > 0, np.minimum(lowest, least), lowest)
            highest = np.maximum(highest, most)
        found: Flags = (highest == 0) | (lowest == highest)
        return found

    def extremes(
        self, product: Integers, reading: Integers
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The lowest and the highest number of each series over all days, as stored; not a number
        where there is none."""
        columns = ("product_key", "reading", "day", "lowest", "highest")
        table = self.store.table(self.parts, "days", columns)
        mine = table.filter(pc.is_valid(table["lowest"]))
        names = ("product_key", "reading")
        series = self._series(*(numbers_of(mine[name]).astype(np.int64) for name in names))
        order = np.argsort(series, kind="stable")
        series = series[order]
        asked = self._series(product, reading)
        if not len(series):
            none = np.full(len(asked), np.nan)
            return none, none
        heads = np.flatnonzero(np.append(True, series[1:] != series[:-1]))
        at = np.minimum(np.searchsorted(series[heads], asked), len(heads) - 1)
        there = series[heads][at] == asked
        lowest = np.minimum.reduceat(numbers_of(mine["lowest"])[order], heads)[at]
        highest = np.maximum.reduceat(numbers_of(mine["highest"])[order], heads)[at]
        return np.where(there, lowest, np.nan), np.where(there, highest, np.nan)

    def sketches(self, month: int) -> list[Sketch]:
        """Histograms that together tell the whole of a month; `month`: its first day."""
        if month not in self._sketches:
            mine = [part for part in self.parts if part.month == month]
            if any(part.covers for part in mine[1:]):
                told = self.store.table(mine, "buckets")
                self._sketches[month] = [Sketch.of(*pack_sketch(told))]
            else:
                self._sketches[month] = [self.store.sketch(part) for part in mine]
        return self._sketches[month]

    def _kept(self, asked: SharesAsked, series: Integers, watched: Integers) -> tuple[Flags, Flags]:
        """As `Answers` asks: on every day with anything of the parameter, around the time asked
        about, the reading is summed up and the threshold is watched."""
        first, end = asked.start_s // DAY_S - 1, (asked.end_s - 1) // DAY_S + 2
        parameter = self._parameter[np.minimum(asked.reading, len(self._parameter) - 1)]
        plain = self._series(asked.product, parameter)
        counts = [
            _count(codes, one, first, end)
            for codes, one in (
                (self._day_codes, series),
                (self._watched_codes, watched),
                (self._parameter_codes, plain),
            )
        ]
        summed: Flags = (counts[0] == counts[2]) | (asked.start_s == asked.end_s)
        kept: Flags = summed & ((counts[0] == counts[1]) | (asked.start_s == asked.end_s))
        return summed, kept

    def _within(self, asked: SharesAsked, windows: Windows) -> _Seconds:
        """Seconds and samples in windows, added up by question, from the runs of every part."""
        rows = len(asked)
        found = _Seconds(*np.zeros((4, rows), np.int64))
        if not len(windows.owner):
            return found
        kinds: list[tuple[Integers | int, str]] = [(KNOWN, "known"), (NO_NUMBER, "")]
        kinds.append((asked.watch[windows.owner], "bad"))
        product, reading = asked.product[windows.owner], asked.reading[windows.owner]
        for kind, name in kinds:
            for touched in self.runs.touched(product, reading, kind, windows):
                seconds = added_up(windows.owner, touched.seconds(windows), rows)
                starts = added_up(windows.owner, touched.starts(windows), rows)
                if name == "bad":
                    found.bad_s += seconds
                else:
                    found.samples += starts
                if name == "known":
                    found.known_s += seconds
                    found.numbers += starts
        return found

    @cached_property
    def runs(self) -> PartRuns:
        return PartRuns(self.store, self.parts)

    def _series(self, product: Integers, reading: Integers) -> Integers:
        found: Integers = product * len(self.index.readings) + reading
        return found

    def _watched_series(self, series: Integers, watch: Integers) -> Integers:
        found: Integers = series * max(len(self.index.watches), 1) + watch
        return np.where(watch < 0, -1, found)

    @cached_property
    def _day_table(self) -> dict[str, Integers]:
        return self._columns("days", "known_s", "present", "numbers")

    @cached_property
    def _days(self) -> _Sums:
        table = self._day_table
        code = (self._series(table["product_key"], table["reading"]) << DAY_BITS) + table["day"]
        return _Sums.of(code, {name: table[name] for name in ("known_s", "present", "numbers")})

    @cached_property
    def _watched(self) -> _Sums:
        table = self._columns("watched", "watch", "bad_s")
        series = self._series(table["product_key"], table["reading"])
        code = (self._watched_series(series, table["watch"]) << DAY_BITS) + table["day"]
        return _Sums.of(code, {"bad_s": table["bad_s"]})

    def _columns(self, name: str, *columns: str) -> dict[str, Integers]:
        every = ("product_key", "reading", "day", *columns)
        table = self.store.table(self.parts, name, every)
        return {one: numbers_of(table[one]).astype(np.int64) for one in every}

    @cached_property
    def _parameter(self) -> Integers:
        """By reading, the number of the first reading of its parameter."""
        names = [reading.parameter for reading in self.index.readings]
        return np.array([names.index(name) for name in names], np.int64)

    @cached_property
    def _day_codes(self) -> Integers:
        return _distinct(self._days.code)

    @cached_property
    def _watched_codes(self) -> Integers:
        return _distinct(self._watched.code)

    @cached_property
    def _parameter_codes(self) -> Integers:
        """Days on which anything of a parameter was measured, by its first reading."""
        table = self._day_table
        series = self._series(table["product_key"], self._parameter[table["reading"]])
        code = (series << DAY_BITS) + table["day"]
        return _distinct(np.sort(code, kind="stable"))


@dataclass
class _Seconds:
    known_s: Integers
    bad_s: Integers
    samples: Integers
    numbers: Integers


def _distinct(codes: Integers) -> Integers:
    """Each once. `codes` rise."""
    new = codes[1:] != codes[:-1]
    return codes if new.all() else codes[np.append(True, new)]


def _count(codes: Integers, series: Integers, first: Integers, end: Integers) -> Integers:
    begin = np.searchsorted(codes, (series << DAY_BITS) + first)
    found: Integers = np.searchsorted(codes, (series << DAY_BITS) + end) - begin
    return found


def _edges(asked: SharesAsked, first: Integers, end: Integers) -> Windows:
    """What the whole days [first, end) leave of each question's time."""
    whole = first < end
    heads = np.where(whole, np.minimum(first * DAY_S, asked.end_s), asked.end_s)
    tails = np.where(whole, end * DAY_S, asked.end_s)
    rows = np.arange(len(asked))
    owner = np.concatenate((rows, rows))
    opens, closes = np.concatenate((asked.start_s, tails)), np.concatenate((heads, asked.end_s))
    kept = np.flatnonzero(opens < closes)
    order = kept[np.argsort(owner[kept], kind="stable")]
    return Windows(owner[order], opens[order], closes[order])
