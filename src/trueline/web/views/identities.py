"""Names in feeds: what each may stand for, decided here by a person, and every decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trueline.calendars.instants import instant, parse_instant, seconds
from trueline.errors import InputError, TruelineError
from trueline.intake.record import latest_delivery
from trueline.inventory.identities import ACCEPTED
from trueline.inventory.models import IdentityVersion
from trueline.inventory.values import Identity
from trueline.measurement.mapped import mapped_series
from trueline.settings.workspace import Workspace, current_workspace
from trueline.sourcing import identities as rules
from trueline.sourcing.effects import periods_touched
from trueline.sourcing.identity_file import FILE
from trueline.sourcing.matching import Candidate, Confidence, IdentityProposal
from trueline.web.kept import Kept
from trueline.web.person import act_of_a_person, name_of
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import local_time, utc_time

PER_PAGE = 25
_ICONS = {
    Confidence.CERTAIN: "met",
    Confidence.STRONG: "met",
    Confidence.FAIR: "atRisk",
    Confidence.WEAK: "atRisk",
}


@dataclass(frozen=True)
class ShownCandidate:
    one: Candidate
    icon: str
    grade: str


@dataclass(frozen=True)
class ShownProposal:
    proposal: IdentityProposal
    measured: str
    candidates: tuple[ShownCandidate, ...]


@dataclass(frozen=True)
class ShownIdentity:
    row: IdentityVersion
    first: str
    last: str
    at: str


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def identities(request: HttpRequest) -> HttpResponse:
    """`/identities/`; a POST decides about one name. What is refused is said on the page."""
    error: TruelineError | None = None
    if request.method == "POST":
        try:
            _decide(request, current_workspace())
        except TruelineError as refused:
            error = refused
        else:
            told = request.POST.get("name", "")[:255]
            address = reverse("identities")
            return HttpResponseRedirect(f"{address}?{_done(request, told)}")
    answer = show(request, look(request), "web/identities.html", _context(request, error))
    answer.status_code = 422 if error else 200
    return answer


def _done(request: HttpRequest, name: str) -> str:
    return urlencode({"done": request.POST.get("act", ""), "name": name})


def _context(request: HttpRequest, error: TruelineError | None) -> dict[str, object]:
    workspace = current_workspace()
    try:
        found = _proposals(workspace)
    except InputError as broken:  # the operator's own file
        found, error = [], error or broken
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(page_number(request), pages)
    standing = IdentityVersion.objects.filter(superseded_by=None, state=ACCEPTED)
    return {
        "error": error,
        "done": request.GET.get("done", ""),
        "done_name": request.GET.get("name", ""),
        "person": name_of(request),
        "total": len(found),
        "proposals": [_shown(one) for one in found[(page - 1) * PER_PAGE :][:PER_PAGE]],
        "standing": [_identity(row) for row in standing.order_by("name", "valid_from_s")],
        "decisions": [_identity(row) for row in rules.decisions()[:PER_PAGE]],
        "file": FILE,
        "page": page,
        "pages": pages,
        "touched": _touched(workspace, request.GET.get("done", ""), request.GET.get("name", "")),
    }


def _touched(workspace: Workspace, done: str, name: str) -> list[str]:
    """Periods whose stored figures rest on what was just taken in or back under `name`."""
    if done not in ("accept", "set", "end"):
        return []
    ever = IdentityVersion.objects.filter(name=name).exclude(state="rejected")
    series = [
        one
        for product_id in sorted(set(ever.values_list("product_id", flat=True)))
        for one in mapped_series(workspace, Identity(name, product_id), withdrawn=True)
    ]
    return periods_touched(workspace.results, series)


def _decide(request: HttpRequest, workspace: Workspace) -> None:
    form = request.POST
    name, product_id = form.get("name", ""), form.get("product", "").strip()
    note = form.get("note", "").strip()[:2000]
    decision = rules.Decision(name_of(request), datetime.now(UTC), note)
    match form.get("act"):
        case "accept":
            rules.accept(workspace, name, decision)
        case "reject":
            rules.reject(workspace, name, product_id, decision)
        case "set":
            first, last = _instant(form.get("from", "")), _instant(form.get("to", ""))
            rules.put(workspace, Identity(name.strip(), product_id, first, last), decision)
        case "end":
            rules.end(workspace, name, decision, _instant(form.get("from", "")))
        case _:
            raise InputError("No act was chosen")


def _instant(text: str) -> int | None:
    """A time with its offset; a day alone begins at midnight UTC."""
    text = text.strip()
    if not text:
        return None
    return seconds(parse_instant(f"{text}T00:00:00Z" if len(text) == len("2026-10-01") else text))


def _shown(proposal: IdentityProposal) -> ShownProposal:
    first, last = proposal.name.span
    candidates = []
    for one in proposal.candidates:
        unsure = proposal.ambiguous and one.in_service
        icon = "violated" if unsure or not one.in_service else _ICONS[one.confidence]
        grade = "ambiguous" if unsure else one.confidence.value
        candidates.append(ShownCandidate(one, icon, grade))
    measured = f"{local_time(first, 'UTC')} to {local_time(last, 'UTC')}"
    return ShownProposal(proposal, measured, tuple(candidates))


def _identity(row: IdentityVersion) -> ShownIdentity:
    return ShownIdentity(
        row,
        "" if row.valid_from_s is None else utc_time(instant(row.valid_from_s)),
        "" if row.valid_to_s is None else utc_time(instant(row.valid_to_s)),
        utc_time(row.delivery.recorded_at),
    )


_kept: Kept[list[IdentityProposal]] = Kept()


def _proposals(workspace: Workspace) -> list[IdentityProposal]:
    """Matched once for each load that was recorded and each edit of the operator's file."""
    file = workspace.home / FILE
    stamp = file.stat().st_mtime_ns if file.exists() else 0
    key = (workspace.home, latest_delivery(), stamp)
    return _kept.get(key, lambda: rules.proposals(workspace))
