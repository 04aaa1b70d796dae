"""Standards in words: what a version promises, and what has to be issued again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective
from trueline.standards.reissue import Reissue
from trueline.web.wording import promised_text, statistic_text, target_text

NAMED = 40


@dataclass(frozen=True)
class Told:
    """One version as people read it."""

    title: str
    statistic: str
    target: str
    warning: str


def told_of(objective: ServiceLevelObjective, parameter: PerformanceParameter | None) -> Told:
    warning = objective.threshold_target
    return Told(
        objective.name or objective.id,
        statistic_text(objective, parameter),
        target_text(objective, parameter),
        "" if warning is None else promised_text(warning, objective, parameter),
    )


@dataclass(frozen=True)
class ReissuedPeriod:
    """Products of one assessed period whose promise differs."""

    period: str
    objective_id: str
    product_ids: tuple[str, ...]
    left_out: int
    versions: str

    @property
    def count(self) -> int:
        return len(self.product_ids) + self.left_out


def reissued(found: Sequence[Reissue]) -> tuple[ReissuedPeriod, ...]:
    """Gathered by period and objective, in their order."""
    gathered: dict[tuple[str, str], list[Reissue]] = defaultdict(list)
    for one in found:
        gathered[one.period, one.objective_id].append(one)
    return tuple(
        ReissuedPeriod(
            period,
            objective_id,
            tuple(one.product_id for one in mine[:NAMED]),
            max(0, len(mine) - NAMED),
            ", ".join(sorted({f"{one.before} → {one.after}" for one in mine})),
        )
        for (period, objective_id), mine in gathered.items()
    )
