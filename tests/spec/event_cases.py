"""Repair times, counts and the longest event."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.spec.case import SpecCase

REPAIR: dict[str, Any] = {
    "parameter": "repair",
    "statistic": "time_to_repair",
    "of": "mean",
    "comparator": "LE",
    "conformance_target": 5_000,
    "conformance_period": "P1D",
}
COUNT: dict[str, Any] = {
    "parameter": "service_outage",
    "statistic": "event_count",
    "comparator": "LE",
    "conformance_target": 1,
    "conformance_period": "P1D",
}
LONGEST = COUNT | {"statistic": "longest_event", "conformance_target": 3_600}
# 2 h less 30 min stopped = 5,400 s, and 3,600 s
TICKETS = ("ticket 10:00/12:00 stop 10:30/11:00", "ticket 13:00/14:00")

CASES = [
    SpecCase(
        "the mean repair time is less stopped clock: (5,400 + 3,600) / 2",
        REPAIR,
        {"value": 4_500, "verdict": "met", "margin": 500, "samples": 2, "good_s": 86_400},
        events=TICKETS,
    ),
    SpecCase("the longest repair", REPAIR | {"of": "max"}, {"value": 5_400}, events=TICKETS),
    SpecCase(
        "the share repaired within an hour: one of two",
        REPAIR
        | {"of": "share_within", "within_s": 3_600, "comparator": "GE", "conformance_target": 0.9},
        {"value": Fraction(1, 2), "verdict": "violated"},
        events=TICKETS,
    ),
    SpecCase(
        "overlapping stops count once, and only inside the ticket",
        REPAIR,
        {"value": 3_600},  # 2 h less 11:00-12:00
        events=("ticket 10:00/12:00 stop 11:00/11:40 stop 11:20/13:00",),
    ),
    SpecCase(
        "a ticket counts where it starts, to its very end",
        REPAIR,
        {"value": 18_000, "samples": 1},  # 23:00 to 04:00; the other began the day before
        events=(
            "ticket 23:00/2026-10-06T04:00Z",
            "ticket 2026-10-04T23:00Z/05:00",
        ),
    ),
    SpecCase(
        "an open ticket is left out and said to be open",
        REPAIR,
        {"value": 3_600, "samples": 1, "open_events": 1},
        events=("ticket 10:00/", "ticket 13:00/14:00"),
    ),
    SpecCase(
        "no ticket, nothing to repair: not applicable",
        REPAIR,
        {"verdict": "notApplicable", "value": None, "samples": 0, "coverage": 1},
    ),
    SpecCase(
        "every event counts, overlapping ones too",
        COUNT,
        {"value": 2, "samples": 2, "verdict": "violated", "margin": -1},
        events=("outage 10:00/11:00", "outage 10:30/11:30"),
    ),
    SpecCase("no event is a count of none", COUNT, {"value": 0, "verdict": "met"}),
    SpecCase(
        "an event that starts in an exclusion counts",
        COUNT,
        {"value": 1},
        events=("outage 10:00/11:00",),
        exclusions=("09:00/12:00",),
    ),
    SpecCase(
        "unless the objective ignores those",
        COUNT | {"excluded_events": "ignore"},
        {"value": 0},
        events=("outage 10:00/11:00",),
        exclusions=("09:00/12:00",),
    ),
    SpecCase(
        "the longest event in full, beyond the period",
        LONGEST,
        {"value": 18_000},
        events=("outage 10:00/11:00", "outage 23:00/2026-10-06T04:00Z"),
    ),
    SpecCase("no event is longest at 0", LONGEST, {"value": 0, "verdict": "met"}),
]
