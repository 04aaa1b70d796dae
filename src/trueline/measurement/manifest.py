"""The manifest as values: which files hold which granules, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

from django.db.models import Max, Q

from trueline.measurement.models import LakeFile


class FileKind(StrEnum):
    SEGMENT = "segment"  # long rows, of one delivery or gathered from several
    BLOCK = "block"  # wide rows of one month and product block, newest versions only
    HISTORY = "history"  # long rows that a correction has replaced, with `superseded_by`
    SUPERSESSION = "supersession"  # which rows of older files a delivery has replaced
    UNKNOWN = "unknown"  # granules of unknown products or parameters, to be replayed
    MAPPED = "mapped"  # granules taken in for another name, as they came


DATA_KINDS = (FileKind.SEGMENT, FileKind.BLOCK)  # the newest versions of all granules


@dataclass(frozen=True)
class ColumnFacts:
    """How one parameter is written in one file. `decimals` k: every value is exactly an integer
    times 10**-k, and `magnitude` is the largest such integer; None: some value is not."""

    parameter: int
    decimals: int | None
    magnitude: int
    has_denominator: bool = False
    denominator_decimals: int | None = None
    denominator_magnitude: int = 0

    @property
    def value_column(self) -> str:
        return _physical("v", self.parameter, self.decimals, self.magnitude)

    @property
    def denominator_column(self) -> str | None:
        if not self.has_denominator:
            return None
        return _physical("d", self.parameter, self.denominator_decimals, self.denominator_magnitude)

    @property
    def scales(self) -> list[tuple[int | None, int]]:
        """Decimals and magnitude of the value and, where there is one, of the denominator."""
        found = [(self.decimals, self.magnitude)]
        if self.has_denominator:
            found.append((self.denominator_decimals, self.denominator_magnitude))
        return found


@dataclass(frozen=True)
class ManifestEntry:
    """One file. Deliveries, starts and keys are inclusive bounds of what it holds. For HISTORY
    `max_delivery` bounds `superseded_by`; for SUPERSESSION both are the correcting delivery. For
    UNKNOWN and MAPPED `min_delivery` is the one that first brought the rows, and `max_delivery` the
    one that kept them aside or took them in."""

    kind: FileKind
    path: str
    min_delivery: int
    max_delivery: int
    min_start_s: int
    max_start_s: int
    max_end_s: int
    max_duration_s: int
    min_product_key: int
    max_product_key: int
    rows: int
    samples: int
    size: int
    overlapping: bool
    columns: tuple[ColumnFacts, ...]
    id: int = 0

    def facts(self, parameter: int) -> ColumnFacts | None:
        return next((c for c in self.columns if c.parameter == parameter), None)

    def meets(self, other: ManifestEntry) -> bool:
        """Whether both may hold granules of the same product and start."""
        return (
            self.min_start_s <= other.max_start_s
            and other.min_start_s <= self.max_start_s
            and self.min_product_key <= other.max_product_key
            and other.min_product_key <= self.max_product_key
        )


_COPIED = tuple(f.name for f in fields(ManifestEntry) if f.name not in ("kind", "columns"))


def read_manifest(condition: Q | None = None) -> list[ManifestEntry]:
    """Entries in the order in which they were made."""
    rows = LakeFile.objects.filter(condition or Q()).order_by("id")
    return [_entry(row) for row in rows.iterator(chunk_size=5_000)]


def record_files(entries: Iterable[ManifestEntry]) -> int:
    """Make files visible; call in the transaction that closes the delivery. Their newest id, 0
    when there are none."""
    made = LakeFile.objects.bulk_create(
        LakeFile(
            **{
                **{k: v for k, v in vars(entry).items() if k != "id"},
                "columns": [asdict(facts) for facts in entry.columns],
            }
        )
        for entry in entries
    )
    return max((row.id for row in made), default=0)


def forget_files(entries: Iterable[ManifestEntry]) -> None:
    """Take files out of the manifest; call in the transaction that records their successors."""
    ids = [entry.id for entry in entries]
    for at in range(0, len(ids), 500):
        LakeFile.objects.filter(id__in=ids[at : at + 500]).delete()


def _entry(row: LakeFile) -> ManifestEntry:
    copied = {name: getattr(row, name) for name in _COPIED}
    columns = tuple(ColumnFacts(**facts) for facts in row.columns)
    return ManifestEntry(kind=FileKind(row.kind), columns=columns, **copied)


def newest_file_id() -> int:
    newest: int | None = LakeFile.objects.aggregate(newest=Max("id"))["newest"]
    return newest or 0


def _physical(prefix: str, key: int, decimals: int | None, magnitude: int) -> str:
    """The column name says type and scale, so that one name never has two types (Delta)."""
    if decimals is None:
        return f"{prefix}{key}"
    return f"{prefix}{key}_{'i' if magnitude < 2**31 else 'l'}{decimals}"
