"""Fixed decimals: which float64 values are exactly integers times a power of ten.

For |integer| < 2**53 the quotient of two exact doubles is correctly rounded, so
`integer / 10**k == value` holds just when `value` is what the decimal text with k digits parses to;
writing the integer and dividing when reading therefore gives the very same double."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MAX_DECIMALS = 6
MAX_INTEGER = 2**53

_PROBE = 512  # values tried first, so that most wrong scales cost little


def exact_decimals(values: npt.NDArray[np.float64]) -> tuple[int | None, int]:
    """The smallest k that is exact for all `values`, and the largest |value * 10**k|;
    (None, 0) when no k up to MAX_DECIMALS is."""
    for decimals in range(MAX_DECIMALS + 1):
        if not _is_exact(values[:_PROBE], decimals):
            continue
        if _is_exact(values, decimals):
            largest = np.abs(values).max() if len(values) else 0.0
            return decimals, int(np.rint(largest * 10.0**decimals))
    return None, 0


def scaled(
    values: npt.NDArray[np.float64], decimals: int, magnitude: int
) -> npt.NDArray[np.signedinteger]:
    """`values * 10**decimals` as integers; NaN (no value) becomes 0."""
    integers = np.rint(np.nan_to_num(values) * 10.0**decimals)
    if magnitude < 2**31:
        return integers.astype(np.int32)
    return integers.astype(np.int64)


def _is_exact(values: npt.NDArray[np.float64], decimals: int) -> bool:
    factor = 10.0**decimals
    integers = np.rint(values * factor)
    if len(integers) and np.abs(integers).max() >= MAX_INTEGER:
        return False
    return bool(np.array_equal(integers / factor, values))
