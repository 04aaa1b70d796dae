"""The measurement lake: append-only, atomic, durable; every version of a granule stays readable.

Files lie below workspace.lake and count while the manifest in the database names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from django.db.models import Max, Min, Q, QuerySet

from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.record import latest_delivery, recorded_at
from trueline.measurement.arrays import are_plain, read_arrays
from trueline.measurement.columns import GranuleColumn, ScanRequest
from trueline.measurement.compaction import CompactionReport, merge, report_of
from trueline.measurement.dictionary import Dictionary
from trueline.measurement.exchange import exchanged
from trueline.measurement.gathering import gather
from trueline.measurement.granule_arrays import GranuleArrays
from trueline.measurement.long_form import long_sql
from trueline.measurement.manifest import DATA_KINDS, FileKind, ManifestEntry, read_manifest
from trueline.measurement.marks import Marks
from trueline.measurement.models import LakeFile, MeasuredProduct
from trueline.measurement.names import NameLookups
from trueline.measurement.readers import ReaderLock, merging
from trueline.measurement.segments import folder
from trueline.measurement.wanted import WantedColumn, harmonised
from trueline.measurement.wide import BLOCK_PRODUCTS
from trueline.settings.workspace import Workspace

if TYPE_CHECKING:
    from trueline.measurement.scan import GranuleScan, ParquetEngine

_DATA = Q(kind__in=DATA_KINDS)
_AS_THEY_CAME = Q(kind__in=[FileKind.UNKNOWN, FileKind.MAPPED])
_COMPARED = 2_000  # more files than this are not compared one by one


@dataclass(frozen=True)
class KeyRange:
    """Product keys lo <= key < hi and about how many stored rows they have."""

    lo: int
    hi: int
    rows: int


@dataclass(frozen=True)
class GranuleVersion:
    """One version of a granule: known from `delivery` on, until `superseded_by`."""

    delivery: int
    superseded_by: int | None
    duration_s: int
    value: float
    denominator: float | None
    suspect: bool


@dataclass(frozen=True)
class _Found:
    """The files that a scan needs: those with data, those with corrections of it."""

    wanted: Sequence[WantedColumn]
    data: Sequence[ManifestEntry]
    corrections: Sequence[ManifestEntry]

    @property
    def entries(self) -> list[ManifestEntry]:
        return [*self.data, *self.corrections]

    @property
    def longest_s(self) -> int:
        return max((e.max_duration_s for e in self.data), default=0)

    def columns(self, request: ScanRequest) -> Mapping[str, GranuleColumn]:
        return {n: w.column for n, w in zip(request.parameters, self.wanted, strict=True)}


class Lake:
    """Use as a context manager, or call `close`."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.root = workspace.lake
        self.dictionary = Dictionary()
        self.lookups = NameLookups(self.dictionary)
        self.marks = Marks(self.root)
        self._swept = False
        self._readers = ReaderLock(self.root)
        self._engine: DuckDBEngine | None = None

    def __enter__(self) -> Lake:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def engine(self) -> DuckDBEngine:
        """The lake's own engine, for reading back what it holds."""
        if self._engine is None:
            spill = self.workspace.lake / "spill"
            self._engine = DuckDBEngine(spill_dir=spill, memory_limit="1000MB")
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._readers.close()

    def sweep(self) -> None:
        """Once: remove what a crash left; call inside the write lock."""
        if not self._swept:
            self._swept = self.remove_unnamed()

    def remove_unnamed(self) -> bool:
        """Remove files that the manifest does not name, unless somebody else may read them; call
        inside the write lock."""
        gone = self.unnamed_files()
        for path in gone or ():
            path.unlink(missing_ok=True)
        return gone is not None

    def unnamed_files(self) -> list[Path] | None:
        """Files that nothing names, nor ever will; None when somebody else may read or make some.
        Call inside the write lock."""
        with self._readers.alone() as alone:
            if not alone:
                return None
            named = set(LakeFile.objects.values_list("path", flat=True))
            return [
                path
                for name in sorted({folder(kind) for kind in FileKind})
                for path in (self.root / name).glob("*.parquet")
                if f"{name}/{path.name}" not in named
            ]

    def reading(self) -> AbstractContextManager[None]:
        """No file is removed by others for as long as this lasts."""
        return self._readers.sharing()

    def compact(self, *, publishing: bool = True) -> CompactionReport:
        """Merge the segments into sorted blocks, every scan giving the same before and after, and
        publish them."""
        with merging(self.root):
            gathered = exchanged(self, gather)  # sorted, so that the merge reads each row once
            report = report_of(exchanged(self, merge))
            arrived = report.segments + len(gathered.old) - len(gathered.new)
            report = replace(report, segments=arrived)
            if publishing:
                newest = latest_delivery()
                # Record time, not the clock's: the same lake is published the same.
                self._publish(now_s=seconds(recorded_at(newest)) if newest else 0)
        return report

    def publish(self, *, now_s: int) -> None:
        """Publish the blocks as a Delta Lake table in place; repeatable."""
        with merging(self.root):
            self._publish(now_s=now_s)

    def _publish(self, *, now_s: int) -> None:
        # Most processes never publish: they need not wait for the import.
        from trueline.measurement.publication import publish

        publish(self.root, now_s=now_s)

    def product_keys(self, ids: Iterable[str]) -> Mapping[str, int]:
        """Keys of those products that were ever measured."""
        return self.dictionary.product_keys(ids)

    def product_ids(self) -> Mapping[int, str]:
        """Product ids by key, of all products ever measured."""
        return {key: product for product, key in self.dictionary.products().items()}

    def scan(self, engine: ParquetEngine, request: ScanRequest) -> GranuleScan:
        """What the request asks for as a table expression."""
        # A lake of clean blocks answers in arrays: most processes never need to import this.
        from trueline.measurement.scan import GranuleScan, scan_files

        found = self._found(request)
        return GranuleScan(
            table=scan_files(engine, self.root, request, found.wanted, found.entries),
            columns=found.columns(request),
            overlapping=_may_overlap(found.data),
            max_duration_s=found.longest_s,
        )

    def arrays(self, request: ScanRequest) -> GranuleArrays | None:
        """The trusted granules of a scan as whole columns, not yet in order; None where only the
        scan can tell."""
        found = self._found(request)
        if not are_plain(found.entries, request) or _may_overlap(found.data):
            return None
        return read_arrays(self.root, request, found.wanted, found.data)

    def longest_s(self, request: ScanRequest) -> int:
        """No granule of a scan lasts longer."""
        return self._found(request).longest_s

    def share(self) -> None:
        """Read files for a while: none that is named now is removed meanwhile."""
        self._readers.share()

    def _found(self, request: ScanRequest) -> _Found:
        self.share()
        entries = self._visible(request)
        held = [e for e in entries if e.kind is not FileKind.SUPERSESSION]
        keys = self.dictionary.parameter_keys(request.parameters)
        wanted = [
            harmonised(name, keys.get(name), number, held)
            for number, name in enumerate(request.parameters)
        ]
        data = [
            e for e in held if any(w.parameter_key and e.facts(w.parameter_key) for w in wanted)
        ]
        corrections = [e for e in entries if e.kind is FileKind.SUPERSESSION]
        return _Found(wanted, data, corrections)

    def extent(self, parameters: Sequence[str] | None = None) -> tuple[int, int] | None:
        """(first start, last end) in seconds of what was measured, None when nothing was. For
        named `parameters` the bounds of the files that hold any of them."""
        if parameters is None:
            edges = _data_files().aggregate(lo=Min("min_start_s"), hi=Max("max_end_s"))
            return None if edges["lo"] is None else (edges["lo"], edges["hi"])
        keys = set(self.dictionary.parameter_keys(parameters).values())
        held = [
            e for e in read_manifest(_DATA) if any(facts.parameter in keys for facts in e.columns)
        ]
        if not held:
            return None
        return min(e.min_start_s for e in held), max(e.max_end_s for e in held)

    def longest_duration_s(self) -> int:
        """No granule lasts longer: one that reaches into a period starts at most so much before."""
        longest: int | None = _data_files().aggregate(m=Max("max_duration_s"))["m"]
        return longest or 0

    def row_counts(self, start_s: int, end_s: int) -> tuple[KeyRange, ...]:
        """Every product-key block, with about as many rows as a scan of [start_s, end_s) reads."""
        newest: int | None = MeasuredProduct.objects.aggregate(m=Max("key"))["m"]
        if newest is None:
            return ()
        rows = [0.0] * (newest // BLOCK_PRODUCTS + 1)
        during = Q(max_start_s__gte=start_s, min_start_s__lt=end_s)
        for entry in read_manifest(_DATA & during):
            first = entry.min_product_key // BLOCK_PRODUCTS
            last = entry.max_product_key // BLOCK_PRODUCTS
            for block in range(first, last + 1):
                rows[block] += entry.rows / (last - first + 1)
        return tuple(
            KeyRange(b * BLOCK_PRODUCTS, (b + 1) * BLOCK_PRODUCTS, round(n))
            for b, n in enumerate(rows)
        )

    def history(self, product: str, parameter: str, start_s: int) -> tuple[GranuleVersion, ...]:
        """Every version of one granule, the oldest first."""
        return self.versions(product, parameter, (start_s, start_s + 1)).get(start_s, ())

    def versions(
        self, product: str, parameter: str, starts: Interval
    ) -> Mapping[int, tuple[GranuleVersion, ...]]:
        """Every version of the granules that start in [start, end), by start in order of time, the
        oldest first."""
        product_key = self.dictionary.product_keys([product]).get(product)
        parameter_key = self.dictionary.parameter_keys([parameter]).get(parameter)
        if product_key is None or parameter_key is None:
            return {}
        start_s, end_s = starts
        entries = [e for e in self.files_of(product, starts) if e.kind is not FileKind.SUPERSESSION]
        where = f"product_key = {product_key} AND start_s >= {start_s} AND start_s < {end_s}"
        rows = self.engine.sql(
            f"SELECT * FROM ({long_sql(self.root, entries, where)}) "
            f"WHERE parameter_key = {parameter_key} ORDER BY start_s, delivery"
        ).to_pylist()
        found: dict[int, list[GranuleVersion]] = {}
        for row in rows:
            versions = found.setdefault(row["start_s"], [])
            if versions:
                versions[-1] = replace(versions[-1], superseded_by=row["delivery"])
            versions.append(
                GranuleVersion(
                    row["delivery"],
                    None,
                    row["duration_s"],
                    row["value"],
                    row["denominator"],
                    row["suspect"],
                )
            )
        return {start: tuple(versions) for start, versions in found.items()}

    def files_of(self, product: str, starts: Interval) -> list[ManifestEntry]:
        """Files that may hold granules of `product` that start in [start, end), or what was
        replaced of them; none of them is removed while this lake is open."""
        key = self.dictionary.product_keys([product]).get(product)
        if key is None:
            return []
        self._readers.share()
        near = Q(min_start_s__lt=starts[1], max_start_s__gte=starts[0])
        near &= Q(min_product_key__lte=key, max_product_key__gte=key)
        return read_manifest(near & ~_AS_THEY_CAME)

    def _visible(self, request: ScanRequest) -> list[ManifestEntry]:
        """Files that a scan needs, in the order in which they were made."""
        condition = Q(max_start_s__gte=request.start_s, min_start_s__lt=request.end_s)
        condition &= Q(min_delivery__lte=request.delivery)
        if request.product_keys is not None:
            lo, hi = request.product_keys
            condition &= Q(max_product_key__gte=lo, min_product_key__lt=hi)
        outlived = Q(kind=FileKind.HISTORY, max_delivery__lte=request.delivery)
        return read_manifest(condition & ~outlived & ~_AS_THEY_CAME)


def open_lake(workspace: Workspace) -> Lake:
    return Lake(workspace)


def _data_files() -> QuerySet[LakeFile]:
    return LakeFile.objects.filter(_DATA)


def _may_overlap(entries: Sequence[ManifestEntry]) -> bool:
    """False only when no two trusted granules of a series can overlap. Blocks of one month never
    hold the same series twice; a file that reaches into the start of another may overlap it."""
    if any(e.overlapping for e in entries):
        return True
    ordered = sorted(entries, key=lambda e: (e.min_start_s, e.max_end_s))
    reached = accumulate((e.max_end_s for e in ordered), max)
    if all(end <= e.min_start_s for end, e in zip(reached, ordered[1:], strict=False)):
        return False
    if len(ordered) > _COMPARED:
        return True
    reach: dict[tuple[int, int], int] = {}
    for entry in ordered:
        for block in range(
            entry.min_product_key // BLOCK_PRODUCTS, entry.max_product_key // BLOCK_PRODUCTS + 1
        ):
            for facts in entry.columns:
                series = (block, facts.parameter)
                if reach.get(series, entry.min_start_s) > entry.min_start_s:
                    return True
                reach[series] = max(reach.get(series, 0), entry.max_end_s)
    return False
