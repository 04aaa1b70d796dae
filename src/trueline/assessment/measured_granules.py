"""Granules of few products one by one, by way of the engine."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pyarrow as pa

from trueline.assessment.reading_columns import columns_of
from trueline.assessment.readings import GranulesLike, Reading, number_of
from trueline.assessment.timeline import Measured, without_overlap
from trueline.engine import Engine


def fetch_measured(
    engine: Engine, granules: GranulesLike, reading: Reading, keys: Sequence[int]
) -> dict[int, list[Measured]]:
    """Granules of one reading by product key, in order of time."""
    table = granules.table
    columns = columns_of(table, granules.columns[reading.parameter], reading)
    wanted = engine.table(pa.table({"product_key": pa.array(keys, pa.int32())}))
    rows = engine.run(
        table.filter(columns.present)
        .mutate(number=ibis.ifelse(columns.known, columns.number, None))
        .semi_join(wanted, "product_key")
        .select("product_key", "start_s", "duration_s", "suspect", "number")
    ).sort_by([("product_key", "ascending"), ("start_s", "ascending")])
    found: dict[int, list[Measured]] = {}
    values = (rows[name].to_pylist() for name in rows.column_names)
    for key, start_s, duration_s, suspect, number in zip(*values, strict=True):
        exact = number_of(number, columns.decimals)
        found.setdefault(key, []).append(Measured(start_s, start_s + duration_s, exact, suspect))
    return {key: without_overlap(found[key]) for key in found}
