"""Approved standards given back as code."""

from __future__ import annotations

from trueline.offerings.keys import API_VERSION
from trueline.offerings.render import render_documents
from trueline.standards.document import draft_of, draft_plain
from trueline.standards.life_cycle import State
from trueline.standards.models import StandardProposal


def export_standards() -> str:
    """A standards file of every published standard, by name; drafting it again says nothing new."""
    rows = StandardProposal.objects.filter(state=State.PUBLISHED).order_by("standard")
    written = [draft_plain(draft_of(row.document)) for row in rows]
    return render_documents([{"apiVersion": API_VERSION, "standards": written}])
