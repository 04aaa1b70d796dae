"""Promises with what they rest on: SLA, operational level agreement, underpinning contract."""

from __future__ import annotations

from dataclasses import dataclass

from trueline.standards.document import Support, draft_of
from trueline.standards.life_cycle import State
from trueline.standards.models import StandardProposal
from trueline.standards.support import SupportGap, support_gap


@dataclass(frozen=True)
class Supported:
    """One promise and its chain."""

    standard: str
    proposal: int
    version: int | None
    state: str
    supported_by: tuple[Support, ...]
    gap: SupportGap | None


def supported_standards() -> tuple[Supported, ...]:
    """Every standard that is not superseded or retired and names what it rests on, by name."""
    rows = StandardProposal.objects.exclude(state__in=(State.SUPERSEDED, State.RETIRED))
    found = []
    for row in rows.order_by("standard", "pk"):
        draft = draft_of(row.document)
        if draft.supported_by:
            gap = support_gap(draft.objective, draft.supported_by)
            found.append(
                Supported(row.standard, row.pk, row.version, row.state, draft.supported_by, gap)
            )
    return tuple(found)
