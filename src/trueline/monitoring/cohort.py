"""Who is in the group now, and who was when the period began: a change of members is no change of
performance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.assessment.values import AssessmentRow, Verdict
from trueline.assessment.wilson import wilson_interval

_KEPT = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE)
WORST = 5


@dataclass(frozen=True)
class Cohort:
    """`fixed`: members when the period began; `current`: members at the run's instant."""

    fixed: tuple[str, ...]
    current: tuple[str, ...]

    @property
    def everybody(self) -> list[str]:
        return sorted({*self.fixed, *self.current})

    def as_plain(self) -> dict[str, list[str]]:
        fixed, current = set(self.fixed), set(self.current)
        return {
            "fixed": list(self.fixed),
            "current": list(self.current),
            "joined": sorted(current - fixed),
            "left": sorted(fixed - current),
        }


@dataclass(frozen=True)
class Counted:
    """How the rows of one objective stand; the share met with its Wilson interval."""

    members: int
    verdicts: dict[str, int]
    assessed: int
    share_met: float | None
    low: float | None
    high: float | None

    def as_plain(self) -> dict[str, object]:
        return {
            "members": self.members,
            "verdicts": self.verdicts,
            "assessed": self.assessed,
            "share_met": rounded(self.share_met),
            "low": rounded(self.low),
            "high": rounded(self.high),
        }


def counted(rows: Sequence[AssessmentRow]) -> Counted:
    """Not assessable is told, and counts as neither met nor missed."""
    verdicts = {verdict.value: sum(r.verdict is verdict for r in rows) for verdict in Verdict}
    met = sum(r.verdict in _KEPT for r in rows)
    assessed = met + verdicts[Verdict.VIOLATED.value]
    interval = wilson_interval(met, assessed)
    return Counted(
        members=len(rows),
        verdicts=verdicts,
        assessed=assessed,
        share_met=met / assessed if assessed else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
    )


def worst_of(rows: Sequence[AssessmentRow]) -> list[AssessmentRow]:
    """The members with the least margin."""
    known = [r for r in rows if r.margin is not None]
    return sorted(known, key=lambda r: (r.margin or 0.0, r.product_id))[:WORST]


def rounded(value: float | None) -> float | None:
    """To six decimals: as many as mean something, and the same bytes on every machine."""
    return None if value is None else round(value, 6) + 0.0
