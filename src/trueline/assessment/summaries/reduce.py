"""From sorted granules to the rows of a summary: whole columns at a time, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.array_sums import COMPARE
from trueline.assessment.histogram import bucket_keys, exact_sum
from trueline.assessment.readings import Reading, exact_bound
from trueline.assessment.sorted_granules import ReadingArrays, SortedGranules
from trueline.assessment.summaries.runs import Flags, Integers, Runs, runs_of
from trueline.assessment.summaries.schemas import (
    BUCKETS_SCHEMA,
    COVERS_SCHEMA,
    CUTS_SCHEMA,
    DAY_BITS,
    DAY_MASK,
    DAY_S,
    DAYS_SCHEMA,
    DOUBLES,
    KNOWN,
    NO_MOMENTS,
    NO_NUMBER,
    RUNS_SCHEMA,
    SCHEMAS,
    TAILS_SCHEMA,
    WATCHED_SCHEMA,
    Tables,
    table_of,
)
from trueline.assessment.summaries.tails import Cuts, Numbered, Tail, reduced_tails
from trueline.offerings.values import Comparator

Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]

_SAFE_SUM = 1 << 62
_EXACT = 1 << 53  # doubles tell whole numbers below it apart


@dataclass(frozen=True)
class Watch:
    """A threshold whose violations are kept."""

    comparator: Comparator
    bound: Decimal


@dataclass(frozen=True)
class Wish:
    """What is kept of one reading. `watches` by product key, as numbers into all watches;
    `sketched`: product keys with a histogram; `tails`: by product key, the end whose granules are
    kept; `moments`: sums of doubles too."""

    reading: Reading
    number: int  # of the reading
    watches: Mapping[int, Sequence[int]] = field(default_factory=dict)
    sketched: frozenset[int] = frozenset()
    tails: Mapping[int, Tail] = field(default_factory=dict)
    moments: bool = False


def reduce_granules(
    granules: SortedGranules, wishes: Sequence[Wish], watches: Sequence[Watch], kept: Kept
) -> Tables:
    """Rows of SCHEMAS for the kept product-days, sorted by reading, product and time."""
    parts: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
    for wish in wishes:
        parts["covers"].append(kept.covers(wish))
        if wish.reading.parameter in granules.columns:
            found = _Reduction.of(granules, wish, kept)
            if found is not None:
                for name, table in found.tables(watches, kept.cuts or Cuts.of([])).items():
                    parts[name].append(table)
    return {name: pa.concat_tables([SCHEMAS[name].empty_table(), *parts[name]]) for name in SCHEMAS}


@dataclass(frozen=True)
class Kept:
    """Granules that start in [from_s, to_s). `days`: only these product-days, by parameter, each as
    `product_day` packs it. `cuts`: as they were so far."""

    from_s: int
    to_s: int
    days: Mapping[str, Integers] | None = None
    cuts: Cuts | None = None

    def of(self, parameter: str, product: Integers, start_s: Integers) -> Flags:
        kept: Flags = (start_s >= self.from_s) & (start_s < self.to_s)
        if self.days is not None:
            wanted = self.days.get(parameter, np.empty(0, np.int64))
            kept &= np.isin(product_day(product, start_s // DAY_S), wanted)
        return kept

    def covers(self, wish: Wish) -> pa.Table:
        if self.days is None:
            return COVERS_SCHEMA.empty_table()
        packed = self.days.get(wish.reading.parameter, np.empty(0, np.int64))
        columns = {
            "product_key": packed >> DAY_BITS,
            "reading": np.full(len(packed), wish.number),
            "day": packed & DAY_MASK,
        }
        return table_of(columns, COVERS_SCHEMA)


def product_day(product: Integers, day: Integers) -> Integers:
    """A product and a UTC day as one integer."""
    packed: Integers = (product.astype(np.int64) << DAY_BITS) + day
    return packed


@dataclass(frozen=True)
class _Reduction:
    """The kept rows of one reading; `heads`: where each product-day begins."""

    wish: Wish
    arrays: ReadingArrays
    product: Integers
    day: Integers
    start_s: Integers
    duration_s: Integers
    number: Numbers
    known: Flags
    denominator: Numbers | None
    heads: Integers

    @classmethod
    def of(cls, granules: SortedGranules, wish: Wish, kept: Kept) -> _Reduction | None:
        arrays = granules.reading(wish.reading)
        product, start = _long(granules.product_key), _long(granules.start_s)
        day = start // DAY_S
        mask = kept.of(wish.reading.parameter, product, start)
        if arrays.present is not None:
            mask &= arrays.present
        rows = np.flatnonzero(mask)
        product, day, start = product[rows], day[rows], start[rows]
        if not len(start):
            return None
        changes = (product[1:] != product[:-1]) | (day[1:] != day[:-1])
        known = np.ones(len(start), np.bool_) if arrays.known is None else arrays.known[rows]
        denominator = None if arrays.denominator is None else _wide(arrays.denominator[rows])
        return cls(
            wish,
            arrays,
            product,
            day,
            start,
            _long(granules.duration_s[rows]),
            _wide(arrays.number[rows]),
            known,
            denominator,
            np.concatenate(([0], np.flatnonzero(changes) + 1)),
        )

    def tables(self, watches: Sequence[Watch], cuts: Cuts) -> Tables:
        watched, bad = self._watched(watches)
        runs = [self._runs_table(self.known, np.full(len(self.product), KNOWN))]
        if not self.known.all():
            runs.append(self._runs_table(~self.known, np.full(len(self.product), NO_NUMBER)))
        tails, new_cuts = self._tails(cuts)
        return {
            "tails": tails,
            "cuts": new_cuts,
            "days": self._days(),
            "watched": watched,
            "runs": pa.concat_tables([*runs, *bad]),
            "buckets": self._buckets(),
        }

    def _per_day(self, numbers: npt.NDArray[np.generic]) -> Integers:
        return np.add.reduceat(numbers.astype(np.int64), self.heads)

    def _days(self) -> pa.Table:
        present = np.diff(np.append(self.heads, len(self.product)))
        columns: dict[str, object] = {
            "product_key": self.product[self.heads],
            "reading": np.full(len(self.heads), self.wish.number),
            "day": self.day[self.heads],
            "present": present,
            "numbers": self._per_day(self.known),
            "known_s": self._per_day(np.where(self.known, self.duration_s, 0)),
            **self._moments(int(present.max())),
        }
        return table_of(columns, DAYS_SCHEMA)

    def _moments(self, most: int) -> dict[str, object]:
        size, decimals = len(self.heads), self.arrays.decimals
        if decimals is None and not self.wish.moments:
            return {"decimals": np.full(size, NO_MOMENTS), **self._extremes()}
        numbers = np.where(self.known, self.number, 0)
        total, total_exact = _sums(numbers, self.heads, most)
        found: dict[str, object] = {
            "decimals": np.full(size, DOUBLES if decimals is None else decimals),
            "total": total,
            "total_exact": total_exact,
            **self._extremes(),
        }
        if self.denominator is not None and not self.wish.reading.quotient:
            found["denominator"], found["denominator_exact"] = _sums(
                self.denominator, self.heads, most
            )
        return found

    def _extremes(self) -> dict[str, object]:
        lowest = np.where(self.known, self.number, np.inf)
        highest = np.where(self.known, self.number, -np.inf)
        return {
            "lowest": np.minimum.reduceat(lowest, self.heads),
            "highest": np.maximum.reduceat(highest, self.heads),
        }

    def _watched(self, watches: Sequence[Watch]) -> tuple[pa.Table, list[pa.Table]]:
        """Daily bad seconds of every watch, and the runs that break it. A product may have several
        watches of one reading: each layer holds at most one for every product."""
        tables, runs = [WATCHED_SCHEMA.empty_table()], []
        places = np.concatenate(([0], np.flatnonzero(np.diff(self.product)) + 1))
        counts = np.diff(np.append(places, len(self.product)))
        mine = [self.wish.watches.get(key, ()) for key in self.product[places].tolist()]
        for layer in range(max(map(len, mine))):
            chosen = np.array([w[layer] if layer < len(w) else -1 for w in mine], np.int64)
            watch = np.repeat(chosen, counts)
            bad = self._broken(watch, watches)
            kept = watch[self.heads] >= 0
            tables.append(
                table_of(
                    {
                        "product_key": self.product[self.heads][kept],
                        "reading": np.full(int(kept.sum()), self.wish.number),
                        "watch": watch[self.heads][kept],
                        "day": self.day[self.heads][kept],
                        "bad": self._per_day(bad)[kept],
                        "bad_s": self._per_day(np.where(bad, self.duration_s, 0))[kept],
                    },
                    WATCHED_SCHEMA,
                )
            )
            runs.append(self._runs_table(bad, watch))
        return pa.concat_tables(tables), runs

    def _broken(self, watch: Integers, watches: Sequence[Watch]) -> Flags:
        """Rows with a number that does not keep the threshold of their product."""
        bad = np.zeros(len(watch), np.bool_)
        used = np.unique(watch[watch >= 0])
        by_sense: dict[Comparator, list[tuple[int, int | float]]] = {}
        for number in used.tolist():
            asked = watches[number]
            sense, bound = exact_bound(asked.comparator, asked.bound, self.arrays.decimals)
            by_sense.setdefault(sense, []).append((number, bound))
        for sense, bounds in by_sense.items():
            exact = np.float64 if self.arrays.decimals is None else np.int64
            lookup = np.zeros(len(watches) + 1, exact)
            asks = np.zeros(len(watches) + 1, np.bool_)  # the last place stands for no watch
            for number, bound in bounds:
                lookup[number], asks[number] = bound, True
            keeps = COMPARE[sense](self.number, lookup[watch])
            bad |= asks[watch] & self.known & ~keeps
        return bad

    def _runs_table(self, which: Flags, kind: Integers) -> pa.Table:
        rows = np.flatnonzero(which)
        found = runs_of(
            self.product[rows], self.start_s[rows], self.duration_s[rows], self.day[rows]
        )
        kinds = kind[rows][_heads_of(found)]
        columns = {
            "product_key": found.series,
            "reading": np.full(len(found), self.wish.number),
            "kind": kinds,
            "start_s": found.start_s,
            "step_s": found.step_s,
            "count": found.count,
        }
        return table_of(columns, RUNS_SCHEMA)

    def _tails(self, cuts: Cuts) -> tuple[pa.Table, pa.Table]:
        wanted = self.wish.tails
        rows = np.flatnonzero(self.known & np.isin(self.product, np.fromiter(wanted, np.int64)))
        number = self.number[rows]
        if not len(rows) or np.abs(number).max() >= _EXACT:
            return TAILS_SCHEMA.empty_table(), CUTS_SCHEMA.empty_table()
        product = self.product[rows]
        places = np.concatenate(([0], np.flatnonzero(np.diff(product)) + 1))
        numbered = Numbered(product, self.start_s[rows], number, places, self.arrays.decimals)
        mine = [wanted.get(key) for key in product[places].tolist()]
        return reduced_tails(numbered, self.wish.number, mine, cuts)

    def _buckets(self) -> pa.Table:
        if not self.wish.sketched:
            return BUCKETS_SCHEMA.empty_table()
        sketched = np.isin(self.product, np.fromiter(self.wish.sketched, np.int64))
        rows = np.flatnonzero(sketched & self.known)
        if not len(rows):
            return BUCKETS_SCHEMA.empty_table()
        scale = 1 if self.arrays.decimals is None else 10**self.arrays.decimals
        keys = bucket_keys(self.number[rows] / scale)
        group = np.searchsorted(self.heads, rows, side="right") - 1
        first = int(keys.min())
        width = int(keys.max()) - first + 1
        packed, counts = np.unique(group * width + (keys - first), return_counts=True)
        at = self.heads[packed // width]
        columns = {
            "product_key": self.product[at],
            "reading": np.full(len(packed), self.wish.number),
            "day": self.day[at],
            "bucket": packed % width + first,
            "count": counts,
        }
        return table_of(columns, BUCKETS_SCHEMA)


def _heads_of(runs: Runs) -> Integers:
    """The place of each run's first granule among all granules of the runs."""
    heads: Integers = np.concatenate(([0], np.cumsum(runs.count)))[:-1].astype(np.int64)
    return heads


def _long(numbers: npt.NDArray[np.integer[Any]]) -> Integers:
    """Whole numbers with room to be added up."""
    return numbers.astype(np.int64, copy=False)


def _wide(numbers: npt.NDArray[np.number[Any]]) -> Numbers:
    """Stored numbers with room to be added up: 64-bit integers, or doubles."""
    if np.issubdtype(numbers.dtype, np.integer):
        return numbers.astype(np.int64, copy=False)
    return numbers.astype(np.float64, copy=False)


def _sums(numbers: Numbers, heads: Integers, most: int) -> tuple[Integers | None, list[str] | None]:
    """Exact sums by group: as integers where that is safe, else as fractions in text."""
    ends = [*heads[1:].tolist(), len(numbers)]
    groups = zip(heads.tolist(), ends, strict=True)
    if not np.issubdtype(numbers.dtype, np.integer):
        doubles = np.asarray(numbers, np.float64)
        return None, [str(exact_sum(doubles[a:b])) for a, b in groups]
    largest = max(abs(int(numbers.min())), abs(int(numbers.max())))
    if largest * most >= _SAFE_SUM:
        return None, [str(Fraction(sum(numbers[a:b].tolist()))) for a, b in groups]
    return np.add.reduceat(numbers.astype(np.int64), heads), None
