"""What deliveries after a given one brought, for whatever is kept beside the lake."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from django.db.models import Q

from trueline.measurement.lake import Lake
from trueline.measurement.long_form import long_sql
from trueline.measurement.manifest import DATA_KINDS, FileKind, ManifestEntry, read_manifest

DAY_S = 86_400


@dataclass(frozen=True)
class Arrived:
    """`touched`: one row per product_key, parameter_key and UTC `day` of a start, with how many
    `granules` came and the `first_s` and `last_s` of their starts. `corrected`: some of them took
    the place of an earlier version."""

    touched: pa.Table
    corrected: bool


def arrived(lake: Lake, since: int, upto: int) -> Arrived:
    """What deliveries in (since, upto] brought, as far as it still counts."""
    lake.share()
    entries = read_manifest(Q(kind__in=DATA_KINDS) & _after(since))
    where = f"delivery > {since} AND delivery <= {upto}"
    touched = lake.engine.sql(
        f"SELECT product_key, parameter_key, (start_s // {DAY_S})::INTEGER AS day, "
        "count(*) AS granules, min(start_s) AS first_s, max(start_s) AS last_s "
        f"FROM ({long_sql(lake.root, entries, where)}) GROUP BY ALL "
        "ORDER BY product_key, parameter_key, day"
    )
    replaced = Q(kind__in=[FileKind.SUPERSESSION, FileKind.HISTORY]) & _after(since)
    return Arrived(touched, bool(read_manifest(replaced)))


def held_extents(lake: Lake) -> list[ManifestEntry]:
    """Every file of the newest versions, for the months and products that it spans."""
    lake.share()
    return read_manifest(Q(kind__in=DATA_KINDS))


def _after(since: int) -> Q:
    return Q(max_delivery__gt=since)
