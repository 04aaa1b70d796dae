"""Change points are where a series changes for good, and nowhere else."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from bench.change_point_scores import cover_of, f1_of, matched, score

from trueline.errors import InputError
from trueline.trends import change_points
from trueline.trends.cleaning import found_period, without_season
from trueline.trends.segment_costs import partition, segment_costs

STEP = [0.0] * 20 + [5.0] * 20


@pytest.mark.parametrize(
    "values",
    [[], [1], [1, 2], [3, 3, 3], [7.5] * 50, [None] * 9, [1.0, None] * 30, list(range(60))],
)
def test_what_does_not_change_has_no_change_points(values: list[float | None]) -> None:
    assert change_points(values) == []


def test_a_step_starts_a_segment_at_its_first_new_point() -> None:
    assert change_points(STEP) == [20]
    assert change_points(np.array(STEP)) == [20]


def test_missing_points_are_left_out_and_positions_stay_those_of_the_series_handed_in() -> None:
    values: list[float | None] = [None, math.nan, *STEP]
    values[10] = None

    assert change_points(values) == [22]


def test_a_change_in_one_of_several_dimensions_is_found() -> None:
    rows = np.random.default_rng(1).normal(size=(120, 3))
    rows[60:, 1] += 4.0

    assert change_points(rows) == [60]


def test_scale_and_offset_do_not_matter() -> None:
    noise = np.random.default_rng(2).normal(size=200)
    noise[120:] += 3.0

    assert change_points(noise) == change_points(noise * 1e12 - 5e13) == [120]


def test_a_lone_spike_is_no_change() -> None:
    values = np.random.default_rng(3).normal(size=150)
    values[70] += 40.0

    assert change_points(values) == []


def test_a_lone_value_in_a_constant_series_is_no_change() -> None:
    assert change_points([0] * 99 + [1]) == []
    assert change_points([0] * 50 + [7] + [0] * 50) == []


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_very_small_and_very_large_values_are_looked_at_alike(size: float) -> None:
    noise = np.random.default_rng(9).normal(size=300)
    noise[150:] += 4.0

    assert change_points(noise * size) == change_points(noise)


def test_a_clear_step_in_a_short_noisy_series_is_no_smooth_bend() -> None:
    """Four standard deviations in forty points: 38 of 40 at least are found, within two points."""
    missed = 0
    for seed in range(40):
        values = np.random.default_rng([10, seed]).normal(size=40)
        values[20:] += 4.0
        found = change_points(values)
        missed += len(found) != 1 or abs(found[0] - 20) > 2

    assert missed <= 2


def test_noise_is_given_no_season() -> None:
    """A hundred short noisy series, some autocorrelated."""
    rng = np.random.default_rng(11)
    for _ in range(100):
        values = rng.normal(size=60)
        values[1:] += 0.4 * values[:-1]
        assert without_season(values, found_period(values)) is values


def test_a_weekly_cycle_alone_has_no_change_points() -> None:
    rng = np.random.default_rng(4)
    week = np.array([0.0, 0.2, 0.1, 0.3, 1.0, 3.0, 2.5])

    for _ in range(5):
        assert change_points(np.tile(week, 20) + 0.3 * rng.normal(size=140)) == []


def test_a_step_is_found_under_a_weekly_cycle() -> None:
    rng = np.random.default_rng(5)
    values = np.tile([0.0, 0.2, 0.1, 0.3, 1.0, 3.0, 2.5], 20) + 0.3 * rng.normal(size=140)
    values[80:] += 1.5

    (found,) = change_points(values)

    assert abs(found - 80) <= 1


def test_a_kink_is_found_and_a_smooth_curve_is_not_cut() -> None:
    rng = np.random.default_rng(6)
    time = np.arange(200.0)
    kink = np.maximum(time - 120, 0) + rng.normal(size=200)
    arch = 40 * np.sin(np.pi * time / 200) + rng.normal(size=200)

    (found,) = change_points(kink)

    assert abs(found - 120) <= 3
    assert change_points(arch) == []


def test_a_long_series_is_dated_to_the_point() -> None:
    values = np.random.default_rng(7).normal(size=20_000)
    values[12_345:] += 5.0

    assert change_points(values) == [12_345]


def test_noise_seldom_has_change_points() -> None:
    """White and autocorrelated noise, 365 points, 40 of each; at most one false alarm in forty."""
    rng = np.random.default_rng(8)
    alarms = {0.0: 0, 0.5: 0}
    for correlation in alarms:
        for _ in range(40):
            series = np.zeros(365)
            for at, new in enumerate(rng.normal(size=365)):
                series[at] = new + correlation * series[at - 1]
            alarms[correlation] += len(change_points(series)) > 0

    assert max(alarms.values()) <= 1


def test_words_are_refused_with_the_mend() -> None:
    with pytest.raises(InputError, match="not numbers"):
        change_points(["up", "down"])  # type: ignore[list-item]


def test_the_partition_is_the_cheapest_of_all() -> None:
    """Against every way to cut eight points, for levels."""
    series = np.array([0.0, 0.1, 3.0, 3.2, 2.9, 7.0, 7.1, 0.0])[:, None]
    level = segment_costs(series)[0]

    def price(cuts: tuple[int, ...]) -> float:
        edges = (0, *cuts, 8)
        return sum(
            float(((series[a:b] - series[a:b].mean()) ** 2).sum()) for a, b in pairwise(edges)
        ) + 0.5 * len(cuts)

    every = [tuple(i + 1 for i in range(7) if mask >> i & 1) for mask in range(128)]

    assert partition(level, 0.5, 1) == min(every, key=price)


def test_each_claim_is_matched_once_within_five_points() -> None:
    assert matched({0, 10, 14}, {0, 12}) == {0, 10}
    assert matched({10}, {16}) == set()


def test_f1_adds_position_zero_and_averages_recall_over_annotators() -> None:
    """Precision 2/3 (0 and 11 of 0, 11, 40); recall (1 + 2/2) / 2 = 1; F1 = 0.8."""
    assert f1_of([[], [10]], [11, 40]) == pytest.approx(0.8)


def test_cover_weighs_true_segments_by_length() -> None:
    """Truth 0-4, 4-10; claim 0-5, 5-10: 0.4 * 4/5 + 0.6 * 5/6 = 0.82."""
    assert cover_of([[4]], [5], 10) == pytest.approx(0.82)


def test_never_alarming_scores_as_worked_by_hand(shared: Path) -> None:
    """Recall of nile (1 + 1 + 3 / 2) / 5 = 0.7, F1 1.4 / 1.7; cover (2 + 3 * 0.5968) / 5 = 0.758.

    Centralia: recall (1/3 + 1 + 1/2 + 1/4 + 1) / 5, cover (0.44 + 1 + 0.68 + 0.2533 + 1) / 5.
    """
    annotations = json.loads((shared / "data/tcpd/annotations.json").read_text())

    for name, length, f1, cover in (("nile", 100, 0.824, 0.758), ("centralia", 15, 0.763, 0.675)):
        zero = score(list(annotations[name].values()), [], length)
        assert (round(zero.f1, 3), round(zero.cover, 3)) == (f1, cover)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_quality_control_series_score_full_marks(shared: Path, number: int) -> None:
    folder = shared / "data/tcpd"
    annotations = json.loads((folder / "annotations.json").read_text())
    name = f"quality_control_{number}"
    raw = json.loads((folder / f"series/{name}.json").read_text())["series"][0]["raw"]

    assert score(list(annotations[name].values()), change_points(raw), len(raw)).f1 >= 0.98
