"""The weekly view sums whole weeks, and finds slow drift under noisy days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.trend_builders import DAY_S, FIRST, history, objective

from trueline.assessment.aggregate import Membership
from trueline.errors import InputError
from trueline.trends.course_kind import Kind
from trueline.trends.deterioration import ScanSetting
from trueline.trends.weekly import weekly
from trueline.trends.workspace_scan import ScanRequest, scan_history


def test_whole_weeks_end_with_the_newest_day() -> None:
    """16 days: two are left out; bad shares 0.1 and 0.2 of a day, values 1 to 7 and 8 to 14."""
    value = np.array([[99.0, 99.0, *range(1, 15)]])
    share = np.array([[0.9, 0.9, *[0.1] * 7, *[0.2] * 7]])

    found = weekly(history(objective(value, bad_share=share)))

    assert (found.first, found.days, found.step_days) == (FIRST + timedelta(days=2), 2, 7)
    assert found.newest == FIRST + timedelta(days=15)
    (one,) = found.objectives
    assert one.bad_s[0] == pytest.approx([0.7 * DAY_S, 1.4 * DAY_S])
    assert one.known_s[0].tolist() == [7 * DAY_S, 7 * DAY_S]
    assert one.value[0].tolist() == [4.0, 11.0]
    assert one.samples[0].tolist() == [672.0, 672.0]


def test_a_week_of_three_days_has_no_middle_value() -> None:
    value = np.array([[1.0, 2.0, 3.0, *[np.nan] * 4]])

    (one,) = weekly(history(objective(value))).objectives

    assert np.isnan(one.value).all()
    assert one.known_s[0].tolist() == [3 * DAY_S]


def test_a_weekly_history_is_not_made_weekly_again() -> None:
    daily = history(objective(np.ones((1, 28))))

    with pytest.raises(InputError, match="not made weekly again"):
        weekly(weekly(daily))


def test_a_slow_drift_is_found_by_week_and_dated_by_its_weeks() -> None:
    """A year of 1 % a month under a weekly cycle, in one of ten groups."""
    rng = np.random.default_rng(1)
    days = 364
    share = 0.02 * np.exp(0.15 * rng.normal(size=(40, days)))
    share *= np.array([0.9, 0.9, 0.9, 0.95, 1.0, 1.3, 1.2])[np.arange(days) % 7]
    share[:4] *= 1.01 ** (np.arange(days) / 30)
    groups = [
        Membership("group", f"G-{at}", frozenset(f"P-{4 * at + n}" for n in range(4)))
        for at in range(10)
    ]
    past = weekly(history(objective(np.ones((40, days)), bad_share=share)))

    found = scan_history(past, ScanRequest(groups, {}, ScanSetting()))

    worse = [one for one in found.findings if one.kind == Kind.DETERIORATION.value]
    assert [one.key for one in worse] == ["G-0"]
    assert (found.step_days, len(worse[0].course)) == (7, 52)
    assert found.last_day == (FIRST + timedelta(days=363)).isoformat()
    assert worse[0].now == pytest.approx(worse[0].before * 1.01**11, rel=0.04)


def test_a_step_in_weeks_is_dated_to_its_week() -> None:
    rng = np.random.default_rng(2)
    share = 0.02 * np.exp(0.1 * rng.normal(size=(4, 280)))
    share[:, 140:] *= 1.4
    group = Membership("group", "G", frozenset(f"P-{n}" for n in range(4)))
    past = weekly(history(objective(np.ones((4, 280)), bad_share=share)))

    (found,) = scan_history(past, ScanRequest([group], {}, ScanSetting())).findings

    assert found.kind == Kind.STEP.value
    assert found.since == (FIRST + timedelta(days=140)).isoformat()
    assert found.changes == (found.since,)


def test_too_short_a_weekly_history_is_refused_as_days_are() -> None:
    past = weekly(history(objective(np.ones((1, 27)))))

    with pytest.raises(InputError, match="only 21 days"):
        scan_history(replace(past), ScanRequest([], {}, ScanSetting()))
