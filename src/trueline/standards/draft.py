"""Drafting: a standards file becomes proposals."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from trueline.intake.ledger import SetAsideRow
from trueline.offerings.catalog import scope_text
from trueline.people.people import may
from trueline.standards.acts import Deed, leave
from trueline.standards.document import StandardDraft, draft_text
from trueline.standards.files import read_standards
from trueline.standards.life_cycle import DRAFTERS, Act, State
from trueline.standards.models import StandardProposal


@dataclass(frozen=True)
class Drafted:
    """`known`: drafts that stood already, word for word. `losses`: what a file in another language
    says that no standard can hold, each with its place and reason."""

    proposals: tuple[StandardProposal, ...]
    known: tuple[StandardProposal, ...]
    set_aside: tuple[SetAsideRow, ...]
    losses: tuple[str, ...] = ()


def draft_standards(data: bytes, name: str, deed: Deed) -> Drafted:
    """Record every sound standard of the file as a draft; the broken ones are set aside."""
    may(deed.by, DRAFTERS, "draft standards")
    read = read_standards(data, name)
    new: list[StandardProposal] = []
    known: list[StandardProposal] = []
    with transaction.atomic():
        for draft in read.drafts:
            proposal, is_new = draft_once(draft, deed)
            (new if is_new else known).append(proposal)
    return Drafted(tuple(new), tuple(known), read.set_aside, read.losses)


def draft_once(draft: StandardDraft, deed: Deed) -> tuple[StandardProposal, bool]:
    """The proposal that says the draft, and whether it is new: what is sent twice, by a double
    click or a page loaded again, is drafted once."""
    may(deed.by, DRAFTERS, "draft standards")
    with transaction.atomic():
        standing = _standing(draft)
        return (standing, False) if standing else (record_draft(draft, deed), True)


def record_draft(draft: StandardDraft, deed: Deed) -> StandardProposal:
    """One draft as a proposal; the author is who drafts it."""
    may(deed.by, DRAFTERS, "draft standards")
    proposal = StandardProposal.objects.create(
        standard=draft.name,
        scope=scope_text(draft.scope),
        objective_id=draft.objective.id,
        document=draft_text(draft),
        state=State.DRAFT,
        author=deed.by,
        review_due=draft.review_due,
    )
    leave(proposal, Act.DRAFT, deed)
    return proposal


def _standing(draft: StandardDraft) -> StandardProposal | None:
    """A proposal that says the same and is still to come, or in force: a file in version control
    may be drafted again and again."""
    standing = (State.DRAFT, State.REVIEW, State.APPROVED, State.PUBLISHED)
    same = StandardProposal.objects.filter(standard=draft.name, document=draft_text(draft))
    return same.filter(state__in=standing).first()
