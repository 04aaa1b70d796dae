"""Members of a group over time: bands, named members, the group's own line, and its drawing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.trend_builders import FIRST, history, objective

from trueline.assessment.aggregate import Membership
from trueline.trends.cohort_course import (
    CohortCourse,
    cohort_course,
    named_members,
    quantiles,
)
from trueline.trends.deterioration import ScanSetting
from trueline.trends.findings import tell
from trueline.trends.week_pattern import week_pattern
from trueline.trends.workspace_scan import Promises, ScanRequest, series_of
from trueline.web.fan_chart import FanDrawing, Mark, fan_chart
from trueline.web.fan_scale import FanScale, ends

DAYS = 84


def _course(
    values: np.ndarray, promises: Promises, *, bad: np.ndarray | None = None, worse: int = 0
) -> CohortCourse:
    name = "delay-mean" if worse else "share"
    past = history(objective(values, name=name, bad_share=bad))
    members = frozenset(f"P-{at}" for at in range(len(values)))
    group = Membership("group", "G", members)
    worse_values = {name: worse} if worse else {}
    request = ScanRequest([group], worse_values, ScanSetting(), {}, promises)
    (series,) = series_of(past.objectives[0], group, worse_values)
    return cohort_course(past, series, request)


def _shares(rows: int = 10) -> np.ndarray:
    """Bad shares of 1 to 10 %, member by member, with noise; P-9 is far from them on half of its
    days."""
    rng = np.random.default_rng(1)
    shares = np.arange(1, rows + 1)[:, None] / 100 * np.exp(0.02 * rng.normal(size=(rows, DAYS)))
    shares[-1, DAYS // 2 :] = 0.5
    return np.asarray(shares)


def test_bands_are_nearest_ranks_of_the_members_that_have_a_figure() -> None:
    """Of 1 to 10 the ranks are 1, 3, 5, 8 and 9; of 1 to 4: 1, 1, 2, 3 and 4 (RFC 2330)."""
    figures = np.array([[float(n), float(n) if n <= 4 else np.nan] for n in range(1, 11)])

    found = quantiles(figures)

    assert found[:, 0].tolist() == [1, 3, 5, 8, 9]
    assert found[:, 1].tolist() == [1, 1, 2, 3, 4]
    assert np.isnan(quantiles(np.array([[np.nan]]))).all()


def test_members_beyond_the_fence_on_their_worse_side_are_named() -> None:
    """Quartiles 3 and 8: the fence lies at 8 + 1.5 * 5 = 15.5; lower is worse at 3 - 7.5 < -4."""
    figures = np.tile(np.arange(1.0, 11.0)[:, None], (1, 10))
    figures[9, :2] = 16.0
    figures[8, :1] = 15.0
    figures[0, :3] = -5.0
    products = tuple(f"P-{at}" for at in range(10))

    high = named_members(figures, products, 1)
    low = named_members(figures, products, -1)

    assert [(one.product_id, one.points_out, one.points_known) for one in high] == [("P-9", 2, 10)]
    assert [(one.product_id, one.points_out) for one in low] == [("P-0", 3)]
    assert named_members(figures[:3], products[:3], 1) == ()


def test_a_member_that_is_out_seldom_is_not_named() -> None:
    figures = np.tile(np.arange(1.0, 11.0)[:, None], (1, 100))
    figures[9, :9] = 99.0

    assert named_members(figures, tuple(f"P-{at}" for at in range(10)), 1) == ()


def test_the_course_of_bad_time_is_in_shares_with_its_line_and_forecast() -> None:
    course = _course(np.ones((10, DAYS)), Promises(allowed={"share": 0.2}), bad=_shares())

    assert course.days[0] == FIRST
    assert course.known == (10,) * DAYS
    assert [band[0] for band in course.bands] == pytest.approx([0.01, 0.03, 0.05, 0.08, 0.09], 0.1)
    # All together: (0.01 + ... + 0.10) / 10 before, and with one member at 0.5 after.
    assert course.group[40] == pytest.approx(0.055, rel=0.05)
    assert course.group[-1] == pytest.approx((0.45 + 0.5) / 10, rel=0.05)
    assert [one.product_id for one in course.named] == ["P-9"]
    assert course.named[0].points_out == DAYS // 2
    assert [abs((day - FIRST).days - 42) <= 3 for day in course.changes] == [True]
    assert course.line == 0.2
    assert course.coming is not None
    assert course.coming.outlook is not None
    assert course.coming_day(0) == FIRST + timedelta(days=DAYS)
    middle = course.coming.lines[2][0]
    assert middle == pytest.approx(course.group[-1], rel=0.1)


@pytest.mark.parametrize("worse", [1, -1])
def test_the_course_of_values_is_in_their_own_unit(worse: int) -> None:
    """Members at 10 to 19 ms with a target of 30: the group's line starts at the middle member's
    usual 14.5, and a value that worsens moves it that way."""
    level = np.arange(10.0, 20.0)[:, None]
    growth = np.exp(worse * 0.002 * (np.arange(DAYS) - DAYS / 2))
    course = _course(level * growth, Promises(targets={"delay-mean": 30.0}), worse=worse)

    assert course.line == pytest.approx(30.0)
    at = DAYS // 2 + 3  # the middle of the seven days up to it is the middle day
    assert course.group[at] == pytest.approx(14.5, rel=0.02)
    first, last = course.group[7], course.group[-1]
    assert first is not None
    assert last is not None
    assert (last > first) == (worse > 0)
    assert course.coming is not None
    best, worst = course.coming.lines[0][-1], course.coming.lines[-1][-1]
    assert best is not None
    assert worst is not None
    assert (worst > best) == (worse > 0)


def test_the_week_is_told_with_its_test_and_noise_has_none() -> None:
    """A Wednesday that starts the days; Sundays differ by +2."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=DAYS)
    weekday = (np.arange(DAYS) + 2) % 7
    series = noise + np.where(weekday == 6, 3.0, 0.0)

    found, none = week_pattern(series, 2), week_pattern(noise, 2)

    assert found is not None
    assert none is not None
    assert max(range(7), key=lambda day: found.by_day[day]) == 6
    assert found.by_day[6] - np.mean(found.by_day[:6]) == pytest.approx(3.0, abs=0.7)
    assert found.chance < 0.001
    assert none.chance > 0.05
    assert found.strength > none.strength
    assert week_pattern(series[:27], 2) is None


def test_days_that_are_all_alike_have_no_week() -> None:
    found = week_pattern(np.ones(DAYS), 0)

    assert found is not None
    assert (found.chance, found.strength) == (1.0, 0.0)


def _drawn(course: CohortCourse) -> ElementTree.Element:
    marks = [
        Mark(FIRST + timedelta(days=20), "version 2: <target>", "fan-version"),
        Mark(FIRST - timedelta(days=20), "long ago", "fan-version"),
    ]
    drawing = FanDrawing(
        course,
        marks,
        (FIRST + timedelta(days=40), FIRST + timedelta(days=44)),
        "line 20 %",
        lambda figure: tell(figure, "bad time"),
        lambda product: f"/products/{product}/",
        "what it shows",
    )
    return ElementTree.fromstring(fan_chart(drawing))


def test_the_drawing_holds_bands_lines_marks_names_and_forecast() -> None:
    course = _course(np.ones((10, DAYS)), Promises(allowed={"share": 0.2}), bad=_shares())

    drawn = _drawn(course)

    classes = [one.get("class", "") for one in drawn.iter()]
    for name in ("fan-outer", "fan-inner", "fan-middle", "fan-group", "fan-line", "fan-since"):
        assert classes.count(name) == 1, name
    assert classes.count("fan-ahead-outer") == 1
    assert classes.count("fan-change") == len(course.changes)
    assert classes.count("fan-version") == 1  # the mark before the first day is not drawn
    (link,) = drawn.iter("a")
    assert link.get("href") == "/products/P-9/"
    words = "".join(drawn.itertext())
    assert "P-9" in words
    assert "line 20 %" in words
    assert "version 2: <target>" in words
    assert drawn.get("aria-label") == "what it shows"


def test_days_without_data_part_the_lines_of_the_drawing() -> None:
    values = np.ones((10, DAYS))
    values[:, 30:40] = np.nan
    course = _course(values, Promises(), bad=_shares())

    drawn = _drawn(course)

    groups = [one for one in drawn.iter() if one.get("class") == "fan-group"]
    assert len(groups) == 2
    assert course.line is None
    assert "fan-line" not in [one.get("class") for one in drawn.iter()]


def test_every_point_lies_inside_the_drawing() -> None:
    course = _course(np.ones((10, DAYS)), Promises(allowed={"share": 0.2}), bad=_shares())

    for one in _drawn(course).iter():
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", one.get("points", "")):
            assert 0 <= float(x) <= 900
            assert 0 <= float(y) <= 340


def test_ticks_are_round_figures_and_months() -> None:
    scale = FanScale(date(2026, 7, 15), 120, 0.0, 0.93, str)

    assert scale.ticks() == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert [text for _, text in scale.months()] == ["Aug 2026", "Sep", "Oct", "Nov"]
    short = FanScale(date(2026, 7, 15), 20, 0.0, 1.0, str)
    assert [text for _, text in short.months()] == ["20 Jul", "27 Jul", "3 Aug"]


def test_what_would_press_the_rest_flat_is_left_outside() -> None:
    """Usual figures from 1 to 2: up to 4 is shown with them, 100 is not."""
    assert ends([1.0, 2.0], [4.0], from_zero=False) == pytest.approx((0.88, 4.12))
    assert ends([1.0, 2.0], [100.0], from_zero=True) == pytest.approx((0.0, 2.08))
