"""A deterioration is raised once, held near the limit, and cleared by two scans in a row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trueline.trends.course_kind import Kind
from trueline.trends.findings import QuietSeries, TrendFinding
from trueline.trends.standing import Act, act_of

DAY = "2026-07-01"
FOUND = TrendFinding(
    "group", "G", "delay", "bad time", Kind.DETERIORATION.value, 0.01, DAY, DAY, DAY, 0.01, 0.02,
    "", 3, (),
)  # fmt: skip
QUIET = QuietSeries(
    "group", "G", "delay", "bad time", Kind.NO_TREND_FOUND.value, q_value=0.5, detectable=0.1
)


@pytest.mark.parametrize(
    ("before", "found", "act"),
    [
        (None, FOUND, Act.RAISED),
        (None, QUIET, None),
        (None, replace(QUIET, q_value=0.1), None),
        (["raised"], FOUND, Act.CALLED),
        (["raised", "missed"], FOUND, Act.CALLED),
        (["raised"], replace(QUIET, q_value=0.2), Act.HELD),
        (["raised"], QUIET, Act.MISSED),
        (["raised", "missed"], QUIET, Act.CLEARED),
        # A scan that holds it, or calls it, starts the count again.
        (["raised", "missed", "held"], QUIET, Act.MISSED),
        (["raised", "missed", "called"], QUIET, Act.MISSED),
        # What got better, or is explained by something else, does not stand, however sure.
        (["raised", "missed"], replace(QUIET, kind=Kind.BETTER.value, q_value=0.01), Act.CLEARED),
        (["raised"], replace(FOUND, kind=Kind.MEASUREMENT_CHANGE.value), Act.MISSED),
        (["raised", "missed"], replace(FOUND, kind=Kind.ELSEWHERE.value), Act.CLEARED),
        (None, replace(FOUND, kind=Kind.SEASON.value), None),
    ],
)
def test_what_a_scan_does_to_a_series(
    before: list[str] | None, found: TrendFinding | QuietSeries, act: Act | None
) -> None:
    assert act_of(found, before) is act
