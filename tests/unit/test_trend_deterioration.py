"""Deterioration is found, dated and told from everything that only looks like it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.trends.cohort import Cohort
from trueline.trends.course_kind import Kind
from trueline.trends.deterioration import Course, ScanSetting, scan_groups
from trueline.trends.onset import Shape, onset

MEMBERS, DAYS = 8, 120
WEEK = np.array([0.9, 0.9, 0.9, 0.95, 1.0, 1.3, 1.2])


def _ratio(rng: np.random.Generator, days: int = DAYS, noise: float = 0.1) -> np.ndarray:
    """Members' unavailable share per day: 0.02, a week in it, and 10 % noise of its own."""
    share = 0.02 * np.exp(noise * rng.normal(size=(MEMBERS, days)))
    return share * np.tile(WEEK, days // 7 + 1)[:days]


def _cohort(share: np.ndarray) -> Cohort:
    weight = np.full(share.shape, 86_400.0)
    return Cohort(share * weight, weight)


def _quiet(rng: np.random.Generator, groups: int) -> list[Cohort]:
    return [_cohort(_ratio(rng)) for _ in range(groups)]


def _course(cohort: Cohort, setting: ScanSetting | None = None) -> Course:
    """The course of one group among twenty quiet ones."""
    return scan_groups([cohort, *_quiet(np.random.default_rng(99), 20)], setting)[0]


def _drifting_scan(seed: int) -> list[Course]:
    """The 77th of 200 groups gets worse by 2 % a month, for four months."""
    rng = np.random.default_rng(seed)
    drift = 1.02 ** (np.arange(DAYS) / 30)
    cohorts = _quiet(rng, 199)
    cohorts.insert(77, _cohort(_ratio(rng) * drift))
    return scan_groups(cohorts)


@pytest.mark.slow
def test_two_percent_a_month_is_found_in_every_one_of_fifty_runs() -> None:
    """8 % over four months under 10 % of noise: a few of these lines look more like a step."""
    found = [_drifting_scan(100 + seed)[77] for seed in range(50)]

    assert all(one.q_value < 0.05 for one in found)
    assert {one.kind for one in found} <= {Kind.DETERIORATION, Kind.STEP}
    assert sum(one.kind is Kind.DETERIORATION for one in found) >= 45


@pytest.mark.parametrize("seed", range(5))
def test_two_percent_a_month_in_one_of_two_hundred_groups_is_found_in_four_months(
    seed: int,
) -> None:
    found = _drifting_scan(seed)

    assert found[77].kind is Kind.DETERIORATION
    assert found[77].q_value < 0.05
    assert found[77].scanned == 200
    # 2 % a month on the logit scale near 0.02: log(1.02) / 0.98 in 30 days
    assert found[77].test is not None
    assert found[77].test.slope == pytest.approx(np.log(1.02) / 0.98 / 30, rel=0.5)


def _share_of_scans_with_a_find(seeds: int) -> float:
    wrong = 0
    for seed in range(seeds):
        found = scan_groups(_quiet(np.random.default_rng([5, seed]), 200))
        wrong += any(one.q_value <= 0.05 for one in found)
    return wrong / seeds


def test_two_hundred_groups_of_noise_with_a_week_in_them_are_left_in_peace() -> None:
    """All finds are false here, so the share of scans with one is the false-discovery share."""
    assert _share_of_scans_with_a_find(10) <= 0.1


@pytest.mark.slow
def test_noise_keeps_the_false_discovery_share_over_a_hundred_seeds() -> None:
    """0.05 is promised; 0.10 is two standard errors of a hundred seeds above it."""
    assert _share_of_scans_with_a_find(100) <= 0.10


def _cycles_called(seeds: int) -> int:
    """Groups called of forty in which nothing but the week moves, twice as strong as elsewhere."""
    called = 0
    for seed in range(seeds):
        rng = np.random.default_rng([6, seed])
        strong = np.tile(WEEK**2, DAYS // 7 + 1)[:DAYS]
        share = 0.02 * np.exp(0.02 * rng.normal(size=(40, MEMBERS, DAYS))) * strong
        found = scan_groups([_cohort(one) for one in share])
        called += sum(one.kind in (Kind.DETERIORATION, Kind.STEP) for one in found)
    return called


def test_a_weekly_cycle_alone_is_no_trend() -> None:
    assert _cycles_called(3) == 0


@pytest.mark.slow
def test_a_weekly_cycle_alone_is_no_trend_in_a_hundred_scans() -> None:
    """At q 0.05 five scans in a hundred may call something by chance, each one group or two."""
    assert _cycles_called(100) <= 10


@pytest.mark.slow
def test_steps_are_dated_within_three_days_in_a_hundred_runs() -> None:
    """Of a hundred, a few are missed: a step in the middle of a piece of the series widens the test
    as persistent noise would. Those that are found are all told as steps."""
    days = []
    for seed in range(100):
        share = _ratio(np.random.default_rng([7, seed]))
        share[:, 70:] *= 1.3
        found = _course(_cohort(share))
        assert found.kind in (Kind.STEP, Kind.NO_TREND_FOUND), seed
        if found.since is not None:
            days.append(found.since)

    assert len(days) >= 95
    assert all(abs(day - 70) <= 3 for day in days)


@pytest.mark.parametrize("seed", range(5))
def test_a_step_is_reported_as_a_step_and_dated_within_three_days(seed: int) -> None:
    share = _ratio(np.random.default_rng(seed))
    share[:, 70:] *= 1.3

    found = _course(_cohort(share))

    assert found.kind is Kind.STEP
    assert found.since is not None
    assert found.since_between is not None
    assert abs(found.since - 70) <= 3
    assert found.since_between[0] <= 70 <= found.since_between[1]
    assert found.change == pytest.approx(np.log(1.3) / 0.98, rel=0.2)


def test_a_slope_is_no_step() -> None:
    line = np.arange(100) * 0.03 + 0.5 * np.random.default_rng(1).normal(size=100)

    assert onset(line).shape is Shape.LINE


def test_a_drift_that_starts_late_is_dated_by_its_kink() -> None:
    rng = np.random.default_rng(2)
    share = _ratio(rng, 240) * np.exp(np.maximum(np.arange(240) - 140, 0) * 0.008)
    quiet = [_cohort(_ratio(rng, 240)) for _ in range(20)]

    found = scan_groups([_cohort(share), *quiet])[0]

    assert found.kind is Kind.DETERIORATION
    assert found.since is not None
    assert abs(found.since - 140) <= 10


def test_a_replaced_probe_is_a_change_of_the_measuring() -> None:
    share = _ratio(np.random.default_rng(3))
    share[:, 60:] *= 1.4
    cohort = _cohort(share)

    assert _course(replace(cohort, measuring_changed=(60,))).kind is Kind.MEASUREMENT_CHANGE
    assert _course(replace(cohort, measuring_changed=(20,))).kind is Kind.STEP


def test_a_drift_that_goes_on_after_a_new_probe_stays_deterioration() -> None:
    share = _ratio(np.random.default_rng(4)) * np.exp(np.arange(DAYS) * 0.006)

    found = _course(replace(_cohort(share), measuring_changed=(60,)))

    assert found.kind is Kind.DETERIORATION


def test_one_bad_member_is_named() -> None:
    share = _ratio(np.random.default_rng(5))
    share[3] *= np.exp(np.arange(DAYS) * 0.02)

    found = _course(_cohort(share))

    assert (found.kind, found.member) == (Kind.ONE_MEMBER, 3)


def test_a_growing_share_of_bad_members_is_a_change_of_the_mix() -> None:
    """No member gets worse; the worse half is joined by ever more traffic."""
    share = _ratio(np.random.default_rng(6))
    share[4:] *= 3
    weight = np.full(share.shape, 1000.0)
    weight[4:] *= 1 + np.arange(DAYS) / 60

    assert _course(Cohort(share * weight, weight)).kind is Kind.MIX_CHANGE


def test_members_that_join_bad_are_a_change_of_the_mix() -> None:
    share = _ratio(np.random.default_rng(7))
    share[4:] *= 3
    for member, day in zip(range(4, 8), (30, 50, 70, 90), strict=True):
        share[member, :day] = np.nan

    assert _course(_cohort(share)).kind is Kind.MIX_CHANGE


def test_a_season_of_the_year_is_no_deterioration() -> None:
    """Two and a half years that end in a high season, which the plain test calls."""
    rng = np.random.default_rng(8)
    days = 912
    year = np.exp(0.3 * np.sin(2 * np.pi * (np.arange(days) - 820) / 365.25))
    cohorts = [_cohort(_ratio(rng, days) * year), *(_cohort(_ratio(rng, days)) for _ in range(10))]
    drifting = _cohort(_ratio(rng, days) * year * np.exp(np.arange(days) * 0.001))

    found = scan_groups([*cohorts, drifting])

    assert found[0].kind in (Kind.SEASON, Kind.NO_TREND_FOUND)
    assert found[-1].kind is Kind.DETERIORATION


def test_what_is_too_small_to_matter_is_said_to_be() -> None:
    share = _ratio(np.random.default_rng(9)) * 1.02 ** (np.arange(DAYS) / 30)

    assert _course(_cohort(share), ScanSetting(floor=0.2)).kind is Kind.TOO_SMALL


def test_an_improvement_is_not_a_deterioration() -> None:
    share = _ratio(np.random.default_rng(10)) * np.exp(-np.arange(DAYS) * 0.01)

    assert _course(_cohort(share)).kind is Kind.BETTER


def test_too_little_data_is_unknown_and_not_counted() -> None:
    share = _ratio(np.random.default_rng(11))
    share[:, 50:] = np.nan

    found = _course(_cohort(share))

    assert found.kind is Kind.UNKNOWN
    assert (found.test, found.scanned) == (None, 20)


def test_pooled_is_a_ratio_of_sums_and_fixed_keeps_the_weights() -> None:
    """Pooled (1 + 8) / (10 + 20) = 0.3 and (1 + 2) / (10 + 5) = 0.2; members at 0.1 and 0.4.

    Fixed weights 10 and 12.5: (0.1 * 10 + 0.4 * 12.5) / 22.5 on both days.
    """
    cohort = Cohort(
        np.array([[1.0, 1.0], [8.0, 2.0]]), np.array([[10.0, 10.0], [20.0, 5.0]]), bounded=False
    )

    assert cohort.pooled() == pytest.approx([0.3, 0.2])
    assert cohort.fixed() == pytest.approx([6 / 22.5, 6 / 22.5])


def test_days_without_bad_time_have_a_logit() -> None:
    assert np.isfinite(_cohort(np.zeros((2, 5))).pooled()).all()


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="denominator"):
        Cohort(np.zeros((2, 3)), np.zeros((3, 2)))
