"""Granules that were taken in for another name: which, from where, and taking them back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db.models import Q

from trueline.calendars.intervals import Interval
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.inventory.values import Identity
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch
from trueline.measurement.known import recorded_names
from trueline.measurement.lake import GranuleVersion, Lake, open_lake
from trueline.measurement.manifest import FileKind, ManifestEntry, read_manifest
from trueline.measurement.segments import write_mapped
from trueline.measurement.translation import MAPPED_TO, WITHDRAWN
from trueline.settings.workspace import Workspace

MAX_START_S = 1 << 60


@dataclass(frozen=True)
class MappedGranule:
    """One granule as it came: under `name`, at `line` of what delivery `origin` brought, taken in
    by `delivery`."""

    name: str
    parameter: str
    start_s: int
    line: int
    origin: int
    delivery: int
    withdrawn: bool


@dataclass(frozen=True)
class MappedSeries:
    """What stands of one product and parameter through one name."""

    name: str
    product_id: str
    parameter: str
    granules: int
    first_s: int
    last_s: int


def mapped_granules(
    workspace: Workspace, product_id: str, starts: Interval
) -> Iterator[MappedGranule]:
    """Granules that start in [start, end) and were taken in for `product_id`, withdrawn or not."""
    for entry in _entries(starts):
        for row in _rows(workspace, entry, product_id, starts).to_pylist():
            yield MappedGranule(
                row["product_id"],
                row["parameter"],
                row["start_s"],
                row["line"],
                entry.min_delivery,
                entry.max_delivery,
                row[WITHDRAWN],
            )


def mapped_series(
    workspace: Workspace, identity: Identity, *, withdrawn: bool = False
) -> list[MappedSeries]:
    """What stands in the lake because of `identity`, by parameter; with what was taken back again
    where `withdrawn`."""
    starts = _starts(identity)
    counted: dict[str, tuple[int, int, int]] = {}
    for entry in _entries(starts):
        rows = _rows(workspace, entry, identity.product_id, starts)
        rows = rows.filter(pc.equal(rows["product_id"].cast(pa.string()), identity.name))
        if not withdrawn:
            rows = rows.filter(pc.invert(rows[WITHDRAWN]))
        names = rows["parameter"].cast(pa.string())
        grouped = pa.table([names, rows["start_s"]], names=["parameter", "start_s"])
        asked = [("start_s", "count"), ("start_s", "min"), ("start_s", "max")]
        for row in grouped.group_by("parameter").aggregate(asked).to_pylist():
            n, first, last = counted.get(row["parameter"], (0, row["start_s_min"], 0))
            counted[row["parameter"]] = (
                n + row["start_s_count"],
                min(first, row["start_s_min"]),
                max(last, row["start_s_max"]),
            )
    return [
        MappedSeries(identity.name, identity.product_id, parameter, *counted[parameter])
        for parameter in sorted(counted)
    ]


def withdraw(workspace: Workspace, identity: Identity, options: LoadOptions) -> LoadReport | None:
    """Take back what came in through `identity` while it held: an earlier version of the product's
    own stands again, else the time is unknown, and what came waits under its name once more. The
    versions taken back stay readable. None where there is nothing. Call once the identity no longer
    holds, or the rows are taken in again."""
    starts = _starts(identity)
    touched: list[tuple[ManifestEntry, pa.Table]] = []
    for entry in _entries(starts):
        table = pq.read_table(workspace.lake / entry.path)
        back = _standing(table, identity)
        if back.any():
            touched.append((entry, table.append_column("back", pa.array(back))))
    if not touched:
        return None
    with open_lake(workspace) as lake:
        batches = [*_corrections(lake, identity, touched), *_again(touched)]

        def beside() -> Iterator[ManifestEntry]:
            return (_marked(workspace, entry, table) for entry, table in touched)

        count = sum(pc.sum(table["back"]).as_py() for _, table in touched)
        source = DeliverySource(
            "measurements",
            f"withdrawal of {count} rows of {identity.name}, which is not {identity.product_id}"[
                :512
            ],
            recorded_by=options.recorded_by,
        )
        return append_granules(
            workspace,
            batches,
            source,
            AppendOptions(options, known=recorded_names(), lake=lake, beside=beside),
            consumed=tuple(entry for entry, _ in touched),
        )


def _starts(identity: Identity) -> Interval:
    to_s = MAX_START_S if identity.valid_to_s is None else identity.valid_to_s
    return (identity.valid_from_s or 0, to_s)


def _entries(starts: Interval) -> list[ManifestEntry]:
    near = Q(min_start_s__lt=starts[1], max_start_s__gte=starts[0])
    return read_manifest(Q(kind=FileKind.MAPPED) & near)


def _rows(
    workspace: Workspace, entry: ManifestEntry, product_id: str, starts: Interval
) -> pa.Table:
    table = pq.read_table(workspace.lake / entry.path)
    mine = pc.equal(table[MAPPED_TO], product_id)
    inside = pc.and_(
        pc.greater_equal(table["start_s"], starts[0]), pc.less(table["start_s"], starts[1])
    )
    return table.filter(pc.and_(mine, inside))


def _standing(table: pa.Table, identity: Identity) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    first, last = _starts(identity)
    start_s = table["start_s"].to_numpy()
    named = pc.equal(table["product_id"].cast(pa.string()), identity.name).to_numpy()
    taken = pc.equal(table[MAPPED_TO], identity.product_id).to_numpy()
    withdrawn = table[WITHDRAWN].to_numpy()
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        named & taken & ~withdrawn & (first <= start_s) & (start_s < last)
    )
    return found


def _again(touched: Sequence[tuple[ManifestEntry, pa.Table]]) -> Iterator[GranuleBatch]:
    """What came, under the name under which it came."""
    for entry, table in touched:
        rows = table.filter(table["back"]).select(GRANULE_SCHEMA.names).cast(GRANULE_SCHEMA)
        yield GranuleBatch(rows, origin=entry.min_delivery, counted=True)


def _marked(workspace: Workspace, entry: ManifestEntry, table: pa.Table) -> ManifestEntry:
    """The file again, rows taken back marked as such."""
    marks = pc.or_(table[WITHDRAWN], table["back"])
    where = table.schema.get_field_index(WITHDRAWN)
    kept = table.set_column(where, table.schema.field(WITHDRAWN), marks).drop_columns(["back"])
    written = write_mapped(workspace.lake, kept, (entry.min_delivery, entry.max_delivery))
    return replace(written, id=0)


def _corrections(
    lake: Lake, identity: Identity, touched: Sequence[tuple[ManifestEntry, pa.Table]]
) -> Iterator[GranuleBatch]:
    """For each granule that stands as it was taken in: what it was before, else the same as
    suspect."""
    came: dict[str, dict[int, set[tuple[int, float]]]] = {}  # parameter, start: delivery and value
    for entry, table in touched:
        rows = table.filter(table["back"])
        names = rows["parameter"].cast(pa.string()).to_pylist()
        told = (rows["start_s"].to_pylist(), rows["value"].to_pylist())
        for parameter, start_s, value in zip(names, *told, strict=True):
            own = came.setdefault(parameter, {}).setdefault(start_s, set())
            own.add((entry.max_delivery, value))
    for parameter, starts in sorted(came.items()):
        span = (min(starts), max(starts) + 1)
        versions = lake.versions(identity.product_id, parameter, span)
        right = [
            (start_s, version)
            for start_s, mapped in sorted(starts.items())
            if (version := _right(versions.get(start_s, ()), mapped)) is not None
        ]
        if right:
            yield _batch(identity.product_id, parameter, right)


def _right(
    versions: Sequence[GranuleVersion], mapped: Collection[tuple[int, float]]
) -> GranuleVersion | None:
    """What should stand instead of the newest version; None where that did not come by the name."""
    if not versions or (versions[-1].delivery, versions[-1].value) not in mapped:
        return None
    own = [one for one in versions if (one.delivery, one.value) not in mapped]
    return own[-1] if own else replace(versions[-1], suspect=True)


def _batch(
    product_id: str, parameter: str, told: Iterable[tuple[int, GranuleVersion]]
) -> GranuleBatch:
    rows = list(told)
    return GranuleBatch(
        pa.table(
            [
                pa.array([product_id] * len(rows), pa.string()).dictionary_encode(),
                pa.array([parameter] * len(rows), pa.string()).dictionary_encode(),
                [start_s for start_s, _ in rows],
                [version.duration_s for _, version in rows],
                [version.value for _, version in rows],
                [version.denominator for _, version in rows],
                [version.suspect for _, version in rows],
                [0] * len(rows),
            ],
            schema=GRANULE_SCHEMA,
        )
    )
