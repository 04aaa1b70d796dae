"""The tables of a summary, as they are made, merged and asked."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

DAY_S = 86_400
DAY_BITS = 20
DAY_MASK = (1 << DAY_BITS) - 1
KNOWN = -1  # kind of a run: granules with a number; a watch's number: granules that break it
NO_NUMBER = -2  # delivered, but a quotient without demand
DOUBLES = -1  # `decimals` of a day whose numbers are doubles
NO_MOMENTS = -2  # and of one whose sums nobody asked for

DAYS_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("day", pa.int32()),  # UTC, since 1970; a granule belongs to the day in which it starts
        ("present", pa.int32()),  # trusted granules
        ("numbers", pa.int32()),  # of those with a number
        ("known_s", pa.int32()),  # their seconds
        ("decimals", pa.int8()),
        ("total", pa.int64()),  # times 10**decimals; null: see total_exact
        ("denominator", pa.int64()),
        ("lowest", pa.float64()),  # as stored: times 10**decimals
        ("highest", pa.float64()),
        ("total_exact", pa.string()),  # a fraction, for doubles and sums beyond 62 bits
        ("denominator_exact", pa.string()),
    ]
)
WATCHED_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("watch", pa.int16()),
        ("day", pa.int32()),
        ("bad", pa.int32()),
        ("bad_s", pa.int32()),
    ]
)
RUNS_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("kind", pa.int16()),
        ("start_s", pa.int64()),
        ("step_s", pa.int32()),
        ("count", pa.int32()),
    ]
)
BUCKETS_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("day", pa.int32()),
        ("bucket", pa.int32()),
        ("count", pa.int32()),
    ]
)
COVERS_SCHEMA = pa.schema(
    [("product_key", pa.int32()), ("reading", pa.int16()), ("day", pa.int32())]
)
TAILS_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("start_s", pa.int64()),
        ("value", pa.float64()),  # as stored: times 10**decimals
    ]
)
CUTS_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("reading", pa.int16()),
        ("side", pa.int8()),  # 1: the granules above the cut are kept, -1: those below it
        ("share", pa.float64()),  # of granules beyond the percentile that they are kept for
        ("decimals", pa.int8()),
        ("cut", pa.float64()),
    ]
)
SCHEMAS = {
    "covers": COVERS_SCHEMA,  # product-days whose earlier rows count no more
    "days": DAYS_SCHEMA,
    "watched": WATCHED_SCHEMA,
    "runs": RUNS_SCHEMA,
    "buckets": BUCKETS_SCHEMA,
    "tails": TAILS_SCHEMA,
    "cuts": CUTS_SCHEMA,
}
Tables = Mapping[str, pa.Table]


def table_of(columns: Mapping[str, object], schema: pa.Schema) -> pa.Table:
    """Columns as a table of the schema; a column that is missing or None is null."""
    rows = len(next(c for c in columns.values() if c is not None))  # type: ignore[arg-type]  # columns are sized
    arrays = []
    for one in schema:
        values = columns.get(one.name)
        if values is None:
            values = pa.nulls(rows, one.type)
        elif not isinstance(values, pa.ChunkedArray):
            values = pa.array(values)
        arrays.append(values.cast(one.type))
    return pa.Table.from_arrays(arrays, schema=schema)
