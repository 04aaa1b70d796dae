"""Tests and slopes against published figures, hand arithmetic and slow definitions."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from trueline.assessment.false_discovery import q_values
from trueline.errors import InputError
from trueline.trends import trend_test
from trueline.trends.mann_kendall import Score, standard_score, two_sided
from trueline.trends.pair_slopes import PairSlopes
from trueline.trends.pettitt import pettitt_test

EPA = [10, 10, 10, 5, 10, 20, 18, 17, 15, 24, 15]
P_VALUES = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_o21_mann_kendall_with_ties() -> None:
    """EPA QA/G-9S page 109: 11 * 10 * 27 = 2970 less 4*3*13 and 2*1*9, over 18."""
    found = trend_test(EPA)

    assert found.s == 22
    assert found.variance == pytest.approx((2970 - 156 - 18) / 18)
    assert found.z == pytest.approx(1.685, abs=5e-4)
    assert found.p_value == pytest.approx(0.0920, abs=5e-5)
    assert found.slope == 1.0


def test_the_interval_is_read_from_the_ordered_slopes() -> None:
    """Gilbert (1987) 16.4: C = 1.96 * 12.463 = 24.4, ranks (55 - 24.4) / 2 and (55 + 24.4) / 2."""
    slopes = sorted((EPA[j] - EPA[i]) / (j - i) for i, j in combinations(range(11), 2))

    assert trend_test(EPA).interval == (slopes[14], slopes[40])


def test_missing_points_are_left_out_of_pairs_and_keep_their_place() -> None:
    found = trend_test([0.0, None, 4.0, math.nan, 8.0, 10.0])

    assert (found.points, found.s, found.slope, found.intercept) == (4, 6, 2.0, 0.0)


def test_seasonal_kendall_compares_like_with_like() -> None:
    """Three years of two halves, 1 9, 2 8, 4 9: S = 3 + 0, variance 3.667 + (3.667 - 1)."""
    found = trend_test([1, 9, 2, 8, 4, 9], season=2)

    assert found.s == 3
    assert found.variance == pytest.approx(66 / 18 + (66 - 18) / 18)
    assert found.tau == pytest.approx(3 / 6)
    assert found.slope_per_season == pytest.approx(np.median([1, 2, 1.5, -1, 1, 0]))


def test_covariance_of_the_seasons_widens_the_variance_when_they_move_together() -> None:
    """Two equal halves: S doubles, so its variance is four times that of one half."""
    half = [3, 1, 4, 1.5, 5, 9, 2, 6]
    found = trend_test(np.repeat(half, 2), season=2)

    assert found.inflation == pytest.approx(2.0)


@pytest.mark.parametrize("season", [1, 7])
@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [5.0] * 30, [None] * 9])
def test_where_nothing_can_be_tested_nothing_is_claimed(
    values: list[float | None], season: int
) -> None:
    found = trend_test(values, season)

    assert found.p_value == found.p_adjusted == 1.0
    assert found.detectable_slope == math.inf


def test_order_statistics_of_many_slopes_are_exact() -> None:
    """Bracketed by a sample, against the sorted list of all of them."""
    value = np.random.default_rng(1).normal(size=400).round(2)
    every = np.sort([(value[j] - value[i]) / (j - i) for i, j in combinations(range(400), 2)])
    ranks = (30_000, 39_899, 39_900, 50_000)

    slopes = PairSlopes(np.arange(400), value).ordered(30_000, 50_000)

    assert slopes.at(*ranks) == [every[r] for r in ranks]
    assert len(slopes.slopes) < len(every)


def test_autocorrelation_makes_a_claim_weaker_and_independence_leaves_it() -> None:
    """Share called at 5 % of 300 series of 120 points: independent near 5 %, AR(1) 0.5 below 12 %.

    The plain test calls a quarter of the latter.
    """
    rng = np.random.default_rng(2)
    plain = {0.0: 0, 0.5: 0}
    adjusted = dict(plain)
    for correlation in plain:
        for _ in range(300):
            series = np.zeros(140)
            for at, new in enumerate(rng.normal(size=140)):
                series[at] = new + correlation * series[at - 1]
            found = trend_test(series[20:])
            plain[correlation] += found.p_value < 0.05
            adjusted[correlation] += found.p_adjusted < 0.05

    assert adjusted[0.0] <= 24
    assert adjusted[0.5] <= 36 < 54 <= plain[0.5]


def test_a_slope_as_steep_as_the_detectable_one_is_found_in_four_of_five_runs() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(200, 90))
    detectable = np.mean([trend_test(one).detectable_slope for one in noise])
    found = [trend_test(one + detectable * np.arange(90)).p_value < 0.05 for one in noise]

    assert 0.70 <= np.mean(found) <= 0.90


def test_two_columns_and_a_season_of_zero_are_refused() -> None:
    with pytest.raises(InputError, match="2 columns"):
        trend_test(np.zeros((5, 2)))
    with pytest.raises(InputError, match="season is 0"):
        trend_test([1, 2, 3], season=0)


def test_o23_pettitt_probability_of_k_232_in_forty_values() -> None:
    """Forty values of two levels, 17 low and 23 high, in which K is a step's 17 * 23 = 391."""
    found = pettitt_test([0.0] * 17 + [1.0] * 23)

    assert (found.k, found.change_point) == (391, 17)
    assert 2 * math.exp(-6 * 232**2 / (40**3 + 40**2)) == pytest.approx(0.01456, abs=5e-6)
    assert found.p_value == pytest.approx(2 * math.exp(-6 * 391**2 / 65_600))


def test_o22_seasonal_kendall_of_the_printed_score() -> None:
    """S = -12 over 190 pairs gives tau -0.063; z = -0.584 says that its variance is (11 / 0.584)^2,
    and gives p 0.5592."""
    variance = (11 / 0.584) ** 2

    assert Score(-12, variance, 190).tau == pytest.approx(-0.063, abs=5e-4)
    assert standard_score(-12, variance) == pytest.approx(-0.584)
    assert two_sided(-0.584) == pytest.approx(0.5592, abs=5e-5)


def _published(shared: Path, name: str) -> list[float]:
    """One value a line, empty where one is missing."""
    path = shared / "data" / "published-series" / name
    if not path.is_file():
        pytest.skip(f"the published values are not at hand: {name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [float(line) if line.strip() else math.nan for line in lines]


def test_o22_seasonal_kendall_on_the_data_of_the_report(shared: Path) -> None:
    found = trend_test(_published(shared, "usgs-sir-2005-5275-sk1c.txt"), season=12)

    assert found.s == -12
    assert found.tau == pytest.approx(-0.063, abs=5e-4)
    assert found.z == pytest.approx(-0.584, abs=5e-4)
    assert found.p_value == pytest.approx(0.5592, abs=5e-5)
    assert found.p_adjusted == pytest.approx(0.2838, abs=5e-5)


def test_o23_pettitt_on_the_data_of_its_table_1(shared: Path) -> None:
    found = pettitt_test(_published(shared, "pettitt-1979-table-1.txt"))

    assert (found.k, found.change_point) == (232, 17)
    assert found.p_value == pytest.approx(0.01456, abs=5e-6)


def test_pettitt_agrees_with_its_definition() -> None:
    values = np.random.default_rng(4).integers(0, 9, 30)
    u = [
        sum(np.sign(values[j] - values[i]) for i in range(t) for j in range(t, 30))
        for t in range(1, 30)
    ]

    assert pettitt_test(values.astype(float)).k == max(abs(one) for one in u)


def test_o26_benjamini_hochberg() -> None:
    q = q_values(P_VALUES)

    assert (q < 0.05).sum() == 4
    assert q[:5] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603], abs=5e-5)
    assert (np.array(P_VALUES) * 15 < 0.05).sum() == 3


def test_q_values_keep_the_order_given_and_skip_what_was_not_tested() -> None:
    assert q_values([0.04, math.nan, 0.01]) == pytest.approx([0.04, math.nan, 0.02], nan_ok=True)


def test_benjamini_yekutieli_pays_the_harmonic_sum() -> None:
    """Two tests: 1 + 1/2."""
    assert q_values([0.01, 0.04], dependent=True) == pytest.approx([0.03, 0.06])


def test_where_most_points_are_equal_no_detectable_slope_is_claimed() -> None:
    found = trend_test([0.0] * 40 + [1.0] + [0.0] * 40)

    assert found.interval == (0.0, 0.0)
    assert found.detectable_slope == math.inf
