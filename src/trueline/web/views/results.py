"""The result log: closed periods, what each restatement changed; corrections; receipts."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.known import what_was_known
from trueline.assessment.values import AssessmentRow
from trueline.calendars.instants import render_instant
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.results import corrections as rules
from trueline.results.log import batch_of, batches, changes_of, check_log, closed_periods
from trueline.results.models import Correction, ResultBatch
from trueline.results.receipt import Subject, build_receipt
from trueline.results.values import LoggedFigure, Restated
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


def correction_list(request: HttpRequest) -> HttpResponse:
    """`/corrections/`: those that wait for somebody first."""
    found = sorted(
        Correction.objects.all(),
        key=lambda c: (c.state in (rules.State.APPLIED, rules.State.REJECTED), -c.pk),
    )
    page = min(page_number(request), max(1, -(-len(found) // PER_PAGE)))
    context = {
        "corrections": [
            (c, utc_time(c.proposed_at)) for c in found[(page - 1) * PER_PAGE :][:PER_PAGE]
        ],
        "page": page,
        "pages": max(1, -(-len(found) // PER_PAGE)),
    }
    return show(request, look(request), "web/corrections.html", context)


def correction(request: HttpRequest, number: int) -> HttpResponse:
    """`/corrections/N/`: its rows as proposed, every step, and what it restated."""
    found = Correction.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no correction {number}")
    text = bytes(found.content).decode("utf-8", "replace")
    header, *rows = list(csv.reader(io.StringIO(text)))[: PER_PAGE + 1] or [[]]
    context = {
        "correction": found,
        "waiting_for": sorted(set(found.customers) - rules.agreed(found)),
        "steps": [(step, utc_time(step.at)) for step in rules.steps_of(found)],
        "header": header,
        "rows": rows,
        "restated": [batch_of(row) for row in found.batches.order_by("sequence")],
    }
    return show(request, look(request), "web/correction.html", context)


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
