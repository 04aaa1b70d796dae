"""The table of leaves as arrays: every attribute as small integers, null as -1."""

from __future__ import annotations

from collections.abc import Sequence
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


def as_arrow(table: Any) -> pa.Table:
    """A pandas or Arrow table as an Arrow table; other kinds are refused."""
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if hasattr(table, "columns") and hasattr(table, "to_numpy"):
        return pa.Table.from_pandas(table, preserve_index=False)
    raise InputError(
        f"a table of leaves is a pandas or Arrow table, not {type(table).__name__}",
        mend="pass a pandas.DataFrame or a pyarrow.Table",
    )


def read_attributes(table: pa.Table, names: Sequence[str]) -> Attributes:
    """The named columns, each value as text; nulls and NaN take part in no combination."""
    if not names:
        raise InputError("no attribute is named", mend="name at least one column of the table")
    encoded = [_encode(column_of(table, name)) for name in names]
    codes = np.stack([codes for codes, _ in encoded], axis=1)
    return Attributes(tuple(names), tuple(values for _, values in encoded), codes)


def column_of(table: pa.Table, name: str) -> pa.ChunkedArray:
    """A column by name; a missing one is refused with the names there are."""
    if name not in table.column_names:
        raise InputError(
            f"the table of leaves has no column {name!r}",
            place=Place(field=name),
            mend=f"use one of {', '.join(table.column_names)}",
        )
    return table[name]


def read_numbers(table: pa.Table, name: str) -> Floats:
    """A column of numbers; null becomes NaN."""
    column = column_of(table, name)
    try:
        numbers = pc.cast(column, pa.float64())
    # pyarrow says "not implemented" of a kind of value that has no way to a number.
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"column {name!r} holds values that are no numbers",
            place=Place(field=name),
            mend="give numbers",
        ) from error
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _encode(column: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    array = column.combine_chunks().dictionary_encode()
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    indices = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = [_text(value) for value in array.dictionary.to_pylist()]
    order = np.argsort(np.array(texts, dtype=object), kind="stable")
    rank = np.empty(len(texts) + 1, dtype=np.int64)
    rank[order] = np.arange(len(texts))
    rank[-1] = -1
    return rank[indices], tuple(texts[i] for i in order)


def _text(value: object) -> str:
    """A float that is whole is written whole: a null among integers turns a column to floats."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
