"""Compaction: hot segments become sorted wide blocks, one file per month and product block.

Nothing is lost: what a correction replaced moves to history files. Deliveries go on meanwhile (see
exchange.py); the old files stay as long as somebody reads the lake."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.calendars.instants import instant, seconds
from trueline.measurement.arrivals import Granules, facts_of, long_granules
from trueline.measurement.exchange import Exchange, MergeableLake
from trueline.measurement.long_form import LONG_COLUMNS, files_sql, long_sql
from trueline.measurement.manifest import DATA_KINDS, FileKind, ManifestEntry
from trueline.measurement.segments import make_durable, new_path, write_history
from trueline.measurement.wide import (
    BLOCK_PRODUCTS,
    ROW_GROUP,
    bounded_facts,
    open_writer,
    wide_rows,
    wide_schema,
)

_AT_ONCE = 4_000_000  # granules of one portion; three are in memory at a time


@dataclass(frozen=True)
class CompactionReport:
    segments: int  # merged
    blocks: int  # written
    samples: int
    size: int  # bytes of the written blocks


@dataclass(frozen=True)
class Partition:
    """Starts in [start_s, end_s), a calendar month in UTC, of keys lo <= key < hi."""

    start_s: int
    end_s: int
    lo: int
    hi: int

    def meets(self, entry: ManifestEntry) -> bool:
        return (
            entry.min_start_s < self.end_s
            and entry.max_start_s >= self.start_s
            and entry.min_product_key < self.hi
            and entry.max_product_key >= self.lo
        )


def merge(lake: MergeableLake, entries: Sequence[ManifestEntry]) -> Exchange:
    """Every segment of `entries` merged into blocks, and what corrections replaced into history."""
    hot = [e for e in entries if e.kind in (FileKind.SEGMENT, FileKind.SUPERSESSION)]
    held = [e for e in entries if e.kind in DATA_KINDS]
    made: list[ManifestEntry] = []
    merged: list[ManifestEntry] = []
    planned = [_planned(lake, p, hot, held) for p in _partitions(hot)]
    with closing(_read_ahead(planned)) as portions:
        for block in planned:
            made.extend(block.write(portions))
            merged.extend(e for e in block.inputs if e.kind is FileKind.BLOCK)
    return Exchange([*hot, *merged], made)


def report_of(done: Exchange) -> CompactionReport:
    blocks = [e for e in done.new if e.kind is FileKind.BLOCK]
    return CompactionReport(
        segments=sum(e.kind is FileKind.SEGMENT for e in done.old),
        blocks=len(blocks),
        samples=sum(e.samples for e in blocks),
        size=sum(e.size for e in blocks),
    )


def _planned(
    lake: MergeableLake,
    partition: Partition,
    hot: Sequence[ManifestEntry],
    held: Sequence[ManifestEntry],
) -> _Block:
    inputs = [e for e in held if partition.meets(e)]
    gone = [e for e in hot if e.kind is FileKind.SUPERSESSION and partition.meets(e)]
    return _Block(lake, partition, inputs, gone, _key_ranges(partition, inputs))


def _partitions(hot: Sequence[ManifestEntry]) -> Iterator[Partition]:
    """Months and product blocks that hot files may touch, in order."""
    touched: set[tuple[int, int]] = set()
    for entry in hot:
        first, last = entry.min_product_key, entry.max_product_key
        for block in range(first // BLOCK_PRODUCTS, last // BLOCK_PRODUCTS + 1):
            touched.update((m, block) for m in _months(entry.min_start_s, entry.max_start_s))
    for month, block in sorted(touched):
        lo = block * BLOCK_PRODUCTS
        yield Partition(month, _next_month(month), lo, lo + BLOCK_PRODUCTS)


def _months(first_s: int, last_s: int) -> Iterator[int]:
    first = instant(first_s)
    month = seconds(datetime(first.year, first.month, 1, tzinfo=UTC))
    while month <= last_s:
        yield month
        month = _next_month(month)


def _next_month(month_s: int) -> int:
    month = instant(month_s)
    year, number = (month.year, month.month + 1) if month.month < 12 else (month.year + 1, 1)
    return seconds(datetime(year, number, 1, tzinfo=UTC))


@dataclass(frozen=True)
class _Portion:
    """Granules, their deliveries, and by which delivery they are superseded (0: by none)."""

    granules: Granules
    delivery: npt.NDArray[np.int32]
    superseded: npt.NDArray[np.int32]


@dataclass
class _Block:
    """The writing of one block from everything that meets its partition, some keys at a time."""

    lake: MergeableLake
    partition: Partition
    inputs: Sequence[ManifestEntry]
    gone: Sequence[ManifestEntry]
    ranges: Sequence[tuple[int, int]]

    def write(self, portions: Iterator[_Portion]) -> list[ManifestEntry]:
        """Entries of the block and of its new history; none when there are no granules."""
        path = new_path(FileKind.BLOCK)
        facts = bounded_facts(self.inputs) if len(self.ranges) > 1 else None
        writer, parts, out = None, [], []
        for portion in islice(portions, len(self.ranges)):
            granules, delivery = portion.granules, portion.delivery
            old = portion.superseded > 0
            if old.any():
                dead = granules.take(old)
                superseded = portion.superseded[old]
                out.append(write_history(self.lake.root, dead, delivery[old], superseded))
                granules, delivery = granules.take(~old), delivery[~old]
            if len(granules) == 0:
                continue
            facts = facts or facts_of(granules)
            rows = wide_rows(granules, delivery, facts)
            if writer is None:
                writer = open_writer(self.lake.root / path, wide_schema(facts))
            writer.write_table(rows.table, row_group_size=ROW_GROUP)
            parts.append(_described(granules, delivery, rows.table.num_rows, rows.overlapping))
        if writer is None or facts is None:
            return out
        writer.close()
        size = make_durable(self.lake.root / path)
        return [replace(_summed(parts), path=path, size=size, columns=facts), *out]

    def read(self, lo: int, hi: int) -> _Portion:
        p = self.partition
        where = (
            f"start_s >= {p.start_s} AND start_s < {p.end_s} "
            f"AND product_key >= {lo} AND product_key < {hi}"
        )
        rows = long_sql(self.lake.root, self.inputs, where)
        query = f"SELECT {LONG_COLUMNS}, 0::INTEGER AS superseded_by FROM ({rows})"
        if self.gone:
            query = (
                f"SELECT {LONG_COLUMNS}, coalesce(g.superseded_by, 0)::INTEGER AS superseded_by "
                f"FROM ({rows}) LEFT JOIN {files_sql(self.lake.root, self.gone)} g "
                "USING (product_key, parameter_key, start_s, delivery)"
            )
        return _portion(self.lake.engine.sql(query))


def _key_ranges(partition: Partition, inputs: Sequence[ManifestEntry]) -> Sequence[tuple[int, int]]:
    """The products in portions that fit in memory."""
    rows = 0.0
    for entry in inputs:
        keys = entry.max_product_key - entry.min_product_key + 1
        inside = min(entry.max_product_key + 1, partition.hi) - max(
            entry.min_product_key, partition.lo
        )
        rows += entry.samples * inside / keys
    portions = min(BLOCK_PRODUCTS, int(rows / _AT_ONCE) + 1)
    edges = np.linspace(partition.lo, partition.hi, portions + 1).astype(int)
    return [(int(lo), int(hi)) for lo, hi in pairwise(edges)]


def _read_ahead(blocks: Sequence[_Block]) -> Generator[_Portion, None, None]:
    """The portions of all blocks in order, the next one read while one is written."""
    reads = [(block, lo, hi) for block in blocks for lo, hi in block.ranges]
    with ThreadPoolExecutor(1, "trueline-compaction") as pool:
        coming: Future[_Portion] | None = None
        for block, lo, hi in reads:
            ready, coming = coming, pool.submit(block.read, lo, hi)
            if ready is not None:
                yield ready.result()
        if coming is not None:
            yield coming.result()


def _portion(rows: pa.Table) -> _Portion:
    columns = {n: rows[n].to_numpy() for n in rows.column_names}
    granules = long_granules(columns)
    return _Portion(granules, columns["delivery"], columns["superseded_by"])


def _described(
    granules: Granules, delivery: npt.NDArray[np.int32], rows: int, overlapping: bool
) -> ManifestEntry:
    return ManifestEntry(
        kind=FileKind.BLOCK,
        path="",
        min_delivery=int(delivery.min()),
        max_delivery=int(delivery.max()),
        min_start_s=int(granules.start_s.min()),
        max_start_s=int(granules.start_s.max()),
        max_end_s=int((granules.start_s + granules.duration_s).max()),
        max_duration_s=int(granules.duration_s.max()),
        min_product_key=int(granules.product_key.min()),
        max_product_key=int(granules.product_key.max()),
        rows=rows,
        samples=len(granules),
        size=0,
        overlapping=overlapping,
        columns=(),
    )


def _summed(parts: Sequence[ManifestEntry]) -> ManifestEntry:
    return replace(
        parts[0],
        min_delivery=min(p.min_delivery for p in parts),
        max_delivery=max(p.max_delivery for p in parts),
        min_start_s=min(p.min_start_s for p in parts),
        max_start_s=max(p.max_start_s for p in parts),
        max_end_s=max(p.max_end_s for p in parts),
        max_duration_s=max(p.max_duration_s for p in parts),
        min_product_key=min(p.min_product_key for p in parts),
        max_product_key=max(p.max_product_key for p in parts),
        rows=sum(p.rows for p in parts),
        samples=sum(p.samples for p in parts),
        overlapping=any(p.overlapping for p in parts),
    )
