"""What the lake needs from time to time so that it stays quick, and doing it.

Deliveries go on meanwhile. Nobody has to ask for it: a big load does it at its end, the server does
it for pushes in a process of its own (web/upkeep.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from trueline.measurement.exchange import exchanged
from trueline.measurement.gathering import SMALL_ROWS, gather
from trueline.measurement.manifest import FileKind
from trueline.measurement.models import LakeFile
from trueline.measurement.readers import merging

if TYPE_CHECKING:
    from trueline.measurement.lake import Lake

MANY_ROWS = 2_000_000
MANY_SEGMENTS = 300  # a day of batches every five minutes
MANY_CORRECTIONS = 1_000  # files that say which rows were replaced
_WORTH = 10  # rows are merged when they are at least a tenth of what that rewrites


@dataclass(frozen=True)
class Waiting:
    """What the files of a lake hold."""

    small_segments: int
    hot_rows: int
    corrections: int
    merged_samples: int

    def merge_is_due(self, many_rows: int) -> bool:
        """So much is hot that merging it into blocks pays."""
        many = self.hot_rows >= many_rows and self.hot_rows * _WORTH >= self.merged_samples
        return many or self.corrections >= MANY_CORRECTIONS

    def gathering_is_due(self) -> bool:
        return self.small_segments >= MANY_SEGMENTS


def waiting() -> Waiting:
    """Of the lake that the database is about."""
    segment, block = Q(kind=FileKind.SEGMENT), Q(kind=FileKind.BLOCK)
    found = LakeFile.objects.aggregate(
        small=Count("id", filter=segment & Q(rows__lt=SMALL_ROWS)),
        hot=Sum("rows", filter=segment),
        corrections=Count("id", filter=Q(kind=FileKind.SUPERSESSION)),
        merged=Sum("samples", filter=block),
    )
    return Waiting(found["small"], found["hot"] or 0, found["corrections"], found["merged"] or 0)


def is_due(many_rows: int = MANY_ROWS) -> bool:
    found = waiting()
    return found.merge_is_due(many_rows) or found.gathering_is_due()


def keep_up(lake: Lake, many_rows: int = MANY_ROWS) -> str:
    """Do what is due and say what was done; "" when nothing was. BusyError when another process
    is at it."""
    found = waiting()
    if found.merge_is_due(many_rows):
        report = lake.compact()
        return f"Merged {report.segments:,} segments into {report.blocks:,} sorted blocks"
    if found.gathering_is_due():
        with merging(lake.root):
            done = exchanged(lake, gather)
        return f"Gathered {len(done.old):,} small segments into {len(done.new):,}"
    return ""
