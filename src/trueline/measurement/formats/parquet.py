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
from trueline.measurement.formats.fields import OPTIONAL, REQUIRED, start
from trueline.measurement.formats.lines import LineFaultError
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch, ReadContext

_ROWS = 1_000_000
_MAX_ROW_GROUP = 2 * 2**30  # bytes unpacked; what a footer claims, checked before reading
_NUMBERS = {"duration_s": pa.int64(), "value": pa.float64(), "denominator": pa.float64()}


class ParquetReader:
    name = "parquet"
    suffixes = (".parquet", ".pq")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        place = Place(file=context.name)
        try:
            file = pq.ParquetFile(source, read_dictionary=["product_id", "parameter"])
            columns = _columns(file, place)
            line = 1
            for rows in file.iter_batches(_ROWS, columns=columns):
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
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).total_byte_size > _MAX_ROW_GROUP:
            raise InputError(
                f"Row group {group} unpacks to more than {_MAX_ROW_GROUP} bytes",
                place=place,
                mend="Write the file in smaller row groups",
            )
    return [c for c in (*REQUIRED, *OPTIONAL) if c in names]


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
        aside = tuple(
            SetAsideRow(first + row, *reasons[row], text=str(table.slice(row, 1).to_pylist()[0]))
            for row in sorted(reasons)
        )
        return GranuleBatch(_cast(out.filter(pa.array(keep))), aside)
    return GranuleBatch(_cast(out))


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
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise _wrong_type("start", kind, "a UTC timestamp or ISO 8601 text", place)
    return _starts_of_text(column.cast(pa.string()))


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
