"""What of a batch the lake holds already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db.models import Q

from trueline.engine.duckdb import DuckDBEngine
from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.long_form import long_sql
from trueline.measurement.manifest import DATA_KINDS, ManifestEntry, read_manifest


@dataclass(frozen=True)
class Held:
    """Versions that the lake holds of some granules of a batch: `row` is the row in the batch."""

    row: npt.NDArray[np.int64]
    delivery: npt.NDArray[np.int32]
    granules: Granules

    def only(self, which: Mask) -> Held:
        return Held(self.row[which], self.delivery[which], self.granules.take(which))


def find_held(
    engine: DuckDBEngine, root: Path, batch: Granules, rows: Mask, entries: Sequence[ManifestEntry]
) -> Held:
    """The newest version held in `entries` of each granule of `batch` that is among `rows`."""
    where = np.flatnonzero(rows)
    asked = batch.take(where)
    name = "trueline_arrivals"
    engine.table(
        pa.table(
            {
                "row": where,
                "product_key": asked.product_key,
                "parameter_key": asked.parameter_key,
                "start_s": asked.start_s,
            }
        ),
        name,
    )
    near = (
        f"start_s BETWEEN {asked.start_s.min()} AND {asked.start_s.max()} AND "
        f"product_key BETWEEN {asked.product_key.min()} AND {asked.product_key.max()}"
    )
    found = engine.sql(
        f"SELECT row, max_by(h, h.delivery) AS h FROM {name} a "
        f"JOIN ({long_sql(root, entries, near)}) h USING (product_key, parameter_key, start_s) "
        "GROUP BY row ORDER BY row"
    )
    return _held_from(found)


def _held_from(found: pa.Table) -> Held:
    struct = found["h"].combine_chunks()
    row = found["row"].to_numpy()

    def column(name: str) -> npt.NDArray[np.generic]:
        values = struct.field(name)
        return np.asarray(values.to_numpy(zero_copy_only=False))

    granules = Granules(
        product_key=column("product_key").astype(np.int32),
        parameter_key=column("parameter_key").astype(np.int32),
        start_s=column("start_s").astype(np.int64),
        duration_s=column("duration_s").astype(np.int32),
        value=column("value").astype(np.float64),
        denominator=column("denominator").astype(np.float64),
        suspect=column("suspect").astype(np.bool_),
        line=np.zeros(len(row), np.int64),
    )
    return Held(row, column("delivery").astype(np.int32), granules)


def entries_near(batch: Granules) -> list[ManifestEntry]:
    """Recorded files that may hold granules of `batch`."""
    return read_manifest(
        Q(kind__in=DATA_KINDS)
        & Q(
            min_start_s__lte=int(batch.start_s.max()),
            max_start_s__gte=int(batch.start_s.min()),
            min_product_key__lte=int(batch.product_key.max()),
            max_product_key__gte=int(batch.product_key.min()),
        )
    )
