"""How a merge changes the lake while deliveries go on: a look at the manifest, any amount of
reading and writing, and one exchange of the files it names.

Files never change once they are named, so only the look and the exchange hold the workspace. What
is delivered in between stays beside the merged files; its corrections name the rows they replace by
product, parameter, start and delivery, in whichever file those lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.db import transaction

from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.record import write_lock
from trueline.measurement.manifest import (
    ManifestEntry,
    forget_files,
    read_manifest,
    record_files,
)
from trueline.settings.workspace import Workspace

_PATIENCE_S = 3_600.0  # a long load may hold the workspace when a merge wants to end


class MergeableLake(Protocol):
    """What a merge needs of the lake that runs it (lake.py)."""

    workspace: Workspace
    root: Path

    @property
    def engine(self) -> DuckDBEngine: ...
    def sweep(self) -> None: ...
    def unnamed_files(self) -> list[Path] | None: ...
    def reading(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Exchange:
    """Files that hold together what others held."""

    old: Sequence[ManifestEntry]
    new: Sequence[ManifestEntry]


Merge = Callable[[MergeableLake, Sequence[ManifestEntry]], Exchange]


def exchanged(lake: MergeableLake, merge: Merge) -> Exchange:
    """Run `merge` on what the lake holds; call while no other merge goes on."""
    with lake.reading():
        done = merge(lake, snapshot(lake))
        exchange(lake, done)
    return done


def snapshot(lake: MergeableLake) -> list[ManifestEntry]:
    """What the lake holds now. Its files stay while the caller is a reader of the lake."""
    with write_lock(lake.workspace, wait_s=_PATIENCE_S):
        lake.sweep()
        return read_manifest()


def exchange(lake: MergeableLake, done: Exchange) -> None:
    """Name the new files in place of the old, all at once, and remove these."""
    if not done.old:
        return
    with write_lock(lake.workspace, wait_s=_PATIENCE_S):
        with transaction.atomic():
            forget_files(done.old)
            record_files(done.new)
        gone = lake.unnamed_files()
    for path in gone or ():
        path.unlink(missing_ok=True)
