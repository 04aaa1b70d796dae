"""Trend and seasons of many series at once are those of one series at a time, by another program.

The golden file holds what statsmodels 0.15.0 gives for the values in it: `STL(values, period=7)`,
plain and robust, and `MSTL(values, periods=(7, 28), stl_kwargs={"robust": True})`, to six places.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends.decomposition import mstl, stl
from trueline.trends.many_series import without_cycle

GOLDEN = Path(__file__).parents[1] / "golden" / "decomposition" / "statsmodels-0.15.0.json"
TOLERANCE = 1e-6


def _golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("robust", [False, True])
def test_one_season_agrees_with_statsmodels_to_six_places(robust: bool) -> None:
    told = _golden()["one"]
    expected = told["robust" if robust else "plain"]
    other = np.random.default_rng(1).normal(size=len(told["values"]))

    found = stl(np.array([other, told["values"]]), 7, robust=robust)

    assert np.abs(found.trend[1] - expected["trend"]).max() < TOLERANCE
    assert np.abs(found.seasons[0][1] - expected["season"]).max() < TOLERANCE


def test_two_seasons_agree_with_statsmodels_to_six_places() -> None:
    told = _golden()["two"]

    found = mstl(np.array([told["values"]]), (7, 28))
    turned = mstl(np.array([told["values"]]), (28, 7))

    assert np.abs(found.trend[0] - told["trend"]).max() < TOLERANCE
    for season, expected in zip(found.seasons, told["seasons"], strict=True):
        assert np.abs(season[0] - expected).max() < TOLERANCE
    assert np.array_equal(turned.seasons[0], found.seasons[1])


def test_parts_add_up_to_the_values() -> None:
    values = np.random.default_rng(2).normal(size=(3, 100)).cumsum(axis=1)

    found = stl(values, 7)

    assert found.trend + found.seasons[0] + found.rest == pytest.approx(values)


def test_a_gap_is_bridged_and_an_outage_bends_nothing() -> None:
    """A line with a week on it: both are found again, whatever one day shows or lacks."""
    day = np.arange(140)
    week = np.array([0.0, 1.0, -2.0, 0.5, 3.0, -1.5, -1.0])[day % 7]
    values = 5 + 0.1 * day + week + 0.1 * np.random.default_rng(5).normal(size=140)
    broken = values.copy()
    broken[60:90] = np.nan
    broken[25] += 50

    found = stl(broken[None, :], 7)

    assert np.isnan(found.rest[0, 60:90]).all()
    assert found.trend[0] == pytest.approx(5 + 0.1 * day, abs=0.3)
    assert found.seasons[0][0] == pytest.approx(week, abs=0.3)
    assert found.rest[0, 25] == pytest.approx(50, abs=0.5)


def test_the_week_that_a_scan_takes_out_is_that_of_the_decomposition() -> None:
    """A scan takes out one fixed week; of a week that stays as it is both are the same, up to a
    tenth of the noise."""
    rng = np.random.default_rng(3)
    day = np.arange(364)
    week = np.array([0.0, 1.0, -2.0, 0.5, 3.0, -1.5, -1.0])[day % 7]
    values = 2 + 0.01 * day + week + rng.normal(size=(20, 364))

    fixed = values - without_cycle(values, 7)
    own = stl(values, 7).seasons[0]
    by_day = np.stack([own[:, at::7].mean(axis=1) for at in range(7)], axis=1)

    assert np.abs(fixed[:, :7] - by_day).mean() < 0.1


def test_too_short_a_series_and_no_season_are_refused() -> None:
    with pytest.raises(InputError, match="no two seasons"):
        stl(np.zeros((1, 13)), 7)
    with pytest.raises(InputError, match="no season is named"):
        mstl(np.zeros((1, 100)), ())
