"""Values as they are handed in: lists, arrays, missing points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trueline.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
Values: TypeAlias = "Sequence[float | int | None] | Sequence[Sequence[float | int | None]] | Floats"


@dataclass(frozen=True)
class Observed:
    """The points of a series that were observed; a missing point is not a zero."""

    position: NDArray[np.intp]
    """0-based places of the observed points in the series as handed in, (n,)."""
    value: Floats
    """One row a point, one column a dimension, (n, d)."""
    length: int
    """Points of the series as handed in, observed or not."""


def observed(values: Values) -> Observed:
    """Values in any of the accepted shapes; None, NaN and infinities count as missing.

    Shapes (n,) and (n, d); of the latter a point counts as observed when all its d values are.
    Raises InputError for anything else.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"values are not numbers: {error}",
            mend="give numbers; None or NaN where one is missing",
        ) from error
    if array.ndim > 2:
        raise InputError(
            f"values have {array.ndim} dimensions", mend="give one series, or rows of d values"
        )
    columns = array.reshape(len(array), -1) if array.size else np.empty((0, 1))
    seen = np.isfinite(columns).all(axis=1)
    return Observed(np.flatnonzero(seen), columns[seen], len(columns))


def one_series(values: Values) -> Observed:
    """The same, refused when there is more than one dimension."""
    series = observed(values)
    if series.value.shape[1] != 1:
        raise InputError(
            f"values have {series.value.shape[1]} columns", mend="give one series at a time"
        )
    return series


def to_unit_size(values: Floats) -> Floats:
    """Values times a power of two (so exactly), the largest between 0.5 and 1 in size, (n,).

    Squares of what remains neither overflow nor vanish. Values that are all 0 stay as they are.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return values
    exponent = int(np.frexp(largest)[1])
    half = exponent // 2
    return np.ldexp(np.ldexp(values, -half), half - exponent)
