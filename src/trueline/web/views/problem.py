"""One finding or one problem: evidence, lift, where it concentrates, impact, its course, acts."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from trueline.errors import InputError, TruelineError
from trueline.people.people import may_where_known
from trueline.people.roles import WORKERS
from trueline.problems import life
from trueline.problems.before_after import told
from trueline.problems.dossier import Dossier, claim_of_finding, claim_of_problem, dossier_of
from trueline.problems.models import ProblemMember, ProductProblem
from trueline.problems.pack import render_pack
from trueline.problems.states import MOVES, ProblemState
from trueline.settings.workspace import current_workspace
from trueline.web.finding_scan import asked_by, judged_in_sight, scanned
from trueline.web.person import act_of_a_person, name_of
from trueline.web.problem_lines import shown_dossier, words
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.wording import utc_time

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
NOTE_WORDS = {
    life.NoteAct.KNOWN_ERROR: "known error",
    life.NoteAct.WORKAROUND: "workaround",
    life.NoteAct.HANDED_OVER: "handed over",
    life.NoteAct.RESPONSE: "response",
}


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def problem(request: HttpRequest, number: int) -> HttpResponse:
    """`/problems/N/`: all that is known of it; a POST notes something or takes it further."""
    found = _numbered(number)
    error = None
    if request.method == "POST":
        try:
            _act(request, number)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("problem", args=[number]))
    sight = look(request)
    affected, exposed = _members(found)
    context = {
        **_dossier_lines(sight, found),
        "error": error,
        "problem": found,
        "title": words(found.names[0]),
        "state": STATE_WORDS[ProblemState(found.state)],
        "since": utc_time(found.state_since),
        "noted": [(NOTE_WORDS[act], text) for act, text in life.noted_of(found).items()],
        "raised_at": utc_time(found.raised_at),
        "steps": [
            (step, utc_time(step.at), told(step.result) if step.result else "")
            for step in found.steps.order_by("pk")
        ],
        "may_close": ProblemState.CLOSED in _moves(found),
        "affected": affected[:MEMBERS_SHOWN],
        "exposed": exposed[:MEMBERS_SHOWN],
        "left_out": max(0, len(affected) - MEMBERS_SHOWN) + max(0, len(exposed) - MEMBERS_SHOWN),
        "moves": [(s.value, STATE_WORDS[s]) for s in _moves(found)],
        "notes": [(act.value, word) for act, word in NOTE_WORDS.items()],
        "person": name_of(request),
    }
    answer = show(request, sight, "web/problem.html", context)
    answer.status_code = 422 if error else 200
    return answer


@require_safe
def finding(request: HttpRequest, place: int) -> HttpResponse:
    """`/problems/findings/N/?period=&measure=&of=`: a finding before it is raised."""
    sight = look(request)
    asked = asked_by(request)
    try:
        scan = scanned(sight, asked)
    except InputError as error:
        raise Http404(error.what) from None
    if scan.judged is None or not 1 <= place <= len(scan.findings):
        raise Http404(f"There is no finding {place}")
    shared = scan.findings[place - 1]
    dossier = dossier_of(sight.workspace, claim_of_finding(shared), scan.judged)
    context = {
        **shown_dossier(dossier),
        "place": place,
        "asked": asked.query,
        "title": words(shared.names[0]),
        "affected_ids": shared.affected[:MEMBERS_SHOWN],
        "exposed_ids": shared.exposed[:MEMBERS_SHOWN],
        "left_out": max(0, len(shared.affected) - MEMBERS_SHOWN)
        + max(0, len(shared.exposed) - MEMBERS_SHOWN),
        "person": name_of(request),
    }
    return show(request, sight, "web/finding.html", context)


@require_safe
def pack(request: HttpRequest, number: int) -> HttpResponse:
    """`/problems/N/pack.zip`: the hand-over pack."""
    found = _numbered(number)
    sight = look(request)
    content = render_pack(sight.workspace, found, _dossier(sight, found))
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="problem-{number}.zip"'
    return answer


def _numbered(number: int) -> ProductProblem:
    found = ProductProblem.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no problem {number}")
    return found


def _dossier(sight: Sight, found: ProductProblem) -> Dossier:
    claim = claim_of_problem(found)
    judged = judged_in_sight(sight, claim.period)
    return dossier_of(sight.workspace, claim, judged, problem=found)


def _dossier_lines(sight: Sight, found: ProductProblem) -> dict[str, object]:
    """Without the lines that need the period's rows where these are gone."""
    try:
        return shown_dossier(_dossier(sight, found))
    except InputError as error:
        claim = claim_of_problem(found)
        return {"claim": claim, "evidence": claim.evidence, "missing": error}


def _act(request: HttpRequest, number: int) -> None:
    workspace, by, now = current_workspace(), name_of(request), datetime.now(UTC)
    may_where_known(by, WORKERS, "work on problems")
    note = request.POST.get("note", "").strip()[:2000]
    asked = request.POST.get("state", "")
    if asked in list(life.NoteAct):
        noted = life.Noted(life.NoteAct(asked), note)
        life.note_problem(workspace, number, noted, by=by, now=now)
        return
    try:
        state = ProblemState(asked)
    except ValueError:
        raise InputError("No state was chosen") from None
    although = request.POST.get("although", "").strip()[:2000]
    move = life.Move(state, note, although)
    life.move_problem(workspace, number, move, by=by, now=now)


def _moves(found: ProductProblem) -> list[ProblemState]:
    return [state for state in ProblemState if state in MOVES[ProblemState(found.state)]]


def _members(found: ProductProblem) -> tuple[list[ProblemMember], list[ProblemMember]]:
    """Affected ones, and those that share the combination and keep their line so far."""
    every = list(found.members.order_by("product_id"))
    affected = [member for member in every if member.affected]
    hit = {member.product_id for member in affected}
    return affected, [m for m in every if not m.affected and m.product_id not in hit]
