"""Raising a problem once, and moving it through its life. Every act leaves a step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from trueline.errors import InputError
from trueline.intake.record import write_lock
from trueline.inventory.values import InventorySnapshot
from trueline.problems.before_after import BeforeAfter, told
from trueline.problems.models import ProblemMember, ProblemStep, ProductProblem
from trueline.problems.scan import Shared
from trueline.problems.states import (
    KnownProblem,
    ProblemState,
    check_move,
    nested_owner,
    owner_of,
    trust,
)
from trueline.problems.verification import verified
from trueline.settings.workspace import Workspace

BEFORE = "happened_before"  # its key among a problem's evidence
RIVALS = "rivals"  # likewise
LEAST_CHANCE = 1e-300  # smaller ones are all alike


@dataclass(frozen=True)
class Raised:
    """The problem of a finding: what was done (raised, joined, reopened), how many are new."""

    number: int
    act: str
    joined: int


@dataclass(frozen=True)
class Move:
    """Where a problem goes, and why: the known error, the workaround, the fix, what was seen.
    `although` says why a problem is closed whose before/after test shows no improvement."""

    state: ProblemState
    note: str
    although: str = ""


class NoteAct(StrEnum):
    """What may be noted of a problem in any state (ITIL): the cause, once it is known; how
    customers are helped until it is mended; to whom it was handed over, and what they answered."""

    KNOWN_ERROR = "knownError"
    WORKAROUND = "workaround"
    HANDED_OVER = "handedOver"
    RESPONSE = "response"


@dataclass(frozen=True)
class Noted:
    act: NoteAct
    note: str


def raise_problem(
    workspace: Workspace, shared: Shared, snapshot: InventorySnapshot, *, by: str, now: datetime
) -> Raised:
    """A new problem, or more members of the one that the finding belongs to: by a name, or by a
    wider or narrower one and most of its products."""
    with write_lock(workspace), transaction.atomic():
        known = _known(shared.objective_id)
        owner = owner_of(shared.names, known, now=now) or _seen_otherwise(shared, known)
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
            _step(problem, act, by=by, at=now, note=note, evidence=evidence_of(shared))
    return Raised(problem.pk, act, joined)


def move_problem(workspace: Workspace, number: int, move: Move, *, by: str, now: datetime) -> None:
    """Take a problem to another state; the note says why, and what was found or done.

    A close is tested before and after; the result stays with the step. Raises InputError where
    the test shows no improvement and the move does not say why it is closed although.
    """
    problem = problem_numbered(number)
    if not move.note:
        raise InputError("a step needs its reason", mend="say it with --note")
    check_move(ProblemState(problem.state), move.state)
    result = None
    if move.state is ProblemState.CLOSED:
        result = _tested(verified(workspace, problem), move.although)
    with write_lock(workspace), transaction.atomic():
        problem = problem_numbered(number)
        _go(problem, move.state, now=now)
        _step(problem, move.state.value, by=by, at=now, note=move.note, result=result)


def _tested(test: BeforeAfter | None, although: str) -> dict[str, Any]:
    """What a close keeps of its test; refused where it shows nothing and nobody says why."""
    kept: dict[str, Any] = {} if test is None else asdict(test)
    if test is not None and test.improved:
        return kept
    if not although:
        raise InputError(
            f"no improvement is shown: {told(kept)}",
            mend="assess the days since the fix, or say why it is closed: --although TEXT",
        )
    return {**kept, "although": although}


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


def _seen_otherwise(shared: Shared, known: list[KnownProblem]) -> KnownProblem | None:
    """The open problem with a wider or narrower name that has most of the affected products
    already, at least half of them."""
    best, most = None, 0
    for one in nested_owner(shared.names, known):
        members = ProblemMember.objects.filter(problem_id=one.number, affected=True)
        ids = set(members.values_list("product_id", flat=True))
        both = len(ids & set(shared.affected))
        if both > most and 2 * both >= len(shared.affected):
            best, most = one, both
    return best


def _new(shared: Shared, *, by: str, now: datetime) -> ProductProblem:
    return ProductProblem.objects.create(
        names=list(shared.names),
        objective_id=shared.objective_id,
        first_alert=f"scan of {shared.period}",
        evidence=evidence_of(shared),
        raised_by=by,
        raised_at=now,
        state_since=now,
    )


def evidence_of(shared: Shared) -> dict[str, Any]:
    """What a problem keeps of the scan that raised it or added members to it."""
    found = shared.enrichment
    return {
        "period": shared.period,
        "names": list(shared.names),
        "measure": shared.measure.value,
        "told": shared.told,
        "members": len(found.members),
        "violated": len(shared.affected),
        "expected": found.expected * found.design,
        "design": found.design,
        "p": found.p,
        "q": found.q,
        "scanned": found.scanned,
        "sources": dict(shared.sources),
        "after": list(shared.after),
        BEFORE: [asdict(one) for one in shared.before],
        RIVALS: [asdict(one) for one in shared.rivals],
    }


def latest_evidence(problem: ProductProblem) -> dict[str, Any]:
    """That of the newest scan that added members, else of the one that raised the problem."""
    step = problem.steps.filter(evidence__isnull=False).order_by("-pk").first()
    return dict(problem.evidence if step is None or step.evidence is None else step.evidence)


def note_problem(
    workspace: Workspace, number: int, noted: Noted, *, by: str, now: datetime
) -> None:
    """Write down what a `NoteAct` is about; a later note goes before an earlier one. Raises
    InputError for an empty note."""
    if not noted.note:
        raise InputError("nothing is said", mend="say it with --note")
    with write_lock(workspace), transaction.atomic():
        _step(problem_numbered(number), noted.act.value, by=by, at=now, note=noted.note)


def noted_of(problem: ProductProblem) -> dict[NoteAct, str]:
    """The newest note of each kind, where there is any."""
    steps = problem.steps.filter(act__in=[one.value for one in NoteAct]).order_by("pk")
    return {NoteAct(act): note for act, note in steps.values_list("act", "note")}


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
            customer_id=_customer_of(product, snapshot),
            period=shared.period,
            affected=affected,
            joined_at=now,
        )
        for product, affected in fresh
    )
    return len([one for one in fresh if one[1]])


def _customer_of(product_id: str, snapshot: InventorySnapshot) -> str:
    """Empty for a product that only an imported analysis knows, and of an inventory without it."""
    product = snapshot.products.get(product_id)
    return product.customer_id if product else ""


def _go(problem: ProductProblem, state: ProblemState, *, now: datetime) -> None:
    """One guarded write: another's step in between is not overwritten."""
    old = ProblemState(problem.state)
    check_move(old, state)
    same = ProductProblem.objects.filter(pk=problem.pk, state=old)
    if not same.update(state=state, state_since=now):
        raise InputError(f"problem {problem.pk} was changed meanwhile", mend="look again")
    problem.state = state


def _step(problem: ProductProblem, act: str, **about: Any) -> None:
    """`about`: by, at, note; of a close, result; of a scan, evidence."""
    ProblemStep.objects.create(problem=problem, act=act, state=problem.state, **about)
