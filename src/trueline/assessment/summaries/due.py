"""Which parts of the summaries are to be made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.summaries.parts import KEYS_PER_PART, Index, SummaryStore
from trueline.assessment.summaries.reduce import Wish, product_day
from trueline.assessment.summaries.runs import Integers
from trueline.assessment.summaries.schemas import DAY_BITS, DAY_MASK, DAY_S, NO_MOMENTS
from trueline.assessment.summaries.wishes import Wishes
from trueline.calendars.periods import period_containing
from trueline.engine import Engine
from trueline.measurement.arrived import Arrived, arrived, held_extents
from trueline.measurement.columns import ScanRequest
from trueline.measurement.lake import Lake

if TYPE_CHECKING:
    from trueline.measurement.scan import GranuleScan

MANY_AT_ONCE = 2_000_000  # granules
_EPOCH = date(1970, 1, 1)
Place = tuple[int, int]  # the first UTC day of a month, the lowest product key of a range
Days = Mapping[str, Integers]


@dataclass(frozen=True)
class Work:
    """Parts to be made of what starts in [from_s, to_s), product keys lo <= key < hi. `days`: the
    product-days by parameter whose place they take; None: they add to what is there. `at_once`: it
    is little, and is read in one go."""

    month: int
    lo: int
    hi: int
    from_s: int
    to_s: int
    days: Days | None = None
    at_once: bool = False


def month_of(day: int) -> tuple[int, int]:
    """First day and end of the UTC month that holds a day, all counted from 1970."""
    month = period_containing(_EPOCH + timedelta(days=day), "P1M")
    return (month.first - _EPOCH).days, (month.end - _EPOCH).days


def months_between(start_s: int, end_s: int) -> list[int]:
    """First days of the months that [start_s, end_s) touches."""
    found, day = [], start_s // DAY_S
    while day * DAY_S < end_s:
        first, day = month_of(day)
        found.append(first)
    return found


def whole_lake(lake: Lake) -> list[Work]:
    """Every month and range of products that the lake's files span."""
    places: set[Place] = set()
    for entry in held_extents(lake):
        first, last = entry.min_product_key, entry.max_product_key
        for at in range(first // KEYS_PER_PART, last // KEYS_PER_PART + 1):
            for month in months_between(entry.min_start_s, entry.max_start_s + 1):
                places.add((month, at * KEYS_PER_PART))
    return [_month_work(place, None) for place in sorted(places)]


def _month_work(place: Place, days: Days | None) -> Work:
    month, lo = place
    return Work(month, lo, lo + KEYS_PER_PART, month * DAY_S, month_of(month)[1] * DAY_S, days)


def works_of(asked: Asked, news: Arrived) -> list[Work]:
    """Parts for what arrived: added where it all lies after what was there, else its product-days
    anew."""
    names = {key: name for name, key in asked.lake.dictionary.parameters().items()}
    found: list[Work] = []
    renewed: list[_Touched] = []
    for month, touched in _by_month(news, names).items():
        addition = None if news.corrected else asked.addition(month, touched)
        if addition is not None:
            found.append(addition)
            continue
        for lo, mine in touched.by_range().items():
            addition = None if news.corrected else asked.addition(month, mine)
            if addition is None:
                renewed.append(asked.widened((month, lo), mine))
            else:
                found.append(addition)
    return with_renewed(found, _placed(_packed_by_name(renewed)))


@dataclass(frozen=True)
class _Touched:
    """Product-days of a month: the columns of `Arrived.touched`, parameters by name."""

    names: npt.NDArray[np.str_]
    product: Integers
    day: Integers
    first_s: Integers
    last_s: Integers
    granules: Integers

    def take(self, rows: Integers) -> _Touched:
        return _Touched(*(getattr(self, one.name)[rows] for one in fields(self)))

    def by_range(self) -> dict[int, _Touched]:
        """By the lowest product key of each range."""
        lo = self.product // KEYS_PER_PART * KEYS_PER_PART
        return {one: self.take(np.flatnonzero(lo == one)) for one in np.unique(lo).tolist()}


def _by_month(news: Arrived, names: Mapping[int, str]) -> dict[int, _Touched]:
    columns = {n: news.touched[n].to_numpy().astype(np.int64) for n in news.touched.column_names}
    every = _Touched(
        np.array([names[key] for key in columns["parameter_key"].tolist()], np.str_),
        columns["product_key"],
        columns["day"],
        columns["first_s"],
        columns["last_s"],
        columns["granules"],
    )
    months = {d: month_of(d)[0] for d in np.unique(every.day).tolist()}
    month = np.array([months[d] for d in every.day.tolist()], np.int64)
    return {one: every.take(np.flatnonzero(month == one)) for one in np.unique(month).tolist()}


@dataclass(frozen=True)
class Asked:
    """The lake at one delivery, and the parts that are there."""

    lake: Lake
    engine: Engine
    index: Index
    delivery: int

    def addition(self, month: int, touched: _Touched) -> Work | None:
        """What arrived as further parts: where it starts after all that was there has ended,
        nothing of it overlaps, and nothing else lies in its time."""
        lo = int(touched.product.min()) // KEYS_PER_PART * KEYS_PER_PART
        hi = int(touched.product.max()) // KEYS_PER_PART * KEYS_PER_PART + KEYS_PER_PART
        first, end = int(touched.first_s.min()), int(touched.last_s.max()) + 1
        if any(lo <= part.lo < hi and part.reach_s > first for part in self.index.parts):
            return None
        names = tuple(np.unique(touched.names).tolist())
        scan = self._scan((lo, hi), names, (first, end))
        if scan.overlapping:
            return None
        values = [scan.table[column.value].notnull().sum() for column in scan.columns.values()]
        counted = self.engine.run(
            scan.table.aggregate(**{f"n{i}": value for i, value in enumerate(values)})
        )
        held = sum(int(counted[name][0].as_py() or 0) for name in counted.column_names)
        arrived_now = int(touched.granules.sum())
        if held != arrived_now:
            return None
        return Work(month, lo, hi, first, end, at_once=arrived_now <= MANY_AT_ONCE)

    def widened(self, place: Place, touched: _Touched) -> _Touched:
        """With the days of the granules that what arrived may have cut short."""
        month, lo = place
        longest = self.lake.longest_duration_s()
        names = tuple(np.unique(touched.names).tolist())
        span = (int(touched.first_s.min()) - longest, int(touched.last_s.max()) + 1)
        cut = any((p.month, p.lo) == (month, lo) and p.overlapping for p in self.index.parts)
        if not cut and not self._scan((lo, lo + KEYS_PER_PART), names, span).overlapping:
            return touched
        parts = [touched]
        for back in range(1, -(-longest // DAY_S) + 1):
            reaches = touched.first_s - longest < (touched.day - back + 1) * DAY_S
            mine = touched.take(np.flatnonzero(reaches))
            parts.append(replace(mine, day=mine.day - back))
        joined = (np.concatenate([getattr(p, one.name) for p in parts]) for one in fields(touched))
        return _Touched(*joined)

    def _scan(
        self, keys: tuple[int, int], names: tuple[str, ...], span: tuple[int, int]
    ) -> GranuleScan:
        return self.lake.scan(self.engine, ScanRequest(*span, names, self.delivery, keys))


def _packed_by_name(touched: Sequence[_Touched]) -> dict[str, list[Integers]]:
    found: dict[str, list[Integers]] = defaultdict(list)
    for one in touched:
        packed = product_day(one.product, one.day)
        for name in np.unique(one.names).tolist():
            found[name].append(packed[one.names == name])
    return found


def _placed(days: Mapping[str, Sequence[Integers]]) -> Mapping[Place, Days]:
    """Product-days by parameter, split into places."""
    found: dict[Place, dict[str, Integers]] = defaultdict(dict)
    for name, parts in days.items():
        packed = np.unique(np.concatenate(parts))
        day, product = packed & DAY_MASK, packed >> DAY_BITS
        months = {d: month_of(d)[0] for d in np.unique(day).tolist()}
        month = np.array([months[d] for d in day.tolist()], np.int64)
        at = (month << 32) + product // KEYS_PER_PART
        for one in np.unique(at).tolist():
            place = (one >> 32, (one & 0xFFFFFFFF) * KEYS_PER_PART)
            found[place][name] = packed[at == one]
    return found


def with_renewed(works: Sequence[Work], renewed: Mapping[Place, Days]) -> list[Work]:
    """Works with further product-days to be summed up anew, after what is added."""
    again = [_month_work(place, days) for place, days in sorted(renewed.items())]
    return [*works, *again]


def never_summed(asked: Asked, wishes: Wishes) -> Mapping[Place, Days]:
    """Every product-day of the parameters that nobody had defined when they were measured."""
    known = {reading.parameter for reading in asked.index.readings}
    new = {reading.parameter for reading in wishes.readings} - known
    if not new:
        return {}
    names = {key: name for name, key in asked.lake.dictionary.parameters().items()}
    every = _by_month(arrived(asked.lake, 0, asked.delivery), names).values()
    mine = [t.take(np.flatnonzero(np.isin(t.names, sorted(new)))) for t in every]
    return _placed(_packed_by_name([touched for touched in mine if len(touched.day)]))


def lacking(store: SummaryStore, index: Index, wishes: Wishes) -> Mapping[Place, Days]:
    """Product-days held whose parts lack what is now wished of them: a new threshold, a histogram,
    sums of doubles."""
    found: dict[str, list[Integers]] = defaultdict(list)
    for place in sorted({(p.month, p.lo) for p in index.parts}):
        parts = index.parts_of(*place, index.level)
        days = store.table(parts, "days")
        product = days["product_key"].to_numpy().astype(np.int64)
        packed = product_day(product, days["day"].to_numpy().astype(np.int64))
        reading = days["reading"].to_numpy()
        bare = days["decimals"].to_numpy() == NO_MOMENTS
        watched = _triples(store.table(parts, "watched"), "watch")
        sketched = _triples(store.table(parts, "buckets"), None)
        tailed = _triples(pa.concat_tables([store.read(p, "cuts") for p in parts]), None)
        for wish in wishes.wishes:
            name = wish.reading.parameter
            same = [n for n, one in enumerate(wishes.readings) if one.parameter == name]
            mine = reading == wish.number
            lack = np.isin(product, _products_lacking(wish, watched, (sketched, tailed)))
            if wish.moments:
                lack = lack | bare
            unread = np.setdiff1d(packed[np.isin(reading, same)], packed[mine])
            found[name] += [packed[mine & lack], unread]
    return _placed(found)


def _triples(table: pa.Table, watch: str | None) -> set[tuple[int, ...]]:
    """Distinct products and readings, and watches where there are."""
    names = ["product_key", "reading", *([watch] if watch else [])]
    distinct = table.group_by(names).aggregate([])
    return set(zip(*(distinct[name].to_pylist() for name in names), strict=True))


def _products_lacking(
    wish: Wish,
    watched: set[tuple[int, ...]],
    more: tuple[set[tuple[int, ...]], set[tuple[int, ...]]],
) -> Integers:
    """`more`: products and readings with histograms, and with tails."""
    sketched, tailed = more
    found = {
        key
        for key, watches in wish.watches.items()
        if any((key, wish.number, watch) not in watched for watch in watches)
    }
    found |= {key for key in wish.sketched if (key, wish.number) not in sketched}
    found |= {key for key in wish.tails if (key, wish.number) not in tailed}
    return np.array(sorted(found), np.int64)
