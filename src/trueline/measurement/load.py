"""Load measurement files of any known format into the lake."""

from __future__ import annotations

import gzip
import hashlib
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from trueline.errors import BusyError, InputError, Place
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.formats import reader, reader_for
from trueline.measurement.formats.mapping import workspace_mapping
from trueline.measurement.granules import FormatReader, GranuleBatch, ReadContext
from trueline.measurement.known import recorded_names
from trueline.measurement.lake import Lake, open_lake
from trueline.measurement.upkeep import MANY_ROWS, is_due, keep_up
from trueline.settings.workspace import Workspace


@dataclass(frozen=True)
class MeasurementOptions:
    """`mapping` is the mapping file's content for formats that need one; by default the one that
    the workspace keeps. `any_name`: accept products and parameters that the records do not know.
    `merge_from`: compact the lake afterwards when so many rows are hot; None: never."""

    load: LoadOptions
    any_name: bool = False
    format: str | None = None
    mapping: Mapping[str, object] = field(default_factory=dict, hash=False)
    lake: Lake | None = None
    merge_from: int | None = MANY_ROWS


def load_measurements(
    workspace: Workspace, paths: Sequence[Path], options: MeasurementOptions
) -> LoadReport:
    """All `paths` as one delivery: recorded as a whole, or not at all."""
    known = None if options.any_name else recorded_names()
    for path in paths:
        if not path.is_file():
            raise InputError("There is no such file", place=Place(file=str(path)))
    readers = [reader(options.format) if options.format else reader_for(p) for p in paths]
    source = DeliverySource(
        kind="measurements",
        source=", ".join(map(str, paths))[:512],
        recorded_by=options.load.recorded_by,
    )
    with ExitStack() as stack:
        lake = options.lake or stack.enter_context(open_lake(workspace))
        digest = stack.enter_context(_digest(paths))
        report = append_granules(
            workspace,
            _read_ahead(_batches(workspace, list(zip(paths, readers, strict=True)), options)),
            source,
            AppendOptions(options.load, known, lake, sha256=digest),
        )
        if options.merge_from is not None and is_due(options.merge_from):
            said = _kept_up(lake, options.merge_from)
            report = replace(report, messages=(*report.messages, said))
    return report


def _kept_up(lake: Lake, many_rows: int) -> str:
    """Merge what is hot, and say so. The load stands whatever becomes of it."""
    try:
        return keep_up(lake, many_rows)
    except BusyError:
        return "Another process is merging the lake; the next load merges what this one brought"


def load_measurement_file(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """One file, its format told by its name or content."""
    return load_measurements(workspace, [path], MeasurementOptions(options))


def _batches(
    workspace: Workspace, files: Sequence[tuple[Path, FormatReader]], options: MeasurementOptions
) -> Iterator[GranuleBatch]:
    """Batches of all files, telling the progress after each."""
    total = sum(path.stat().st_size for path, _ in files)
    before = rows = 0
    for path, chosen in files:
        mapping = options.mapping or workspace_mapping(workspace, chosen.name)
        context = ReadContext(str(path), mapping)
        with open(path, "rb") as file:
            for batch in _readable(chosen, file, context):
                rows += batch.table.num_rows + len(batch.set_aside)
                if options.load.progress is not None:
                    done = min(file.tell(), path.stat().st_size)
                    options.load.progress.advance(before + done, total, rows)
                yield batch
        before += path.stat().st_size


def _read_ahead(batches: Iterator[GranuleBatch]) -> Iterator[GranuleBatch]:
    """The same batches, the next one read by a second thread while one is taken in."""
    with ThreadPoolExecutor(1, "trueline-reader") as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _readable(chosen: FormatReader, file: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
    """The batches of one file, unpacked when it is gzip."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not packed:
        yield from chosen.read(file, context)
        return
    with gzip.GzipFile(fileobj=file) as unpacked:
        try:
            yield from chosen.read(cast(BinaryIO, unpacked), context)
        except EOFError:
            raise InputError(
                "The gzip file is cut off",
                place=Place(file=context.name),
                mend="Fetch it again",
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"The gzip file is damaged: {error}",
                place=Place(file=context.name),
                mend="Fetch it again",
            ) from None


@contextmanager
def _digest(paths: Sequence[Path]) -> Iterator[Callable[[], str]]:
    """Of the files, one after the other, made while they are read; given up when that fails."""
    given_up = threading.Event()
    with ThreadPoolExecutor(1, "trueline-digest") as pool:
        coming = pool.submit(_sha256, paths, given_up)
        try:
            yield coming.result
        finally:
            given_up.set()


def _sha256(paths: Sequence[Path], given_up: threading.Event) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while (chunk := file.read(2**20)) and not given_up.is_set():
                digest.update(chunk)
    return digest.hexdigest()
