"""Submitting, approving part by part, sending back, and reviewing what is published."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from trueline.errors import InputError, Place
from trueline.people.people import may
from trueline.settings.workspace import Workspace
from trueline.standards.acts import Deed, leave, move, proposal_numbered, set_review_due
from trueline.standards.document import draft_of
from trueline.standards.facts import Examined, examine
from trueline.standards.life_cycle import (
    DRAFTERS,
    PART_ROLE,
    REVIEWERS,
    Act,
    Part,
    State,
    refuse_author,
)
from trueline.standards.models import ProposalAct, StandardProposal


def submit(workspace: Workspace, number: int, deed: Deed) -> StandardProposal:
    """Send a draft for approval; refused while it has faults."""
    may(deed.by, DRAFTERS, "submit standards")
    proposal = proposal_numbered(number)
    refuse_faults(examine(workspace, draft_of(proposal.document)))
    with transaction.atomic():
        move(proposal, Act.SUBMIT, deed)
    return proposal


def refuse_faults(examined: Examined) -> None:
    """InputError that names every fault of a draft."""
    if examined.faults:
        told = "; ".join(
            f"{one.field}: {one.what}" + (f" ({one.mend})" if one.mend else "")
            for one in examined.faults
        )
        name = examined.proposed.draft.name
        raise InputError(f"The standard {name} has faults: {told}", place=Place(field=name))


def approve(
    workspace: Workspace, number: int, part: Part, deed: Deed
) -> tuple[StandardProposal, tuple[Part, ...]]:
    """Give one part of the approval; the proposal and the parts still missing. With the last part
    it is approved."""
    may(deed.by, frozenset({PART_ROLE[part]}), f"give the {part.value} approval")
    proposal = proposal_numbered(number)
    refuse_author(proposal.author, deed.by, Act.APPROVE)
    needed = examine(workspace, draft_of(proposal.document)).parts
    with transaction.atomic():
        # the guarded write makes two approvers wait for each other
        standing = StandardProposal.objects.filter(pk=number, state=State.REVIEW)
        if not standing.update(state=State.REVIEW):
            raise InputError(
                f"Proposal {number} is {proposal.state}, not in review",
                mend="A draft is submitted first",
            )
        given = _given(proposal)
        if part in given:
            raise InputError(f"The {part.value} approval of proposal {number} was given before")
        missing = tuple(one for one in needed if one not in (*given, part))
        if not missing:
            standing.update(state=State.APPROVED)
        proposal.refresh_from_db()
        leave(proposal, Act.APPROVE, deed, part)
    return proposal, missing


def _given(proposal: StandardProposal) -> tuple[Part, ...]:
    """Parts given since it was last submitted: what was sent back is approved anew."""
    acts = ProposalAct.objects.filter(proposal=proposal).order_by("pk")
    given: list[Part] = []
    for act, part in acts.values_list("act", "part"):
        if act == Act.SUBMIT:
            given = []
        elif act == Act.APPROVE:
            given.append(Part(part))
    return tuple(given)


def missing_parts(proposal: StandardProposal, examined: Examined) -> tuple[Part, ...]:
    """Parts of the approval that nobody gave yet."""
    given = _given(proposal)
    return tuple(part for part in examined.parts if part not in given)


def send_back(number: int, deed: Deed) -> StandardProposal:
    """Return a proposal to its author with the reason. It stays as it is: the author drafts a new
    one, so that every word that was looked at can still be read."""
    may(deed.by, frozenset(PART_ROLE.values()), "send standards back")
    if not deed.note.strip():
        raise InputError("No reason is given", mend="Say what has to change")
    proposal = proposal_numbered(number)
    refuse_author(proposal.author, deed.by, Act.RETURN)
    with transaction.atomic():
        move(proposal, Act.RETURN, deed)
    return proposal


def record_review(number: int, next_due: date, deed: Deed) -> StandardProposal:
    """Somebody looked at a published standard and it stands; the next look is due then."""
    may(deed.by, REVIEWERS, "review standards")
    proposal = proposal_numbered(number)
    if proposal.state not in (State.PUBLISHED, State.SUPERSEDED):
        raise InputError(f"Proposal {number} is {proposal.state}: nothing is in force to review")
    if next_due <= deed.now.date():
        raise InputError(f"The next review on {next_due} is not ahead", place=Place(field="next"))
    with transaction.atomic():
        set_review_due(proposal, next_due)
        leave(proposal, Act.REVIEW, Deed(deed.by, deed.now, f"next {next_due}. {deed.note}"))
    return proposal
