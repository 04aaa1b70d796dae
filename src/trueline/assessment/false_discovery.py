"""How sure a finding is when many were looked at: q-values over one scan.

Benjamini and Hochberg (1995); Benjamini and Yekutieli (2001) where dependence is feared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def q_values(
    p_values: Sequence[float] | Floats, *, dependent: bool = False, tests: int = 0
) -> Floats:
    """The smallest false-discovery share at which each p-value is called, in the order given.

    `p_values` (n,), all of one scan: the series looked at and found quiet count as well. A NaN,
    a series that could not be tested, stays NaN and is not counted. `dependent` guards against
    any dependence between the series, at the price of power. `tests`: how many were made in all,
    where those that are not given have larger p-values than all that are.
    """
    given = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(np.isfinite(given))
    q = np.full(len(given), np.nan)
    size = len(tested)
    if size == 0:
        return q
    order = tested[np.argsort(given[tested], kind="stable")]
    price = float((1 / np.arange(1, size + 1)).sum()) if dependent else 1.0
    raised = given[order] * max(size, tests) * price / np.arange(1, size + 1)
    q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q
