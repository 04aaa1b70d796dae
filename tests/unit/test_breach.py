"""Probability and date of going beyond a line."""

from __future__ import annotations

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends import breach_chances, breach_date, breach_dates, breach_probability, forecast
from trueline.trends.breach_passage import crossed_by


def _values(length: int = 120) -> np.ndarray:
    draws = np.random.default_rng(3)
    day = np.arange(length)
    return 50 + 5 * np.sin(2 * np.pi * day / 7) + draws.normal(0, 2, length)


def test_a_line_further_out_is_less_likely_to_be_crossed() -> None:
    found = forecast(_values(), 7, 14)
    lines = np.linspace(20, 90, 30)

    above = np.array([breach_chances(found, line, "above") for line in lines])
    below = np.array([breach_chances(found, line, "below") for line in lines])

    assert (np.diff(above, axis=0) <= 0).all()
    assert (np.diff(below, axis=0) >= 0).all()
    assert above + below == pytest.approx(np.ones_like(above))


def test_the_chance_at_a_quantile_is_the_rest_of_the_level() -> None:
    found = forecast(_values(), 7, 14)

    assert breach_chances(found, found.quantile(0.9), "above") == pytest.approx(np.full(14, 0.1))
    assert breach_chances(found, found.quantile(0.25), "below") == pytest.approx(np.full(14, 0.25))


@pytest.mark.parametrize(
    ("word", "same"), [("GT", "above"), (" ge ", "above"), (">", "above"), ("LT", "below")]
)
def test_words_of_comparison_name_the_side(word: str, same: str) -> None:
    ours = breach_probability(_values(), 7, 5, 55.0, word)

    assert ours.tolist() == breach_probability(_values(), 7, 5, 55.0, same).tolist()


def test_a_constant_on_its_line_is_not_beyond_it() -> None:
    assert breach_probability([3.0] * 30, 1, 2, 3.0, "above").tolist() == [0.0, 0.0]
    assert breach_probability([3.0] * 30, 1, 2, 3.0, "below").tolist() == [0.0, 0.0]
    assert breach_probability([3.0] * 30, 1, 2, 2.9, "above").tolist() == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(8))
def test_the_date_of_a_planted_ramp_lies_within_its_interval(seed: int) -> None:
    """100, plus one each day from day 60 on, with noise of 2. Seen until day 120, at 160: the ramp
    itself crosses 175.5 on day 136, the sixteenth day ahead, step 15."""
    draws = np.random.default_rng(seed)
    day = np.arange(120)
    values = 100 + np.maximum(day - 59, 0) + draws.normal(0, 2, 120)

    found = breach_date(forecast(values, 7, 60), 175.5, "above")

    assert found.earliest is not None
    assert found.earliest <= 15 <= (60 if found.latest is None else found.latest)
    assert found.expected is not None
    assert found.earliest <= found.expected
    assert found.probability > 0.5


def test_one_step_is_crossed_as_its_own_chance_says() -> None:
    assert crossed_by(np.array([0.3])) == pytest.approx([0.3], abs=0.002)


def test_independent_steps_multiply() -> None:
    """Three steps of 0.1, 0.2 and 0.5 on their own: 0.1; 1 - 0.9 * 0.8; 1 - 0.9 * 0.8 * 0.5."""
    found = crossed_by(np.array([0.1, 0.2, 0.5]), 0.0)

    assert found == pytest.approx([0.1, 0.28, 0.64], abs=0.002)


def test_two_steps_that_hang_together_cross_as_the_quadrant_says() -> None:
    """P(neither) at the medians of a bivariate normal: 1/4 + asin(0.5) / (2 pi) = 1/3."""
    found = crossed_by(np.array([0.5, 0.5]), 0.5)

    assert found == pytest.approx([0.5, 2 / 3], abs=0.002)


def test_certain_steps_stay_certain() -> None:
    assert crossed_by(np.array([0.0, 1.0, 0.0])) == pytest.approx([0.0, 1.0, 1.0], abs=1e-9)


def test_a_line_far_away_has_no_date() -> None:
    found = breach_date(forecast(_values(), 7, 14), 500.0, "above")

    assert (found.expected, found.earliest, found.latest) == (None, None, None)
    assert found.probability < 0.001
    assert found.score is not None


def test_a_scan_dates_each_series_against_its_own_line() -> None:
    found = [forecast(_values(), 7, 5), forecast(_values() + 30, 7, 5)]

    first, second = breach_dates(found, [200.0, 60.0], "above")

    assert first.expected is None
    assert second.expected == 0


@pytest.mark.parametrize(
    ("threshold", "direction", "field"),
    [
        (1.0, "sideways", "direction"),
        ([1.0, 2.0], "above", "threshold"),
        (np.nan, "above", "threshold"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    threshold: float, direction: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        breach_probability(_values(), 7, 5, threshold, direction)

    assert refused.value.place.field == field
