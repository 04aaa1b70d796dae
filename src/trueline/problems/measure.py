"""By what a scan measures how bad a product is (R4)."""

from __future__ import annotations

from enum import StrEnum


class Measure(StrEnum):
    """`violated`: whether its line was missed. `count`: how many reports there are, against the
    number expected of it. `ratio`: numerators over denominators. `level`: the mean of a parameter,
    against that of its offering."""

    VIOLATED = "violated"
    COUNT = "count"
    RATIO = "ratio"
    LEVEL = "level"
