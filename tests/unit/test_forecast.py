"""What holds of every forecast, whatever the series."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends import forecast, forecast_many


def _daily(length: int, seed: int = 1) -> np.ndarray:
    """Counts with a weekly season, a slow rise and noise."""
    draws = np.random.default_rng(seed)
    day = np.arange(length)
    return 100 + 0.1 * day + 10 * np.sin(2 * np.pi * day / 7) + draws.normal(0, 3, length)


def test_importing_needs_no_settings_of_a_web_application() -> None:
    code = "import sys, trueline.trends; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_weekly_season_with_a_rise_goes_on() -> None:
    """Without noise the next two weeks are known: errors stay below a tenth of the season."""
    day = np.arange(150 + 14)
    truth = 100 + 0.1 * day + 10 * np.sin(2 * np.pi * day / 7)

    found = forecast(truth[:150], 7, 14)

    assert np.abs(found.mean - truth[150:]).max() < 1


@pytest.mark.parametrize("season", [1, 7, 24])
def test_quantiles_are_ordered_and_open_with_the_horizon(season: int) -> None:
    found = forecast(_daily(200), season, 30)

    lines = np.array([found.quantiles[level] for level in sorted(found.quantiles)])
    assert (np.diff(lines, axis=0) > 0).all()
    assert found.upper[-1] - found.lower[-1] > found.upper[0] - found.lower[0]
    assert (found.quantile(0.5) == found.mean).all()
    assert (found.quantile(0.6) > found.mean).all()


def test_a_year_of_noise_is_covered() -> None:
    """Forty series of pure noise: 95 % intervals hold between 90 and 99 % of 560 values."""
    draws = np.random.default_rng(11)
    inside = []
    for _ in range(40):
        values = draws.normal(50, 5, 134)
        found = forecast(values[:120], 7, 14)
        inside.append((values[120:] >= found.lower) & (values[120:] <= found.upper))

    assert 0.90 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("factor", [1e-6, 0.25, 1e6])
def test_another_unit_gives_the_same_forecast_in_that_unit(factor: float) -> None:
    ours, theirs = (forecast(values, 7, 14) for values in (_daily(120), factor * _daily(120)))

    for level, line in ours.quantiles.items():
        assert theirs.quantiles[level] == pytest.approx(factor * line, rel=1e-6)


def test_a_shift_of_values_of_both_signs_shifts_the_forecast() -> None:
    """Series that go below zero are taken as they are, without a root or logarithm."""
    values = _daily(120) - 110
    ours, theirs = forecast(values, 7, 14), forecast(values - 5, 7, 14)

    assert theirs.lower == pytest.approx(ours.lower - 5, abs=1e-6)
    assert theirs.mean == pytest.approx(ours.mean - 5, abs=1e-6)


def test_gaps_are_bridged() -> None:
    """Every seventh value missing, and the first and last: close to the forecast without gaps."""
    values = _daily(140)
    holed = values.copy()
    holed[[0, 1, -1]] = np.nan
    holed[3::7] = np.nan

    whole, found = forecast(values, 7, 14), forecast(holed, 7, 14)

    assert np.isfinite(list(found.quantiles.values())).all()
    assert np.abs(found.mean - whole.mean).max() < 10


@pytest.mark.parametrize("at", [40, -1])
def test_a_single_spike_does_not_pull_the_forecast(at: int) -> None:
    """A reading of 5,000 among values near 100, in the middle or at the very end."""
    values = _daily(140)
    spiked = values.copy()
    spiked[at] = 5000

    plain, found = forecast(values, 7, 14), forecast(spiked, 7, 14)

    assert np.abs(found.mean - plain.mean).max() < 5
    assert np.abs(found.upper - plain.upper).max() < 10


def test_a_change_that_lasts_is_followed() -> None:
    """Thirty values on a level 50 higher: the forecast is nearer to the new level."""
    values = _daily(140)
    values[-30:] += 50

    assert forecast(values, 7, 7).mean.mean() > 114 + 25


def test_the_same_series_gives_the_same_bytes() -> None:
    first, again = forecast(_daily(100), 7, 7), forecast(list(_daily(100)), 7, 7)

    assert first.upper.tobytes() == again.upper.tobytes()


@pytest.mark.parametrize("season", [1, 2, 7, 24, 365])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 8, 30])
def test_short_series_are_answered(length: int, season: int) -> None:
    values = np.random.default_rng(length).normal(10, 1, length)

    for horizon in (1, 40):
        found = forecast(values, season, horizon)
        assert found.mean.shape == (horizon,)
        assert np.isfinite(list(found.quantiles.values())).all()
        assert (found.score is None) == (length < 4)


@pytest.mark.parametrize("value", [0.0, 7.5, -3.0])
def test_a_constant_stays(value: float) -> None:
    found = forecast([value] * 40, 7, 10)

    assert found.mean == pytest.approx(np.repeat(value, 10), abs=1e-9)
    assert found.upper - found.lower == pytest.approx(np.zeros(10), abs=1e-6)


def test_a_single_value_is_as_uncertain_as_it_is_large() -> None:
    found = forecast([8.0], 1, 3)

    assert found.mean.tolist() == [8.0, 8.0, 8.0]
    assert found.lower[0] < 0 < 16 < found.upper[0]


def test_counts_that_are_mostly_zero_are_answered() -> None:
    values = np.random.default_rng(5).poisson(0.2, 120)

    found = forecast(values, 7, 14)

    assert (found.mean >= 0).all()
    assert (found.upper < 5).all()


def test_the_score_says_how_much_better_than_repeating_the_last_season() -> None:
    """Noise of 3 around a season: repeating it errs by 3 sqrt(2) sqrt(2 / pi) = 3.4 and more, the
    best possible forecast by 3 sqrt(2 / pi) = 2.4."""
    score = forecast(_daily(300), 7, 14).score

    assert score is not None
    assert score.origins == 12
    assert 1.8 < score.error < 3.2
    assert score.naive_error > score.error
    assert score.skill == pytest.approx(1 - score.error / score.naive_error)
    assert 0.85 < score.covered <= 1


def test_a_forecast_travels_between_processes() -> None:
    found = forecast(_daily(60), 7, 3)

    again = pickle.loads(pickle.dumps(found))

    assert again.upper.tolist() == found.upper.tolist()
    assert again.score == found.score


def test_many_are_the_same_as_one_by_one() -> None:
    series = [_daily(60), _daily(90, 2), [1.0, 2.0]]

    found = list(forecast_many(series, 7, 5))

    for one, values in zip(found, series, strict=True):
        assert one.mean.tobytes() == forecast(values, 7, 5).mean.tobytes()


@pytest.mark.parametrize(
    ("values", "season", "horizon", "field"),
    [
        ([1.0, 2.0], 0, 1, "season"),
        ([1.0, 2.0], 1, 0, "horizon"),
        ([], 1, 1, "values"),
        ([np.nan, np.nan], 1, 1, "values"),
        ([[1.0, 2.0]], 1, 1, "values"),
    ],
)
def test_what_cannot_be_forecast_is_refused_by_name(
    values: list[float], season: int, horizon: int, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        forecast(values, season, horizon)

    assert refused.value.place.field == field


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_level_outside_of_zero_to_one_is_refused(level: float) -> None:
    with pytest.raises(InputError):
        forecast([1.0, 2.0, 3.0], 1, 1).quantile(level)


def test_values_too_large_to_be_squared_are_refused_and_the_smallest_are_zero() -> None:
    with pytest.raises(InputError, match="larger unit"):
        forecast([1.0, 1e200, 2.0], 1, 2)

    assert forecast([1e-300] * 30, 1, 2).mean.tolist() == [0.0, 0.0]
