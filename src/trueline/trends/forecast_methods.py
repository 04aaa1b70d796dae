"""The methods whose forecasts are combined, each run for the back-test and for the future."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from trueline.trends.forecast_autoregression import Lags, autoregress
from trueline.trends.forecast_backtest import BackTest
from trueline.trends.forecast_seasons import (
    moved,
    phases_ahead,
    repeated,
    seasonal_shape,
    seasons_of,
)
from trueline.trends.forecast_series import RAW, Floats, Form, Ints, forms_of
from trueline.trends.forecast_smoothing import damped

SHORT_LAGS = (4, 12, 26)
LONGEST_LAGS = 200  # a regression on more lags costs more than it gains
TWO_SEASONS = 60  # up to this season, two of them are tried as lags


@dataclass(frozen=True)
class Member:
    """One method's paths: (origins + 1, horizon), the last row is the future."""

    kind: str
    paths: Floats


@dataclass(frozen=True)
class Task:
    """What is to be forecast. `seasons` are those that the history before the test can show."""

    values: Floats
    season: int
    horizon: int
    test: BackTest
    seasons: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        shown = seasons_of(self.values, self.season)
        object.__setattr__(self, "seasons", tuple(s for s in shown if self.allows(s)))

    def allows(self, lags: int) -> bool:
        return self.test.fit_end >= 2 * lags + min(self.horizon, self.test.fit_end // 3)

    @property
    def end(self) -> int:
        return len(self.values)

    @property
    def all_origins(self) -> Ints:
        return np.append(self.test.origins, self.end)


def members_of(task: Task) -> list[Member]:
    """Every method that the length of the history allows, on every scale that fits it.

    Seasons are taken out on the scales on which they are proportions, where the values allow it.
    """
    forms = forms_of(task.values)
    found = [*_repeats(task)]
    for form in forms:
        found += _bounded(task, form, _on_scale(task, form))
    for form in forms[1:] or (RAW,):
        found += _bounded(task, form, _deseasonalised(task, form))
    return found + _smoothed(task, forms[1:] or (RAW,))


def _repeats(task: Task) -> Iterator[Member]:
    for season in (1, *task.seasons):
        paths = repeated(task.values, season, task.all_origins, task.horizon)
        yield Member("repeated", paths)


def _on_scale(task: Task, form: Form) -> Iterator[Member]:
    values = form.there(task.values)
    for season in task.seasons:
        for kind, paths in moved(values, season, task.all_origins, task.horizon):
            yield Member(kind, paths)
    for lags in _lags(task):
        yield from _regressed("autoregression", values, lags, task)


def _lags(task: Task) -> Iterator[Lags]:
    if task.season == 1:
        yield from (Lags(count) for count in SHORT_LAGS if task.allows(count))
    for season in task.seasons:
        if season < LONGEST_LAGS:
            yield Lags(season + 1)
            yield Lags(season, season)
        if season <= TWO_SEASONS and task.allows(2 * season + 1):
            yield Lags(2 * season, season)
            yield Lags(2 * season + 1)


def _regressed(
    kind: str, values: Floats, lags: Lags, task: Task, shapes: tuple[Floats, Floats] | None = None
) -> Iterator[Member]:
    """Direct and recursive autoregression, with the season's `shapes` taken out and put back."""
    nothing = np.zeros(1)
    before, now = shapes or (nothing, nothing)
    fits = (
        (before, task.test.fit_end, task.test.origins),
        (now, task.end, task.all_origins[-1:]),
    )
    answers = []
    for shape, fit_end, origins in fits:
        plain = values - np.resize(shape, task.end)
        paths = autoregress(plain, lags, task.horizon, fit_end, origins)
        if paths is None:
            return
        usual = shape[phases_ahead(origins, task.horizon, len(shape))]
        answers.append([path + usual for path in paths])
    for tested, future in zip(*answers, strict=True):
        yield Member(kind, np.concatenate([tested, future]))


def _deseasonalised(task: Task, form: Form) -> Iterator[Member]:
    values = form.there(task.values)
    for season in task.seasons:
        shapes = (
            seasonal_shape(values[: task.test.fit_end], season),
            seasonal_shape(values, season),
        )
        for count in SHORT_LAGS:
            if task.allows(count):
                yield from _regressed("adjusted", values, Lags(count), task, shapes)


def _smoothed(task: Task, forms: Sequence[Form]) -> list[Member]:
    """Damped trends, all scales and seasons in one pass over time."""
    plans = []
    for form in forms:
        values = form.there(task.values)
        for season in task.seasons or (1,):
            for fit_end in (task.test.fit_end, task.end):
                shape = seasonal_shape(values[:fit_end], season) if season > 1 else np.zeros(1)
                plans.append((form, shape, fit_end, values - np.resize(shape, task.end)))
    series = np.array([plan[3] for plan in plans])
    fit_ends = np.array([plan[2] for plan in plans])
    paths = damped(series, fit_ends, task.all_origins, task.horizon)
    found: list[Member] = []
    for at in range(0, len(plans), 2):
        rows = []
        for (_, shape, _, _), path in zip(plans[at : at + 2], paths[at : at + 2], strict=True):
            rows.append(path + shape[phases_ahead(task.all_origins, task.horizon, len(shape))])
        whole = np.concatenate([rows[0][:-1], rows[1][-1:]])
        found += _bounded(task, plans[at][0], [Member("smoothed", whole)])
    return found


def _bounded(task: Task, form: Form, members: Iterator[Member] | list[Member]) -> list[Member]:
    """Back on the scale of the values, at most three spans of the history outside of it."""
    low, high = task.values.min(), task.values.max()
    room = 3 * (high - low) * max(1.0, task.horizon / task.end)
    ceiling = form.there(np.array([high + room]))[0]
    return [
        Member(
            one.kind, np.clip(form.back(np.minimum(one.paths, ceiling)), low - room, high + room)
        )
        for one in members
    ]
