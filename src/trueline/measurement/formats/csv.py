"""CSV: `product_id,parameter,start,duration_s,value[,denominator][,suspect]`, any column order."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from trueline.errors import InputError, Place
from trueline.measurement.formats.fields import OPTIONAL, REQUIRED, granule_line
from trueline.measurement.formats.lines import (
    GranuleLine,
    LineBlock,
    LineFaultError,
    LineParser,
    line_blocks,
    parse_block,
)
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch, ReadContext

_TYPES = {
    "product_id": pa.dictionary(pa.int32(), pa.string()),
    "parameter": pa.dictionary(pa.int32(), pa.string()),
    "start": pa.timestamp("s", "UTC"),
    "duration_s": pa.int32(),
    "value": pa.float64(),
    "denominator": pa.float64(),
    "suspect": pa.bool_(),
}


class CsvReader:
    name = "csv"
    suffixes = (".csv",)

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        blocks = line_blocks(source, context.name)
        head = next(blocks, None)
        if head is None:
            raise InputError("The file is empty", place=Place(file=context.name))
        end = head.data.find(b"\n") + 1 or len(head.data)
        columns = _header(head.data[:end], context.name)
        rows = _Rows(columns)
        parser = LineParser(rows.fast, rows.careful)
        if len(head.data) > end:
            yield parse_block(parser, LineBlock(head.data[end:], 2, head.cut), context.name)
        for block in blocks:
            yield parse_block(parser, block, context.name)


READER = CsvReader()


def _header(line: bytes, name: str) -> list[str]:
    place = Place(file=name, line=1)
    if line[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in line:
        raise InputError("This is not UTF-8 text", place=place, mend="Save the file as UTF-8")
    try:
        text = line.removeprefix(b"\xef\xbb\xbf").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise InputError(
            "This is not UTF-8 text", place=place, mend="Save the file as UTF-8"
        ) from None
    try:
        columns = [c.strip() for c in next(csv.reader([text], strict=True), [])]
    except csv.Error as error:  # a lone carriage return, an open quote, an absurdly long name
        raise InputError(
            f"The header is not a CSV row: {error}",
            place=place,
            mend="Separate columns by commas and end each line with a line feed",
        ) from None
    missing = [c for c in REQUIRED if c not in columns]
    if missing or len(set(columns)) < len(columns):
        wrong = f"lacks {', '.join(missing)}" if missing else "names a column twice"
        raise InputError(
            f"The header {wrong}",
            place=place,
            mend=f"The first line must name {', '.join(REQUIRED)} and may name "
            f"{', '.join(OPTIONAL)}",
        )
    return columns


class _Rows:
    """Reads rows under one header."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = columns
        self._wanted = [c for c in _TYPES if c in columns]
        self._parse = pa.csv.ParseOptions(newlines_in_values=False)
        self._read = pa.csv.ReadOptions(
            column_names=columns, use_threads=True, block_size=2 * 2**20
        )
        self._convert = pa.csv.ConvertOptions(
            column_types={c: _TYPES[c] for c in self._wanted},
            include_columns=self._wanted,
            null_values=[""],
            true_values=["true", "True", "TRUE", "1"],
            false_values=["false", "False", "FALSE", "0"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )

    def fast(self, block: LineBlock) -> pa.Table:
        table = pa.csv.read_csv(
            pa.BufferReader(pa.py_buffer(block.data)),
            read_options=self._read,
            parse_options=self._parse,
            convert_options=self._convert,
        )
        for name in REQUIRED:
            if table[name].null_count:
                raise LineFaultError(name, "Missing")
        rows = table.num_rows
        if rows != block.lines:
            raise LineFaultError("", "Rows are not lines")
        return pa.table(
            [
                table["product_id"],
                table["parameter"],
                table["start"].cast(pa.int64()),
                table["duration_s"],
                table["value"],
                self._optional(table, "denominator", None),
                self._optional(table, "suspect", False),
                pa.array(np.arange(block.first, block.first + rows)),
            ],
            schema=GRANULE_SCHEMA,
        )

    def careful(self, text: str) -> GranuleLine:
        try:
            values = next(csv.reader([text], strict=True))
        except csv.Error as error:
            raise LineFaultError("", f"Not a CSV row: {error}") from None
        if len(values) != len(self._columns):
            raise LineFaultError(
                "", f"{len(values)} fields where the header has {len(self._columns)}"
            )
        return granule_line(dict(zip(self._columns, values, strict=True)))

    def _optional(self, table: pa.Table, name: str, absent: bool | None) -> pa.ChunkedArray:
        if name not in table.column_names:
            if absent is None:
                return pa.chunked_array([pa.nulls(table.num_rows, _TYPES[name])])
            return pa.chunked_array([pa.array(np.full(table.num_rows, absent))])
        return table[name] if absent is None else pc.fill_null(table[name], absent)
