"""`ratio`: the sum of numerators over the sum of denominators, never a mean of ratios."""

from __future__ import annotations

from fractions import Fraction

from trueline.assessment.statistics.moments import sample_finding
from trueline.assessment.statistics.rule import Evidence, Finding, Source, StatisticRule
from trueline.assessment.tallies import Wanted


def _find(evidence: Evidence) -> Finding:
    total, denominator = evidence.tally.total, evidence.tally.denominator
    demand = denominator is not None and denominator != 0
    value = Fraction(total) / Fraction(denominator) if demand and total is not None else None  # type: ignore[arg-type]  # demand says it is there
    finding = sample_finding(evidence, value)
    return finding if demand else _without_demand(finding)


def _without_demand(finding: Finding) -> Finding:
    return Finding(
        value=None,
        good_s=finding.good_s,
        bad_s=0,
        unknown_s=finding.unknown_s,
        samples=finding.samples,
        no_demand=True,
    )


RULE = StatisticRule(
    source=Source.GRANULES,
    find=_find,
    wanted=lambda _objective: Wanted(moments=True),
    formula="sum of numerators / sum of denominators",
    clause="3GPP TS 28.554 ratio KPIs; contract, Meaning",
)
