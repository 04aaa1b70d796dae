"""Many series at once give the answers of one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends import trend_test
from trueline.trends.many_series import (
    LEAST_DAYS,
    level_changes,
    level_prices,
    scan_many,
    without_cycle,
)
from trueline.trends.many_tests import plain_tests
from trueline.trends.segment_costs import partition, segment_costs

WEEK = np.array([0.0, 0.1, 0.0, 0.2, 0.5, 2.0, 1.8])


def _days(rows: int, days: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, days))


def test_each_row_is_tested_as_if_alone() -> None:
    values = _days(70, 120)
    values[3, 40:50] = np.nan

    found = scan_many(values, season=1)

    assert [one.test for one in found] == [trend_test(row) for row in values]


def test_each_row_of_a_long_block_is_tested_as_if_alone() -> None:
    """More than 180 days are worked side by side: ties, gaps, outliers, steps, constants."""
    values = _days(40, 250)
    values[::3] = values[::3].round(1)
    values[1, 30:60] = np.nan
    values[2, 5:] = np.nan
    values[3] = 4.0
    values[4, 100] = 1e9
    values[5, 125:] += 30.0
    values[6] = np.nan
    values[7] = np.arange(250)
    values[8, :240] = 0.0
    values[9] *= 1e200
    values[10] = np.cumsum(values[10])

    assert [repr(one) for one in plain_tests(values)] == [repr(trend_test(row)) for row in values]


def test_levels_are_partitioned_as_one_series_at_a_time() -> None:
    values = _days(6, 100)
    values[::2, 60:] += 2.5
    prices = np.full(6, 12.0)
    alone = [partition(segment_costs(row[:, None])[0], 12.0, LEAST_DAYS) for row in values]

    assert level_changes(values, prices) == [list(cuts) for cuts in alone]
    assert alone[0] == (60,)


def test_a_step_is_dated_and_missing_days_do_not_move_it() -> None:
    values = 0.3 * _days(2, 120)
    values[:, 70:] += 3.0
    values[1, 20:30] = np.nan

    assert [one.level_changes for one in scan_many(values)] == [[70], [70]]


def test_a_week_is_taken_out_exactly() -> None:
    values = np.tile(WEEK, 20)[None, :].repeat(2, axis=0)
    values[1, 30] = np.nan

    plain = without_cycle(values, 7)

    assert np.nanmax(np.abs(np.diff(plain[0]))) == pytest.approx(0.0, abs=1e-9)
    assert np.isnan(plain[1, 30])


def test_the_price_of_a_change_grows_with_autocorrelation_and_not_with_a_step() -> None:
    rng = np.random.default_rng(2)
    news = rng.normal(size=(40, 400))
    slow = news.copy()
    for at in range(1, 400):
        slow[:, at] += 0.6 * slow[:, at - 1]
    stepped = news.copy()
    stepped[:, 200:] += 5.0

    plain = np.median(level_prices(news))

    assert np.median(level_prices(slow)) > 3 * plain
    assert np.median(level_prices(stepped)) < 1.2 * plain


def test_rows_without_data_give_nothing() -> None:
    (found,) = scan_many(np.full((1, 60), np.nan))

    assert found.level_changes == []
    assert found.test.p_value == 1.0


def test_a_single_row_is_refused() -> None:
    with pytest.raises(InputError, match="1 dimensions"):
        scan_many(np.zeros(10))
