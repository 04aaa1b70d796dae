"""Approved standards given back as code."""

from __future__ import annotations

from trueline.intake.record import latest_delivery
from trueline.offerings.catalog import catalog_at
from trueline.offerings.keys import API_VERSION
from trueline.offerings.render import render_documents
from trueline.standards.document import StandardDraft, draft_of, draft_plain
from trueline.standards.life_cycle import State
from trueline.standards.models import StandardProposal
from trueline.standards.openslo import render_openslo_standards


def export_standards() -> str:
    """A standards file of every published standard, by name; drafting it again says nothing new."""
    written = [draft_plain(draft) for draft in _published()]
    return render_documents([{"apiVersion": API_VERSION, "standards": written}])


def export_openslo_standards() -> tuple[str, tuple[str, ...]]:
    """The same as OpenSLO v1 documents, and what only their annotations hold. Drafting the
    documents again says nothing new either."""
    return render_openslo_standards(_published(), catalog_at(latest_delivery()).parameters)


def _published() -> list[StandardDraft]:
    rows = StandardProposal.objects.filter(state=State.PUBLISHED).order_by("standard")
    return [draft_of(row.document) for row in rows]
