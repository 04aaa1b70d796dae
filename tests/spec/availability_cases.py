"""Availability from outages and from small intervals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.spec.case import SpecCase

OUTAGE: dict[str, Any] = {
    "parameter": "service_outage",
    "statistic": "availability_outage",
    "comparator": "GE",
    "conformance_target": 0.95,
    "conformance_period": "P1D",
}
MEF: dict[str, Any] = OUTAGE | {
    "parameter": "frame_loss",
    "statistic": "availability_mef",
    "threshold_c": 0.5,
    "consecutive_interval_n": 3,
}
G826 = OUTAGE | {"parameter": "frame_loss", "statistic": "availability_g826"}

OUTAGES = [
    SpecCase(
        "overlapping outages count once, excluded time not at all",
        OUTAGE,
        # union 10:00-11:30, of which 11:00-12:00 is excluded: 1 h of 23 h
        {
            "value": 1 - Fraction(1, 23),
            "verdict": "met",
            "bad_s": 3_600,
            "good_s": 79_200,
            "excluded_s": 3_600,
            "unknown_s": 0,
            "samples": None,
        },
        events=("outage 10:00/11:00", "outage 10:30/11:30"),
        exclusions=("11:00/12:00",),
    ),
    SpecCase(
        "counted as available, excluded time stays in the denominator",
        OUTAGE | {"denominator": "countAsAvailable"},
        {"value": 1 - Fraction(1, 24)},
        events=("outage 10:00/11:00", "outage 10:30/11:30"),
        exclusions=("11:00/12:00",),
    ),
    SpecCase(
        "an outage is split at the edge of the period",
        OUTAGE,
        {"bad_s": 7_200},
        events=("outage 2026-10-04T20:00Z/01:00", "outage 23:00/2026-10-06T04:00Z"),
    ),
    SpecCase(
        "an open outage lasts until as-of",
        OUTAGE,
        {"value": Fraction(1, 2), "verdict": "violated"},
        events=("outage 12:00/",),
    ),
    SpecCase(
        "a ticket is no outage",
        OUTAGE,
        {"value": 1, "verdict": "met"},
        events=("ticket 10:00/12:00",),
    ),
    SpecCase(
        "few enough outages in a week are absorbed",
        OUTAGE | {"tolerance": {"allowed_crossings": 1, "period": "P1W"}},
        {"verdict": "withinTolerance", "bad_s": 43_200},
        events=("outage 12:00/",),
    ),
]

INTERVALS = [
    SpecCase(
        "three high-loss granules in a row are unavailable from the first",
        MEF,
        {"value": Fraction(21, 24), "bad_s": 10_800, "good_s": 75_600, "samples": 24},
        series="0/10x5 9/10x3 0/10x16",
    ),
    SpecCase("two in a row are not", MEF, {"value": 1}, series="0/10x5 9/10x2 0/10x17"),
    SpecCase("loss at the threshold is not high", MEF, {"value": 1}, series="5/10x24"),
    SpecCase("no traffic is no loss", MEF, {"value": 1, "unknown_s": 0}, series="0/0x24"),
    SpecCase(
        "the look ahead goes past the end of the period",
        MEF,
        {"value": Fraction(23, 24)},
        series="0/10x23 9/10x3",
    ),
    SpecCase(
        "too little look ahead keeps the state",
        MEF,
        {"value": 1},
        series="0/10x23 9/10x2",
    ),
    SpecCase(
        "the state carries over from before the period",
        MEF,
        # unavailable since 21:00; hours 0 to 2 are lossy, fine, lossy: no three alike before 03:00
        {"value": Fraction(21, 24), "bad_s": 10_800},
        series="9/10x3 9/10 0/10 9/10 0/10x21",
        starting="2026-10-04T21:00Z",
    ),
    SpecCase(
        "a missing or suspect granule breaks no run and is unknown",
        MEF,
        # losses at 05, 07 and 09 are three in a row; 06 is missing, 08 suspect: 19 of 22
        {"value": Fraction(19, 22), "unknown_s": 7_200, "bad_s": 10_800, "samples": 22},
        series="0/10x5 9/10 - 9/10 0/10? 9/10 0/10x14",
    ),
    SpecCase(
        "states evolve underneath an exclusion",
        MEF,
        {"value": Fraction(21, 23), "bad_s": 7_200, "excluded_s": 3_600},
        series="0/10x5 9/10x3 0/10x16",
        exclusions=("05:00/06:00",),
    ),
    SpecCase(
        "bounds of small-interval availability are shares of time",
        MEF,
        # 3 h unavailable, 4 h unknown: (24 - 3) / 24 and (24 - 3 - 4) / 24
        {"best_case": Fraction(21, 24), "worst_case": Fraction(17, 24)},
        series="0/10x5 9/10x3 -x4 0/10x12",
    ),
    SpecCase(
        "unknown time counted as good: (17 + 4) / 24",
        MEF | {"missing_data": "good"},
        {"value": Fraction(21, 24), "unknown_s": 14_400, "coverage": Fraction(20, 24)},
        series="0/10x5 9/10x3 -x4 0/10x12",
    ),
    SpecCase(
        "unknown time counted as bad: 17 / 24",
        MEF | {"missing_data": "bad"},
        {"value": Fraction(17, 24), "bad_s": 10_800, "unknown_s": 14_400},
        series="0/10x5 9/10x3 -x4 0/10x12",
    ),
    SpecCase(
        "unknown time takes the state before it: 4 h bad, the 2 h at the end good, 17 / 24",
        MEF | {"missing_data": "hold"},
        {"value": Fraction(17, 24), "bad_s": 10_800, "unknown_s": 21_600},
        series="0/10x5 9/10x3 -x4 0/10x10 -x2",
    ),
    SpecCase(
        "a state from long before the period is held into it: 5 h bad, 19 / 24",
        MEF | {"missing_data": "hold"},
        {"value": Fraction(19, 24), "bad_s": 0},
        series="9/10x3 -x125 0/10x19",
        starting="2026-09-29T21:00Z",
    ),
    SpecCase(
        "G.826: ten severely errored in a row, from 30 % on",
        G826,
        {"value": Fraction(14, 24)},
        series="3/10x10 0/10x14",
    ),
    SpecCase("G.826: nine are not enough", G826, {"value": 1}, series="3/10x9 0/10x15"),
]

CASES = [*OUTAGES, *INTERVALS]
