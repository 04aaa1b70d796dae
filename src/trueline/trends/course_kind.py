"""What the course of a group may be called; nothing here needs statistics."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What the course of a group is."""

    DETERIORATION = "deterioration"
    STEP = "step"
    MEASUREMENT_CHANGE = "measurement change"
    ONE_MEMBER = "one member"
    MIX_CHANGE = "mix change"
    SEASON = "season"
    ELSEWHERE = "told elsewhere"
    NO_TREND_FOUND = "no trend found"
    TOO_SMALL = "too small to matter"
    BETTER = "getting better"
    UNKNOWN = "too little data"
