"""Conformance, and with it the rules of the time account that all statistics share."""

from __future__ import annotations

from fractions import Fraction

from tests.spec.case import CONFORMANCE, SpecCase

HOURS = {"days": ["MO", "TU", "WE", "TH", "FR"], "from": "08:00", "to": "18:00"}
NIGHTS = {"days": ["SA", "SU"], "from": "22:00", "to": "06:00"}
GAPS = "-x2 10x10 -x6 30x2 -x4"  # known: 10 h good, 2 h bad; unknown: 2 + 6 + 4 h

VALUES = [
    SpecCase(
        "the value is good time over good and bad time",
        CONFORMANCE,
        # 18 h good, 6 h bad: 18 / 24; margin 0.75 - 0.9
        {
            "verdict": "violated",
            "value": Fraction(3, 4),
            "margin": Fraction(-15, 100),
            "good_s": 64_800,
            "bad_s": 21_600,
            "excluded_s": 0,
            "unknown_s": 0,
            "coverage": 1,
            "samples": 24,
        },
        series="10x18 30x6",
    ),
    SpecCase(
        "a value at the threshold is good, compared as it is written",
        CONFORMANCE | {"threshold": {"comparator": "LE", "value": 20.1}},
        {"value": 1, "good_s": 86_400},
        series="20.1x24",
    ),
    SpecCase(
        "the warning value makes it at risk",
        CONFORMANCE | {"threshold_target": 0.95},
        {"verdict": "atRisk", "value": Fraction(22, 24)},  # 0.9167 is over 0.9, under 0.95
        series="10x22 30x2",
    ),
    SpecCase(
        "a ratio without demand is unknown",
        CONFORMANCE | {"parameter": "frame_loss", "threshold": {"comparator": "LE", "value": 0.01}},
        {"value": Fraction(12, 18), "unknown_s": 21_600, "samples": 24},
        series="0/100x12 0/0x6 5/100x6",
    ),
]

MISSING = [
    SpecCase(
        "a missing granule makes time unknown, never good or bad",
        CONFORMANCE,
        # 18 h good, 3 h unknown, 3 h bad: 18 / 21; bounds 21 / 24 and 18 / 24
        {
            "value": Fraction(18, 21),
            "unknown_s": 10_800,
            "coverage": Fraction(21, 24),
            "best_case": Fraction(21, 24),
            "worst_case": Fraction(18, 24),
        },
        series="10x18 -x3 30x3",
    ),
    SpecCase(
        "a suspect granule is as good as missing",
        CONFORMANCE,
        {"value": 1, "unknown_s": 14_400, "samples": 20},
        series="10x20 30?x4",
    ),
    SpecCase(
        "too little coverage is not assessable, whatever the value",
        CONFORMANCE,
        {"verdict": "notAssessable", "value": 1, "coverage": Fraction(11, 24)},
        series="10x11 -x13",
    ),
    SpecCase(
        "nothing measured at all has no value",
        CONFORMANCE | {"min_coverage": 0},
        {"verdict": "notAssessable", "value": None, "margin": None, "coverage": 0},
    ),
    SpecCase("exclude: 10 / 12", CONFORMANCE, {"value": Fraction(10, 12)}, series=GAPS),
    SpecCase(
        "good: (10 + 12) / 24, and the account still says unknown",
        CONFORMANCE | {"missing_data": "good"},
        {"value": Fraction(22, 24), "unknown_s": 43_200, "coverage": Fraction(1, 2)},
        series=GAPS,
    ),
    SpecCase(
        "bad: 10 / 24",
        CONFORMANCE | {"missing_data": "bad"},
        {"value": Fraction(10, 24)},
        series=GAPS,
    ),
    SpecCase(
        "hold: 6 h after good are good, 4 h after bad are bad, the first 2 h stay out: 16 / 22",
        CONFORMANCE | {"missing_data": "hold"},
        {"value": Fraction(16, 22), "unknown_s": 43_200},
        series=GAPS,
    ),
    SpecCase(
        "hold: a granule from before the period is held into it",
        CONFORMANCE | {"missing_data": "hold", "min_coverage": 0.1},
        {"value": Fraction(22, 24)},  # 02-24 good; 00-02 held bad from the day before
        series="30 -x3 10x22",
        starting="2026-10-04T22:00Z",
    ),
]

DELIVERIES = [
    SpecCase(
        "the same granule twice counts once",
        CONFORMANCE,
        {"value": 1, "good_s": 86_400, "samples": 24},
        series="10x24",
        later=("03:00 10",),
    ),
    SpecCase(
        "a later row corrects the earlier one",
        CONFORMANCE,
        {"value": Fraction(23, 24), "bad_s": 3_600, "samples": 24},
        series="10x24",
        later=("03:00 30",),
    ),
    SpecCase(
        "a correction can take a granule back",
        CONFORMANCE,
        {"value": 1, "unknown_s": 3_600, "samples": 23},
        series="10x24",
        later=("03:00 10?",),
    ),
    SpecCase(
        "a granule that starts later takes the time over",
        CONFORMANCE | {"min_coverage": 0.1},
        {"good_s": 3_600, "bad_s": 7_200, "unknown_s": 75_600},  # 00-01 good, 01-03 bad
        series="10 30",
        lasting_s=7_200,
    ),
]

SCOPES = [
    SpecCase(
        "a granule that runs into the period counts for the part inside",
        CONFORMANCE,
        {"bad_s": 1_800, "good_s": 84_600, "samples": 24},  # 23:30-00:30 is bad
        series="30 10x24",
        starting="2026-10-04T23:30Z",
    ),
    SpecCase(
        "overlapping exclusions count once",
        CONFORMANCE,
        # 20-22 and 21-23 are 3 h: of the 4 bad hours 23-24 is left
        {
            "value": Fraction(20, 21),
            "excluded_s": 10_800,
            "good_s": 72_000,
            "bad_s": 3_600,
            "samples": 21,
        },
        series="10x20 30x4",
        exclusions=("20:00/22:00", "21:00/23:00"),
    ),
    SpecCase(
        "an exclusion is cut to the second, and over the edge of the period",
        CONFORMANCE,
        {"excluded_s": 601, "good_s": 85_799, "samples": 23},  # 00:00 is excluded, 01:00 is not
        series="10x24",
        exclusions=("2026-10-04T20:00Z/00:10:01",),
    ),
    SpecCase(
        "a late joiner has the time from its start on",
        CONFORMANCE,
        {"good_s": 43_170, "samples": 11},  # 12:00:30-24:00; granules of 13:00 to 23:00
        series="10x24",
        active="12:00:30/",
    ),
    SpecCase(
        "a terminated product has the time up to its end",
        CONFORMANCE,
        {"good_s": 21_600, "unknown_s": 0, "samples": 6},
        series="10x24",
        active="2026-01-01T00:00Z/06:00",
    ),
    SpecCase(
        "a product that was not active is not applicable",
        CONFORMANCE,
        {"verdict": "notApplicable", "value": None, "good_s": 0, "unknown_s": 0, "coverage": None},
        series="10x24",
        active="2026-01-01T00:00Z/2026-10-01T00:00Z",
    ),
    SpecCase(
        "a period wholly excluded is not applicable",
        CONFORMANCE,
        {"verdict": "notApplicable", "value": None, "excluded_s": 86_400, "coverage": None},
        series="30x24",
        exclusions=("00:00/2026-10-06T00:00Z",),
    ),
    SpecCase(
        "the day the clocks go back has 25 hours",
        CONFORMANCE,
        {"good_s": 90_000, "period_start": "2026-10-24T23:00:00Z"},
        series="10x25",
        starting="2026-10-24T23:00Z",
        zone="Europe/Lisbon",
        period="2026-10-25",
    ),
    SpecCase(
        "the objective's zone comes before the product's",
        CONFORMANCE | {"time_zone": "Europe/Helsinki"},
        {"period_start": "2026-10-04T21:00:00Z", "period_end": "2026-10-05T21:00:00Z"},
        zone="Europe/Lisbon",
    ),
    SpecCase(
        "service hours are local: 08-18 in Lisbon is 07-17 UTC in October",
        CONFORMANCE | {"service_hours": HOURS},
        # of 10 h the one from 07:00 UTC is bad: 0.9 meets 0.9 with nothing to spare
        {"verdict": "met", "value": Fraction(9, 10), "margin": 0, "good_s": 32_400},
        series="10x7 30 10x16",
        zone="Europe/Lisbon",
    ),
    SpecCase(
        "a service night belongs to the day it starts on: Sunday's reaches Monday 06:00",
        CONFORMANCE | {"service_hours": NIGHTS},
        {"good_s": 21_600, "unknown_s": 0},
        series="10x24",
    ),
    SpecCase(
        "a public holiday is out of service",
        CONFORMANCE | {"service_hours": HOURS | {"holidays": "GB-ENG"}},
        {"verdict": "notApplicable", "good_s": 0},  # the late summer bank holiday
        series="10x24",
        starting="2026-08-31T00:00Z",
        period="2026-08-31",
    ),
    SpecCase(
        "an objective in force for the last day of a month counts that day",
        CONFORMANCE | {"conformance_period": "P1M", "valid_from": "2026-10-31"},
        {"good_s": 86_400, "unknown_s": 0, "period_start": "2026-10-01T00:00:00Z"},
        series="10x24",
        starting="2026-10-31T00:00Z",
        period="2026-10",
    ),
]

TOLERANCES = [
    SpecCase(
        "a miss that still meets the tolerance target is absorbed",
        CONFORMANCE | {"tolerance": {"target": 0.7}},
        {"verdict": "withinTolerance", "value": Fraction(3, 4)},
        series="10x18 30x6",
    ),
    SpecCase(
        "crossings five hours apart are not in one window of five hours",
        CONFORMANCE
        | {
            "conformance_target": 0.95,
            "tolerance": {"allowed_crossings": 1, "period": "PT5H"},
        },
        {"verdict": "withinTolerance", "value": Fraction(22, 24)},
        series="30 10x4 30 10x18",
    ),
    SpecCase(
        "a window of six hours holds both crossings",
        CONFORMANCE
        | {
            "conformance_target": 0.95,
            "tolerance": {"allowed_crossings": 1, "period": "PT6H"},
        },
        {"verdict": "violated"},
        series="30 10x4 30 10x18",
    ),
    SpecCase(
        "a rounded value is what is compared",
        CONFORMANCE | {"conformance_target": 0.96, "rounding": {"mode": "half_up", "decimals": 1}},
        {"verdict": "met", "value": 1, "margin": Fraction(4, 100)},  # 23 / 24 = 0.958 -> 1.0
        series="10x23 30",
    ),
    SpecCase(
        "a truncated value never gains",
        CONFORMANCE
        | {"conformance_target": 0.958, "rounding": {"mode": "truncate", "decimals": 2}},
        {"verdict": "violated", "value": Fraction(95, 100)},  # 23 / 24 = 0.958333 -> 0.95
        series="10x23 30",
    ),
]

CASES = [*VALUES, *MISSING, *DELIVERIES, *SCOPES, *TOLERANCES]
