"""Forecast to breach: how likely a series goes beyond its line, at each step, and when it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trueline.errors import InputError, Place
from trueline.trends.breach_passage import crossed_by
from trueline.trends.forecast_backtest import ForecastScore
from trueline.trends.forecast_series import Floats
from trueline.trends.forecasting import Forecast, forecast

ABOVE = frozenset({"above", "over", "up", "gt", "ge", ">", ">="})
BELOW = frozenset({"below", "under", "down", "lt", "le", "<", "<="})
EARLY, LIKELY, LATE = 0.1, 0.5, 0.9  # probabilities that date a breach


@dataclass(frozen=True)
class BreachDate:
    """When a series first goes beyond its line. Steps count from 0, the first after the last value.

    `probability` is the chance that it does within the horizon. By step `expected` the chance has
    reached 0.5, by `earliest` 0.1 and by `latest` 0.9; None is "not within the horizon".
    """

    probability: float
    expected: int | None
    earliest: int | None
    latest: int | None
    score: ForecastScore | None


def breach_probability(
    values: ArrayLike, season: int, horizon: int, threshold: ArrayLike, direction: str
) -> Floats:
    """P(value beyond threshold) at each of `horizon` steps after `values`, an array (horizon,).

    `direction` names the side on which the promise is broken: above (over, up, GT, GE, >, >=) or
    below (under, down, LT, LE, <, <=). `threshold` is one number, or one for each step.
    """
    return breach_chances(forecast(values, season, horizon), threshold, direction)


def breach_chances(found: Forecast, threshold: ArrayLike, direction: str) -> Floats:
    """The same from a forecast that was made already."""
    line = np.asarray(threshold, dtype=np.float64)
    if line.shape not in ((), found.mean.shape) or np.isnan(line).any():
        raise InputError(
            f"the threshold is not one number, nor one for each of {len(found.mean)} steps",
            place=Place(field="threshold"),
            mend="Give a number.",
        )
    lines = np.broadcast_to(line, found.mean.shape)
    word = str(direction).strip().lower()
    if word in ABOVE:
        return found.predictive.above(lines)
    if word in BELOW:
        return found.predictive.below(lines)
    raise InputError(
        f"'{direction}' is no direction", place=Place(field="direction"), mend="Say above or below."
    )


def breach_date(found: Forecast, threshold: ArrayLike, direction: str) -> BreachDate:
    """When the forecast series first goes beyond the threshold, with interval and score."""
    crossed = crossed_by(breach_chances(found, threshold, direction))
    return BreachDate(
        probability=float(crossed[-1]),
        expected=_first(crossed, LIKELY),
        earliest=_first(crossed, EARLY),
        latest=_first(crossed, LATE),
        score=found.score,
    )


def breach_dates(
    found: Sequence[Forecast], thresholds: Sequence[ArrayLike], direction: str
) -> list[BreachDate]:
    """One for each series of a scan."""
    return [breach_date(a, b, direction) for a, b in zip(found, thresholds, strict=True)]


def _first(chances: Floats, at_least: float) -> int | None:
    reached = np.flatnonzero(chances >= at_least)
    return int(reached[0]) if len(reached) else None
