"""Who uses the lake right now: files that were replaced stay while somebody may read them, and one
process at a time merges."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trueline.errors import BusyError


@contextmanager
def merging(root: Path) -> Iterator[None]:
    """One merge of the lake at a time, beside any number of deliveries; BusyError at once when
    another one is going on."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "merge.lock", "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("The lake is being merged by another process") from None
        yield


class ReaderLock:
    """A shared lock on the lake, held from the first scan until the lake is closed."""

    def __init__(self, root: Path) -> None:
        self._path = root / "readers.lock"
        self._descriptor: int | None = None
        self._shared = False

    def share(self) -> None:
        """Announce a reader; call before the manifest is read."""
        if not self._shared:
            fcntl.flock(self._opened(), fcntl.LOCK_SH)
            self._shared = True

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """A reader for as long as this lasts."""
        before = self._shared
        self.share()
        try:
            yield
        finally:
            if not before and self._descriptor is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
                self._shared = False

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else reads; while it is so, nobody can begin."""
        descriptor = self._opened()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A failed upgrade may have dropped the shared lock: take it again.
            if self._shared:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_SH if self._shared else fcntl.LOCK_UN)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._shared = False

    def _opened(self) -> int:
        if self._descriptor is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        return self._descriptor
