"""The table of leaves as arrays: every attribute as small integers, null as -1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.errors import InputError, Place

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
Name = tuple[tuple[int, ...], tuple[int, ...]]  # a combination: attributes, and a code of each


@dataclass(frozen=True)
class Attributes:
    """`codes[i, a]`: which of `values[a]` row i has for attribute `names[a]`, -1 for none."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: Codes

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.values)

    def rows(self, chosen: Any) -> Attributes:
        """The same attributes of the chosen rows (a mask or positions)."""
        return Attributes(self.names, self.values, self.codes[chosen])

    def named(self, name: Name) -> dict[str, str]:
        """A combination in words."""
        return {self.names[at]: self.values[at][code] for at, code in zip(*name, strict=True)}

    def rows_of(self, name: Name) -> Codes:
        """The rows that have a combination."""
        positions, codes = name
        inside = (self.codes[:, list(positions)] == np.array(codes)).all(axis=1)
        return np.flatnonzero(inside)


def as_arrow(table: Any, names: Sequence[str]) -> pa.Table:
    """The named columns as an Arrow table; the caller's table stays as it is.

    Takes a pandas or Arrow table, a dict of columns, or whatever hands its columns over in Arrow's
    stream interface (Polars, DuckDB). A name that the table does not have is refused.
    """
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if isinstance(table, pa.Table):
        return table
    if hasattr(table, "columns") and hasattr(table, "iloc"):
        return _named_columns(table, names, list(table.columns))
    if isinstance(table, Mapping):
        return _named_columns(table, names, list(table))
    if hasattr(table, "__arrow_c_stream__"):
        return pa.table(table)
    raise InputError(
        f"a table of leaves is a pandas or Arrow table, not {type(table).__name__}",
        mend="pass a pandas.DataFrame, a pyarrow.Table, or a dict of columns",
    )


def _named_columns(table: Any, names: Sequence[str], there: list[Any]) -> pa.Table:
    for name in names:
        if name not in there:
            raise _missing(name, there)
    return pa.table({str(name): _arrow(name, table[name]) for name in names})


def _missing(name: str, there: Sequence[Any]) -> InputError:
    return InputError(
        f"the table of leaves has no column {name!r}",
        place=Place(field=str(name)),
        mend=f"use one of {', '.join(map(str, there))}",
    )


def _arrow(name: str, column: Any) -> pa.Array:
    """One column; values of several kinds become text."""
    if getattr(column, "ndim", 1) != 1:
        raise InputError(
            f"the table of leaves has more than one column {name!r}",
            place=Place(field=str(name)),
            mend="give every column a name of its own",
        )
    try:
        return pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        texts = [None if value is None or value != value else _text(value) for value in column]
        return pa.array(texts, pa.string())


def read_attributes(table: pa.Table, names: Sequence[str]) -> Attributes:
    """The named columns, each value as text; nulls and NaN take part in no combination."""
    encoded = [_encode(column_of(table, name)) for name in names]
    codes = np.stack([codes for codes, _ in encoded], axis=1)
    return Attributes(tuple(map(str, names)), tuple(values for _, values in encoded), codes)


def column_of(table: pa.Table, name: str) -> pa.ChunkedArray:
    """A column by name; a missing one is refused with the names there are."""
    if str(name) not in table.column_names:
        raise _missing(name, table.column_names)
    if table.column_names.count(str(name)) > 1:
        raise InputError(
            f"the table of leaves has more than one column {name!r}",
            place=Place(field=str(name)),
            mend="give every column a name of its own",
        )
    return table[str(name)]


def read_numbers(table: pa.Table, name: str) -> Floats:
    """A column of numbers; null becomes NaN."""
    column = column_of(table, name)
    try:
        numbers = pc.cast(column, pa.float64())
    # pyarrow says "not implemented" of a kind of value that has no way to a number.
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"column {name!r} holds values that are no numbers: {error}",
            place=Place(field=name),
            mend="give numbers, and leave empty what is not known",
        ) from error
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _encode(column: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        column = _whole(column)
    array = column.combine_chunks().dictionary_encode()
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    indices = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = [_text(value) for value in array.dictionary.to_pylist()]
    distinct = sorted(set(texts))
    place = {text: number for number, text in enumerate(distinct)}
    rank = np.array([*(place[text] for text in texts), -1], dtype=np.int64)
    return rank[indices], tuple(distinct)


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Integers again where a null among them has turned a column to floats."""
    if not column.null_count:
        return column
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return column


def _text(value: object) -> str:
    """A value as a CSV file holds it."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
