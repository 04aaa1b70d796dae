"""The result log: closed periods, what each restatement changed; corrections; receipts."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from trueline.assessment.known import what_was_known
from trueline.assessment.values import AssessmentRow
from trueline.calendars.instants import render_instant
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError, TruelineError
from trueline.results import corrections as rules
from trueline.results.log import batch_of, batches, changes_of, check_log, closed_periods
from trueline.results.models import Correction, ResultBatch
from trueline.results.receipt import Subject, build_receipt
from trueline.results.values import LoggedFigure, Restated
from trueline.settings.workspace import current_workspace
from trueline.web.person import act_of_a_person, name_of
from trueline.web.shell import show
from trueline.web.sight import look, page_number, period_name
from trueline.web.wording import STATES, StateWord, utc_time

PER_PAGE = 50


@dataclass(frozen=True)
class ShownFigure:
    state: StateWord
    value: str
    bad: str
    excluded: str


@dataclass(frozen=True)
class ShownChange:
    product_id: str
    objective_id: str
    start: str
    before: ShownFigure | None
    after: ShownFigure | None
    changed: bool


def log(request: HttpRequest) -> HttpResponse:
    """`/results/`: closed and open periods, every link, and with `?check=1` whether all hold."""
    sight = look(request)
    links = list(reversed(batches()))
    page = page_number(request)
    pages = max(1, -(-len(links) // PER_PAGE))
    page = min(page, pages)
    closed = closed_periods()
    context = {
        "links": [(b, _moment(b.produced_at)) for b in links[(page - 1) * PER_PAGE :][:PER_PAGE]],
        "closed": [(label, period_name(label)) for label in reversed(closed)],
        "open_periods": [(p, period_name(p)) for p in sight.periods if p not in closed],
        "page": page,
        "pages": pages,
        "checked": request.GET.get("check") == "1",
        "faults": list(check_log(sight.workspace)) if request.GET.get("check") == "1" else [],
        "waiting": Correction.objects.filter(state__in=["proposed", "countersigned"]).count(),
    }
    return show(request, sight, "web/results.html", context)


def link(request: HttpRequest, sequence: int) -> HttpResponse:
    """`/results/N/`: one closing or restatement, figures that changed first."""
    sight = look(request)
    row = ResultBatch.objects.filter(sequence=sequence).first()
    if row is None:
        raise Http404(f"The result log has no link {sequence}")
    changes = sorted(changes_of(sight.workspace, sequence), key=lambda c: not c.figure_changed)
    page = min(page_number(request), max(1, -(-len(changes) // PER_PAGE)))
    context = {
        "batch": batch_of(row),
        "hash": row.link,
        "produced_at": utc_time(row.produced_at),
        "changes": [_shown(c) for c in changes[(page - 1) * PER_PAGE :][:PER_PAGE]],
        "total": len(changes),
        "page": page,
        "pages": max(1, -(-len(changes) // PER_PAGE)),
    }
    return show(request, sight, "web/result_link.html", context)


def receipt(request: HttpRequest) -> HttpResponse:
    """`/receipts/?product=&objective=&period=`: the receipt of one figure, as a file."""
    sight = look(request)
    product_id, objective_id = request.GET.get("product", ""), request.GET.get("objective", "")
    engine = DuckDBEngine(spill_dir=sight.workspace.home / "spill")
    known = what_was_known(sight.workspace)
    try:
        subject = Subject(product_id, objective_id, parse_period(sight.period))
        content = build_receipt(engine, sight.workspace, known, subject)
    except InputError as error:
        raise Http404(str(error)) from None
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in f"{product_id}-{objective_id}")
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{name}-{sight.period}.zip"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def correction_list(request: HttpRequest) -> HttpResponse:
    """`/corrections/`: those that wait for somebody first; a POST proposes one."""
    error = None
    if request.method == "POST":
        try:
            proposed = _propose(request)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("correction", args=[proposed.pk]))
    ended = (rules.State.APPLIED, rules.State.REJECTED)
    found = sorted(Correction.objects.all(), key=lambda c: (c.state in ended, -c.pk))
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(page_number(request), pages)
    shown = found[(page - 1) * PER_PAGE :][:PER_PAGE]
    context = {
        "error": error,
        "kinds": rules.KINDS,
        "person": name_of(request),
        "corrections": [(c, utc_time(c.proposed_at)) for c in shown],
        "page": page,
        "pages": pages,
    }
    answer = show(request, look(request), "web/corrections.html", context)
    answer.status_code = 422 if error else 200
    return answer


def _propose(request: HttpRequest) -> Correction:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or not file.name:
        raise InputError("No file was chosen", mend="Choose a file of exclusions or events")
    with tempfile.TemporaryDirectory(dir=current_workspace().home) as folder:
        path = Path(folder) / ("proposed" + Path(file.name).suffix[:10])
        path.write_bytes(file.read(rules.MAX_BYTES + 1))
        reason = request.POST.get("reason", "")[:2000]
        evidence = request.POST.get("evidence", "")[:2000]
        proposal = rules.Proposal(request.POST.get("kind", ""), path, reason, evidence)
        return rules.propose(proposal, by=name_of(request), now=datetime.now(UTC))


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def correction(request: HttpRequest, number: int) -> HttpResponse:
    """`/corrections/N/`: its rows, every step, what it restated; a POST takes one step."""
    found = Correction.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no correction {number}")
    error = None
    if request.method == "POST":
        try:
            _step(request, number)
        except TruelineError as refused:
            error = refused
        else:
            return HttpResponseRedirect(reverse("correction", args=[number]))
    rows = rules.rows_of(current_workspace(), found, PER_PAGE)
    context = {
        "error": error,
        "person": name_of(request),
        "correction": found,
        "waiting_for": sorted(set(found.customers) - rules.agreed(found)),
        "steps": [(step, utc_time(step.at)) for step in rules.steps_of(found)],
        "header": list(rows[0]),
        "rows": [list(row.values()) for row in rows],
        "restated": [batch_of(row) for row in found.batches.order_by("sequence")],
    }
    answer = show(request, look(request), "web/correction.html", context)
    answer.status_code = 422 if error else 200
    return answer


def _step(request: HttpRequest, number: int) -> None:
    by, now = name_of(request), datetime.now(UTC)
    note = request.POST.get("note", "").strip()[:2000]
    match request.POST.get("act"):
        case "countersign":
            rules.countersign(number, by=by, now=now, note=note)
        case "agree":
            rules.agree(number, request.POST.get("customer", ""), by=by, now=now, note=note)
        case "reject":
            rules.reject(number, by=by, now=now, note=note)
        case "apply":
            workspace = current_workspace()
            engine = DuckDBEngine(spill_dir=workspace.home / "spill")
            rules.apply(engine, workspace, number, by=by, now=now)
        case _:
            raise InputError("No act was chosen")


def _shown(change: Restated) -> ShownChange:
    product_id, objective_id, start_s = change.key
    return ShownChange(
        product_id,
        objective_id,
        render_instant(start_s),
        _figure(change.before),
        _figure(change.after),
        change.figure_changed,
    )


def _figure(figure: LoggedFigure | None) -> ShownFigure | None:
    if figure is None:
        return None
    row: AssessmentRow = figure.row
    value = "–" if row.value is None else f"{row.value:.6g}"
    return ShownFigure(STATES[row.verdict], value, f"{row.bad_s:,}", f"{row.excluded_s:,}")


def _moment(text: str) -> str:
    return utc_time(datetime.fromisoformat(text))
