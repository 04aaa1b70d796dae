"""Problems: what many sold offerings in trouble have in common, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trueline.errors import InputError, TruelineError
from trueline.people.people import may_where_known
from trueline.people.roles import WORKERS
from trueline.problems import life
from trueline.problems.models import ProblemMember, ProductProblem
from trueline.problems.phrases import told_chance
from trueline.problems.scan import ANY, Shared
from trueline.problems.states import OPEN, ProblemState
from trueline.settings.workspace import current_workspace
from trueline.web.finding_scan import Scanned, asked_by, scanned
from trueline.web.person import act_of_a_person, name_of
from trueline.web.problem_lines import words
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.views.problem import NOTE_WORDS, STATE_WORDS
from trueline.web.wording import utc_time

MEASURE_WORDS = {
    "violated": "violated or not",
    "count": "number of reports",
    "ratio": "ratio of",
    "level": "level of",
}


@dataclass(frozen=True)
class ShownProblem:
    number: int
    names: tuple[str, ...]
    objective: str
    state: str
    since: str
    affected: int
    exposed: int
    customers: int
    noted: tuple[tuple[str, str], ...]


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
    rivals: int
    told_by: str


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def problems(request: HttpRequest) -> HttpResponse:
    """`/problems/`: the board by state, and what a scan of the period in view finds; a POST raises
    one of these."""
    sight, asked = look(request), asked_by(request)
    scan, error, unscanned = Scanned("", None, ()), None, None
    try:
        scan = scanned(sight, asked)
    except InputError as refused:
        unscanned = refused
    if request.method == "POST":
        try:
            raised = _raise(request, scan)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("problem", args=[raised.number]))
    context = {
        "error": error,
        "unscanned": unscanned,
        "measure": asked.measure.value,
        "of": "" if asked.of == ANY else asked.of,
        "measures": MEASURE_WORDS.items(),
        "asked": asked.query,
        "board": _board(),
        "findings": [_finding(i, one) for i, one in enumerate(scan.findings, 1)],
        "scanned_period": scan.period,
        "person": name_of(request),
    }
    answer = show(request, sight, "web/problems.html", context)
    answer.status_code = 422 if error else 200
    return answer


def _board() -> list[tuple[str, bool, list[ShownProblem]]]:
    """Problems by state in the order of their life: the state, whether it is open, its problems."""
    by_state: dict[ProblemState, list[ShownProblem]] = {}
    for one in ProductProblem.objects.order_by("-pk").prefetch_related("members"):
        by_state.setdefault(ProblemState(one.state), []).append(_shown(one))
    return [
        (STATE_WORDS[state], state in OPEN, by_state[state])
        for state in ProblemState
        if state in by_state
    ]


def _raise(request: HttpRequest, scan: Scanned) -> life.Raised:
    may_where_known(name_of(request), WORKERS, "raise problems")
    text = request.POST.get("finding", "")
    place = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if scan.judged is None or not 1 <= place <= len(scan.findings):
        raise InputError("There is no such finding any more", mend="Look at the list again")
    chosen, by = scan.findings[place - 1], name_of(request)
    return life.raise_problem(
        current_workspace(), chosen, scan.judged.snapshot, by=by, now=datetime.now(UTC)
    )


def _shown(found: ProductProblem) -> ShownProblem:
    members: list[ProblemMember] = list(found.members.all())
    affected = {one.product_id for one in members if one.affected}
    exposed = {one.product_id for one in members if not one.affected} - affected
    return ShownProblem(
        found.pk,
        tuple(words(one) for one in found.names),
        _objective(found.objective_id),
        STATE_WORDS[ProblemState(found.state)],
        utc_time(found.state_since),
        len(affected),
        len(exposed),
        len({one.customer_id for one in members if one.affected and one.customer_id}),
        tuple((NOTE_WORDS[act], text) for act, text in life.noted_of(found).items()),
    )


def _objective(objective_id: str) -> str:
    return "any objective" if objective_id == ANY else objective_id


def _finding(place: int, shared: Shared) -> ShownFinding:
    one = shared.enrichment
    told = Counter(dict(shared.sources))
    return ShownFinding(
        place,
        tuple(words(name) for name in shared.names),
        _objective(shared.objective_id),
        shared.told or f"{len(shared.affected):,} of {len(one.members):,}",
        f"{one.expected * one.design:.1f}",
        f"{one.lift:.1f}",
        told_chance(one.q),
        len(shared.exposed),
        len(shared.rivals),
        ", ".join(f"{name} {count:,}" for name, count in told.most_common()),
    )
