"""When products were measured, under their own ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q

from trueline.calendars.intervals import Interval
from trueline.measurement.lake import Lake
from trueline.measurement.long_form import long_sql
from trueline.measurement.manifest import DATA_KINDS, read_manifest


def measured_extents(lake: Lake, product_ids: Iterable[str]) -> Mapping[tuple[str, str], Interval]:
    """From the first start to the last end of trusted granules, by product and parameter."""
    keys = {key: name for name, key in lake.product_keys(product_ids).items()}
    if not keys:
        return {}
    lake.share()
    near = Q(min_product_key__lte=max(keys), max_product_key__gte=min(keys))
    entries = read_manifest(Q(kind__in=DATA_KINDS) & near)
    where = f"product_key IN ({', '.join(map(str, sorted(keys)))}) AND NOT suspect"
    rows = lake.engine.sql(
        "SELECT product_key, parameter_key, min(start_s) AS first_s, "
        "max(start_s + duration_s) AS end_s "
        f"FROM ({long_sql(lake.root, entries, where)}) GROUP BY ALL"
    ).to_pylist()
    parameters = {key: name for name, key in lake.dictionary.parameters().items()}
    return {
        (keys[row["product_key"]], parameters[row["parameter_key"]]): (row["first_s"], row["end_s"])
        for row in rows
    }
