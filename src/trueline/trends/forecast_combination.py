"""One forecast from many: methods that erred less in the back-test weigh more.

The answer is midway between the weighted mean and the weighted median, so that no single method
that runs away takes the forecast with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trueline.trends.forecast_methods import Member
from trueline.trends.forecast_series import Floats

POWER = 4.0  # weight falls with this power of the error
CROWD = 0.75  # and with this power of how many members are of the same kind
NEIGHBOURS = 2  # origins whose futures overlap too much to judge one another


def combined(members: Sequence[Member], truth: Floats) -> Floats:
    """(origins + 1, horizon): the last row is the future; truth is (origins, horizon).

    What the back-test says of the combination must not have chosen its weights: each origin is
    answered with weights from origins more than NEIGHBOURS away from it, where there are any.
    """
    paths = np.array([member.paths for member in members])
    kinds = [member.kind for member in members]
    errors = back_test_errors(paths, truth)
    order = np.arange(len(truth))
    answer = np.empty(paths.shape[1:])
    for at in range(len(answer)):
        apart = np.abs(order - at) > NEIGHBOURS
        learnt = errors[:, apart] if at < len(truth) and apart.any() else errors
        weights = member_weights(kinds, learnt.mean(axis=1))
        middle = weighted_median(paths[:, at], weights)
        answer[at] = (weights @ paths[:, at] + middle) / 2
    return answer


def back_test_errors(paths: Floats, truth: Floats) -> Floats:
    """Mean absolute error of each member at each origin, where the truth is known."""
    missed: Floats = np.nanmean(np.abs(paths[:, :-1] - truth), axis=2)
    return missed


def member_weights(kinds: Sequence[str], errors: Floats) -> Floats:
    """Weights that sum to one."""
    tiny = 1e-9 * errors.max() + 1e-300
    weights = ((errors + tiny) / (errors.min() + tiny)) ** -POWER
    counts = np.array([float(kinds.count(kind)) for kind in kinds])
    weights = weights * counts**-CROWD
    normed: Floats = weights / weights.sum()
    return normed


def weighted_median(paths: Floats, weights: Floats) -> Floats:
    """Over the first axis: the least value that at least half of the weight does not exceed."""
    order = np.argsort(paths, axis=0, kind="stable")
    below = np.cumsum(weights[order], axis=0)
    half = (below >= 0.5 * below[-1]).argmax(axis=0)
    chosen = np.take_along_axis(order, half[None], axis=0)
    median: Floats = np.take_along_axis(paths, chosen, axis=0)[0]
    return median
