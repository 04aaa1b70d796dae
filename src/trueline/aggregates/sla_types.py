"""What verdicts say of the objectives themselves: never tested, always kept, never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from trueline.aggregates.cube import Cell, Facts, Weight, cells_of

LEAST_ASSESSED = 20
LAX_FROM = 0.999  # at least this share met, sure to 95 %, or all of many
UNREALISTIC_UP_TO = 0.5  # at most this share met, sure to 95 %


class ObjectiveJudgement(StrEnum):
    NEVER_TESTED = "neverTested"  # no verdict could be decided
    LAX = "alwaysMet"
    UNREALISTIC = "alwaysMissed"
    TOO_FEW = "tooFew"  # fewer verdicts than a judgement needs
    TELLING = "telling"


@dataclass(frozen=True)
class JudgedObjective:
    """An objective of one SLA type, what its verdicts say of it, and why."""

    objective_id: str
    sla_type: str
    judgement: ObjectiveJudgement
    cell: Cell
    why: str


def judge_objective(objective_id: str, sla_type: str, cell: Cell) -> JudgedObjective:
    """A share of ten of ten is no proof of a lax target: the interval decides."""
    judgement, why = _judged(cell)
    return JudgedObjective(objective_id, sla_type, judgement, cell, why)


def _judged(cell: Cell) -> tuple[ObjectiveJudgement, str]:
    if cell.assessed == 0:
        return (
            ObjectiveJudgement.NEVER_TESTED,
            f"none of {cell.verdicts:,} verdicts could be decided",
        )
    if cell.assessed < LEAST_ASSESSED:
        return (
            ObjectiveJudgement.TOO_FEW,
            f"{cell.assessed:,} verdicts are fewer than {LEAST_ASSESSED}",
        )
    told = f"met by {cell.met:,} of {cell.assessed:,}"
    if cell.met == cell.assessed or (cell.low is not None and cell.low >= LAX_FROM):
        return ObjectiveJudgement.LAX, f"{told}: it tells nobody apart"
    if cell.high is not None and cell.high <= UNREALISTIC_UP_TO:
        return ObjectiveJudgement.UNREALISTIC, f"{told}: more than half miss it, beyond chance"
    return ObjectiveJudgement.TELLING, told


def in_need_of_review(judged: Sequence[JudgedObjective]) -> list[JudgedObjective]:
    """Unrealistic ones first, then untested, then lax; the telling ones left out."""
    order = (
        ObjectiveJudgement.UNREALISTIC,
        ObjectiveJudgement.NEVER_TESTED,
        ObjectiveJudgement.LAX,
    )
    wanted = [j for j in judged if j.judgement in order]
    return sorted(wanted, key=lambda j: (order.index(j.judgement), j.sla_type, j.objective_id))


def judge_by_type(facts: Facts, kind: str = "sla_type") -> list[JudgedObjective]:
    """Every objective of every SLA type; of all types together where products name none."""
    objective = facts.dimensions["objective"]
    of_type = facts.dimensions.get(kind)
    labels = of_type.labels if of_type else ("all",)
    codes = of_type.codes if of_type else np.zeros(len(facts), np.int32)
    place = codes * np.int32(len(objective.labels)) + objective.codes
    cells = cells_of(facts, place, len(labels) * len(objective.labels), Weight.PRODUCT)
    return [
        judge_objective(name, label, cells[t * len(objective.labels) + o])
        for t, label in enumerate(labels)
        for o, name in enumerate(objective.labels)
        if cells[t * len(objective.labels) + o].verdicts
    ]
