"""Wide blocks: granules of one month and product block, one column per parameter, sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.decimals import MAX_INTEGER, scaled
from trueline.measurement.manifest import ColumnFacts, ManifestEntry

BLOCK_PRODUCTS = 128  # product keys per compacted file
ROW_GROUP = 262_144
_FIXED = (
    ("product_key", pa.int32()),
    ("start_s", pa.int64()),
    ("duration_s", pa.int32()),
    ("suspect", pa.bool_()),
    ("delivery", pa.int32()),
)


@dataclass(frozen=True)
class WideRows:
    table: pa.Table
    overlapping: bool


def wide_rows(
    granules: Granules, delivery: npt.NDArray[np.int32], facts: Sequence[ColumnFacts]
) -> WideRows:
    """Sorted by product and start; granules of equal product, start, duration, suspect and
    delivery share a row."""
    packed = _packed(granules, delivery)
    if (np.diff(packed) < 0).any():
        order = np.argsort(packed, kind="stable")
        granules, delivery, packed = granules.take(order), delivery[order], packed[order]
    begins = np.append(True, np.diff(packed) != 0)
    row = np.cumsum(begins) - 1
    heads = granules.take(begins)
    columns: list[pa.Array] = [
        heads.product_key,
        heads.start_s,
        heads.duration_s,
        heads.suspect,
        delivery[begins],
    ]
    possible, overlapping = _rows_overlap(heads), False
    for fact in facts:
        mine = granules.parameter_key == fact.parameter
        overlapping = overlapping or (possible and _overlaps(granules, mine))
        columns.extend(_columns(granules, mine, row, fact))
    return WideRows(pa.table(columns, schema=wide_schema(facts)), overlapping)


def wide_schema(facts: Sequence[ColumnFacts]) -> pa.Schema:
    fields = [pa.field(name, kind, nullable=False) for name, kind in _FIXED]
    for fact in facts:
        for name in (fact.value_column, fact.denominator_column):
            if name is not None:
                fields.append(pa.field(name, physical_type(name)))
    return pa.schema(fields)


def physical_type(column: str) -> pa.DataType:
    """The type that the name of a value column says."""
    _, _, scale = column.partition("_")
    if not scale:
        return pa.float64()
    return pa.int32() if scale.startswith("i") else pa.int64()


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of sorted wide rows; integers and times as differences."""
    path.parent.mkdir(parents=True, exist_ok=True)
    integers = [f.name for f in schema if f.name[0] in "vd" and pa.types.is_integer(f.type)]
    deltas = ["start_s", *(n for n in integers if n not in ("duration_s", "delivery"))]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=3,
        use_dictionary=[n for n in schema.names if n not in deltas],
        column_encoding=dict.fromkeys(deltas, "DELTA_BINARY_PACKED"),
        write_statistics=True,
    )


def bounded_facts(entries: Sequence[ManifestEntry]) -> tuple[ColumnFacts, ...]:
    """Facts that hold for whatever part of `entries` goes into one file."""
    found: dict[int, list[ColumnFacts]] = {}
    for entry in entries:
        for facts in entry.columns:
            found.setdefault(facts.parameter, []).append(facts)
    return tuple(_bounded(key, found[key]) for key in sorted(found))


def _bounded(key: int, found: Sequence[ColumnFacts]) -> ColumnFacts:
    value = _finest([(f.decimals, f.magnitude) for f in found])
    ratios = [f for f in found if f.has_denominator]
    denominator = _finest([(f.denominator_decimals, f.denominator_magnitude) for f in ratios])
    return ColumnFacts(key, *value, bool(ratios), *denominator)


def _finest(scales: Sequence[tuple[int | None, int]]) -> tuple[int | None, int]:
    exact = [(k, magnitude) for k, magnitude in scales if k is not None]
    if len(exact) < len(scales) or not exact:
        return None, 0
    finest = max(k for k, _ in exact)
    magnitude = max(magnitude * 10 ** (finest - k) for k, magnitude in exact)
    return (finest, magnitude) if magnitude < MAX_INTEGER else (None, 0)


def _packed(granules: Granules, delivery: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """One integer per row that orders by product, start, duration, suspect, delivery."""
    packed = granules.product_key.astype(np.int64) - int(granules.product_key.min())
    room = int(packed.max()) + 1
    for values in (granules.start_s, granules.duration_s, granules.suspect, delivery):
        rank, count = _ranked(values.astype(np.int64))
        room *= count
        if room >= 2**63:
            raise OverflowError("a block spans too many different times and deliveries")
        if count > 1:
            packed = packed * count + rank
    return packed


def _ranked(values: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    low, high = int(values.min()), int(values.max())
    if high - low < 2**23:
        return values - low, high - low + 1
    distinct, rank = np.unique(values, return_inverse=True)
    return rank.astype(np.int64), len(distinct)


def _columns(
    granules: Granules, mine: Mask, row: npt.NDArray[np.int64], fact: ColumnFacts
) -> list[pa.Array]:
    rows = int(row[-1]) + 1
    out = [_column(row[mine], granules.value[mine], rows, (fact.decimals, fact.magnitude))]
    if fact.has_denominator:
        mine = mine & ~np.isnan(granules.denominator)
        scale = (fact.denominator_decimals, fact.denominator_magnitude)
        out.append(_column(row[mine], granules.denominator[mine], rows, scale))
    return out


def _column(
    at: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    rows: int,
    scale: tuple[int | None, int],
) -> pa.Array:
    decimals, magnitude = scale
    given = values if decimals is None else scaled(values, decimals, magnitude)
    if len(at) == rows:
        return pa.array(given)
    column = np.zeros(rows, given.dtype)
    column[at] = given
    none = np.ones(rows, np.bool_)
    none[at] = False
    return pa.array(column, mask=none)


def _rows_overlap(rows: Granules) -> bool:
    """Whether rows of one product overlap: when none do, no granules of one series do."""
    same = rows.product_key[1:] == rows.product_key[:-1]
    late = rows.start_s[:-1] + rows.duration_s[:-1] > rows.start_s[1:]
    return bool((same & late).any())


def _overlaps(granules: Granules, mine: Mask) -> bool:
    """Whether trusted granules of one series, in the order of their starts, overlap."""
    trusted = mine & ~granules.suspect
    product, start = granules.product_key[trusted], granules.start_s[trusted]
    end = start + granules.duration_s[trusted]
    return bool(((product[1:] == product[:-1]) & (end[:-1] > start[1:])).any())
