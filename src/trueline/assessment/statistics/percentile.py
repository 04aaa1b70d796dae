"""`percentile` exact by RFC 2330 section 11.3, and `percentile_histogram` within 1 %."""

from __future__ import annotations

from trueline.assessment.statistics.moments import sample_finding
from trueline.assessment.statistics.rule import Evidence, Finding, Source, StatisticRule
from trueline.assessment.tallies import Wanted
from trueline.errors import InputError
from trueline.offerings.values import ServiceLevelObjective


def _wanted(objective: ServiceLevelObjective) -> Wanted:
    if objective.percentile is None:
        raise InputError(f"Objective {objective.id} has no percentile")
    return Wanted(percentiles=(objective.percentile,))


def _find(evidence: Evidence) -> Finding:
    percentile = evidence.task.objective.percentile
    found = evidence.tally.percentiles.get(percentile) if percentile is not None else None
    return sample_finding(evidence, found)


RULE = StatisticRule(
    source=Source.GRANULES,
    find=_find,
    wanted=_wanted,
    formula="smallest sample x with F(x) >= p/100",
    clause="RFC 2330, 11.3 (empirical distribution, no interpolation)",
)
HISTOGRAM_RULE = StatisticRule(
    source=Source.HISTOGRAM,
    find=lambda e: sample_finding(e, e.sketched),
    wanted=lambda _objective: Wanted(histogram=True),
    formula="value of the log bucket that holds rank ceil(p/100 * n), within 1 %",
    clause="RFC 2330, 11.3, on a mergeable log-bucket histogram",
)
