"""Gathering: many small segments become a few larger ones, in the same layout.

Senders leave a segment with every push. Merging them into blocks rewrites the blocks of the month,
which only pays once enough rows wait; until then this keeps the number of files small. A gathered
segment holds the rows of several deliveries, each with its number, sorted by product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trueline.measurement.arrivals import long_granules, overlaps
from trueline.measurement.exchange import Exchange, MergeableLake
from trueline.measurement.manifest import FileKind, ManifestEntry
from trueline.measurement.segments import SEGMENT_SCHEMA, gathered_segment

SMALL_ROWS = 500_000  # a smaller segment is gathered with others
_AT_ONCE = 2_000_000  # rows of one gathered segment, in memory at a time


def gather(lake: MergeableLake, entries: Sequence[ManifestEntry]) -> Exchange:
    """Every small segment of `entries`, in larger ones."""
    groups = list(_groups(entries))
    old = [entry for group in groups for entry in group]
    return Exchange(old, [_gathered(lake, group) for group in groups])


def _groups(entries: Sequence[ManifestEntry]) -> Iterator[list[ManifestEntry]]:
    """Small segments in the order in which they were made, as many as fit in memory."""
    group: list[ManifestEntry] = []
    for entry in entries:
        if entry.kind is not FileKind.SEGMENT or entry.rows >= SMALL_ROWS:
            continue
        if sum(e.rows for e in group) + entry.rows > _AT_ONCE:
            yield group
            group = []
        group.append(entry)
    if len(group) > 1:
        yield group


def _gathered(lake: MergeableLake, group: Sequence[ManifestEntry]) -> ManifestEntry:
    tables = [pq.read_table(lake.root / e.path, schema=SEGMENT_SCHEMA) for e in group]
    table: pa.Table = pa.concat_tables(tables).combine_chunks()
    columns = {name: table[name].to_numpy() for name in table.column_names}
    order = np.argsort(columns["product_key"], kind="stable")
    granules = long_granules(columns).take(order)
    entry = gathered_segment(lake.root, granules, columns["delivery"][order])
    # A version that was replaced counts as well: this may say yes where scans find none.
    return replace(entry, overlapping=overlaps(granules))
