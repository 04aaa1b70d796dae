"""Files of one delivery: a second thread writes them while the next batch is checked."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from trueline.measurement.arrivals import Granules
from trueline.measurement.manifest import ManifestEntry
from trueline.measurement.segments import write_segment

_SMALL = 200_000  # rows
_WAITING = 2  # segments in memory that are not written yet


class Staging:
    """Files in the order in which they were begun. Use as a context manager."""

    def __init__(self, root: Path, delivery: int) -> None:
        self._root = root
        self._delivery = delivery
        self._pool: ThreadPoolExecutor | None = None
        self._first: tuple[Granules, bool] | None = None
        self._done: list[ManifestEntry] = []
        self._coming: list[Future[ManifestEntry]] = []

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def segment(self, granules: Granules, *, overlapping: bool) -> None:
        """Begin a durable segment. A small one that stays alone, as of a push, is written by who
        asks for it: a second thread would take longer to start."""
        if self._pool is None and self._first is None and len(granules) < _SMALL:
            self._first = (granules, overlapping)
            return
        first, self._first = self._first, None
        if first is not None:
            self._begin(*first)
        self._begin(granules, overlapping)

    def _begin(self, granules: Granules, overlapping: bool) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "trueline-writer")
        while len(self._coming) >= _WAITING:
            self._done.append(self._coming.pop(0).result())
        self._coming.append(self._pool.submit(self._write, granules, overlapping))

    def _write(self, granules: Granules, overlapping: bool) -> ManifestEntry:
        return write_segment(self._root, granules, self._delivery, overlapping=overlapping)

    def add(self, entry: ManifestEntry) -> None:
        """A file that was written elsewhere."""
        self.files().append(entry)

    def files(self) -> list[ManifestEntry]:
        """All of them, on disk for good; the list may be changed."""
        if self._first is not None:
            first, self._first = self._first, None
            self._done.append(self._write(*first))
        while self._coming:
            self._done.append(self._coming.pop(0).result())
        return self._done

    def abandon(self) -> None:
        """Remove what was written."""
        self._first = None
        self._stop()
        written = [f.result() for f in self._coming if f.exception() is None]
        for entry in [*self._done, *written]:
            (self._root / entry.path).unlink(missing_ok=True)

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)
