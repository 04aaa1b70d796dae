"""Freshness and completeness of feeds, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.unit.test_reconciliation import OCTOBER, P1, sourced

from trueline.errors import InputError
from trueline.sourcing.feed_file import read_feed_objectives
from trueline.sourcing.feeds import NO_FEED, FeedObjective, FeedState, feed_health
from trueline.sourcing.reconcile import MeasuredSeries

DAY_S = 86_400
MONTH_S = OCTOBER[1] - OCTOBER[0]  # 31 days
NORTH = replace(P1, characteristics={"feed": "north"})
SOUTH = replace(P1, id="P2", characteristics={"feed": "south"})
FULL = MeasuredSeries(2_976, OCTOBER[0], OCTOBER[1] - 900, OCTOBER[1], MONTH_S)


def test_a_full_feed_is_sound_and_one_without_a_name_is_told() -> None:
    found = feed_health(sourced(P1, measured={("P1", "delay"): FULL}), "feed", [], now_s=OCTOBER[1])
    [one] = found
    assert (one.feed, one.state, one.age_s, one.completeness) == (
        NO_FEED, FeedState.SOUND, 0, Fraction(1)
    )  # fmt: skip


def test_states_come_in_the_order_of_their_trouble() -> None:
    cut = MeasuredSeries(2_784, OCTOBER[0], 0, OCTOBER[1] - 2 * DAY_S, MONTH_S - 2 * DAY_S)
    gappy = MeasuredSeries(2_000, OCTOBER[0], 0, OCTOBER[1], MONTH_S * 9 // 10)
    west = replace(P1, id="P3", characteristics={"feed": "west"})
    east = replace(P1, id="P4", characteristics={"feed": "east"})
    measured = {("P1", "delay"): FULL, ("P3", "delay"): cut, ("P4", "delay"): gappy}
    found = feed_health(
        sourced(NORTH, SOUTH, west, east, measured=measured), "feed", [], now_s=OCTOBER[1]
    )
    assert [(one.feed, one.state) for one in found] == [
        ("south", FeedState.SILENT),  # nothing came
        ("west", FeedState.STALE),  # two days old where one is asked
        ("east", FeedState.THIN),  # 90 % where 95 % are asked
        ("north", FeedState.SOUND),
    ]
    assert found[2].completeness == Fraction(9, 10)


def test_an_objective_of_its_own_comes_before_that_of_all() -> None:
    cut = MeasuredSeries(2_784, OCTOBER[0], 0, OCTOBER[1] - 2 * DAY_S, MONTH_S - 2 * DAY_S)
    asked = [FeedObjective("north", 3 * DAY_S, Decimal("0.9")), FeedObjective("*", 60)]
    data = sourced(NORTH, SOUTH, measured={("P1", "delay"): cut, ("P2", "delay"): cut})
    states = {one.feed: one.state for one in feed_health(data, "feed", asked, now_s=OCTOBER[1])}
    assert states == {"north": FeedState.SOUND, "south": FeedState.STALE}


def test_in_a_running_month_only_what_has_passed_is_owed() -> None:
    now_s = OCTOBER[0] + 10 * DAY_S
    half = MeasuredSeries(960, OCTOBER[0], 0, now_s - 3_600, 10 * DAY_S - 3_600)
    [one] = feed_health(sourced(P1, measured={("P1", "delay"): half}), "feed", [], now_s=now_s)
    assert (one.owed_s, one.age_s, one.state) == (10 * DAY_S, 3_600, FeedState.SOUND)


def test_a_product_that_ended_owes_nothing_afterwards() -> None:
    ended = replace(P1, end=datetime.fromtimestamp(OCTOBER[0] + DAY_S, UTC))
    day = MeasuredSeries(96, OCTOBER[0], 0, OCTOBER[0] + DAY_S, DAY_S)
    [one] = feed_health(
        sourced(ended, measured={("P1", "delay"): day}), "feed", [], now_s=OCTOBER[1]
    )
    assert (one.owed_s, one.completeness) == (DAY_S, Fraction(1))


def test_the_file_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    assert read_feed_objectives(path) == []
    path.write_text(
        "apiVersion: trueline/v1\nfeeds:\n"
        "  - {feed: north, max_age: PT2H, min_completeness: 0.99}\n  - {feed: '*'}\n"
    )
    assert read_feed_objectives(path) == [
        FeedObjective("north", 7_200, Decimal("0.99")),
        FeedObjective("*"),
    ]
    path.write_text("apiVersion: trueline/v1\nfeeds:\n  - {feed: north, max_age: soon}\n")
    with pytest.raises(InputError, match="not a duration"):
        read_feed_objectives(path)
    path.write_text("apiVersion: trueline/v1\nfeeds:\n  - {feed: a}\n  - {feed: a}\n")
    with pytest.raises(InputError, match="stands twice"):
        read_feed_objectives(path)
