"""A scan in which no trusted granules of a series overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from trueline.assessment.readings import GranulesLike
from trueline.measurement.columns import GranuleColumn


@dataclass(frozen=True)
class ClippedGranules:
    """A scan in which trusted granules of one product and parameter do not overlap."""

    table: ir.Table
    columns: Mapping[str, GranuleColumn]


def without_overlap(granules: GranulesLike) -> ClippedGranules:
    """Each trusted granule ends where the next one of its product and parameter starts."""
    parts = []
    table = granules.table
    names = [n for c in granules.columns.values() for n in (c.value, c.denominator) if n]
    for column in granules.columns.values():
        mine = table.filter(~table.suspect, table[column.value].notnull())
        following = mine.start_s.lead().over(
            ibis.window(group_by=mine.product_key, order_by=mine.start_s)
        )
        room = ibis.coalesce(following - mine.start_s, mine.duration_s)
        others = {
            n: ibis.null(mine[n].type())
            for n in names
            if n not in (column.value, column.denominator)
        }
        parts.append(
            mine.mutate(duration_s=ibis.least(mine.duration_s, room).cast("int32"), **others)
        )
    suspects = table.filter(table.suspect)
    return ClippedGranules(ibis.union(suspects, *parts), granules.columns)
