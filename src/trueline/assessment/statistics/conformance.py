"""`conformance`: the share of time whose granules satisfy the threshold."""

from __future__ import annotations

from trueline.assessment.granule_sums import Wanted
from trueline.assessment.statistics.rule import (
    Account,
    Evidence,
    Finding,
    Source,
    StatisticRule,
    share,
    share_with_unknown,
)
from trueline.errors import InputError
from trueline.offerings.values import ServiceLevelObjective


def _wanted(objective: ServiceLevelObjective) -> Wanted:
    if objective.threshold is None:
        raise InputError(f"Objective {objective.id} has no threshold")
    return Wanted(thresholds=((objective.threshold.comparator, objective.threshold.value),))


def _find(evidence: Evidence) -> Finding:
    allowed_s = evidence.task.unit.allowed_s
    known_s = evidence.tally.known_s
    good_s = evidence.tally.good_s[evidence.threshold] if evidence.tally.good_s else 0
    bad_s = known_s - good_s
    unknown_s = allowed_s - known_s
    with_unknown = share_with_unknown(
        evidence.task.objective.missing_data, Account(good_s, bad_s, unknown_s), evidence.held
    )
    return Finding(
        value=share(good_s, known_s) if with_unknown is None else with_unknown,
        good_s=good_s,
        bad_s=bad_s,
        unknown_s=unknown_s,
        samples=evidence.tally.samples,
        best_case=share(good_s + unknown_s, allowed_s),
        worst_case=share(good_s, allowed_s),
        bad_share=share(bad_s, allowed_s),
    )


RULE = StatisticRule(
    source=Source.GRANULES,
    find=_find,
    wanted=_wanted,
    formula="good seconds / (good seconds + bad seconds)",
    clause="a granule is good when its value satisfies the threshold (contract, Meaning)",
)
