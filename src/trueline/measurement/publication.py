"""Compacted blocks published as a Delta Lake table, for readers other than Trueline.

The files are the lake's own, named in place by a Delta log beside them; nothing is copied. The log
follows the manifest: publishing twice changes nothing, and a publication that a crash prevented is
made up for by the next one. Columns are named as in the files: `v3_i2` is parameter 3 as 32-bit
integers times 10**2, `d3_l0` its denominators as 64-bit integers, `v3` plain float64."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from django.db.models import Q

from trueline.measurement.manifest import FileKind, ManifestEntry, read_manifest
from trueline.measurement.segments import folder, sync_folder
from trueline.measurement.wide import wide_schema


def publish(root: Path, *, now_s: int) -> DeltaTable | None:
    """Make the Delta table name exactly the blocks of the manifest; None when there are none."""
    blocks = {Path(e.path).name: e for e in read_manifest(Q(kind=FileKind.BLOCK))}
    table = published(root)
    if table is None and not blocks:
        return None
    place = root / folder(FileKind.BLOCK)
    fields = _fields(list(blocks.values()))
    if table is None:
        adds = [_added(name, entry, now_s) for name, entry in blocks.items()]
        create_table_with_add_actions(
            str(place), Schema(fields), adds, name="trueline_granules", description=_DESCRIPTION
        )
    else:
        _follow(table, blocks, fields, now_s)
    sync_folder(place / "_delta_log")
    return published(root)


def published(root: Path) -> DeltaTable | None:
    """The table as published; None before the first time."""
    try:
        return DeltaTable(str(root / folder(FileKind.BLOCK)))
    except TableNotFoundError:
        return None


def _follow(
    table: DeltaTable, blocks: Mapping[str, ManifestEntry], fields: Sequence[Field], now_s: int
) -> None:
    """New columns first, then new and gone files in one commit."""
    named = {field.name for field in table.schema().fields}
    fresh = [field for field in fields if field.name not in named]
    if fresh:
        table.alter.add_columns(fresh)
    held = {Path(uri).name for uri in table.file_uris()}
    actions: list[AddAction | RemoveAction] = [
        _added(name, entry, now_s) for name, entry in blocks.items() if name not in held
    ]
    for name in sorted(held - blocks.keys()):
        actions.append(RemoveAction(name, True, now_s * 1000))
    if actions:
        table.create_write_transaction(actions, "append", table.schema())


def _fields(entries: Sequence[ManifestEntry]) -> list[Field]:
    """Every column of any block, each nullable: one name has one type."""
    found = {f.name: f.type for entry in entries for f in wide_schema(entry.columns)}
    schema = pa.schema([pa.field(name, kind) for name, kind in found.items()])
    return list(Schema.from_arrow(schema).fields)


def _added(name: str, entry: ManifestEntry, now_s: int) -> AddAction:
    bounds = {
        "numRecords": entry.rows,
        "minValues": {"product_key": entry.min_product_key, "start_s": entry.min_start_s},
        "maxValues": {"product_key": entry.max_product_key, "start_s": entry.max_start_s},
        "nullCount": {"product_key": 0, "start_s": 0},
    }
    return AddAction(name, entry.size, {}, now_s * 1000, True, json.dumps(bounds))


_DESCRIPTION = (
    "Newest versions of measured granules. v<k>, d<k>: value and denominator of parameter k; "
    "a suffix _i<n> or _l<n> says that the integer is the number times 10**n"
)
