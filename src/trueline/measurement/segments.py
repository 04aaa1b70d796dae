"""Files of the lake: written once, on disk for good before anything names them."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trueline.measurement.arrivals import Granules, facts_of
from trueline.measurement.held import Held
from trueline.measurement.manifest import FileKind, ManifestEntry

SEGMENT_SCHEMA = pa.schema(
    [
        pa.field("product_key", pa.int32(), nullable=False),
        pa.field("parameter_key", pa.int32(), nullable=False),
        pa.field("start_s", pa.int64(), nullable=False),
        pa.field("duration_s", pa.int32(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("denominator", pa.float64()),
        pa.field("suspect", pa.bool_(), nullable=False),
        pa.field("delivery", pa.int32(), nullable=False),
    ]
)
REPLACED_SCHEMA = pa.schema(
    [
        ("product_key", pa.int32()),
        ("parameter_key", pa.int32()),
        ("start_s", pa.int64()),
        ("delivery", pa.int32()),  # of the version that is replaced
        ("superseded_by", pa.int32()),
    ]
)
IDENTITY = ["product_key", "parameter_key", "start_s"]
_ROW_GROUP, _GATHERED_GROUP = 131_072, 16_384
_SORT_ABOVE = 200_000  # larger segments are sorted, so that a compaction reads parts of them


def write_segment(
    lake: Path, granules: Granules, delivery: int, *, overlapping: bool
) -> ManifestEntry:
    """A durable long file of one batch; invisible until its entry is recorded."""
    if len(granules) > _SORT_ABOVE and (np.diff(granules.product_key) < 0).any():
        granules = granules.take(_by_product(granules.product_key))
    entry = _long_file(lake, FileKind.SEGMENT, long_table(granules, delivery), granules)
    return replace(entry, min_delivery=delivery, max_delivery=delivery, overlapping=overlapping)


def gathered_segment(
    lake: Path, granules: Granules, delivery: npt.NDArray[np.int32]
) -> ManifestEntry:
    """A durable segment of rows of several deliveries, sorted by product, in small row groups so
    that a merge reads those of few products."""
    table = long_table(granules, delivery)
    entry = _long_file(lake, FileKind.SEGMENT, table, granules, row_group=_GATHERED_GROUP)
    return replace(entry, min_delivery=int(delivery.min()), max_delivery=int(delivery.max()))


def _long_file(
    lake: Path, kind: FileKind, table: pa.Table, granules: Granules, *, row_group: int = _ROW_GROUP
) -> ManifestEntry:
    """Write `table`, which holds `granules`, and describe it but for its deliveries."""
    path = new_path(kind)
    size = write_parquet(lake / path, table, row_group=row_group)
    return replace(
        _described(kind, path, granules.start_s, granules.product_key),
        max_end_s=int((granules.start_s + granules.duration_s).max()),
        max_duration_s=int(granules.duration_s.max()),
        size=size,
        columns=facts_of(granules),
    )


def _by_product(keys: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """A stable order; of small integers NumPy finds it by counting."""
    near = keys - keys.min()
    if int(near.max()) < 2**16:
        near = near.astype(np.uint16)
    return np.argsort(near, kind="stable")


def identities(granules: Granules) -> pa.Table:
    """Which granules they are."""
    schema = pa.schema([REPLACED_SCHEMA.field(name) for name in IDENTITY])
    return pa.table([granules.product_key, granules.parameter_key, granules.start_s], schema=schema)


def replaced_table(held: Held, delivery: int) -> pa.Table:
    """Versions that `delivery` replaces."""
    old = held.granules
    by = np.full(len(old), delivery, np.int32)
    return pa.table(
        [old.product_key, old.parameter_key, old.start_s, held.delivery, by],
        schema=REPLACED_SCHEMA,
    )


def write_supersession(lake: Path, gone: pa.Table, delivery: int) -> ManifestEntry:
    path = new_path(FileKind.SUPERSESSION)
    size = write_parquet(lake / path, gone)
    starts, products = gone["start_s"].to_numpy(), gone["product_key"].to_numpy()
    entry = _described(FileKind.SUPERSESSION, path, starts, products)
    return replace(entry, min_delivery=delivery, max_delivery=delivery, size=size)


def write_history(
    lake: Path,
    granules: Granules,
    delivery: npt.NDArray[np.int32],
    superseded_by: npt.NDArray[np.int32],
) -> ManifestEntry:
    """Versions that corrections replaced, each with the delivery that did."""
    table = long_table(granules, delivery)
    table = table.append_column(REPLACED_SCHEMA.field("superseded_by"), [superseded_by])
    entry = _long_file(lake, FileKind.HISTORY, table, granules)
    return replace(entry, min_delivery=int(delivery.min()), max_delivery=int(superseded_by.max()))


def write_unknown(lake: Path, rows: pa.Table, deliveries: tuple[int, int]) -> ManifestEntry:
    """Granules of unknown products or parameters, as their reader yielded them. `deliveries`: the
    one that first brought them and the one that keeps them aside."""
    return _as_they_came(lake, FileKind.UNKNOWN, rows, deliveries)


def write_mapped(lake: Path, rows: pa.Table, deliveries: tuple[int, int]) -> ManifestEntry:
    """Granules as they came, under another name, and the product each was taken in for.
    `deliveries`: the one that first brought them and the one that took them in."""
    return _as_they_came(lake, FileKind.MAPPED, rows, deliveries)


def _as_they_came(
    lake: Path, kind: FileKind, rows: pa.Table, deliveries: tuple[int, int]
) -> ManifestEntry:
    path = new_path(kind)
    size = write_parquet(lake / path, rows)
    starts = rows["start_s"].to_numpy()
    entry = _described(kind, path, starts, np.zeros(rows.num_rows, np.int32))
    first, last = deliveries
    return replace(entry, min_delivery=first, max_delivery=last, size=size)


def without_rows(lake: Path, entry: ManifestEntry, gone: pa.Table) -> ManifestEntry:
    """A segment that nobody sees yet, without the granules `gone` names; itself when it holds
    none of them."""
    table = pq.read_table(lake / entry.path, schema=SEGMENT_SCHEMA)
    kept = table.join(gone.select(IDENTITY), keys=IDENTITY, join_type="left anti")
    if kept.num_rows == table.num_rows:
        return entry
    size = write_parquet(lake / entry.path, kept.select(SEGMENT_SCHEMA.names).cast(SEGMENT_SCHEMA))
    return replace(entry, rows=kept.num_rows, samples=kept.num_rows, size=size)


def _described(
    kind: FileKind,
    path: str,
    start_s: npt.NDArray[np.int64],
    product_key: npt.NDArray[np.int32],
) -> ManifestEntry:
    return ManifestEntry(
        kind=kind,
        path=path,
        min_delivery=0,
        max_delivery=0,
        min_start_s=int(start_s.min()),
        max_start_s=int(start_s.max()),
        max_end_s=int(start_s.max()),
        max_duration_s=0,
        min_product_key=int(product_key.min()),
        max_product_key=int(product_key.max()),
        rows=len(start_s),
        samples=len(start_s),
        size=0,
        overlapping=False,
        columns=(),
    )


def long_table(granules: Granules, delivery: int | npt.NDArray[np.int32]) -> pa.Table:
    """The rows of a long file, all of one delivery or each of its own."""
    if isinstance(delivery, int):
        delivery = np.full(len(granules), delivery, np.int32)
    none = np.isnan(granules.denominator)
    denominator = (
        pa.nulls(len(granules), pa.float64())
        if none.all()
        else pa.array(granules.denominator, mask=none)
    )
    return pa.table(
        [
            granules.product_key,
            granules.parameter_key,
            granules.start_s,
            granules.duration_s,
            granules.value,
            denominator,
            granules.suspect,
            delivery,
        ],
        schema=SEGMENT_SCHEMA,
    )


def write_parquet(path: Path, table: pa.Table, *, row_group: int = _ROW_GROUP) -> int:
    """Write and fsync a long file and its folder; its size in bytes.

    These files live until the next compaction: integers as differences, which cost nothing to
    write, but neither compression nor bounds that no reader asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        path,
        compression="none",
        row_group_size=row_group,
        write_statistics=[n for n in ("product_key", "start_s") if n in table.column_names],
        use_dictionary=[f.name for f in table.schema if pa.types.is_dictionary(f.type)],
        column_encoding={
            f.name: "DELTA_BINARY_PACKED" for f in table.schema if pa.types.is_integer(f.type)
        },
    )
    return make_durable(path)


def make_durable(path: Path) -> int:
    """Force a finished file and its folder entry to disk; its size in bytes."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    sync_folder(path.parent)
    return size


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def new_path(kind: FileKind) -> str:
    """A fresh path below the lake."""
    return f"{folder(kind)}/{uuid.uuid4().hex}.parquet"


def folder(kind: FileKind) -> str:
    alone = (FileKind.HISTORY, FileKind.UNKNOWN, FileKind.MAPPED)
    return kind.value if kind in alone else f"{kind}s"
