"""Granules of products or parameters that were unknown when they arrived, and their replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
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
    return {name: waiting.rows for name, waiting in waiting_series(workspace).items()}


_ORIGINS = ", of deliveries "


@dataclass(frozen=True)
class Waiting:
    """Granules of one name and parameter that wait: their number, first start and last end."""

    rows: int
    first_s: int
    end_s: int


def waiting_series(workspace: Workspace) -> Mapping[tuple[str, str], Waiting]:
    """What waits, by product id and parameter."""
    found: dict[tuple[str, str], Waiting] = {}
    for entry in _waiting():
        columns = ["product_id", "parameter", "start_s", "duration_s"]
        rows = pq.read_table(workspace.lake / entry.path, columns=columns)
        ends = pc.add(rows["start_s"], rows["duration_s"].cast(pa.int64()))
        rows = pa.table(
            [rows[n].cast(pa.string()) for n in columns[:2]] + [rows["start_s"], ends],
            names=["product_id", "parameter", "start_s", "end_s"],
        )
        asked = [("start_s", "count"), ("start_s", "min"), ("end_s", "max")]
        for row in rows.group_by(columns[:2]).aggregate(asked).to_pylist():
            series = (row["product_id"], row["parameter"])
            one = Waiting(row["start_s_count"], row["start_s_min"], row["end_s_max"])
            before = found.get(series, one)
            rows_so_far = before.rows if series in found else 0
            found[series] = Waiting(
                rows_so_far + one.rows,
                min(before.first_s, one.first_s),
                max(before.end_s, one.end_s),
            )
    return found


def origins_of(source: str) -> tuple[int, ...]:
    """The deliveries that first brought what a replay took in, from what it says of itself."""
    replay, _, told = source.partition(_ORIGINS)
    if not replay.startswith("replay of "):
        return ()
    return tuple(int(word) for word in told.split(", ") if word.isdigit())


def replay_unknown(
    workspace: Workspace, options: LoadOptions, names: frozenset[str] | None = None
) -> LoadReport | None:
    """Take in, as a new delivery, what waits; what is still unknown keeps waiting. `names`: only
    files with rows of these; a file is taken whole. None, and no delivery, where nothing of what
    waits has become known."""
    known = recorded_names()
    if not any(
        (product in known.products or product in known.identities) and parameter in known.parameters
        for product, parameter in waiting_names(workspace)
    ):
        return None
    waiting = [e for e in _waiting() if names is None or _holds(workspace, e, names)]
    origins = sorted({entry.min_delivery for entry in waiting})
    told = ", ".join(map(str, origins))
    source = DeliverySource(
        kind="measurements",
        source=(
            f"replay of {sum(e.rows for e in waiting)} rows of unknown products or parameters"
            + (f"{_ORIGINS}{told}" if told else "")
        )[:512],
        recorded_by=options.recorded_by,
    )
    return append_granules(
        workspace,
        _batches(workspace, waiting, counted=names is not None),
        source,
        AppendOptions(options, known=known),
        consumed=tuple(waiting),
    )


def _waiting() -> list[ManifestEntry]:
    return read_manifest(Q(kind=FileKind.UNKNOWN))


def _holds(workspace: Workspace, entry: ManifestEntry, names: frozenset[str]) -> bool:
    held = pq.read_table(workspace.lake / entry.path, columns=["product_id"])["product_id"]
    return not names.isdisjoint(pc.unique(held.cast(pa.string())).to_pylist())


def _batches(
    workspace: Workspace, waiting: Sequence[ManifestEntry], *, counted: bool
) -> Iterator[GranuleBatch]:
    for entry in waiting:
        file = pq.ParquetFile(workspace.lake / entry.path)
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group).cast(GRANULE_SCHEMA)
            yield GranuleBatch(rows, origin=entry.min_delivery, counted=counted)
