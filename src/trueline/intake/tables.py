"""Tables of records from CSV and Parquet: the same rows of text from either.

The header is checked first. A row of the wrong width is set aside; a file that is cut off, not of
its format, in another encoding or with an endless line is refused. Memory is bounded by the
longest line that is accepted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow

MAX_LINE_BYTES = 1024 * 1024
# What else is called a table, by its first bytes: what it is, and the mend.
_NO_CSV = {
    b"\xff\xfe": ("UTF-16 text", "Save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "Save it as UTF-8"),
    b"\x1f\x8b": ("packed by gzip", "Unpack it first"),
    b"PK\x03\x04": ("a ZIP archive, or a spreadsheet", "Save the sheet as CSV"),
}
MAX_COLUMNS = 500
_PARQUET_MAGIC = b"PAR1"
_BATCH_ROWS = 10_000


@dataclass(frozen=True)
class Columns:
    """Columns a table must and may have. `open`: further columns are kept as characteristics."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class TableRow:
    """One row: `line` is its 1-based line (CSV) or row number (Parquet); cells are stripped."""

    line: int
    cells: Mapping[str, str]


@dataclass
class TableReader:
    """Iterate it for rows; `set_aside` fills up with rows that could not be read."""

    path: Path
    columns: Columns
    header: tuple[str, ...] = ()
    set_aside: list[SetAsideRow] = field(default_factory=list)
    done_bytes: int = 0

    def __iter__(self) -> Iterator[TableRow]:
        try:
            with open(self.path, "rb") as file:
                magic = file.read(4)
                file.seek(0)
                if magic == _PARQUET_MAGIC or self.path.suffix == ".parquet":
                    yield from self._parquet_rows(file)
                else:
                    yield from self._csv_rows(file)
        except OSError as error:
            raise self._error(f"The file cannot be read: {error.strerror or error}") from None

    def _csv_rows(self, file: BinaryIO) -> Iterator[TableRow]:
        lines = _Lines(file, self.path.name)
        reader = csv.reader(lines, strict=True)
        try:
            header = next(reader, None)
            if header is None:
                raise self._error("The file is empty", mend=self._header_mend())
            self._check_header(header)
            line = reader.line_num + 1
            for cells in reader:
                self.done_bytes = lines.done_bytes
                if len(cells) == len(self.header):
                    stripped = map(str.strip, cells)
                    yield TableRow(line, dict(zip(self.header, stripped, strict=True)))
                elif cells:
                    self._refuse_width(cells, line, ended=lines.ended)
                line = reader.line_num + 1
        except csv.Error as error:
            hint = "; the file seems to be cut off" if "end of data" in str(error) else ""
            raise self._error(f"Not valid CSV: {error}{hint}", reader.line_num) from None

    def _refuse_width(self, cells: Sequence[str], line: int, *, ended: bool) -> None:
        if not ended and len(cells) < len(self.header):
            raise self._error("The file is cut off in its last line", line, "Send it again")
        self.set_aside.append(
            SetAsideRow(
                line,
                "",
                f"The row has {len(cells)} cells where the header has {len(self.header)}",
                ",".join(cells),
            )
        )

    def _parquet_rows(self, file: BinaryIO) -> Iterator[TableRow]:
        try:
            parquet = pq.ParquetFile(file)
            self._check_header(parquet.schema_arrow.names)
            line = 1
            for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
                columns = [[_cell(value) for value in column.to_pylist()] for column in batch]
                for cells in zip(*columns, strict=True):
                    yield TableRow(line, dict(zip(self.header, cells, strict=True)))
                    line += 1
                self.done_bytes = file.tell()
        except (pa.ArrowException, OSError) as error:
            reason = str(error).splitlines()[0]
            raise self._error(
                f"Not valid Parquet, or cut off: {reason}", mend="Write the file again"
            ) from None

    def _check_header(self, found: Sequence[str]) -> None:
        names = tuple(name.strip() for name in found)
        known = (*self.columns.required, *self.columns.optional)
        missing = [name for name in self.columns.required if name not in names]
        if missing:
            mend = self._header_mend()
            if len(names) == 1 and any(sign in names[0] for sign in ";\t|"):
                mend = "Separate the columns by commas. " + mend
            raise self._error(f"The column {missing[0]} is missing", 1, mend, field=missing[0])
        double = next((name for name in names if names.count(name) > 1), None)
        if double is not None:
            raise self._error(f"The column {double!r} stands twice", 1)
        if len(names) > MAX_COLUMNS or "" in names:
            reason = "a column without a name" if "" in names else f"over {MAX_COLUMNS} columns"
            raise self._error(f"The header has {reason}", 1)
        unknown = [name for name in names if name not in known]
        if unknown and not self.columns.open:
            raise self._error(
                f"The column {unknown[0]!r} is not known", 1, self._header_mend(), field=unknown[0]
            )
        self.header = names

    def _header_mend(self) -> str:
        optional = ", ".join(self.columns.optional)
        text = f"The header needs {', '.join(self.columns.required)}"
        return f"{text} and may have {optional}" if optional else text

    def _error(
        self, what: str, line: int | None = None, mend: str = "", field: str | None = None
    ) -> InputError:
        return InputError(what, place=Place(self.path.name, line, field), mend=mend)


def set_aside_row(row: TableRow, error: InputError) -> SetAsideRow:
    """`row` set aside for what `error` says."""
    reason = f"{error.what}. {error.mend}" if error.mend else error.what
    return SetAsideRow(row.line, error.place.field or "", reason, ",".join(row.cells.values()))


class _Lines:
    """Decoded lines of bounded length; `ended` is False after a last line without its end."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name, self._number = file, name, 0
        self.ended = True
        self.done_bytes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(MAX_LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        self._number += 1
        self.done_bytes += len(raw)
        if len(raw) > MAX_LINE_BYTES:
            raise self._error(f"The line is longer than {MAX_LINE_BYTES:,} bytes")
        self.ended = raw.endswith((b"\n", b"\r"))
        for start, (what, mend) in _NO_CSV.items():
            if self._number == 1 and raw.startswith(start):
                raise self._error(f"The file is {what}", mend)
        if b"\0" in raw:
            raise self._error("The file holds zero bytes: it is no text")
        try:
            return raw.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise self._error("The line is not UTF-8 text", "Save the file as UTF-8") from None

    def _error(self, what: str, mend: str = "") -> InputError:
        return InputError(what, place=Place(self._name, self._number), mend=mend)


def _cell(value: object) -> str:
    """A Parquet value as the text that CSV would carry."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return "true" if value else "false"
        case datetime():
            # A Parquet timestamp without a zone is left without offset, and refused as such later
            moment = value.astimezone(UTC) if value.tzinfo else value
            return moment.isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case bytes():
            return value.decode("utf-8", errors="replace").strip()
        case _:
            return str(value)
