"""What of a batch the lake holds already: the files near it, merged with it by sorted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Q

from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.manifest import (
    DATA_KINDS,
    ColumnFacts,
    FileKind,
    ManifestEntry,
    read_manifest,
)

_ROW_GROUPS = 8  # read at once
_FIXED = ("product_key", "start_s", "duration_s", "suspect", "delivery")
_Columns = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Held:
    """Versions held of some granules of a batch: `row` is the row in the batch, `place` the
    position of the file among those that were asked."""

    row: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    delivery: npt.NDArray[np.int32]
    granules: Granules

    def only(self, which: Mask) -> Held:
        if which.all():
            return self
        return Held(
            self.row[which], self.place[which], self.delivery[which], self.granules.take(which)
        )


def find_held(root: Path, batch: Granules, rows: Mask, entries: Sequence[ManifestEntry]) -> Held:
    """The newest version held in `entries` of each granule of `batch` that is among `rows`; of
    two from one delivery the one in the later entry. No granule of `rows` comes twice."""
    where = np.flatnonzero(rows)
    asked = batch.only(rows)
    wanted = _Wanted.of(asked)
    for place, entry in enumerate(entries):
        if wanted.near(entry):
            for part in _parts(root / entry.path, entry, wanted):
                wanted.offer(part, place)
    held = Held(
        wanted.order if len(asked) == len(batch) else where[wanted.order],
        wanted.rank & (_PLACES - 1),
        (wanted.rank // _PLACES).astype(np.int32),
        replace(
            asked if wanted.in_order else asked.take(wanted.order),
            duration_s=wanted.duration_s,
            value=wanted.value,
            denominator=wanted.denominator,
            suspect=wanted.suspect,
        ),
    )
    return held.only(wanted.rank >= 0)


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


_PLACES = 2**24  # files that one look-up may read


@dataclass(frozen=True)
class _Part:
    """Held rows; `denominator` NaN: none."""

    product_key: npt.NDArray[np.int32]
    parameter_key: npt.NDArray[np.int32]
    start_s: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    denominator: npt.NDArray[np.float64]
    suspect: npt.NDArray[np.bool_]
    delivery: npt.NDArray[np.int32]

    def only(self, which: Mask) -> _Part:
        return _Part(*(getattr(self, f.name)[which] for f in fields(self)))


@dataclass(frozen=True)
class _Wanted:
    """The granules asked for, by sorted `key`, and the best version found of each so far."""

    products: tuple[int, int]
    starts: tuple[int, int]
    parameters: int
    in_order: bool
    order: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    rank: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    denominator: npt.NDArray[np.float64]
    suspect: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, asked: Granules) -> Self:
        key = asked.identity()
        count = len(key)
        sorted_already = bool((np.diff(key) > 0).all())
        order = np.arange(count) if sorted_already else np.argsort(key)
        return cls(
            products=(int(asked.product_key.min()), int(asked.product_key.max())),
            starts=(int(asked.start_s.min()), int(asked.start_s.max())),
            parameters=int(asked.parameter_key.max()) + 1,
            in_order=sorted_already,
            order=order,
            key=key if sorted_already else key[order],
            rank=np.full(count, -1),
            duration_s=np.zeros(count, np.int32),
            value=np.zeros(count),
            denominator=np.zeros(count),
            suspect=np.zeros(count, np.bool_),
        )

    def near(self, entry: ManifestEntry) -> bool:
        return (
            self.meets("product_key", entry.min_product_key, entry.max_product_key)
            and self.meets("start_s", entry.min_start_s, entry.max_start_s)
            and any(facts.parameter < self.parameters for facts in entry.columns)
        )

    def meets(self, column: str, least: int, greatest: int) -> bool:
        lo, hi = self.products if column == "product_key" else self.starts
        return least <= hi and greatest >= lo

    def offer(self, part: _Part, place: int) -> None:
        """Take what is newer than what was found before."""
        (lo, hi), (first, last) = self.products, self.starts
        inside = (
            (part.product_key >= lo)
            & (part.product_key <= hi)
            & (part.start_s >= first)
            & (part.start_s <= last)
            & (part.parameter_key < self.parameters)
        )
        if not inside.all():
            part = part.only(inside)
        series = (part.product_key.astype(np.int64) - lo) * self.parameters + part.parameter_key
        # As Granules.identity packs them.
        key = series * (last - first + 2**26) + (part.start_s - first)
        if np.array_equal(key, self.key):
            at = np.arange(len(key))
        else:
            at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
            hit = self.key[at] == key
            if not hit.all():
                at, part = at[hit], part.only(hit)
        rank = part.delivery.astype(np.int64) * _PLACES + place
        newer = rank > self.rank[at]
        if not newer.all():
            at, part, rank = at[newer], part.only(newer), rank[newer]
        self.rank[at] = rank
        for name in ("duration_s", "value", "denominator", "suspect"):
            getattr(self, name)[at] = getattr(part, name)


def _parts(path: Path, entry: ManifestEntry, wanted: _Wanted) -> Iterator[_Part]:
    """The rows of a file near what is wanted, in portions."""
    with pq.ParquetFile(path, memory_map=True) as file:
        groups = [g for g in range(file.num_row_groups) if _group_near(file, g, wanted)]
        if entry.kind is not FileKind.BLOCK:
            for rows in _read(file, groups, [f.name for f in fields(_Part)]):
                yield _long(rows)
            return
        facts = [f for f in entry.columns if f.parameter < wanted.parameters]
        columns = [c for f in facts for c in (f.value_column, f.denominator_column) if c]
        for rows in _read(file, groups, [*_FIXED, *columns]):
            for fact in facts:
                yield _unpivoted(rows, fact)


def _group_near(file: pq.ParquetFile, group: int, wanted: _Wanted) -> bool:
    held = file.metadata.row_group(group)
    for at in range(held.num_columns):
        column = held.column(at)
        if column.path_in_schema in ("product_key", "start_s"):
            bounds = column.statistics
            if bounds is not None and not wanted.meets(
                column.path_in_schema, bounds.min, bounds.max
            ):
                return False
    return True


def _read(
    file: pq.ParquetFile, groups: Sequence[int], columns: Sequence[str] | None
) -> Iterator[_Columns]:
    for first in range(0, len(groups), _ROW_GROUPS):
        table: pa.Table = file.read_row_groups(groups[first : first + _ROW_GROUPS], columns)
        yield {name: table[name].to_numpy() for name in table.column_names}


def _long(rows: _Columns) -> _Part:
    return _Part(
        product_key=rows["product_key"].astype(np.int32, copy=False),
        parameter_key=rows["parameter_key"].astype(np.int32, copy=False),
        start_s=rows["start_s"].astype(np.int64, copy=False),
        duration_s=rows["duration_s"].astype(np.int32, copy=False),
        value=rows["value"].astype(np.float64, copy=False),
        denominator=rows["denominator"].astype(np.float64, copy=False),
        suspect=rows["suspect"].astype(np.bool_, copy=False),
        delivery=rows["delivery"].astype(np.int32, copy=False),
    )


def _unpivoted(rows: _Columns, facts: ColumnFacts) -> _Part:
    """The rows of a block that hold one parameter. A column with gaps comes as floats, in which
    its integers (below 2**53) are exact."""
    value = rows[facts.value_column].astype(np.float64, copy=False)
    given = ~np.isnan(value)
    denominator = np.full(len(value), np.nan)
    if facts.denominator_column is not None:
        denominator = rows[facts.denominator_column].astype(np.float64, copy=False)
    return _Part(
        product_key=rows["product_key"].astype(np.int32, copy=False)[given],
        parameter_key=np.full(int(given.sum()), facts.parameter, np.int32),
        start_s=rows["start_s"].astype(np.int64, copy=False)[given],
        duration_s=rows["duration_s"].astype(np.int32, copy=False)[given],
        value=value[given] / 10.0 ** (facts.decimals or 0),
        denominator=denominator[given] / 10.0 ** (facts.denominator_decimals or 0),
        suspect=rows["suspect"].astype(np.bool_, copy=False)[given],
        delivery=rows["delivery"].astype(np.int32, copy=False)[given],
    )
