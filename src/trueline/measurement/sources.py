"""Which delivery brought most granules of each day: a new source may measure otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db.models import Q

from trueline.measurement.manifest import DATA_KINDS, read_manifest
from trueline.measurement.models import MeasuredProduct
from trueline.settings.workspace import Workspace

DAY_S = 86_400
AT_ONCE = 500
"""Product ids asked for in one query."""
_EPOCH = date(1970, 1, 1)


def deliveries_by_day(
    workspace: Workspace, product_ids: Iterable[str], first: date, last: date
) -> dict[str, dict[date, int]]:
    """By product and UTC day from `first` to `last`, the delivery that brought most granules."""
    keys = _keys(product_ids)
    if not keys:
        return {}
    start_s = (first - _EPOCH).days * DAY_S
    end_s = ((last - _EPOCH).days + 1) * DAY_S
    reached = Q(max_start_s__gte=start_s, min_start_s__lt=end_s) & Q(kind__in=DATA_KINDS)
    reached &= Q(max_product_key__gte=min(keys), min_product_key__lte=max(keys))
    counts: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    wanted = pa.array(sorted(keys), pa.int32())
    for entry in read_manifest(reached):
        for key, day, delivery, count in _counted(
            workspace.lake / entry.path, wanted, (start_s, end_s)
        ):
            counts[key, day][delivery] += count
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for (key, day), own in counts.items():
        most = max(own, key=lambda delivery: (own[delivery], delivery))
        found[keys[key]][_EPOCH + timedelta(days=day)] = most
    return dict(found)


def _keys(product_ids: Iterable[str]) -> Mapping[int, str]:
    wanted = sorted(set(product_ids))
    found: dict[int, str] = {}
    for at in range(0, len(wanted), AT_ONCE):
        known = MeasuredProduct.objects.filter(product_id__in=wanted[at : at + AT_ONCE])
        found.update(known.values_list("key", "product_id"))
    return found


def _counted(
    path: Path, wanted: pa.Array, period: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    """Product key, day since 1970, delivery, granules."""
    asked = pc.field("product_key").isin(wanted)
    asked &= (pc.field("start_s") >= period[0]) & (pc.field("start_s") < period[1])
    rows = pq.read_table(path, columns=["product_key", "start_s", "delivery"], filters=asked)
    days = rows.set_column(1, "day", pc.divide(rows["start_s"], DAY_S))
    counted = days.group_by(["product_key", "day", "delivery"]).aggregate([([], "count_all")])
    columns = (counted[name].to_pylist() for name in counted.column_names)
    named = dict(zip(counted.column_names, columns, strict=True))
    yield from zip(
        named["product_key"], named["day"], named["delivery"], named["count_all"], strict=True
    )
