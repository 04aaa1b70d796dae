"""Numbers between numpy and pyarrow as they lie in memory. pyarrow's own `to_numpy` and `array`
would import pandas, half as large as all else together, where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[Any]


def numbers_of(column: pa.ChunkedArray | pa.Array) -> Numbers:
    """A column of numbers without nulls; not copied where it is of one chunk."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts: list[Numbers] = [np.from_dlpack(chunk) for chunk in chunks]
    if not parts:
        return np.empty(0, np.dtype(column.type.to_pandas_dtype()))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def column_of(numbers: Numbers, none: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Numbers as a column; null where `none` says so."""
    held = np.ascontiguousarray(numbers)
    kind = pa.from_numpy_dtype(held.dtype)
    bits = None
    if none is not None and none.any():
        bits = pa.py_buffer(np.packbits(~none, bitorder="little"))
    return pa.Array.from_buffers(kind, len(held), [bits, pa.py_buffer(held)])


def words_of(words: Sequence[str], places: Numbers) -> pa.Array:
    """A column of texts: the word at each place."""
    encoded = [word.encode() for word in words]
    lengths = np.array([len(word) for word in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    flat = np.frombuffer(b"".join(encoded), np.uint8)
    mine = lengths[places]
    offsets = np.concatenate(([0], np.cumsum(mine))).astype(np.int32)
    at = np.arange(int(offsets[-1])) + np.repeat(starts[places] - offsets[:-1], mine)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(flat[at]))]
    return pa.Array.from_buffers(pa.string(), len(places), buffers)
