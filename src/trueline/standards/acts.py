"""What every act on a proposal shares: finding it, moving it once, leaving a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from trueline.errors import InputError
from trueline.standards.life_cycle import Act, Part, State, moved
from trueline.standards.models import ProposalAct, StandardProposal


@dataclass(frozen=True)
class Deed:
    """Who does something, when, and what they say to it."""

    by: str
    now: datetime
    note: str = ""


def proposal_numbered(number: int) -> StandardProposal:
    found = StandardProposal.objects.filter(pk=number).first()
    if found is None:
        raise InputError(
            f"There is no proposal {number}", mend="See `trueline standards list --proposals`"
        )
    return found


def move(proposal: StandardProposal, act: Act, deed: Deed) -> None:
    """One guarded write and its row; call in a transaction. Of two people who act at the same
    time one is refused."""
    before = State(proposal.state)
    after = moved(before, act)
    changed = StandardProposal.objects.filter(pk=proposal.pk, state=before).update(state=after)
    if not changed:
        raise InputError(
            f"Proposal {proposal.pk} is no longer {before.value}", mend="Look at it again"
        )
    proposal.state = after
    leave(proposal, act, deed)


def leave(
    proposal: StandardProposal, act: Act, deed: Deed, part: Part | None = None
) -> ProposalAct:
    """The row of an act; the proposal's state is the one after it."""
    return ProposalAct.objects.create(
        proposal=proposal,
        act=act,
        part=part or "",
        state=proposal.state,
        by=deed.by,
        at=deed.now,
        note=deed.note,
    )


def set_review_due(proposal: StandardProposal, day: date | None) -> None:
    """The day of the next review, as the newest act says it."""
    StandardProposal.objects.filter(pk=proposal.pk).update(review_due=day)
    proposal.review_due = day
