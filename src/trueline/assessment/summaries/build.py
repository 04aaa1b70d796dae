"""Keeping summaries up to date: what arrived since they were last built says which product-days
are summed up anew, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.granule_search import expressions
from trueline.assessment.side_by_side import side_by_side
from trueline.assessment.sorted_granules import SortedGranules
from trueline.assessment.summaries.due import (
    Asked,
    Work,
    lacking,
    never_summed,
    whole_lake,
    with_renewed,
    works_of,
)
from trueline.assessment.summaries.merge import as_asked_for, fewer_parts
from trueline.assessment.summaries.parts import KEYS_PER_PART, Index, Part, SummaryStore
from trueline.assessment.summaries.reduce import Kept, reduce_granules
from trueline.assessment.summaries.runs import Integers
from trueline.assessment.summaries.schemas import DAY_BITS, DAY_MASK, DAY_S, SCHEMAS, Tables
from trueline.assessment.summaries.tails import Cuts
from trueline.assessment.summaries.wishes import Standards, Vocabulary, Wishes, wishes_of
from trueline.engine import Engine
from trueline.intake.record import kinds_between, latest_delivery
from trueline.measurement.arrived import arrived
from trueline.measurement.columns import ScanRequest
from trueline.measurement.lake import Lake

KEYS_PER_READ = 256
LEVELS_KEPT = 1_000
# What arrives often and says nothing about which thresholds apply.
_NO_STANDARDS = frozenset({"measurements", "events", "exclusions", "regimes"})


def standards_changed(since: int, upto: int) -> bool:
    """Whether anything that may change a threshold was recorded in between."""
    return bool(kinds_between(since, upto) - _NO_STANDARDS)


@dataclass(frozen=True)
class BuildReport:
    """`product_days`: product, parameter and day, summed up anew or added to; None: all."""

    level: int
    parts: int = 0
    product_days: int | None = 0
    rows: int = 0
    size: int = 0


@dataclass
class SummaryBuilder:
    """Brings the summaries of one workspace up to date; kept by a server or worker, it remembers
    what its standards ask for."""

    store: SummaryStore
    lake: Lake
    engine: Engine
    _remembered: tuple[Wishes, int, int] | None = field(default=None, init=False)

    def bring_up_to_date(
        self, standards: Callable[[], Standards], wait_s: float = 30.0
    ) -> BuildReport:
        """Everything recorded up to now. `standards` are read where they are needed. BusyError
        where another build goes on for longer than `wait_s`."""
        with self.store.writing(wait_s):
            index = self.store.index()
            delivery = latest_delivery()
            if index.level >= delivery:
                return BuildReport(index.level)
            return self._built(index, standards, delivery)

    def _built(
        self, index: Index, standards: Callable[[], Standards], delivery: int
    ) -> BuildReport:
        changed = standards_changed(index.level, delivery)
        if index.levels:
            news = arrived(self.lake, index.level, delivery)
            works = works_of(Asked(self.lake, self.engine, index, delivery), news)
            count: int | None = news.touched.num_rows
        else:
            works, count = whole_lake(self.lake), None
        wishes = self._wishes(index, standards, delivery, changed=changed, works=works)
        if index.levels and changed:
            works = with_renewed(works, lacking(self.store, index, wishes))
            asked = Asked(self.lake, self.engine, index, delivery)
            works = with_renewed(works, never_summed(asked, wishes))
        making = Making(self.lake, self.engine, wishes, delivery, partial(self._cuts, index))
        made = [self.store.write(part, tables) for part, tables in making.parts(works, index.made)]
        following = replace(
            index,
            readings=wishes.readings,
            watches=wishes.watches,
            parts=(*index.parts, *made),
            levels=(*index.levels[-LEVELS_KEPT:], delivery),
            oldest=index.oldest or delivery,
            made=index.made + len(made),
        )
        following = fewer_parts(self.store, following)
        self.store.publish(following)
        self.store.sweep(index, following)
        rows, size = sum(p.rows for p in made), sum(p.size for p in made)
        return BuildReport(delivery, len(made), count, rows, size)

    def _cuts(self, index: Index, work: Work) -> Cuts:
        """The cuts of the largest parts of the newest month up to that of a work."""
        largest: dict[int, Part] = {}
        for part in index.parts:
            if work.lo <= part.lo < work.hi and part.month <= work.month:
                held = largest.get(part.lo)
                if held is None or (held.month, held.rows) < (part.month, part.rows):
                    largest[part.lo] = part
        return self.store.cuts(list(largest.values()))

    def _wishes(
        self,
        index: Index,
        standards: Callable[[], Standards],
        delivery: int,
        *,
        changed: bool,
        works: Sequence[Work],
    ) -> Wishes:
        """What to keep; as remembered where neither standards nor measured products changed."""
        keys = self.lake.dictionary.products()
        if self._remembered is not None and not changed:
            wishes, at, products = self._remembered
            same = at == index.level and products == len(keys)
            if same:
                self._remembered = (wishes, delivery, products)
                return wishes
        edges = {edge for work in works for edge in (work.from_s, work.to_s - 1)}
        words = Vocabulary.of(index.readings, index.watches)
        wishes = wishes_of(standards(), keys, sorted(edges), words)
        self._remembered = (wishes, delivery, len(keys))
        return wishes


@dataclass(frozen=True)
class Making:
    """Parts from the lake as known at one delivery."""

    lake: Lake
    engine: Engine
    wishes: Wishes
    delivery: int
    cuts: Callable[[Work], Cuts]  # as they were so far

    def parts(self, works: Sequence[Work], number: int) -> Iterator[tuple[Part, Tables]]:
        """The parts of all works with their tables, named from `number` on; none for a range of
        which there is nothing to say."""
        for work in works:
            found: list[tuple[Tables, bool]] = []
            for tables in side_by_side(self.engine, self._chunks(work), partial(self._chunk, work)):
                found += tables
            overlapping = any(cut for _, cut in found)
            merged = {
                name: pa.concat_tables([SCHEMAS[name].empty_table(), *(t[name] for t, _ in found)])
                for name in SCHEMAS
            }
            for lo, own in _by_range(work, as_asked_for(merged)):
                part = Part(
                    f"p{number:06d}", work.month, lo, self.delivery, overlapping=overlapping
                )
                yield part, own
                number += 1

    def _chunks(self, work: Work) -> list[tuple[int, int]]:
        """Ranges of product keys that are read at once."""
        if work.at_once:
            return [(work.lo, work.hi)]
        firsts = range(work.lo, work.hi, KEYS_PER_READ)
        if work.days is not None:
            touched = np.unique(np.concatenate([d >> DAY_BITS for d in work.days.values()]))
            blocks = set((touched // KEYS_PER_READ * KEYS_PER_READ).tolist())
            return [(first, first + KEYS_PER_READ) for first in firsts if first in blocks]
        most = max(self.lake.product_ids(), default=-1)
        return [(first, first + KEYS_PER_READ) for first in firsts if first <= most]

    def _chunk(
        self, work: Work, engine: Engine, keys: tuple[int, int]
    ) -> list[tuple[Tables, bool]]:
        """Tables of one range of products, one for each stretch of days that is touched."""
        if work.days is None:
            return [self._reduced(engine, keys, Kept(work.from_s, work.to_s, cuts=self.cuts(work)))]
        found = []
        mine = {
            name: packed[(packed >> DAY_BITS >= keys[0]) & (packed >> DAY_BITS < keys[1])]
            for name, packed in work.days.items()
        }
        for first, end in _stretches(mine):
            days = {
                name: packed[(packed & DAY_MASK >= first) & (packed & DAY_MASK < end)]
                for name, packed in mine.items()
            }
            days = {name: packed for name, packed in days.items() if len(packed)}
            kept = Kept(first * DAY_S, end * DAY_S, days, self.cuts(work))
            found.append(self._reduced(engine, keys, kept))
        return found

    def _reduced(self, engine: Engine, keys: tuple[int, int], kept: Kept) -> tuple[Tables, bool]:
        wishes = [
            w for w in self.wishes.wishes if kept.days is None or w.reading.parameter in kept.days
        ]
        parameters = tuple(sorted({w.reading.parameter for w in wishes}))
        longest = self.lake.longest_duration_s()
        # The granules after the last one kept say where that one ends, if they overlap.
        request = ScanRequest(kept.from_s, kept.to_s + longest, parameters, self.delivery, keys)
        scan = self.lake.scan(engine, request)
        trusted = expressions().without_overlap(scan) if scan.overlapping else scan
        granules = SortedGranules.read(engine, trusted, _products_of(kept, keys))
        return reduce_granules(granules, wishes, self.wishes.watches, kept), scan.overlapping


def _by_range(work: Work, tables: Tables) -> Iterator[tuple[int, Tables]]:
    """Tables split into ranges of products, with the lowest key of each that has rows."""
    for lo in range(work.lo, work.hi, KEYS_PER_PART):
        own = tables
        if work.hi - work.lo > KEYS_PER_PART:
            own = {name: _in_range(table, lo) for name, table in tables.items()}
        if any(table.num_rows for table in own.values()):
            yield lo, own


def _in_range(table: pa.Table, lo: int) -> pa.Table:
    key = table["product_key"]
    return table.filter(pc.and_(pc.greater_equal(key, lo), pc.less(key, lo + KEYS_PER_PART)))


def _products_of(kept: Kept, keys: tuple[int, int]) -> Sequence[int]:
    if kept.days is None:
        return range(*keys)
    found = np.unique(np.concatenate([d >> DAY_BITS for d in kept.days.values()]))
    return [int(key) for key in found]


def _stretches(days: Mapping[str, Integers]) -> list[tuple[int, int]]:
    """Touched days as [first, end), neighbours together."""
    touched = np.unique(np.concatenate([packed & DAY_MASK for packed in days.values()]))
    breaks = np.flatnonzero(np.diff(touched) > 1) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(touched, breaks) if len(part)]
