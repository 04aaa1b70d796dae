"""Raising a problem once, and moving it through its life. Every act leaves a step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from trueline.errors import InputError
from trueline.intake.record import write_lock
from trueline.inventory.values import InventorySnapshot
from trueline.problems.models import ProblemMember, ProblemStep, ProductProblem
from trueline.problems.scan import Shared
from trueline.problems.states import KnownProblem, ProblemState, check_move, owner_of, trust
from trueline.settings.workspace import Workspace

LEAST_CHANCE = 1e-300  # smaller ones are all alike


@dataclass(frozen=True)
class Raised:
    """The problem of a finding: what was done (raised, joined, reopened), how many are new."""

    number: int
    act: str
    joined: int


@dataclass(frozen=True)
class Move:
    """Where a problem goes, and why: the known error, the workaround, the fix, what was seen."""

    state: ProblemState
    note: str


def raise_problem(
    workspace: Workspace, shared: Shared, snapshot: InventorySnapshot, *, by: str, now: datetime
) -> Raised:
    """A new problem, or more members of the one that the finding belongs to."""
    with write_lock(workspace), transaction.atomic():
        owner = owner_of(shared.names, _known(shared.objective_id), now=now)
        if owner is None:
            problem, act = _new(shared, by=by, now=now), "raised"
        else:
            problem, act = ProductProblem.objects.get(pk=owner.number), "joined"
            if owner.state is ProblemState.CLOSED:
                act = "reopened"
                _go(problem, ProblemState.IN_PROGRESS, now=now)
        joined = _join(problem, shared, snapshot, now=now)
        if joined or act != "joined":
            note = f"{joined} products of {shared.period}"
            _step(problem, act, by=by, now=now, note=note)
    return Raised(problem.pk, act, joined)


def move_problem(workspace: Workspace, number: int, move: Move, *, by: str, now: datetime) -> None:
    """Take a problem to another state; the note says why, and what was found or done."""
    with write_lock(workspace), transaction.atomic():
        problem = problem_numbered(number)
        if not move.note:
            raise InputError("a step needs its reason", mend="say it with --note")
        _go(problem, move.state, now=now)
        _step(problem, move.state.value, by=by, now=now, note=move.note)


def most_trusted_first(found: Iterable[Shared]) -> list[Shared]:
    """Findings by how sure they are, times how often findings of their kind were right before.

    A kind is an objective with the attributes (not the values) that a finding names first; it was
    wrong where its problem was rejected or cancelled.
    """
    raised: Counter[tuple[str, ...]] = Counter()
    false: Counter[tuple[str, ...]] = Counter()
    for problem in ProductProblem.objects.all():
        kind = (problem.objective_id, *sorted(problem.names[0]))
        raised[kind] += 1
        false[kind] += problem.state in (ProblemState.REJECTED, ProblemState.CANCELLED)

    def rank(shared: Shared) -> float:
        kind = (shared.objective_id, *sorted(shared.names[0]))
        return math.log(max(shared.enrichment.p, LEAST_CHANCE)) * trust(false[kind], raised[kind])

    return sorted(found, key=rank)


def problem_numbered(number: int) -> ProductProblem:
    """Raises InputError where there is none."""
    found = ProductProblem.objects.filter(pk=number).first()
    if found is None:
        raise InputError(f"there is no problem {number}", mend="trueline problems show")
    return found


def _known(objective_id: str) -> list[KnownProblem]:
    return [
        KnownProblem(one.pk, tuple(one.names), ProblemState(one.state), one.state_since)
        for one in ProductProblem.objects.filter(objective_id=objective_id).order_by("pk")
    ]


def _new(shared: Shared, *, by: str, now: datetime) -> ProductProblem:
    found = shared.enrichment
    return ProductProblem.objects.create(
        names=list(shared.names),
        objective_id=shared.objective_id,
        first_alert=f"scan of {shared.period}",
        evidence={
            "members": found.counted,
            "violated": found.bad,
            "expected": found.expected,
            "p": found.p,
            "q": found.q,
            "scanned": found.scanned,
        },
        raised_by=by,
        raised_at=now,
        state_since=now,
    )


def _join(
    problem: ProductProblem, shared: Shared, snapshot: InventorySnapshot, *, now: datetime
) -> int:
    held = set(problem.members.values_list("product_id", "affected"))
    asked = [
        *((product, True) for product in shared.affected),
        *((product, False) for product in shared.exposed),
    ]
    fresh = [one for one in asked if one not in held]
    ProblemMember.objects.bulk_create(
        ProblemMember(
            problem=problem,
            product_id=product,
            customer_id=snapshot.products[product].customer_id,
            period=shared.period,
            affected=affected,
            joined_at=now,
        )
        for product, affected in fresh
    )
    return len([one for one in fresh if one[1]])


def _go(problem: ProductProblem, state: ProblemState, *, now: datetime) -> None:
    """One guarded write: another's step in between is not overwritten."""
    old = ProblemState(problem.state)
    check_move(old, state)
    same = ProductProblem.objects.filter(pk=problem.pk, state=old)
    if not same.update(state=state, state_since=now):
        raise InputError(f"problem {problem.pk} was changed meanwhile", mend="look again")
    problem.state = state


def _step(problem: ProductProblem, act: str, *, by: str, now: datetime, note: str) -> None:
    ProblemStep.objects.create(
        problem=problem, act=act, state=problem.state, by=by, at=now, note=note
    )
