"""Percentile, mean, min, max, sum and ratio, and objectives that count in available time only."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.spec.case import SpecCase

ONE_TO_TWENTY = " ".join(str(n) for n in range(1, 21))


def delay(statistic: str, **keys: object) -> dict[str, Any]:
    return {
        "parameter": "frame_delay",
        "statistic": statistic,
        "comparator": "LE",
        "conformance_target": 15,
        "conformance_period": "P1D",
    } | keys


LOSS_RATIO = delay("ratio", parameter="frame_loss", conformance_target=0.01)

CASES = [
    SpecCase(
        "a percentile is a sample: P95 of 20 is the 19th",
        delay("percentile", percentile=95),
        # 0.95 x 20 = 19; 20 of 24 h are covered
        {"value": 19, "verdict": "violated", "margin": -4, "good_s": 72_000, "unknown_s": 14_400},
        series=ONE_TO_TWENTY,
    ),
    SpecCase(
        "nothing is interpolated: P50 of 12 x 10 and 12 x 30 is 10",
        delay("percentile", percentile=50),
        {"value": 10, "verdict": "met", "samples": 24},
        series="10x12 30x12",
    ),
    SpecCase(
        "the 100th percentile is the largest sample",
        delay("percentile", percentile=100),
        {"value": 20, "verdict": "violated"},
        series=ONE_TO_TWENTY,
    ),
    SpecCase(
        "the 0th percentile is the smallest sample",
        delay("percentile", percentile=0),
        {"value": 1, "verdict": "met"},
        series=ONE_TO_TWENTY,
    ),
    SpecCase(
        "a percentile of ratios leaves out what had no demand",
        delay("percentile", parameter="frame_loss", percentile=99, min_coverage=0),
        # samples 0.01 and 0.02; the third has none: rank ceil(0.99 x 2) = 2
        {"value": Fraction(2, 100), "good_s": 7_200, "samples": 3},
        series="1/100 2/100 0/0",
    ),
    SpecCase(
        "the mean weighs granules alike",
        delay("mean"),
        {"value": Fraction(35, 2), "good_s": 86_400, "bad_s": 0},  # (12 x 10 + 12 x 25) / 24
        series="10x12 25x12",
    ),
    SpecCase(
        "the mean counts granules that start in scope, however much of them lies outside",
        delay("mean", min_coverage=0),
        {"value": 30, "samples": 1, "good_s": 3_600},  # 23:30 (day before) is out, 23:30 is in
        series="10 -x23 30",
        starting="2026-10-04T23:30Z",
    ),
    SpecCase(
        "the smallest sample, negative as well",
        delay("min"),
        {"value": Fraction(-5, 2)},
        series="10x12 -2.5x12",
    ),
    SpecCase("the largest sample", delay("max"), {"value": 25}, series="10x12 25 10x11"),
    SpecCase("the sum of samples", delay("sum"), {"value": 255}, series="10x23 25"),
    SpecCase(
        "a sum counts the period only",
        delay("sum"),
        {"value": 240, "samples": 24},
        series="7 10x24 7",
        starting="2026-10-04T23:00Z",
    ),
    SpecCase(
        "a ratio is a sum over a sum, never a mean of ratios",
        LOSS_RATIO,
        # 12 x 1 / (12 x 100 + 12 x 900) = 12 / 12,000; the mean of ratios would be 0.005
        {"value": Fraction(1, 1_000), "verdict": "met", "good_s": 86_400},
        series="1/100x12 0/900x12",
    ),
    SpecCase(
        "a ratio without any demand is not applicable",
        LOSS_RATIO,
        {"verdict": "notApplicable", "value": None, "coverage": 1, "samples": 24},
        series="0/0x24",
    ),
    SpecCase(
        "a ratio of too few granules is not assessable, demand or not",
        LOSS_RATIO,
        {"verdict": "notAssessable", "value": Fraction(1, 100)},
        series="1/100",
    ),
    SpecCase(
        "missing data does not move a mean",
        delay("mean", missing_data="bad"),
        {"value": 10, "unknown_s": 21_600},
        series="10x18",
    ),
    SpecCase(
        "a delay objective qualified by availability counts in available time only",
        delay("mean", qualified_by="up"),
        {"value": 10, "excluded_s": 43_200, "good_s": 43_200, "samples": 12},
        series="10x12 30x12",
        events=("outage 12:00/2026-10-06T00:00Z",),
        siblings=(
            {
                "id": "up",
                "parameter": "service_outage",
                "statistic": "availability_outage",
                "comparator": "GE",
                "conformance_target": 0.4,
                "conformance_period": "P1D",
            },
        ),
    ),
]
