"""The same tests, slopes and level changes as published packages, where these are installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trueline.trends import trend_test
from trueline.trends.mann_kendall import hamed_rao_factor
from trueline.trends.many_series import (
    LEAST_DAYS,
    level_changes,
    level_prices,
    scan_many,
    without_cycle,
)
from trueline.trends.many_tests import plain_tests


@pytest.fixture(scope="module")
def mk() -> Any:
    return pytest.importorskip("pymannkendall", reason="pymannkendall is not installed")


@pytest.fixture(scope="module")
def ruptures() -> Any:
    return pytest.importorskip("ruptures", reason="ruptures is not installed")


def _series() -> np.ndarray:
    """Sixty rows of 200 days: noise, ties, autocorrelation, slopes, steps, gaps."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(60, 200))
    for day in range(1, 200):
        rows[20:40, day] += 0.6 * rows[20:40, day - 1]
    rows[::3] = rows[::3].round(1)
    rows[::4] += 0.01 * np.arange(200)
    rows[1::7, 120:] += 2.0
    rows[2::9, rng.integers(0, 200, 15)] = np.nan
    return rows


def test_score_tau_p_value_slope_and_intercept_are_those_of_pymannkendall(mk: Any) -> None:
    for row, found in zip(_series(), plain_tests(_series()), strict=True):
        their = mk.original_test(row)

        assert found.s == their.s
        assert (found.tau, found.z) == pytest.approx((their.Tau, their.z), rel=1e-12)
        assert found.variance == pytest.approx(their.var_s, rel=1e-12)
        assert found.p_value == pytest.approx(their.p, rel=1e-9, abs=1e-15)
        assert found.slope == pytest.approx(their.slope, rel=1e-12, abs=1e-15)
        assert found.intercept == pytest.approx(their.intercept, rel=1e-12, abs=1e-12)


def test_the_published_correction_for_autocorrelation_is_that_of_pymannkendall(mk: Any) -> None:
    for row in _series():
        if np.isnan(row).any():
            continue
        found, their = trend_test(row), mk.hamed_rao_modification_test(row)

        factor = hamed_rao_factor(row, found.slope)

        assert found.variance * factor == pytest.approx(their.var_s, rel=1e-9)


def test_the_seasonal_test_is_that_of_pymannkendall(mk: Any) -> None:
    for row in _series()[:, :192]:
        found, their = trend_test(row, season=12), mk.seasonal_test(row, period=12)

        assert found.s == their.s
        assert (found.tau, found.p_value) == pytest.approx((their.Tau, their.p), rel=1e-9)
        assert found.variance == pytest.approx(their.var_s, rel=1e-12)
        assert found.slope_per_season == pytest.approx(their.slope, rel=1e-12, abs=1e-15)


def test_the_covariance_of_seasons_is_that_of_pymannkendall(mk: Any) -> None:
    rows = np.random.default_rng(2).normal(size=(10, 120)) + np.repeat(np.arange(10), 12)
    for row in rows:
        found, their = trend_test(row, season=12), mk.correlated_seasonal_test(row, period=12)

        assert found.variance * found.inflation == pytest.approx(their.var_s, rel=1e-9)


def test_level_changes_are_those_of_pelt(ruptures: Any) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20, 150))
    values[::2, 60:] += 1.5
    values[::3, 100:] -= 2.0
    prices = level_prices(values)

    for row, price, found in zip(values, prices, level_changes(values, prices), strict=True):
        search = ruptures.Pelt(model="l2", min_size=LEAST_DAYS, jump=1).fit(row)
        assert found == search.predict(pen=price)[:-1]


def test_costs_of_segments_are_those_of_ruptures(ruptures: Any) -> None:
    from trueline.trends.segment_costs import segment_costs

    value = np.random.default_rng(4).normal(size=60)
    cost = segment_costs(value[:, None])
    level = ruptures.costs.CostL2().fit(value)

    for start, stop in ((0, 60), (3, 17), (20, 59)):
        assert cost[0, start, stop] == pytest.approx(level.error(start, stop), rel=1e-9)


def test_a_scan_takes_the_cycle_out_and_then_gives_the_same(mk: Any) -> None:
    values = _series()[:10] + np.resize([0.0, 0.0, 1.0, 0.0, 0.0, 3.0, 2.0], 200)

    for row, found in zip(without_cycle(values, 7), scan_many(values), strict=True):
        assert found.test.s == mk.original_test(row).s
