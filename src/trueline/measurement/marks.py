"""High-water marks: the newest start held for every product and parameter.

What starts later than its mark is new for sure, so that live batches are never compared with what
the lake holds; what starts earlier than the mark of the deliveries before is late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from django.db.models import Max, Q

from trueline.engine.duckdb import DuckDBEngine
from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.long_form import files_sql
from trueline.measurement.manifest import (
    DATA_KINDS,
    FileKind,
    ManifestEntry,
    newest_file_id,
    read_manifest,
)
from trueline.measurement.models import LakeFile

NEVER = int(np.iinfo(np.int64).min)
NOTHING = int(np.iinfo(np.int64).max)  # marks of no start at all were read
_DAY_S = 86_400


class HighWater:
    """Newest start by (product key, parameter key)."""

    def __init__(self) -> None:
        self._newest: npt.NDArray[np.int64] = np.full((0, 0), NEVER)
        self.highest = NEVER

    def of(self, granules: Granules) -> npt.NDArray[np.int64]:
        """Per row the newest start held of its series, NEVER when there is none."""
        products, parameters = self._newest.shape
        known = (granules.product_key < products) & (granules.parameter_key < parameters)
        if known.all():
            at = granules.product_key.astype(np.int64) * parameters + granules.parameter_key
            found: npt.NDArray[np.int64] = self._newest.ravel()[at]
            return found
        out = np.full(len(granules), NEVER)
        out[known] = self._newest[granules.product_key[known], granules.parameter_key[known]]
        return out

    def rise(
        self,
        products: npt.NDArray[np.int32],
        parameters: npt.NDArray[np.int32],
        starts: npt.NDArray[np.int64],
    ) -> None:
        if len(products) == 0:
            return
        self._grow(int(products.max()) + 1, int(parameters.max()) + 1)
        at = products.astype(np.int64) * self._newest.shape[1] + parameters
        np.maximum.at(self._newest.reshape(-1), at, starts)
        self.highest = max(self.highest, int(starts.max()))

    def merge(self, other: HighWater) -> None:
        rows, columns = other._newest.shape
        if rows:
            self._grow(rows, columns)
            mine = self._newest[:rows, :columns]
            np.maximum(mine, other._newest, out=mine)
            self.highest = max(self.highest, other.highest)

    def _grow(self, rows: int, columns: int) -> None:
        held_rows, held_columns = self._newest.shape
        if rows <= held_rows and columns <= held_columns:
            return
        shape = (max(rows + rows // 4, held_rows), max(columns, held_columns))
        grown = np.full(shape, NEVER)
        grown[:held_rows, :held_columns] = self._newest
        self._newest = grown


@dataclass(frozen=True)
class Doubt:
    """Rows of a batch that earlier deliveries, or this one, may hold already; and late rows."""

    recorded: Mask
    own: Mask
    late: Mask


class Marks:
    """The marks of all recorded deliveries, read on first need, and of the one being written.

    Only files that reach to the first start asked about are read: a series whose newest start is
    earlier has its mark below that start, read or not."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._recorded = HighWater()  # right for starts from `_from_s` on
        self._from_s = NOTHING
        self._read_up_to = 0  # file
        self._read_delivery = 0
        self._own = HighWater()
        self._newest_recorded = NEVER
        self._newest_file = 0

    def begin(self) -> None:
        """A new delivery starts; call inside the write lock."""
        self._own = HighWater()
        newest = newest_file_id()
        if newest == self._newest_file:
            return  # nobody else has recorded anything
        # Kind by kind the index gives the greatest start at once, however many files there are.
        starts = LakeFile.objects.order_by("-max_start_s").values_list("max_start_s", flat=True)
        found = [starts.filter(kind=kind).first() for kind in DATA_KINDS]
        self._newest_recorded = max((n for n in found if n is not None), default=NEVER)
        self._newest_file = newest
        if not LakeFile.objects.filter(self._unread()).exists():
            self._read_up_to = newest  # a merge makes files anew, of deliveries read before

    def doubt(self, engine: Callable[[], DuckDBEngine], granules: Granules) -> Doubt | None:
        """None when every granule is later than anything held."""
        first = int(granules.start_s.min())
        if first > max(self._newest_recorded, self._own.highest):
            return None
        nothing = np.zeros(len(granules), np.bool_)
        recorded = late = own = nothing
        if first <= self._newest_recorded:
            self._catch_up(engine, first)
            marks = self._recorded.of(granules)
            recorded, late = granules.start_s <= marks, granules.start_s < marks
        if first <= self._own.highest:
            own = granules.start_s <= self._own.of(granules)
        return Doubt(recorded, own, late)

    def staged(self, granules: Granules) -> None:
        """These granules now lie in a segment of the delivery being written."""
        self._own.rise(granules.product_key, granules.parameter_key, granules.start_s)

    def recorded(self, delivery: int, newest_file: int) -> None:
        """The delivery was recorded; `newest_file`: the id of its newest file, 0 without one."""
        newest_file = newest_file or self._newest_file
        if self._read_up_to == self._newest_file:
            self._recorded.merge(self._own)
            self._read_up_to = newest_file
            self._read_delivery = delivery
        self._newest_recorded = max(self._newest_recorded, self._own.highest)
        self._newest_file = newest_file
        self._own = HighWater()

    def _unread(self) -> Q:
        return Q(kind__in=DATA_KINDS, id__gt=self._read_up_to, max_delivery__gt=self._read_delivery)

    def _catch_up(self, engine: Callable[[], DuckDBEngine], first: int) -> None:
        """Read what files recorded since the last time, by whichever process, say of starts from
        `first` on."""
        if first < self._from_s:
            # Ever further back at a time: who goes back step by step is not read for each step.
            back = 0 if self._from_s == NOTHING else 2 * (self._from_s - first)
            self._from_s = first - max(back, _DAY_S)
            fresh = read_manifest(Q(kind__in=DATA_KINDS, max_start_s__gte=self._from_s))
        elif self._read_up_to == self._newest_file:
            return
        else:
            fresh = read_manifest(self._unread() & Q(max_start_s__gte=self._from_s))
        for part in _portions(fresh):
            rows = engine().sql(_newest_sql(self._root, part))
            self._recorded.rise(
                rows["product_key"].to_numpy(),
                rows["parameter_key"].to_numpy(),
                rows["newest"].to_numpy(),
            )
        newest = LakeFile.objects.filter(kind__in=DATA_KINDS).aggregate(m=Max("max_delivery"))["m"]
        self._read_delivery = newest or 0
        self._read_up_to = self._newest_file


def _portions(entries: Sequence[ManifestEntry]) -> list[list[ManifestEntry]]:
    """Segments many at a time, blocks one by one (each has its own columns)."""
    segments = [e for e in entries if e.kind is FileKind.SEGMENT]
    out = [segments[i : i + 500] for i in range(0, len(segments), 500)]
    return out + [[e] for e in entries if e.kind is FileKind.BLOCK]


def _newest_sql(root: Path, entries: Sequence[ManifestEntry]) -> str:
    if entries[0].kind is FileKind.SEGMENT:
        return (
            "SELECT product_key, parameter_key, max(start_s) AS newest "
            f"FROM {files_sql(root, entries)} GROUP BY ALL"
        )
    return " UNION ALL ".join(
        f"SELECT product_key, {facts.parameter}::INTEGER AS parameter_key, max(start_s) AS newest "
        f"FROM {files_sql(root, entries)} WHERE {facts.value_column} IS NOT NULL GROUP BY ALL"
        for facts in entries[0].columns
    )
