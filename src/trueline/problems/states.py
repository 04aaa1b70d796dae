"""The life of a product problem in the words of TMF656; which problem a finding belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trueline.errors import InputError

# A finding that comes back within this time of its problem's close opens that problem again.
REOPEN_WITHIN = timedelta(days=90)


class ProblemState(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PENDING = "pending"
    HELD = "held"
    IN_PROGRESS = "inProgress"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    CLOSED = "closed"


_WORK = {ProblemState.PENDING, ProblemState.HELD, ProblemState.IN_PROGRESS}
_ENDS = {ProblemState.CANCELLED, ProblemState.RESOLVED}
MOVES: Mapping[ProblemState, frozenset[ProblemState]] = {
    ProblemState.ACKNOWLEDGED: frozenset({*_WORK, *_ENDS, ProblemState.REJECTED}),
    ProblemState.PENDING: frozenset({*_WORK, *_ENDS} - {ProblemState.PENDING}),
    ProblemState.HELD: frozenset({*_WORK, *_ENDS} - {ProblemState.HELD}),
    ProblemState.IN_PROGRESS: frozenset({*_WORK, *_ENDS} - {ProblemState.IN_PROGRESS}),
    ProblemState.RESOLVED: frozenset({ProblemState.CLOSED, ProblemState.IN_PROGRESS}),
    ProblemState.CLOSED: frozenset({ProblemState.IN_PROGRESS}),
    ProblemState.REJECTED: frozenset(),
    ProblemState.CANCELLED: frozenset(),
}
OPEN = frozenset({ProblemState.ACKNOWLEDGED, *_WORK, ProblemState.RESOLVED})


def check_move(old: ProblemState, new: ProblemState) -> None:
    """Raises InputError where a problem does not go from one state to the other."""
    if new in MOVES[old]:
        return
    ways = ", ".join(sorted(MOVES[old])) or "nothing: raise a new problem"
    raise InputError(f"a problem that is {old} does not become {new}", mend=f"It may become {ways}")


@dataclass(frozen=True)
class KnownProblem:
    """What decides whether a finding belongs to it: its names, its state, when it got there."""

    number: int
    names: tuple[Mapping[str, str], ...]
    state: ProblemState
    since: datetime


def owner_of(
    names: Iterable[Mapping[str, str]], known: Iterable[KnownProblem], *, now: datetime
) -> KnownProblem | None:
    """The problem a finding joins: open first, then one closed lately; None asks for a new one.

    A finding belongs to a problem when they share a name: names that the data cannot tell apart
    are names of one problem. What was rejected or cancelled as false is not opened again.
    """
    asked = {_key(name) for name in names}
    same = [one for one in known if asked & {_key(name) for name in one.names}]
    for one in same:
        if one.state in OPEN:
            return one
    lately = [
        one for one in same if one.state is ProblemState.CLOSED and now - one.since <= REOPEN_WITHIN
    ]
    return max(lately, key=lambda one: one.since, default=None)


def nested_owner(
    names: Iterable[Mapping[str, str]], known: Iterable[KnownProblem]
) -> list[KnownProblem]:
    """Open problems of which a name is part of the finding's, or the other way round: the same
    cause may be seen wider or narrower in another scan. Whose products it shares decides."""
    asked = [name.items() for name in names]
    return [
        one
        for one in known
        if one.state in OPEN
        and any(
            name.items() < other or name.items() > other for name in one.names for other in asked
        )
    ]


def trust(false: int, raised: int) -> float:
    """How far a rule that was wrong before is believed: its share of right claims, one of each
    counted beforehand, so that a rule without a past stands at a half."""
    return (raised - false + 1) / (raised + 2)


def _key(name: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(name.items()))
