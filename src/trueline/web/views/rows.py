"""The verdict list, on screen and as CSV: any selection of products, objectives and states."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from trueline.assessment.store import row_values
from trueline.assessment.values import AssessmentRow
from trueline.calendars.instants import render_instant
from trueline.web.records import GROUP, OFFERING
from trueline.web.row_lines import row_lines
from trueline.web.shell import show
from trueline.web.sight import Sight, look, page_number
from trueline.web.verdict_rows import Order, RowFilter, filtered, is_state, ordered, page_of
from trueline.web.views.members import member_ids
from trueline.web.wording import STALE, STATES

DEFAULT_SORT = "allowance_left"
_COLUMNS = [field.name for field in fields(AssessmentRow)]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def rows(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    wanted = wanted_rows(request, sight)
    order = Order.parse(request.GET.get("sort"), default=DEFAULT_SORT)
    listed = page_of(filtered(sight.assessed, wanted), order, page_number(request))
    return show(
        request,
        sight,
        "web/rows.html",
        {
            "parts": {"verdicts": "web/parts/verdicts.html"},
            "listed": listed,
            "rows": row_lines(sight.records, listed.rows),
            "order": order,
            "wanted": wanted,
            "state_choices": (*STATES.values(), STALE),
            "objective_choices": sorted(sight.records.objectives),
            "selection": _selection(request, sight),
        },
    )


def rows_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same selection in the same order, every page of it."""
    sight = look(request)
    order = Order.parse(request.GET.get("sort"), default=DEFAULT_SORT)
    table = ordered(filtered(sight.assessed, wanted_rows(request, sight)), order)

    def chunks() -> Iterator[list[AssessmentRow]]:
        for start in range(0, table.num_rows, 2_000):
            yield row_values(table.slice(start, 2_000))

    answer = StreamingHttpResponse(_lines(chunks()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="verdicts-{sight.period}.csv"'
    return answer


def wanted_rows(request: HttpRequest, sight: Sight) -> RowFilter:
    """The selection that the URL names; 404 for a name that is not known."""
    state = request.GET.get("verdict") or None
    if state is not None and not is_state(state):
        raise Http404("There is no such verdict")
    objective = request.GET.get("objective") or None
    if objective is not None and objective not in sight.records.objectives:
        raise Http404(f"There is no objective {objective}")
    return RowFilter(state, objective, _products(request, sight))


def _products(request: HttpRequest, sight: Sight) -> tuple[str, ...] | None:
    chosen: set[str] | None = None
    for dimension, key in _selection(request, sight):
        if dimension == "customer":
            found = sight.records.products_by_customer.get(key)
            if found is None:
                raise Http404(f"There is no customer {key}")
        else:
            found = member_ids(sight, dimension, key)
        chosen = set(found) if chosen is None else chosen & set(found)
    return None if chosen is None else tuple(sorted(chosen))


def _selection(request: HttpRequest, sight: Sight) -> list[tuple[str, str]]:
    """(dimension, key) of every set the URL restricts the list to."""
    named = [(name, request.GET.get(name, "")) for name in (GROUP, OFFERING, "customer")]
    named.append((request.GET.get("dimension", ""), request.GET.get("key", "")))
    return [(dimension, key) for dimension, key in named if dimension and key]


class _Line:
    """A file of one line: csv.writer writes to it and the answer streams it on."""

    def write(self, text: str) -> str:
        return text


def _lines(chunks: Iterator[list[AssessmentRow]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    yield writer.writerow(_COLUMNS)
    for chunk in chunks:
        for row in chunk:
            yield writer.writerow([_cell(name, getattr(row, name)) for name in _COLUMNS])


def _cell(name: str, value: object) -> object:
    if name in ("period_start", "period_end") and isinstance(value, int):
        return render_instant(value)
    # A name that starts like a formula would run in a spreadsheet.
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
