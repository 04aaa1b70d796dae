"""Files of one delivery: a second thread writes them while the next batch is checked."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from trueline.measurement.arrivals import Granules
from trueline.measurement.manifest import ManifestEntry
from trueline.measurement.segments import write_segment

_WAITING = 2  # segments in memory that are not written yet


class Staging:
    """Files in the order in which they were begun. Use as a context manager."""

    def __init__(self, root: Path, delivery: int) -> None:
        self._root = root
        self._delivery = delivery
        self._pool = ThreadPoolExecutor(1, "trueline-writer")
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
        self._pool.shutdown(wait=True)

    def segment(self, granules: Granules, *, overlapping: bool) -> None:
        """Begin a durable segment."""
        while len(self._coming) >= _WAITING:
            self._done.append(self._coming.pop(0).result())
        self._coming.append(
            self._pool.submit(
                write_segment, self._root, granules, self._delivery, overlapping=overlapping
            )
        )

    def add(self, entry: ManifestEntry) -> None:
        """A file that was written elsewhere."""
        self.files().append(entry)

    def files(self) -> list[ManifestEntry]:
        """All of them, on disk for good; the list may be changed."""
        while self._coming:
            self._done.append(self._coming.pop(0).result())
        return self._done

    def abandon(self) -> None:
        """Remove what was written."""
        self._pool.shutdown(wait=True)
        written = [f.result() for f in self._coming if f.exception() is None]
        for entry in [*self._done, *written]:
            (self._root / entry.path).unlink(missing_ok=True)
