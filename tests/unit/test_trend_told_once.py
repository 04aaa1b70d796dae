"""A trend is told once, of the members it comes from, and not of every group that holds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trueline.trends.cohort import Cohort
from trueline.trends.course_kind import Kind
from trueline.trends.deterioration import scan_groups
from trueline.trends.told_once import Called, told_elsewhere

DAYS = 120
DAY_S = 86_400.0


def _bad(growth: Mapping[str, float]) -> dict[str, np.ndarray]:
    """About 1 % bad time a day for each product, growing by its factor a day."""
    rng = np.random.default_rng(5)
    return {
        product: 864 * factor ** np.arange(DAYS) * np.exp(0.1 * rng.normal(size=DAYS))
        for product, factor in growth.items()
    }


def _excess(cohort: Cohort) -> float:
    daily = cohort.numerator.sum(axis=0) / cohort.denominator.sum(axis=0)
    return float(np.median(daily[-28:]) - np.median(daily[:28]))


def _called(bad: Mapping[str, np.ndarray], groups: Mapping[str, str]) -> list[Called]:
    """Groups as letters of their products; all of them are called."""
    cohorts = [
        Cohort(np.array([bad[p] for p in names]), np.full((len(names), DAYS), DAY_S))
        for names in groups.values()
    ]
    courses = scan_groups(cohorts)
    assert {one.kind for one in courses} <= {Kind.DETERIORATION, Kind.STEP, Kind.ONE_MEMBER}
    return [
        Called(tuple(names), cohort, course, _excess(cohort))
        for names, cohort, course in zip(groups.values(), cohorts, courses, strict=True)
    ]


def test_the_wide_group_and_the_supplier_are_told_in_the_narrow_cause() -> None:
    bad = _bad({"a": 1.01, "b": 1.01, "c": 1.01, "d": 1, "e": 1, "f": 1, "g": 1})
    called = _called(bad, {"region": "abcdefg", "cause": "abc", "supplier": "cde"})

    assert told_elsewhere(called) == {0: 1, 2: 1}


def test_a_drift_of_everything_is_told_of_the_widest_group() -> None:
    bad = _bad(dict.fromkeys("abcdef", 1.01))
    called = _called(bad, {"part": "abc", "all": "abcdef", "rest": "def"})

    assert told_elsewhere(called) == {0: 1, 2: 1}


def test_parts_that_make_up_a_cause_are_told_in_it() -> None:
    bad = _bad({**dict.fromkeys("abcd", 1.01), **dict.fromkeys("ef", 1.012), "g": 1, "h": 1})
    called = _called(bad, {"ab": "ab", "cd": "cd", "ef": "ef", "cause": "abcdef"})

    assert told_elsewhere(called) == {0: 3, 1: 3, 2: 3}


def test_two_causes_are_two_findings() -> None:
    bad = _bad({"a": 1.01, "b": 1.01, "c": 1.01, "d": 1.02, "e": 1.02, "f": 1.02})
    called = _called(bad, {"one": "abc", "other": "def"})

    assert told_elsewhere(called) == {}


def test_the_same_members_under_two_names_are_told_once() -> None:
    bad = _bad({"a": 1.01, "b": 1.01, "c": 1.01})
    called = _called(bad, {"group": "abc", "region": "abc"})

    assert told_elsewhere(called) == {1: 0}
