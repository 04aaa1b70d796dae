"""Parquet with the columns of the interchange contract; `start` as a zoned timestamp or text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.set_aside import MAX_TEXT
from trueline.measurement.formats.fields import OPTIONAL, REQUIRED, start
from trueline.measurement.formats.lines import LineFaultError
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch, ReadContext

_ROWS = 1_000_000
_MAX_ROW_GROUP = 2 * 2**30  # bytes unpacked; what a footer claims, checked before reading
_MAX_TEXTS, _MAX_TEXT = 64 * 2**20, 64  # bytes of the texts of a row group, or bytes a row
_AT_ONCE = 256 * 2**20  # bytes of one batch
_TEXTS = ("product_id", "parameter", "start")  # read as dictionaries: a repeated text is held once
_NUMBERS = {"duration_s": pa.int64(), "value": pa.float64(), "denominator": pa.float64()}


class ParquetReader:
    name = "parquet"
    suffixes = (".parquet", ".pq")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        place = Place(file=context.name)
        try:
            file = pq.ParquetFile(source, read_dictionary=list(_TEXTS))
            columns = _columns(file, place)
            _batch(file.schema_arrow.empty_table().select(columns), 1, place)  # types, unread
            line = 1
            for rows in file.iter_batches(_rows_at_once(file), columns=columns):
                yield _batch(pa.Table.from_batches([rows]), line, place)
                line += rows.num_rows
        # pyarrow says "not implemented" of an encoding or codec that it cannot read.
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise InputError(
                f"This is not a whole Parquet file: {str(error).splitlines()[0][:200]}",
                place=place,
                mend="It may have been cut off on its way: fetch it again",
            ) from None


READER = ParquetReader()


def _columns(file: pq.ParquetFile, place: Place) -> list[str]:
    names = file.schema_arrow.names
    missing = [c for c in REQUIRED if c not in names]
    if missing or any(names.count(c) > 1 for c in (*REQUIRED, *OPTIONAL)):
        wrong = f"lacks {', '.join(missing)}" if missing else "names a column twice"
        raise InputError(
            f"The file {wrong}",
            place=place,
            mend=f"Its columns must be {', '.join(REQUIRED)} and may be {', '.join(OPTIONAL)}",
        )
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        if group.total_byte_size > _MAX_ROW_GROUP or _has_absurd_texts(group):
            raise InputError(
                f"Row group {number} unpacks to too many bytes",
                place=place,
                mend="Write the file in smaller row groups, with ids of a usual length",
            )
    return [c for c in (*REQUIRED, *OPTIONAL) if c in names]


def _has_absurd_texts(group: pq.RowGroupMetaData) -> bool:
    bound = max(_MAX_TEXTS, _MAX_TEXT * group.num_rows)
    columns = (group.column(at) for at in range(group.num_columns))
    return any(c.path_in_schema in _TEXTS and c.total_uncompressed_size > bound for c in columns)


def _rows_at_once(file: pq.ParquetFile) -> int:
    """As many rows as hold a bounded number of bytes, if each were as long as in any row group."""
    groups = (file.metadata.row_group(at) for at in range(file.num_row_groups))
    longest = max((g.total_byte_size // max(g.num_rows, 1) for g in groups), default=1)
    return max(1, min(_ROWS, _AT_ONCE // max(longest, 1)))


def _batch(table: pa.Table, first: int, place: Place) -> GranuleBatch:
    """The rows as granules; rows with a value missing or unreadable set aside."""
    rows = table.num_rows
    line = pa.array(np.arange(first, first + rows))
    starts, bad = _starts(table["start"], place)
    reasons = {row: ("start", reason) for row, reason in bad.items()}
    columns: dict[str, pa.ChunkedArray] = {"start_s": starts, "line": pa.chunked_array([line])}
    for name in ("product_id", "parameter"):
        columns[name] = _names(table[name], name, place)
    for name, kind in _NUMBERS.items():
        if name in table.column_names:
            columns[name] = _numbers(table[name], name, kind, place)
    columns.setdefault("denominator", pa.chunked_array([pa.nulls(rows, pa.float64())]))
    columns["suspect"] = _flags(table, place)
    for name in ("product_id", "parameter", "start_s", "duration_s", "value"):
        if columns[name].null_count:
            for row in np.flatnonzero(columns[name].is_null().to_numpy()).tolist():
                reasons.setdefault(
                    row, (name.removesuffix("_s") if name == "start_s" else name, "Missing")
                )
    out = pa.table({n: columns[n] for n in GRANULE_SCHEMA.names})
    if reasons:
        keep = np.ones(rows, np.bool_)
        keep[list(reasons)] = False
        short = pa.table({n: _shortened(table[n]) for n in table.column_names})
        aside = tuple(
            SetAsideRow(first + row, *reasons[row], text=str(short.slice(row, 1).to_pylist()[0]))
            for row in sorted(reasons)
        )
        return GranuleBatch(_cast(out.filter(pa.array(keep))), aside)
    return GranuleBatch(_cast(out))


def _shortened(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """For showing: texts no longer than a row that is set aside."""
    if not pa.types.is_dictionary(column.type):
        return column
    parts = [
        pa.DictionaryArray.from_arrays(
            part.indices, pc.utf8_slice_codeunits(part.dictionary, 0, MAX_TEXT)
        )
        for part in column.chunks
    ]
    return pa.chunked_array(parts, column.type)


def _cast(table: pa.Table) -> pa.Table:
    """To GRANULE_SCHEMA; a duration beyond its type is beyond its limit as well."""
    at = table.schema.get_field_index("duration_s")
    if table.schema.field(at).type == pa.int32():
        return table.cast(GRANULE_SCHEMA)
    small = pc.min_element_wise(pc.max_element_wise(table["duration_s"], -1), 2**31 - 1)
    return table.set_column(at, "duration_s", small.cast(pa.int32())).cast(GRANULE_SCHEMA)


def _names(column: pa.ChunkedArray, name: str, place: Place) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind) and kind.value_type == pa.string():
        return column
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(value) or pa.types.is_large_string(value)):
        raise _wrong_type(name, kind, "text", place)
    return column.cast(pa.string()).dictionary_encode()


def _numbers(
    column: pa.ChunkedArray, name: str, kind: pa.DataType, place: Place
) -> pa.ChunkedArray:
    held = column.type
    numeric = (pa.types.is_integer(held) or pa.types.is_null(held)) or (
        kind == pa.float64() and (pa.types.is_floating(held) or pa.types.is_decimal(held))
    )
    if not numeric:
        raise _wrong_type(name, held, "a number" if kind == pa.float64() else "an integer", place)
    if kind == pa.int64() and held == pa.int32():
        return column
    return column.cast(kind, safe=False)


def _flags(table: pa.Table, place: Place) -> pa.ChunkedArray:
    if "suspect" not in table.column_names:
        return pa.chunked_array([pa.array(np.zeros(table.num_rows, np.bool_))])
    if pa.types.is_null(table["suspect"].type):
        return pc.fill_null(table["suspect"].cast(pa.bool_()), False)
    if not pa.types.is_boolean(table["suspect"].type):
        raise _wrong_type("suspect", table["suspect"].type, "true or false", place)
    return pc.fill_null(table["suspect"], False)


def _starts(column: pa.ChunkedArray, place: Place) -> tuple[pa.ChunkedArray, dict[int, str]]:
    """Seconds, and the rows whose text is no time."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            raise InputError(
                "start is a timestamp without a time zone",
                place=Place(file=place.file, field="start"),
                mend="Write it as a UTC timestamp",
            )
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        ticks = column.cast(pa.int64())
        if per_second == 1:
            return ticks, {}
        down = np.floor_divide(pc.fill_null(ticks, 0).to_numpy(), per_second)
        mask = column.is_null().to_numpy() if column.null_count else None
        return pa.chunked_array([pa.array(down, mask=mask)]), {}
    text = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(text) or pa.types.is_large_string(text)):
        raise _wrong_type("start", kind, "a UTC timestamp or ISO 8601 text", place)
    return _starts_of_text(column)


def _starts_of_text(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, dict[int, str]]:
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        return pa.chunked_array([pa.array([], pa.int64())]), {}
    parsed: list[int | None] = []
    faults: dict[int, str] = {}
    for at, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            parsed.append(start(text))
        except LineFaultError as fault:
            faults[at] = fault.reason
            parsed.append(None)
    index = pc.fill_null(encoded.indices, -1).to_numpy()
    bad = {
        int(row): faults[int(index[row])]
        for row in np.flatnonzero(np.isin(index, list(faults))).tolist()
    }
    return pa.chunked_array([pa.array(parsed, pa.int64()).take(encoded.indices)]), bad


def _wrong_type(name: str, kind: pa.DataType, wanted: str, place: Place) -> InputError:
    return InputError(
        f"{name} is {kind}", place=Place(file=place.file, field=name), mend=f"It must be {wanted}"
    )
