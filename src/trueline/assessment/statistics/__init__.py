"""In: what was found in the allowed time of one task. Out: value, time account, bounds.

One file per statistic; a new one is one file and one line in RULES."""

from __future__ import annotations

from trueline.assessment.statistics import (
    availability_mef,
    availability_outage,
    conformance,
    counted_events,
    moments,
    percentile,
    ratio,
    time_to_repair,
)
from trueline.assessment.statistics.rule import StatisticRule
from trueline.offerings.values import Statistic

RULES: dict[Statistic, StatisticRule] = {
    Statistic.CONFORMANCE: conformance.RULE,
    Statistic.PERCENTILE: percentile.RULE,
    Statistic.PERCENTILE_HISTOGRAM: percentile.HISTOGRAM_RULE,
    Statistic.MEAN: moments.MEAN,
    Statistic.MIN: moments.MINIMUM,
    Statistic.MAX: moments.MAXIMUM,
    Statistic.SUM: moments.SUM,
    Statistic.RATIO: ratio.RULE,
    Statistic.AVAILABILITY_OUTAGE: availability_outage.RULE,
    Statistic.AVAILABILITY_MEF: availability_mef.RULE,
    Statistic.AVAILABILITY_G826: availability_mef.G826_RULE,
    Statistic.TIME_TO_REPAIR: time_to_repair.RULE,
    Statistic.EVENT_COUNT: counted_events.COUNT,
    Statistic.LONGEST_EVENT: counted_events.LONGEST,
}
