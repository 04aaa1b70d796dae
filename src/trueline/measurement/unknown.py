"""Granules of products or parameters that were unknown when they arrived, and their replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Q

from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch
from trueline.measurement.known import recorded_names
from trueline.measurement.manifest import FileKind, ManifestEntry, read_manifest
from trueline.settings.workspace import Workspace


def unknown_rows() -> int:
    """How many granules wait for the inventory to catch up."""
    return sum(entry.rows for entry in _waiting())


def waiting_names(workspace: Workspace) -> Mapping[tuple[str, str], int]:
    """How many granules wait, by product id and parameter."""
    counted: Counter[tuple[str, str]] = Counter()
    for entry in _waiting():
        names = pq.read_table(workspace.lake / entry.path, columns=["product_id", "parameter"])
        products, parameters = (
            names.column(name).cast(pa.string()).to_pylist() for name in names.column_names
        )
        counted.update(zip(products, parameters, strict=True))
    return counted


def replay_unknown(workspace: Workspace, options: LoadOptions) -> LoadReport | None:
    """Take in, as a new delivery, what waits; what is still unknown keeps waiting. None, and no
    delivery, where nothing of it has become known."""
    waiting, known = _waiting(), recorded_names()
    if not any(
        product in known.products and parameter in known.parameters
        for product, parameter in waiting_names(workspace)
    ):
        return None
    source = DeliverySource(
        kind="measurements",
        source=f"replay of {sum(e.rows for e in waiting)} rows of unknown products or parameters",
        recorded_by=options.recorded_by,
    )
    return append_granules(
        workspace,
        _batches(workspace, waiting),
        source,
        AppendOptions(options, known=known),
        consumed=tuple(waiting),
    )


def _waiting() -> list[ManifestEntry]:
    return read_manifest(Q(kind=FileKind.UNKNOWN))


def _batches(workspace: Workspace, waiting: Sequence[ManifestEntry]) -> Iterator[GranuleBatch]:
    for entry in waiting:
        file = pq.ParquetFile(workspace.lake / entry.path)
        for group in range(file.num_row_groups):
            yield GranuleBatch(file.read_row_group(group).cast(GRANULE_SCHEMA))
