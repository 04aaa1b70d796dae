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
        "SELECT row, h.duration_s, h.value, h.denominator, h.suspect, h.delivery "
        f"FROM {name} a JOIN ({long_sql(root, entries, near)}) h "
        "USING (product_key, parameter_key, start_s)"
    )
    return _newest(found, batch)


def _newest(found: pa.Table, batch: Granules) -> Held:
    """Of each row the version of the newest delivery."""
    columns = {n: found[n].to_numpy() for n in found.column_names}
    order = np.lexsort((columns["delivery"], columns["row"]))
    row = columns["row"][order]
    last = np.append(row[1:] != row[:-1], True) if len(row) else np.zeros(0, np.bool_)
    order, row = order[last], row[last]
    return Held(
        row,
        columns["delivery"][order].astype(np.int32, copy=False),
        Granules(
            product_key=batch.product_key[row],
            parameter_key=batch.parameter_key[row],
            start_s=batch.start_s[row],
            duration_s=columns["duration_s"][order],
            value=columns["value"][order],
            denominator=columns["denominator"][order].astype(np.float64, copy=False),
            suspect=columns["suspect"][order].astype(np.bool_, copy=False),
            line=np.zeros(len(row), np.int64),
        ),
    )


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
