"""Who reads the lake right now: files that a compaction replaced stay while somebody may read."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
