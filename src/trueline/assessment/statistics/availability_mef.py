"""`availability_mef` and `availability_g826`: share of small intervals in the available state."""

from __future__ import annotations

from trueline.assessment.statistics.rule import (
    Account,
    Evidence,
    Finding,
    Source,
    StatisticRule,
    share,
    share_with_unknown,
)


def _find(evidence: Evidence) -> Finding:
    known, unavailable = evidence.tally, evidence.unavailable
    allowed_s = evidence.task.unit.allowed_s
    good_s = known.known_s - unavailable.seconds
    account = Account(good_s, unavailable.seconds, allowed_s - known.known_s)
    with_unknown = share_with_unknown(
        evidence.task.objective.missing_data, account, unavailable.held
    )
    available = share(known.samples - unavailable.count, known.samples)
    return Finding(
        value=available if with_unknown is None else with_unknown,
        good_s=good_s,
        bad_s=unavailable.seconds,
        unknown_s=account.unknown_s,
        samples=known.samples,
        best_case=share(allowed_s - unavailable.seconds, allowed_s),
        worst_case=share(good_s, allowed_s),
        bad_share=share(unavailable.seconds, allowed_s),
    )


RULE = StatisticRule(
    source=Source.STATES,
    find=_find,
    formula="available granules / (available + unavailable granules), each by its start",
    clause="MEF 10.3, 8.8: n consecutive intervals above C open and n at or below it close "
    "unavailable time, both back-dated to the first of the n",
)
G826_RULE = StatisticRule(
    source=Source.STATES,
    find=_find,
    formula="available granules / (available + unavailable granules), each by its start",
    clause="ITU-T G.826, Annex A: ten consecutive severely errored intervals open unavailable "
    "time, ten others close it",
)
