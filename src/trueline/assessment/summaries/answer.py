"""Tallies from summaries: any windows of time, and no granule read. Seconds and samples come from
runs, for any windows; sums, extremes and histograms from whole UTC days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa

from trueline.assessment.histogram import ENDLESS, Histogram, histogram_of
from trueline.assessment.planned_columns import Windows, added_up
from trueline.assessment.states import ProductStates, states_of
from trueline.assessment.summaries.day_sums import extremes, has_sum, sum_of
from trueline.assessment.summaries.part_runs import PartRuns
from trueline.assessment.summaries.parts import Index, Part, SummaryStore
from trueline.assessment.summaries.runs import Flags, Integers
from trueline.assessment.summaries.schemas import DAY_S, DOUBLES, KNOWN, NO_MOMENTS, NO_NUMBER
from trueline.assessment.tallies import Tally
from trueline.calendars.intervals import Interval, subtract
from trueline.measurement.plain_arrow import column_of, numbers_of

_DAY_BITS = 20
_FIRST_DAY, _LAST_DAY = np.array([0]), np.array([(1 << _DAY_BITS) - 1])


@dataclass(frozen=True)
class Question:
    """The allowed time of one product and reading; `watch`: whose good seconds are asked for."""

    product_key: int
    reading: int
    allowed: Sequence[Interval]
    watch: int | None = None


@dataclass(frozen=True)
class Questions:
    """Many questions as columns, and their windows, each with its `owner`; `firsts`: the first
    window of each question."""

    product: Integers
    reading: Integers
    watch: Integers
    opens: Integers
    closes: Integers
    owner: Integers
    firsts: Integers

    @classmethod
    def of(cls, questions: Sequence[Question]) -> Questions:
        rows = [
            (q.product_key, q.reading, KNOWN if q.watch is None else q.watch) for q in questions
        ]
        product, reading, watch = np.array(rows, np.int64).T
        flat = np.array([edge for q in questions for w in q.allowed for edge in w], np.int64)
        counts = np.array([len(q.allowed) for q in questions], np.int64)
        owner = np.repeat(np.arange(len(questions)), counts)
        firsts = np.cumsum(counts) - counts
        return cls(product, reading, watch, flat[::2], flat[1::2], owner, firsts)

    def hull_days(self) -> tuple[Integers, Integers]:
        """The UTC days around each question's time."""
        last = np.append(self.firsts[1:], len(self.opens)) - 1
        return self.opens[self.firsts] // DAY_S - 1, (self.closes[last] - 1) // DAY_S + 1


@dataclass(frozen=True)
class Figures:
    """What is answered, a row for each question. `kept`: whether the violations of its threshold
    are kept; where not, `good_s` says nothing."""

    kept: Flags
    known_s: Integers
    samples: Integers
    numbers: Integers
    good_s: Integers


@dataclass(frozen=True)
class Losses:
    """Where high losses are: by which readings granules are known, and known to be lost. `n`
    granules in a row change the state."""

    plain: int
    quotient: int
    watch: int
    n: int


@dataclass(frozen=True)
class Moments:
    """Sums and extremes over whole days; `rest`: allowed time that no whole day covers, where
    granules start. `decimals` None: of doubles."""

    total: Fraction
    denominator: Fraction | None
    minimum: Decimal | None
    maximum: Decimal | None
    decimals: int | None
    rest: Sequence[Interval]


@dataclass
class Answers:
    """The summaries of one range of products over some months, ready to be asked."""

    store: SummaryStore
    index: Index
    parts: Sequence[Part]
    _tables: dict[str, pa.Table] = field(default_factory=dict)

    def prepare(self) -> None:
        """Read and sort what every question needs, before threads share it."""
        _ = self._some_without_number
        _ = self._day_codes, self._watched_codes, self._parameter_days

    @cached_property
    def _readings(self) -> int:
        return len(self.index.readings)

    @cached_property
    def _kinds(self) -> int:
        return len(self.index.watches) + 2

    @cached_property
    def runs(self) -> PartRuns:
        return PartRuns(self.store, self.parts)

    def _series_column(self, table: pa.Table, kind: str | None) -> Integers:
        """The series of each row; `kind`: the column that says which of a reading's."""
        series = numbers_of(table["product_key"]).astype(np.int64)
        series *= self._readings
        series += numbers_of(table["reading"])
        series *= self._kinds
        if kind is not None:
            series += numbers_of(table[kind])
        series += 2 if kind is not None else KNOWN + 2
        found: Integers = series
        return found

    def tallies(self, questions: Sequence[Question]) -> list[Tally | None]:
        """Seconds, samples and good seconds of each; None where no day has the threshold's
        violations, although something was measured."""
        if not questions:
            return []
        asked = Questions.of(questions)
        columns = (column.tolist() for column in vars(self.figures(asked)).values())
        found = zip(*columns, asked.watch.tolist(), strict=True)
        return [
            Tally(known, sampled, count, () if watch == KNOWN else (good,)) if kept else None
            for kept, known, sampled, count, good, watch in found
        ]

    def figures(self, asked: Questions) -> Figures:
        """The same as columns."""
        known_s, numbers = self._added(asked, KNOWN)
        samples = numbers
        if self._some_without_number:
            samples = numbers + self._added(asked, NO_NUMBER)[1]
        return Figures(
            kept=self._keeps_watch(asked),
            known_s=known_s,
            samples=samples,
            numbers=numbers,
            good_s=known_s - self._added(asked, asked.watch)[0],
        )

    def _added(self, asked: Questions, kind: Integers | int) -> tuple[Integers, Integers]:
        """Seconds, and granules that start, over all windows of each question."""
        windows = Windows(asked.owner, asked.opens, asked.closes)
        product, reading = asked.product[asked.owner], asked.reading[asked.owner]
        kinds = kind[asked.owner] if isinstance(kind, np.ndarray) else kind
        each = self.runs.sums(product, reading, kinds, windows)
        seconds, starts = (added_up(asked.owner, one, len(asked.product)) for one in each)
        return seconds, starts

    @cached_property
    def _some_without_number(self) -> bool:
        return self.runs.some(NO_NUMBER)

    def _keeps_watch(self, asked: Questions) -> Flags:
        """Whether the violations are kept on every day on which something was measured."""
        watch = asked.watch
        first, last = asked.hull_days()
        series = self._series(asked.product, asked.reading, KNOWN)
        watched = self._series(asked.product, asked.reading, watch)
        parameter = self._parameter_of(asked.product, asked.reading)
        days = _between(self._day_codes, series, first, last)
        kept = _between(self._watched_codes, watched, first, last)
        plain = _between(self._parameter_days, parameter, first, last)
        whole: Flags = (days == plain) & ((watch == KNOWN) | (kept == days))
        return whole

    def moments(self, question: Question) -> Moments | None:
        """None where the days have none, or sums of several kinds."""
        series, whole, rest = self._whole_and_rest(question)
        days = self._days.take(column_of(self._rows_of(series, whole))).to_pydict()
        kinds = set(days["decimals"])
        if NO_MOMENTS in kinds or (DOUBLES in kinds and len(kinds) > 1):
            return None
        minimum, maximum = extremes(days)
        decimals = None if DOUBLES in kinds else max(kinds, default=0)
        return Moments(
            total=sum_of(days, "total"),
            denominator=sum_of(days, "denominator") if has_sum(days, "denominator") else None,
            minimum=minimum,
            maximum=maximum,
            decimals=decimals,
            rest=rest,
        )

    def histogram(self, question: Question) -> tuple[Histogram, Sequence[Interval]] | None:
        """Counts by bucket over whole days, and the allowed time that they leave; None where a day
        has no histogram."""
        series, whole, rest = self._whole_and_rest(question)
        rows = self._slices(self._bucket_codes, series, whole)
        keys, places = np.unique(self._buckets["bucket"][rows], return_inverse=True)
        counts = np.zeros(len(keys), np.int64)
        np.add.at(counts, places, self._buckets["count"][rows])
        days = self._days.take(column_of(self._rows_of(series, whole))).to_pydict()
        if int(counts.sum()) != sum(days["numbers"]):
            return None
        low, high = extremes(days)
        bounds = ENDLESS if low is None or high is None else (float(low), float(high))
        return histogram_of(keys, counts, bounds), rest

    def _whole_and_rest(
        self, question: Question
    ) -> tuple[int, Sequence[tuple[int, int]], Sequence[Interval]]:
        """The series, the UTC days that are allowed whole, and other time where granules start."""
        whole, series = whole_days(question.allowed), self._series_of(question)
        rest = subtract(question.allowed, [(a * DAY_S, b * DAY_S) for a, b in whole])
        return series, whole, rest if rest and self._starts_in(question, rest) else []

    def states(self, product_key: int, losses: Losses) -> ProductStates | None:
        """States over all months at hand; None where the violations are not kept, or where
        granules beyond these months could change a state."""
        product, plain, quotient, watch = (
            np.array([n], np.int64)
            for n in (product_key, losses.plain, losses.quotient, losses.watch)
        )
        known = int(self._series(product, plain, KNOWN)[0])
        high = int(self._series(product, quotient, watch)[0])
        days = _between(self._day_codes, np.array([known]), _FIRST_DAY, _LAST_DAY)
        kept = _between(self._watched_codes, np.array([high]), _FIRST_DAY, _LAST_DAY)
        if days[0] != kept[0]:
            return None
        start_s, duration_s = self.runs.of_series(product_key, losses.plain, KNOWN).granules()
        lost = self.runs.of_series(product_key, losses.quotient, losses.watch)
        flags = np.zeros(len(start_s), np.bool_)
        flags[np.searchsorted(start_s, lost.granules()[0])] = True
        states = states_of(start_s, duration_s, flags, losses.n)
        return None if states.open_ended or not len(start_s) else states

    def _starts_in(self, question: Question, windows: Sequence[Interval]) -> bool:
        edges = np.array(windows, np.int64)
        owner = np.arange(len(edges))
        asked = Windows(owner, edges[:, 0], edges[:, 1])
        product, reading = (
            np.full(len(edges), n) for n in (question.product_key, question.reading)
        )
        return any(
            bool(touched.starts(asked).any())
            for kind in (KNOWN, NO_NUMBER)
            for touched in self.runs.touched(product, reading, kind, asked)
        )

    def _series(self, product: Integers, reading: Integers, kind: Integers | int) -> Integers:
        series: Integers = (product * self._readings + reading) * self._kinds + kind + 2
        return series

    def _series_of(self, question: Question) -> int:
        place = question.product_key * self._readings + question.reading
        return place * self._kinds + KNOWN + 2

    def _rows_of(self, series: int, days: Sequence[tuple[int, int]]) -> Integers:
        return self._day_order[self._slices(self._sorted_day_codes, series, days)]

    def _slices(self, codes: Integers, series: int, days: Sequence[tuple[int, int]]) -> Integers:
        edges = np.array(days, np.int64).reshape(-1, 2) + (series << _DAY_BITS)
        begins = np.searchsorted(codes, edges[:, 0]).tolist()
        ends = np.searchsorted(codes, edges[:, 1]).tolist()
        parts = [np.arange(a, b) for a, b in zip(begins, ends, strict=True)]
        return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)

    @cached_property
    def _days(self) -> pa.Table:
        return self.store.table(self.parts, "days").combine_chunks()

    @cached_property
    def _all_day_codes(self) -> Integers:
        return _coded(self._series_column(self._days, None), self._days)

    @cached_property
    def _day_order(self) -> Integers:
        return np.argsort(self._all_day_codes, kind="stable")

    @cached_property
    def _sorted_day_codes(self) -> Integers:
        return self._all_day_codes[self._day_order]

    @cached_property
    def _day_codes(self) -> Integers:
        return _distinct(self._all_day_codes)

    @cached_property
    def _watched_codes(self) -> Integers:
        table = self.store.table(self.parts, "watched")
        return _distinct(_coded(self._series_column(table, "watch"), table))

    @cached_property
    def _parameter_number(self) -> Integers:
        """By reading, the number of the first reading of its parameter."""
        names = [reading.parameter for reading in self.index.readings]
        return np.array([names.index(name) for name in names], np.int64)

    def _parameter_of(self, product: Integers, reading: Integers) -> Integers:
        return self._series(product, self._parameter_number[reading], KNOWN)

    @cached_property
    def _parameter_days(self) -> Integers:
        """Days on which anything of a parameter was measured, by its first reading."""
        days = self._days
        product = numbers_of(days["product_key"]).astype(np.int64)
        return _distinct(_coded(self._parameter_of(product, numbers_of(days["reading"])), days))

    @cached_property
    def _sorted_buckets(self) -> tuple[Integers, dict[str, Integers]]:
        table = self.store.table(self.parts, "buckets")
        codes = _coded(self._series_column(table, None), table)
        order = np.argsort(codes, kind="stable")
        columns = {name: numbers_of(table[name])[order] for name in ("bucket", "count")}
        return codes[order], {n: c.astype(np.int64) for n, c in columns.items()}

    @property
    def _bucket_codes(self) -> Integers:
        return self._sorted_buckets[0]

    @property
    def _buckets(self) -> dict[str, Integers]:
        return self._sorted_buckets[1]


def _coded(series: Integers, table: pa.Table) -> Integers:
    """Series and day of each row as one integer."""
    codes: Integers = (series << _DAY_BITS) + numbers_of(table["day"])
    return codes


def _distinct(codes: Integers) -> Integers:
    """Sorted, each once. Faster than numpy's own on what is nearly sorted."""
    codes = np.sort(codes, kind="stable")
    return codes[np.append(True, codes[1:] != codes[:-1])] if len(codes) else codes


def whole_days(allowed: Sequence[Interval]) -> list[tuple[int, int]]:
    """UTC days [first, end) that allowed time covers whole."""
    found = [(-(-opens // DAY_S), closes // DAY_S) for opens, closes in allowed]
    return [(first, end) for first, end in found if first < end]


def _between(codes: Integers, series: Integers, first: Integers, last: Integers) -> Integers:
    """How many codes of each series lie on the days first to last."""
    begin = np.searchsorted(codes, (series << _DAY_BITS) + first)
    end = np.searchsorted(codes, (series << _DAY_BITS) + last, side="right")
    found: Integers = (end - begin).astype(np.int64)
    return found
