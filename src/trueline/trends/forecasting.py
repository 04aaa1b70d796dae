"""Forecast of one series, with its uncertainty and the score of its own back-test.

    found = forecast(values, season=7, horizon=28)
    found.mean, found.lower, found.upper, found.quantile(0.9), found.score

One fixed default configuration, the same for every series: what differs is read from the series.
Equal input gives equal output; nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trueline.errors import InputError, Place
from trueline.trends.forecast_backtest import FEWEST_VALUES, BackTest, ForecastScore, back_test_of
from trueline.trends.forecast_combination import combined
from trueline.trends.forecast_intervals import Predictive, predictive, predictive_of_few
from trueline.trends.forecast_methods import Task, members_of
from trueline.trends.forecast_seasons import longer_seasons, repeated, seasons_of
from trueline.trends.forecast_series import Floats, history_of
from trueline.trends.forecast_spikes import without_spikes
from trueline.trends.one_thread import one_thread

LONGEST_HISTORY = 3000  # values
SEASONS_KEPT = 4  # of the longest season, where these are more
LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Step i (from 0) lies i + 1 steps after the last value; all arrays are (horizon,).

    `mean` is the point forecast, and the median of what may come. `quantiles` maps each of LEVELS
    to its array; `quantile` answers any other level. `score` is None where the history is too
    short for a back-test.
    """

    mean: Floats
    quantiles: Mapping[float, Floats]
    score: ForecastScore | None
    predictive: Predictive

    def quantile(self, level: float) -> Floats:
        """Values that are not exceeded with probability `level`, 0 < level < 1."""
        if not 0 < level < 1:
            raise InputError(
                f"{level} is no level of a quantile",
                place=Place(field="level"),
                mend="Give a share between 0 and 1.",
            )
        known = self.quantiles.get(level)
        return self.predictive.quantile(level) if known is None else known

    @property
    def lower(self) -> Floats:
        """Lower end of the 95 % interval."""
        return self.quantiles[0.025]

    @property
    def upper(self) -> Floats:
        """Upper end of the 95 % interval."""
        return self.quantiles[0.975]


def forecast(values: ArrayLike, season: int, horizon: int) -> Forecast:
    """Forecast `horizon` steps after `values` (one series in time order, NaN for a gap).

    `season` is the number of values after which a pattern comes again, 1 where none is known.
    Raises InputError for a season or horizon below 1 and for a series without a finite value.
    """
    for name, number in (("season", season), ("horizon", horizon)):
        if number < 1:
            raise InputError(
                f"{number} is too small", place=Place(field=name), mend="Give 1 or more."
            )
    history = history_of(values, season)[-longest_history(season) :]
    history = without_spikes(history, seasons_of(history, season))
    if len(history) < FEWEST_VALUES:
        return _found(predictive_of_few(history, horizon), None)
    test = back_test_of(history, horizon)
    with one_thread():
        members = members_of(Task(history, season, horizon, test))
    paths = combined(members, test.truth)
    ahead = predictive(history, paths, test.truth)
    return _found(ahead, _score(history, season, test, paths, ahead))


def longest_history(season: int) -> int:
    """What lies further back is left out: it costs time and tells little of what comes next."""
    return max(LONGEST_HISTORY, SEASONS_KEPT * (season, *longer_seasons(season))[-1])


def forecast_many(series: Iterable[ArrayLike], season: int, horizon: int) -> Iterator[Forecast]:
    """The forecast of each series in turn, as it is asked for; they may differ in length.

    One after the other: threads were tried and gained nothing, for the steps are too small.
    """
    return (forecast(values, season, horizon) for values in series)


def _found(ahead: Predictive, score: ForecastScore | None) -> Forecast:
    quantiles = {level: ahead.quantile(level) for level in LEVELS}
    for one in quantiles.values():
        one.setflags(write=False)
    return Forecast(quantiles[0.5], quantiles, score, ahead)


def _score(
    history: Floats, season: int, test: BackTest, paths: Floats, ahead: Predictive
) -> ForecastScore:
    known = np.isfinite(test.truth)
    step = season if test.fit_end >= season else 1
    naive = repeated(history, step, test.origins, test.truth.shape[1])
    return ForecastScore(
        origins=len(test.origins),
        error=float(np.abs(paths[:-1] - test.truth)[known].mean()),
        naive_error=float(np.abs(naive - test.truth)[known].mean()),
        covered=ahead.share_covered(paths[:-1], test.truth),
    )
