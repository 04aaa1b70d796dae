"""Values of members as an index of how each of them moved."""

from __future__ import annotations

import numpy as np

from trueline.trends.observations import Floats


def value_index(value: Floats, worse: int) -> Floats:
    """Members' values (members, days) as logarithms of their ratio to the member's own median.

    Higher is worse. An index of how members moved, not a figure of service: means and percentiles
    of different members are never averaged themselves, and a member that joins or leaves moves
    nothing.
    """
    positive = np.where(value > 0, value, np.nan)
    seen = np.isfinite(positive).any(axis=1)
    logarithm = np.full(value.shape, np.nan)
    logarithm[seen] = np.log(positive[seen])
    logarithm[seen] -= np.nanmedian(logarithm[seen], axis=1, keepdims=True)
    return worse * logarithm
