"""Rows that were not accepted: one readable CSV file per delivery, streamed to disk."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from trueline.intake.ledger import SetAsideRow
from trueline.settings.workspace import Workspace

COLUMNS = ("line", "field", "reason", "replayable", "text")
MAX_TEXT = 500  # characters of a bad row that are kept
_SAMPLE = 5


class SetAside:
    """Collects the rows of one delivery that were not accepted; makes its file with the first.

    Use as a context manager. The file is on disk for good once `close` returned."""

    def __init__(self, workspace: Workspace, delivery: int) -> None:
        self.path = set_aside_path(workspace, delivery)
        self.count = 0
        self.sample: list[SetAsideRow] = []
        self._file: TextIO | None = None

    def __enter__(self) -> SetAside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, rows: Iterable[SetAsideRow]) -> None:
        writer = None
        for row in rows:
            writer = writer or csv.writer(self._opened(), lineterminator="\n")
            writer.writerow(
                (row.line, row.field, row.reason, _yes_no(row.replayable), _readable(row.text))
            )
            self.count += 1
            if len(self.sample) < _SAMPLE:
                self.sample.append(row)

    def add_table(self, rows: pa.Table) -> None:
        """Many rows at once: a table of the columns line, field, reason, replayable, text, the
        texts already short and free of control characters."""
        if rows.num_rows == 0:
            return
        room = _SAMPLE - len(self.sample)
        self.sample.extend(SetAsideRow(**row) for row in rows.slice(0, room).to_pylist())
        words = pc.if_else(rows["replayable"], "yes", "no")
        at = rows.schema.get_field_index("replayable")
        sink = pa.BufferOutputStream()
        options = pa.csv.WriteOptions(include_header=False)
        table = rows.set_column(at, "replayable", words).select(COLUMNS)
        pa.csv.write_csv(table, sink, options)
        self._opened().write(sink.getvalue().to_pybytes().decode("utf-8"))
        self.count += rows.num_rows

    def close(self) -> Path | None:
        """The file, or None when every row was accepted."""
        if self._file is not None and not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return self.path if self.count else None

    def _opened(self) -> TextIO:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "w", encoding="utf-8", newline="")  # noqa: SIM115
            csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)
        return self._file


def set_aside_path(workspace: Workspace, delivery: int) -> Path:
    return workspace.set_aside / f"delivery-{delivery:06d}.csv"


def read_set_aside(path: Path, *, limit: int | None = None) -> Iterator[SetAsideRow]:
    """The rows of one set-aside file, at most `limit` of them."""
    with open(path, encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if limit is not None and number >= limit:
                return
            yield SetAsideRow(
                int(row["line"]),
                row["field"],
                row["reason"],
                row["text"],
                row["replayable"] == "yes",
            )


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _readable(text: str) -> str:
    """Short, one line, without control characters or lone surrogates."""
    cut = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in cut)
