"""Seasons: which ones a series shows, their shape, and forecasts that repeat the last one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trueline.trends.forecast_series import Floats, Ints

FADE = 0.8  # weight of a season against the next one: shapes change
CYCLES = (7, 12, 24, 52, 168, 365)  # days, months, hours, weeks: what calendars give series
WEEK, DAY_PARTS, YEAR = 7, 24, 365  # days; parts of a day; days
SURE = 3.0  # standard errors of the autocorrelation


def seasons_of(values: Floats, season: int) -> tuple[int, ...]:
    """The season asked for (where it is one), and a longer one that may stand behind it.

    A season of 24 parts, or of a multiple, is taken for a day, and its week is tried with it.
    Behind a week may stand a year, and a series without a season may hide one that nobody named:
    these count where changes one cycle apart are alike beyond doubt.
    """
    given = (season,) if season > 1 else ()
    behind = longer_seasons(season)
    if season % DAY_PARTS == 0:
        return given + behind
    changes = _plain_changes(values, season)
    likeness = {cycle: _likeness(changes, cycle) for cycle in behind}
    likeliest = max(likeness, key=lambda cycle: likeness[cycle], default=0)
    return (*given, likeliest) if likeness.get(likeliest, 0.0) > SURE else given


def longer_seasons(season: int) -> tuple[int, ...]:
    """What may stand behind a season, the longest last."""
    if season % DAY_PARTS == 0:
        return (WEEK * season,)
    return CYCLES if season == 1 else (YEAR,) if season == WEEK else ()


def _plain_changes(values: Floats, season: int) -> Floats:
    """Changes from value to value without the mean of their phase, large ones cut to size."""
    changes = np.diff(values)
    if len(changes) < 2 * season:
        return changes[:0]
    phase = np.arange(len(changes)) % season
    changes = changes - (np.bincount(phase, changes) / np.bincount(phase))[phase]
    limit = 6 * np.median(np.abs(changes - np.median(changes)))
    return np.clip(changes, -limit, limit) if limit > 0 else changes


def _likeness(changes: Floats, cycle: int) -> float:
    """Autocorrelation at `cycle`, in standard errors."""
    size = float(changes @ changes)
    if len(changes) < 2 * cycle or size <= 0:
        return 0.0
    return float(changes[cycle:] @ changes[:-cycle]) / size * float(np.sqrt(len(changes) - cycle))


def seasonal_shape(values: Floats, season: int) -> Floats:
    """Offsets of each phase (index modulo season) from the centred moving mean; they sum to zero.

    Later seasons weigh more. `values` hold at least two seasons.
    """
    window = np.full(season, 1.0 / season)
    if season % 2 == 0:
        window = np.concatenate([[0.5], np.ones(season - 1), [0.5]]) / season
    level = np.convolve(values, window, "valid")
    first = (len(window) - 1) // 2
    phase = (first + np.arange(len(level))) % season
    weight = FADE ** ((len(level) - 1 - np.arange(len(level))) // season)
    offsets = values[first : first + len(level)] - level
    shape = np.bincount(phase, weight * offsets, season) / np.bincount(phase, weight, season)
    centred: Floats = shape - shape.mean()
    return centred


def phases_ahead(origins: Ints, horizon: int, season: int) -> Ints:
    """Phase of each step after each origin, (origins, horizon)."""
    phases: Ints = (origins[:, None] + np.arange(horizon)) % season
    return phases


def repeated(values: Floats, season: int, origins: Ints, horizon: int) -> Floats:
    """The last season again, (origins, horizon); with a season of 1, the last value."""
    again: Floats = values[origins[:, None] - season + np.arange(horizon) % season]
    return again


def moved(values: Floats, season: int, origins: Ints, horizon: int) -> Iterator[tuple[str, Floats]]:
    """The last season again, moved on in two ways; needs two seasons before each origin.

    *grown*: by half of the change between the last two seasons, again for each season ahead.
    *levelled*: by the median change of the last values against one season before.
    """
    again = repeated(values, season, origins, horizon)
    seasons_ahead = 1 + np.arange(horizon) // season
    sums = np.concatenate([[0.0], np.cumsum(values)])
    growth = (sums[origins] - 2 * sums[origins - season] + sums[origins - 2 * season]) / season
    yield "grown", again + 0.5 * growth[:, None] * seasons_ahead
    recent = origins[:, None] - 1 - np.arange(min(season, horizon))
    change = np.median(values[recent] - values[recent - season], axis=1)
    yield "levelled", again + change[:, None]
