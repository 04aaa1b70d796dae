"""Text formats of one granule a line: whole lines in bounded blocks, faults found by halving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.set_aside import MAX_TEXT
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch

BLOCK_BYTES = 16 * 2**20
MAX_LINE_BYTES = 2**20
MAX_LINES = 500_000  # of one block: when every line is bad, each takes more memory than it is long
_ONE_BY_ONE = 256  # lines; smaller blocks with a fault are read line by line


@dataclass(frozen=True)
class LineBlock:
    """Whole lines; `first` is the 1-based number of the first. `cut`: the last line is the end
    of the source and has no newline."""

    data: bytes
    first: int
    cut: bool = False

    @cached_property
    def line_ends(self) -> int:
        """How many newlines; bytes.count is slow when there are many."""
        return int(np.count_nonzero(np.frombuffer(self.data, np.uint8) == 10))

    @property
    def lines(self) -> int:
        return self.line_ends + (not self.data.endswith(b"\n"))


def line_blocks(source: BinaryIO, name: str, *, size: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """The source in blocks of whole lines; InputError on a line that is absurdly long."""
    rest, first = b"", 1
    while chunk := source.read(size):
        data = rest + chunk if rest else chunk
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if len(rest) > MAX_LINE_BYTES:
            line = first + data.count(b"\n")
            raise InputError(
                f"A line is longer than {MAX_LINE_BYTES} bytes",
                place=Place(file=name, line=line),
                mend="This is not a file of measurements, or its line ends are lost",
            )
        if end:
            block = LineBlock(data[:end], first)
            yield from _bounded(block)
            first += block.line_ends
    if rest:
        yield LineBlock(rest, first, cut=True)


def _bounded(block: LineBlock) -> Iterator[LineBlock]:
    """The block, in parts when its lines are many and short."""
    if block.line_ends <= MAX_LINES:
        yield block
        return
    ends = np.flatnonzero(np.frombuffer(block.data, np.uint8) == 10) + 1
    cuts = [0, *ends[MAX_LINES - 1 : -1 : MAX_LINES].tolist(), len(block.data)]
    for number, (begin, end) in enumerate(pairwise(cuts)):
        yield LineBlock(block.data[begin:end], block.first + number * MAX_LINES)


class LineFaultError(Exception):
    """A line cannot be read: `field` and `reason`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class GranuleLine:
    """One granule read on its own."""

    product_id: str
    parameter: str
    start_s: int
    duration_s: int
    value: float
    denominator: float | None
    suspect: bool


@dataclass(frozen=True)
class LineParser:
    """`fast` reads a block of clean lines into GRANULE_SCHEMA, or raises ArrowInvalid or
    LineFaultError; `careful` reads one line or raises LineFaultError."""

    fast: Callable[[LineBlock], pa.Table]
    careful: Callable[[str], GranuleLine]


def parse_block(parser: LineParser, block: LineBlock, name: str) -> GranuleBatch:
    """All good lines of the block as one table, and the bad ones with their reasons."""
    tables: list[pa.Table] = []
    bad: list[SetAsideRow] = []
    _halve(parser, block, tables, bad)
    if block.cut and bad and bad[-1].line == block.first + block.data.count(b"\n"):
        raise InputError(
            f"The file ends in the middle of a line ({bad[-1].reason})",
            place=Place(file=name, line=bad[-1].line, field=bad[-1].field),
            mend="It was cut off on its way: fetch it again",
        )
    table = pa.concat_tables(tables) if tables else GRANULE_SCHEMA.empty_table()
    return GranuleBatch(table, tuple(bad))


def _halve(
    parser: LineParser, block: LineBlock, tables: list[pa.Table], bad: list[SetAsideRow]
) -> None:
    """Read the block at once; when it has a fault, its halves; when small, line by line."""
    if b"\0" not in block.data:
        try:
            tables.append(parser.fast(block))
            return
        except (pa.ArrowInvalid, LineFaultError):
            pass  # some line is bad: find it
    lines = block.data.count(b"\n") + 1
    middle = block.data.find(b"\n", len(block.data) // 2) + 1
    if lines <= _ONE_BY_ONE or middle in (0, len(block.data)):
        _one_by_one(parser, block, tables, bad)
        return
    left = LineBlock(block.data[:middle], block.first)
    right = LineBlock(block.data[middle:], block.first + left.data.count(b"\n"))
    _halve(parser, left, tables, bad)
    _halve(parser, right, tables, bad)


def _one_by_one(
    parser: LineParser, block: LineBlock, tables: list[pa.Table], bad: list[SetAsideRow]
) -> None:
    good: list[tuple[int, GranuleLine]] = []
    for number, raw in enumerate(block.data.split(b"\n"), block.first):
        raw = raw.removesuffix(b"\r")
        if not raw.strip(b" \t"):
            continue
        try:
            good.append((number, parser.careful(_text(raw))))
        except LineFaultError as fault:
            shown = raw[:MAX_TEXT].decode("utf-8", "backslashreplace")
            bad.append(SetAsideRow(number, fault.field, fault.reason, shown))
    if good:
        columns = [[getattr(g, n) for _, g in good] for n in GRANULE_SCHEMA.names[:-1]]
        numbers = [number for number, _ in good]
        tables.append(
            pa.table(
                [*map(_array, columns, GRANULE_SCHEMA), pa.array(numbers)], schema=GRANULE_SCHEMA
            )
        )


def _array(values: list[object], column: pa.Field) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, column.type)


def _text(raw: bytes) -> str:
    if b"\0" in raw:
        raise LineFaultError("", "The line has NUL bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LineFaultError("", f"Not UTF-8 text at byte {error.start}") from None
