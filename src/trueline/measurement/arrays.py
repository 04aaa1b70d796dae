"""Whole columns of clean blocks in memory, without an engine: where nothing is hot, corrected or
yet to come, a scan is the blocks' own columns. Says the same as scan.py, which serves the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trueline.measurement.columns import ScanRequest
from trueline.measurement.granule_arrays import (
    Flags,
    GranuleArrays,
    NumberArray,
    Numbers,
)
from trueline.measurement.manifest import ColumnFacts, FileKind, ManifestEntry
from trueline.measurement.plain_arrow import numbers_of
from trueline.measurement.wanted import WantedColumn


def are_plain(entries: Sequence[ManifestEntry], request: ScanRequest) -> bool:
    """Whether the files of a scan are blocks that hold what was known then, and nothing else."""
    return all(e.kind is FileKind.BLOCK and e.max_delivery <= request.delivery for e in entries)


def read_arrays(
    lake: Path,
    request: ScanRequest,
    wanted: Sequence[WantedColumn],
    entries: Sequence[ManifestEntry],
) -> GranuleArrays:
    """The rows of plain blocks, block after block."""
    with ExitStack() as files:
        parts: list[_Part] = []
        for entry in entries:
            file = files.enter_context(pq.ParquetFile(lake / entry.path))
            parts += _parts(file, entry, request)
        found = _read(parts, request, wanted)
    pa.default_memory_pool().release_unused()
    return found


def _read(
    parts: Sequence[_Part], request: ScanRequest, wanted: Sequence[WantedColumn]
) -> GranuleArrays:
    rows = sum(p.rows for p in parts)
    keys, starts = np.empty(rows, np.int32), np.empty(rows, np.int64)
    kept: list[Flags | None] = []
    at = 0
    for part in parts:
        key, start = part.numbers("product_key"), part.numbers("start_s")
        keep = _kept(part, key, start, request)
        kept.append(keep)
        size = len(key) if keep is None else int(np.count_nonzero(keep))
        keys[at : at + size] = key if keep is None else key[keep]
        starts[at : at + size] = start if keep is None else start[keep]
        at += size
    filling = _Filling(parts, kept, at)
    numbers: dict[str, NumberArray] = {}
    for want in wanted:
        numbers.update(_wanted_numbers(filling, want))
    lasting = filling.filled(_Source("duration_s"), np.dtype(np.int32)).numbers
    duration = lasting.astype(np.int32, copy=False)
    columns = {name: w.column for name, w in zip(request.parameters, wanted, strict=True)}
    return GranuleArrays(columns, keys[:at], starts[:at], duration, numbers)


def _wanted_numbers(filling: _Filling, want: WantedColumn) -> Iterator[tuple[str, NumberArray]]:
    column, key = want.column, want.parameter_key
    kind = _kind(filling.parts, want)
    yield column.value, filling.filled(_Source("value", key, column.decimals), kind)
    if column.denominator is not None:
        source = _Source("denominator", key, column.decimals)
        yield column.denominator, filling.filled(source, kind)


def _kind(parts: Sequence[_Part], want: WantedColumn) -> np.dtype[np.generic]:
    """The narrowest type that holds a column of all parts at the scale of the scan."""
    if want.column.decimals is None:
        return np.dtype(np.float64)
    for part in parts:
        facts = part.facts(want.parameter_key)
        for held, magnitude in facts.scales if facts else ():
            if held != want.column.decimals or magnitude >= 2**31:
                return np.dtype(np.int64)
    return np.dtype(np.int32)


@dataclass(frozen=True)
class _Source:
    """What to read of every part: a fixed column, or a parameter's value or denominator at the
    scale of the scan."""

    what: str
    parameter: int | None = None
    decimals: int | None = None

    def of(self, facts: ColumnFacts | None) -> tuple[str | None, int | None]:
        """The physical column of a part, None where it holds none, and its decimals."""
        if self.what not in ("value", "denominator"):
            return self.what, self.decimals
        if facts is None:
            return None, None
        if self.what == "value":
            return facts.value_column, facts.decimals
        return facts.denominator_column, facts.denominator_decimals


@dataclass(frozen=True)
class _Part:
    """One row group of a block."""

    file: pq.ParquetFile
    group: int
    entry: ManifestEntry

    @property
    def rows(self) -> int:
        return int(self.file.metadata.row_group(self.group).num_rows)

    def facts(self, parameter: int | None) -> ColumnFacts | None:
        return None if parameter is None else self.entry.facts(parameter)

    def bounds(self, name: str) -> tuple[int, int] | None:
        """Least and largest value by the statistics, where no value is null."""
        found = self.file.metadata.row_group(self.group).column(
            self.file.schema_arrow.get_field_index(name)
        )
        statistics = found.statistics
        if statistics is None or not statistics.has_min_max or statistics.null_count:
            return None
        return statistics.min, statistics.max

    def array(self, name: str) -> pa.ChunkedArray:
        return self.file.read_row_group(self.group, columns=[name], use_threads=False)[name]

    def numbers(self, name: str) -> Numbers:
        return numbers_of(self.array(name))


def _parts(file: pq.ParquetFile, entry: ManifestEntry, request: ScanRequest) -> Iterator[_Part]:
    """Row groups that may hold rows of the request."""
    for group in range(file.metadata.num_row_groups):
        part = _Part(file, group, entry)
        starts, keys = part.bounds("start_s"), part.bounds("product_key")
        if starts is not None and (starts[1] < request.start_s or starts[0] >= request.end_s):
            continue
        lo, hi = request.product_keys or (None, None)
        if keys and lo is not None and hi is not None and (keys[1] < lo or keys[0] >= hi):
            continue
        yield part


def _kept(part: _Part, key: Numbers, start: Numbers, request: ScanRequest) -> Flags | None:
    """Trusted rows of the request; None: all."""
    keep: Flags | None = None
    if int(start.min()) < request.start_s or int(start.max()) >= request.end_s:
        keep = (start >= request.start_s) & (start < request.end_s)
    if request.product_keys is not None:
        lo, hi = request.product_keys
        if key[0] < lo or key[-1] >= hi:
            mine = (key >= lo) & (key < hi)
            keep = mine if keep is None else keep & mine
    if part.bounds("suspect") != (False, False):
        suspect = numbers_of(part.array("suspect").cast(pa.uint8()))
        trusted = suspect == 0
        keep = trusted if keep is None else keep & trusted
    return keep


@dataclass(frozen=True)
class _Filling:
    """One array per column, filled part by part, so that no more than one part is held twice."""

    parts: Sequence[_Part]
    kept: Sequence[Flags | None]
    rows: int

    def filled(self, source: _Source, kind: np.dtype[np.generic]) -> NumberArray:
        constant = self._constant(source)
        if constant is not None:
            return NumberArray(np.broadcast_to(kind.type(constant), self.rows), None)
        numbers = np.zeros(self.rows, kind)
        present: Flags | None = None
        at = 0
        for part, keep in zip(self.parts, self.kept, strict=True):
            size = part.rows if keep is None else int(np.count_nonzero(keep))
            name, held = source.of(part.facts(source.parameter))
            column = None if name is None else part.array(name)
            if column is None or column.null_count:
                if present is None:
                    present = np.ones(self.rows, np.bool_)
                present[at : at + size] = False if column is None else _only(_valid(column), keep)
            if column is not None:
                given = _only(_filled(column), keep)
                numbers[at : at + size] = _at_scale(given, held, source.decimals)
            at += size
        return NumberArray(numbers, present)

    def _constant(self, source: _Source) -> int | None:
        """The one value that every row has, by the statistics of the parts."""
        found: set[int] = set()
        for part in self.parts:
            name, held = source.of(part.facts(source.parameter))
            bounds = part.bounds(name) if name is not None and held == source.decimals else None
            if bounds is None or bounds[0] != bounds[1] or len(found | {bounds[0]}) > 1:
                return None
            found.add(bounds[0])
        return found.pop() if found else None


def _only(numbers: Numbers | Flags, keep: Flags | None) -> Numbers | Flags:
    return numbers if keep is None else numbers[keep]


def _valid(column: pa.ChunkedArray) -> Flags:
    return numbers_of(column.is_valid().cast(pa.uint8())).view(np.bool_)


def _filled(column: pa.ChunkedArray) -> Numbers:
    return numbers_of(column.fill_null(0) if column.null_count else column)


def _at_scale(numbers: Numbers | Flags, held: int | None, wanted: int | None) -> Numbers | Flags:
    """Stored numbers at the scale of the scan."""
    if held == wanted:
        return numbers
    scaled: Numbers
    if wanted is None:
        scaled = numbers / float(10 ** (held or 0))
    else:
        scaled = numbers.astype(np.int64) * 10 ** (wanted - (held or 0))
    return scaled
