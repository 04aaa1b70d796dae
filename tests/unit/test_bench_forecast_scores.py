"""Forecast scores, each worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from bench.forecast_scores import (
    BreachCase,
    auc,
    breach_lines,
    brier,
    date_f1,
    mape,
    mase,
    owa,
    smape,
)


def test_smape_relates_the_error_to_both_sizes() -> None:
    """200 * 10 / (100 + 110) = 9.5238...; 0 against 0 is no error: the mean is half of it."""
    assert smape(np.array([100.0, 0.0]), np.array([110.0, 0.0])) == pytest.approx(2000 / 210 / 2)


def test_mase_is_scaled_by_the_steps_from_season_to_season() -> None:
    """Training 1, 5, 3, 9, season 2: |3 - 1| and |9 - 5|, mean 3. Errors 3 and 6: 4.5 / 3."""
    train = np.array([1.0, 5.0, 3.0, 9.0])

    assert mase(np.array([4.0, 10.0]), np.array([7.0, 4.0]), train, 2) == pytest.approx(1.5)


def test_mape_leaves_out_steps_without_a_size() -> None:
    """|4 - 5| / 4 = 25 %; the zero cannot be told in percent."""
    assert mape(np.array([4.0, 0.0]), np.array([5.0, 3.0])) == pytest.approx(25.0)


def test_owa_is_one_for_the_reference_itself() -> None:
    assert owa(9.161, 2.777, (9.161, 2.777)) == pytest.approx(1.0)
    assert owa(4.5, 3.0, (9.0, 2.0)) == pytest.approx((0.5 + 1.5) / 2)


def test_lines_lie_half_a_seasonal_step_outside_the_last_values() -> None:
    """Steps of 2, 2 and 4, mean 8/3, half of it 4/3; the last two values are 5 and 9."""
    upper, lower = breach_lines(np.array([1.0, 3.0, 5.0, 9.0]), 1, 2)

    assert (upper, lower) == (pytest.approx(9 + 4 / 3), pytest.approx(5 - 4 / 3))


def _case(chances: list[float], beyond: list[int]) -> BreachCase:
    return BreachCase(np.array(chances), np.array(beyond, dtype=bool))


def test_brier_and_auc_judge_the_highest_probability() -> None:
    """(0.8 - 1)^2, (0.4 - 0)^2, (0.3 - 1)^2, mean 0.69 / 3. Of the two pairs, one is in order."""
    cases = [_case([0.2, 0.8], [0, 1]), _case([0.4, 0.1], [0, 0]), _case([0.3, 0.3], [1, 1])]

    assert brier(cases) == pytest.approx(0.69 / 3)
    assert auc(cases) == pytest.approx(0.5)


def test_a_date_is_right_within_a_tenth_of_the_horizon_or_one_step() -> None:
    """Three dated, three happened, one of them right: 2 * 1 / (3 + 3)."""
    cases = [
        _case([0.1, 0.6, 0.9], [1, 1, 0]),  # one step late: right
        _case([0.5, 0.6, 0.9], [0, 0, 1]),  # two steps early
        _case([0.9, 0.9, 0.9], [0, 0, 0]),  # never happened
        _case([0.4, 0.4, 0.4], [0, 1, 0]),  # not dated
    ]

    assert date_f1(cases) == pytest.approx(1 / 3)


def test_a_long_horizon_allows_more_steps() -> None:
    """A tenth of 30 steps is 3."""
    chances, beyond = np.zeros(30), np.zeros(30, dtype=bool)
    chances[10:], beyond[13:] = 0.7, True

    assert BreachCase(chances, beyond).right
    assert not BreachCase(np.roll(chances, -1), beyond).right
