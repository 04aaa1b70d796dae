"""`mean`, `min`, `max` and `sum` over the trusted samples that start in allowed time."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from trueline.assessment.statistics.rule import Evidence, Finding, Source, StatisticRule
from trueline.assessment.tallies import Tally, Wanted
from trueline.offerings.values import ServiceLevelObjective


def _wanted(_objective: ServiceLevelObjective) -> Wanted:
    return Wanted(moments=True)


def sample_finding(evidence: Evidence, value: Decimal | Fraction | None) -> Finding:
    """Sample statistics count covered time as good: nothing is bad by itself."""
    known_s = evidence.tally.known_s
    return Finding(
        value=None if value is None else Fraction(value),
        good_s=known_s,
        bad_s=0,
        unknown_s=evidence.task.unit.allowed_s - known_s,
        samples=evidence.tally.samples,
    )


def _mean(tally: Tally) -> Fraction | None:
    if tally.total is None or not tally.numbers:
        return None
    return Fraction(tally.total) / tally.numbers


MEAN = StatisticRule(
    source=Source.GRANULES,
    find=lambda e: sample_finding(e, _mean(e.tally)),
    wanted=_wanted,
    formula="sum of samples / number of samples",
    clause="samples whose start is in allowed time (contract, Meaning)",
)
MINIMUM = StatisticRule(
    source=Source.GRANULES,
    find=lambda e: sample_finding(e, e.tally.minimum),
    wanted=_wanted,
    formula="smallest sample",
    clause="samples whose start is in allowed time (contract, Meaning)",
)
MAXIMUM = StatisticRule(
    source=Source.GRANULES,
    find=lambda e: sample_finding(e, e.tally.maximum),
    wanted=_wanted,
    formula="largest sample",
    clause="samples whose start is in allowed time (contract, Meaning)",
)
SUM = StatisticRule(
    source=Source.GRANULES,
    find=lambda e: sample_finding(e, e.tally.total),
    wanted=_wanted,
    formula="sum of samples",
    clause="samples whose start is in allowed time (contract, Meaning)",
)
