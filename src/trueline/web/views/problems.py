"""Problems: what many sold offerings in trouble have in common, and what became of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trueline.calendars.instants import instant
from trueline.errors import InputError, TruelineError
from trueline.inventory.values import InventorySnapshot
from trueline.problems import life
from trueline.problems.before_after import told
from trueline.problems.models import ProblemMember, ProductProblem
from trueline.problems.precedence import with_precedence
from trueline.problems.scan import ANY, Shared, scan_verdicts
from trueline.problems.states import MOVES, OPEN, ProblemState
from trueline.settings.workspace import current_workspace
from trueline.web.person import act_of_a_person, name_of
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.wording import utc_time

CHARGE = "monthly_recurring_charge"
MEMBERS_SHOWN = 200
STATE_WORDS = {
    ProblemState.ACKNOWLEDGED: "acknowledged",
    ProblemState.REJECTED: "rejected",
    ProblemState.PENDING: "pending",
    ProblemState.HELD: "held",
    ProblemState.IN_PROGRESS: "in progress",
    ProblemState.RESOLVED: "resolved",
    ProblemState.CANCELLED: "cancelled",
    ProblemState.CLOSED: "closed",
}


@dataclass(frozen=True)
class ShownProblem:
    number: int
    names: tuple[str, ...]
    objective: str
    state: str
    since: str
    open: bool
    affected: int
    exposed: int
    customers: int


@dataclass(frozen=True)
class ShownFinding:
    place: int
    names: tuple[str, ...]
    objective: str
    counts: str
    expected: str
    lift: str
    q: str
    exposed: int
    charge: str


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def problems(request: HttpRequest) -> HttpResponse:
    """`/problems/`: the board, and what a scan of the period in view finds; a POST raises one."""
    sight = look(request)
    found = _findings(sight)
    error = None
    if request.method == "POST":
        try:
            raised = _raise(request, sight, found)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("problem", args=[raised.number]))
    known = [_shown(one) for one in ProductProblem.objects.order_by("-pk")]
    context = {
        "error": error,
        "open_problems": [one for one in known if one.open],
        "ended": [one for one in known if not one.open],
        "findings": [_finding(i, one, sight) for i, one in enumerate(found, 1)],
        "person": name_of(request),
    }
    answer = show(request, sight, "web/problems.html", context)
    answer.status_code = 422 if error else 200
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def problem(request: HttpRequest, number: int) -> HttpResponse:
    """`/problems/N/`: evidence, members, steps; a POST takes it to another state."""
    found = ProductProblem.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no problem {number}")
    error = None
    if request.method == "POST":
        try:
            _move(request, number)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("problem", args=[number]))
    sight = look(request)
    affected, exposed = _members(found)
    context = {
        "error": error,
        "problem": _shown(found),
        "evidence": found.evidence,
        "first_alert": found.first_alert,
        "raised_by": found.raised_by,
        "raised_at": utc_time(found.raised_at),
        "steps": [
            (step, utc_time(step.at), told(step.result) if step.result else "")
            for step in found.steps.order_by("pk")
        ],
        "before": [_before(one) for one in found.evidence.get(life.BEFORE, [])],
        "may_close": ProblemState.CLOSED in _moves(found),
        "affected": affected[:MEMBERS_SHOWN],
        "exposed": exposed[:MEMBERS_SHOWN],
        "left_out": max(0, len(affected) - MEMBERS_SHOWN) + max(0, len(exposed) - MEMBERS_SHOWN),
        "charge": _charge(sight.records.inventory, [m.product_id for m in affected]),
        "charge_exposed": _charge(sight.records.inventory, [m.product_id for m in exposed]),
        "moves": [(s.value, STATE_WORDS[s]) for s in _moves(found)],
        "person": name_of(request),
    }
    answer = show(request, sight, "web/problem.html", context)
    answer.status_code = 422 if error else 200
    return answer


def _raise(request: HttpRequest, sight: Sight, found: Sequence[Shared]) -> life.Raised:
    text = request.POST.get("finding", "")
    place = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= place <= len(found):
        raise InputError("There is no such finding any more", mend="Look at the list again")
    snapshot = sight.records.inventory
    chosen, by = found[place - 1], name_of(request)
    return life.raise_problem(current_workspace(), chosen, snapshot, by=by, now=datetime.now(UTC))


def _move(request: HttpRequest, number: int) -> None:
    try:
        state = ProblemState(request.POST.get("state", ""))
    except ValueError:
        raise InputError("No state was chosen") from None
    note = request.POST.get("note", "").strip()[:2000]
    although = request.POST.get("although", "").strip()[:2000]
    move = life.Move(state, note, although)
    life.move_problem(current_workspace(), number, move, by=name_of(request), now=datetime.now(UTC))


def _moves(found: ProductProblem) -> list[ProblemState]:
    return [state for state in ProblemState if state in MOVES[ProblemState(found.state)]]


def _shown(found: ProductProblem) -> ShownProblem:
    affected, exposed = _members(found)
    return ShownProblem(
        found.pk,
        _told(found.names),
        _objective(found.objective_id),
        STATE_WORDS[ProblemState(found.state)],
        utc_time(found.state_since),
        ProblemState(found.state) in OPEN,
        len(affected),
        len(exposed),
        len({member.customer_id for member in affected}),
    )


def _members(found: ProductProblem) -> tuple[list[ProblemMember], list[ProblemMember]]:
    """Affected ones, and those that share the combination and keep their line so far."""
    every = list(found.members.order_by("product_id"))
    affected = [member for member in every if member.affected]
    hit = {member.product_id for member in affected}
    return affected, [m for m in every if not m.affected and m.product_id not in hit]


def _told(names: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(" and ".join(f"{key} {value}" for key, value in one.items()) for one in names)


def _objective(objective_id: str) -> str:
    return "any objective" if objective_id == ANY else objective_id


def _before(kept: Mapping[str, Any]) -> str:
    """What began before, shared by more of the members than chance: no cause."""
    first, last = (utc_time(instant(int(kept[edge]))) for edge in ("first_s", "last_s"))
    return f"{kept['what']}: {kept['affected']} of {kept['members']}, {first} to {last}"


def _finding(place: int, shared: Shared, sight: Sight) -> ShownFinding:
    one = shared.enrichment
    return ShownFinding(
        place,
        _told(shared.names),
        _objective(shared.objective_id),
        f"{len(shared.affected):,} of {len(one.members):,}",
        f"{one.expected * one.design:.1f}",
        f"{one.lift:.1f}",
        f"{one.q:.1e}",
        len(shared.exposed),
        _charge(sight.records.inventory, shared.affected),
    )


def _charge(inventory: InventorySnapshot, products: Sequence[str]) -> str:
    """What these sold offerings bring in a month, where that is told of each."""
    total = Decimal(0)
    for product_id in products:
        product = inventory.products.get(product_id)
        try:
            total += Decimal(product.characteristics.get(CHARGE, "")) if product else 0
        except InvalidOperation:
            return "–"
    return f"{total:,.0f}" if products else "0"


_kept: OrderedDict[object, list[Shared]] = OrderedDict()
_keeping = threading.Lock()
_KEPT = 4


def _findings(sight: Sight) -> list[Shared]:
    """A scan of the period in view, kept while its stored files stay the same."""
    if sight.assessment is None:
        return []
    key = (sight.assessment.folder, sight.assessment.stamp)
    with _keeping:
        if key not in _kept:
            rows = sight.assessment.rows.select(["product_id", "objective_id", "verdict"])
            found = scan_verdicts(rows, sight.period, sight.records.inventory)
            _kept[key] = with_precedence(sight.workspace, found, rows, delivery=sight.delivery)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return life.most_trusted_first(_kept[key])
