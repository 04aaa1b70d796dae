"""When a finding breaks its line, and what comes first."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from tests.trend_builders import FIRST, history, objective

from trueline.assessment.aggregate import Membership
from trueline.trends.cohort import Cohort
from trueline.trends.deterioration import ScanSetting
from trueline.trends.findings import Outlook, TrendFinding, tell
from trueline.trends.outlook import ahead, common_line, line_on_scale, trailing_weeks
from trueline.trends.workspace_scan import Promises, ScanRequest, scan_history

DAYS = 120


def test_a_day_stands_for_the_seven_days_up_to_it() -> None:
    """Bad time 1 to 8 of 10 a day: 1/10, then (1+2)/20, and of days 2 to 8 35/70."""
    cohort = Cohort(np.arange(1.0, 9.0)[None, :], np.full((1, 8), 10.0), bounded=False)

    weeks = trailing_weeks(cohort)

    assert weeks[[0, 1, 7]] == pytest.approx([0.1, 0.15, 0.5])


def test_a_day_without_data_has_no_figure() -> None:
    cohort = Cohort(np.array([[1.0, np.nan, 1.0]]), np.full((1, 3), 10.0), bounded=False)

    weeks = trailing_weeks(cohort)

    assert np.isnan(weeks[1])
    assert weeks[2] == pytest.approx(0.1)


def test_too_few_points_are_not_forecast() -> None:
    share = np.full((1, 19), 0.1)

    assert ahead(Cohort(share, np.ones((1, 19)))) is None


def test_lines_on_the_tested_scale() -> None:
    """logit(0.2) = ln(0.25); an index as its logarithm."""
    assert line_on_scale(0.2, bounded=True) == pytest.approx(np.log(0.25))
    assert line_on_scale(1.5, bounded=False) == pytest.approx(np.log(1.5))
    assert np.isfinite(line_on_scale(0.0, bounded=True))


def test_the_line_that_most_share_holds_and_the_looser_of_two() -> None:
    assert common_line([0.1, 0.2, 0.1]) == 0.1
    assert common_line([0.1, 0.2]) == 0.2
    assert common_line([]) is None


def _scan(growth: float, allowed: float) -> TrendFinding:
    """Bad time of 2 % that grows by `growth` a day, in one group of three members."""
    rng = np.random.default_rng(1)
    share = 0.02 * np.exp(growth * np.arange(DAYS) + 0.05 * rng.normal(size=(3, DAYS)))
    past = history(objective(np.ones((3, DAYS)), name="share", bad_share=share))
    group = Membership("group", "G", frozenset(["P-0", "P-1", "P-2"]))
    promises = Promises(allowed={"share": allowed})
    customers = {"P-0": "C-0", "P-1": "C-0", "P-2": "C-1"}
    (found,) = scan_history(
        past, ScanRequest([group], {}, ScanSetting(), {}, promises, customers)
    ).findings
    return found


def test_a_steady_drift_breaks_its_line_when_it_gets_there() -> None:
    """2 % grows by 1 % a day: 6.6 % after 120 days, and 10 % is reached 41 days later."""
    found = _scan(0.01, 0.10)

    assert found.customers == 2
    assert found.outlook is not None
    assert found.outlook.probability > 0.9
    newest = FIRST + timedelta(days=DAYS - 1)
    expected = date.fromisoformat(found.outlook.expected)
    assert expected - newest == pytest.approx(timedelta(days=41), abs=timedelta(days=14))
    assert found.outlook.earliest <= found.outlook.expected


def test_a_line_far_away_is_not_reached() -> None:
    found = _scan(0.005, 0.5)

    assert found.outlook is not None
    assert found.outlook.probability < 0.05
    assert found.outlook.expected == ""


def test_values_break_the_line_of_the_middle_member() -> None:
    """Members usually at 10, 20 and 40 with a target of 30: the middle one meets it at 1.5."""
    rng = np.random.default_rng(2)
    growth = np.exp(0.003 * (np.arange(DAYS) - DAYS / 2) + 0.02 * rng.normal(size=(3, DAYS)))
    past = history(objective(np.array([[10.0], [20.0], [40.0]]) * growth))
    group = Membership("group", "G", frozenset(["P-0", "P-1", "P-2"]))
    promises = Promises(targets={"delay-mean": 30.0})

    (found,) = scan_history(
        past, ScanRequest([group], {"delay-mean": 1}, ScanSetting(), {}, promises)
    ).findings

    assert found.outlook is not None
    assert found.outlook.line == pytest.approx(1.5, rel=0.02)


def _finding(customers: int, now: float, line: float | None, q: float = 0.01) -> TrendFinding:
    outlook = None
    if line is not None:
        outlook = Outlook(line, 90, 0.5, "", "", "", None, None)
    day = "2026-07-01"
    return TrendFinding(
        "group", "G", "o", "bad time", "deterioration", q, day, day, day, 0.01, now, "", 1, (),
        customers=customers, outlook=outlook,
    )  # fmt: skip


def test_rank_is_customers_times_the_way_gone_to_the_line() -> None:
    """From 0.01: to 0.03 of a line at 0.05 is half of the way, to 0.02 a quarter."""
    assert _finding(10, 0.03, 0.05).rank() == pytest.approx((-5, 0.01))
    assert _finding(40, 0.02, 0.05).rank() == pytest.approx((-10, 0.01))
    assert _finding(10, 0.03, None).rank() == pytest.approx((-0.2, 0.01))
    # Beyond its line from the start: a tenth of the line is the least that is asked of it.
    assert _finding(1, 0.02, 0.01).rank() == pytest.approx((-10, 0.01))


def test_figures_are_told_floored_with_three_significant_figures() -> None:
    shares = [0.0, 0.000004, 0.00763, 0.08626, 0.13606, 0.99999, 1.0]
    assert [tell(share, "bad time") for share in shares] == [
        "0 %",
        "below 0.001 %",
        "0.763 %",
        "8.62 %",
        "13.6 %",
        "99.9 %",
        "100 %",
    ]
    assert tell(1.026, "value") == "× 1.03"
