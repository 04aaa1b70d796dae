"""The life of a threshold standard: draft, review, approved, published, superseded, retired."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueline.errors import InputError
from trueline.offerings.values import Basis
from trueline.people.roles import APPROVERS, Role


class State(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class Act(StrEnum):
    DRAFT = "draft"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    SUPERSEDE = "supersede"
    RETIRE = "retire"
    REVIEW = "review"  # a look at a published version, with the day of the next


class Part(StrEnum):
    """The parts of an approval."""

    TECHNICAL = "technical"
    COMMERCIAL = "commercial"
    LEGAL = "legal"


PART_ROLE = {
    Part.TECHNICAL: Role.TECHNICAL_APPROVER,
    Part.COMMERCIAL: Role.COMMERCIAL_APPROVER,
    Part.LEGAL: Role.LEGAL_APPROVER,
}
DRAFTERS = frozenset({Role.PRODUCT_MANAGER, Role.SERVICE_LEVEL_MANAGER})
PUBLISHERS = APPROVERS
REVIEWERS = DRAFTERS | APPROVERS

MOVES = {
    Act.SUBMIT: ({State.DRAFT}, State.REVIEW),
    Act.RETURN: ({State.REVIEW, State.APPROVED}, State.DRAFT),
    Act.PUBLISH: ({State.APPROVED}, State.PUBLISHED),
    Act.SUPERSEDE: ({State.PUBLISHED}, State.SUPERSEDED),
    Act.RETIRE: ({State.PUBLISHED, State.SUPERSEDED}, State.RETIRED),
}


@dataclass(frozen=True)
class Exposure:
    """What is at stake: products and customers that would hold a draft once all are renewed, and
    their monthly charges together; None when a charge is not known."""

    products: int
    customers: int
    monthly_charge: Decimal | None

    def beyond(self, limit: Decimal) -> bool:
        """An exposure that is not known counts as beyond the limit."""
        return self.monthly_charge is None or self.monthly_charge > limit


def required_parts(exposure: Exposure, limit: Decimal, basis: Basis) -> tuple[Part, ...]:
    """All three beyond the limit; below it what was agreed needs the commercial part, and what is
    merely acceptable the technical one."""
    if exposure.beyond(limit):
        return tuple(Part)
    return (Part.COMMERCIAL,) if basis is Basis.AGREED else (Part.TECHNICAL,)


def moved(state: State, act: Act) -> State:
    """The state after `act`; InputError where it cannot be done in `state`."""
    allowed, after = MOVES[act]
    if state not in allowed:
        needed = " or ".join(sorted(one.value for one in allowed))
        raise InputError(
            f"A standard that is {state.value} cannot be moved by {act.value}",
            mend=f"It has to be {needed} first",
        )
    return after


def refuse_author(author: str, by: str, act: Act) -> None:
    """Four eyes: who wrote a standard decides nothing about it."""
    if author == by:
        raise InputError(
            f"{by} is the author of this standard and may not {act.value} it",
            mend="Another person has to: the author is not the approver",
        )
