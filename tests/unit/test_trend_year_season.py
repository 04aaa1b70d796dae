"""What comes again in the next year is season; what does not is left in."""

from __future__ import annotations

import numpy as np
import pytest

from trueline.trends.cohort import Cohort
from trueline.trends.course_kind import Kind
from trueline.trends.deterioration import scan_groups
from trueline.trends.year_season import SURE, repeats_by_year, without_year, year_season

DAYS = 912  # two and a half years


def _noise(rng: np.random.Generator, persistence: float) -> np.ndarray:
    noise = rng.normal(size=DAYS)
    for at in range(1, DAYS):
        noise[at] += persistence * noise[at - 1]
    return noise


def _year(peak: int) -> np.ndarray:
    wave: np.ndarray = np.cos(2 * np.pi * (np.arange(DAYS) - peak) / 365.25)
    return wave


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.8])
def test_noise_and_drift_have_a_season_of_the_year_once_in_a_hundred(persistence: float) -> None:
    """300 runs: 3 are expected at 1 %, and more than 9 come about once in a thousand times."""
    drift = 0.003 * np.arange(DAYS)
    called = sum(
        repeats_by_year(_noise(np.random.default_rng([7, seed]), persistence) + drift) <= SURE
        for seed in range(300)
    )

    assert called <= 9


def test_a_season_that_comes_again_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(1)
    season = 2 * _year(800)
    series = season + 0.002 * np.arange(DAYS) + rng.normal(size=DAYS)
    series[300:330] = np.nan

    plain, having = without_year(np.array([series, rng.normal(size=DAYS)]))

    assert having.tolist() == [True, False]
    seen = np.isfinite(series)
    assert (series - plain[0])[seen] == pytest.approx((season - season.mean())[seen], abs=0.35)


def test_weeks_have_the_same_season_as_their_days() -> None:
    series = 2 * _year(800) + 0.1 * np.random.default_rng(2).normal(size=DAYS)
    weeks = series[-910:].reshape(-1, 7).mean(axis=1)

    assert repeats_by_year(weeks, 7) <= SURE
    assert np.ptp(year_season(weeks, 7)) == pytest.approx(np.ptp(year_season(series)), rel=0.05)


def test_one_bad_month_is_no_season() -> None:
    series = np.random.default_rng(3).normal(size=DAYS)
    series[500:530] += 8

    assert repeats_by_year(series) > SURE


def test_less_than_two_years_are_left_alone() -> None:
    series = _year(0)[None, :700]

    plain, having = without_year(series)

    assert plain is series
    assert not having.any()


def test_a_drift_that_the_season_hides_is_found_and_the_season_alone_is_told_as_season() -> None:
    """One series rises within each year and falls back, and ends soon after; one worsens while its
    year, which peaks in the middle of the days, hides that."""
    rng = np.random.default_rng(4)
    day = np.arange(DAYS)
    share = 0.02 * np.exp(0.1 * rng.normal(size=(12, 8, DAYS)))
    share = share[:, :, :760]
    day = day[:760]
    share[0] *= np.exp((day % 365.25) / 365.25)
    share[1] *= np.exp(0.5 * _year(380)[:760] + 0.0006 * day)
    weight = np.full((8, 760), 86_400.0)

    found = scan_groups([Cohort(one * weight, weight) for one in share])

    assert found[0].kind is Kind.SEASON
    assert found[1].kind is Kind.DETERIORATION
    assert {one.kind for one in found[2:]} == {Kind.NO_TREND_FOUND}
