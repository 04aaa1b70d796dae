"""One sold offering: each promise with its line, time account, events and explanation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.store import row_values
from trueline.calendars.instants import render_instant
from trueline.calendars.intervals import Interval, total
from trueline.inventory.values import Product
from trueline.measurement.values import Event
from trueline.web.evidence import events_of, exclusions_of
from trueline.web.records import GROUP, Records
from trueline.web.row_lines import RowLine, row_lines
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.verdict_rows import RowFilter, filtered
from trueline.web.version_marks import VersionMark, days_between, marks_text, product_marks
from trueline.web.version_notes import VersionNote, version_note
from trueline.web.wording import duration, local_time

EVENTS_SHOWN = 200
PERIODS_SHOWN = 40


@dataclass(frozen=True)
class LedgerLine:
    """An event or agreed exclusion, in the product's zone with UTC beside it."""

    kind: str
    event_id: str
    start: str
    start_utc: str
    end: str
    end_utc: str
    duration: str
    impact: str
    cause: str
    source: str
    stop_clock: str


@dataclass(frozen=True)
class Promise:
    """One objective of the product: its newest row first, earlier conformance periods after."""

    line: RowLine
    note: VersionNote | None  # what changed in it when its period began, told by no mark
    marks: tuple[VersionMark, ...]  # what changed on a day of its period
    earlier: tuple[RowLine, ...]
    left_out: int

    @property
    def marks_text(self) -> str:
        """For the text alternative of its chart."""
        note = f". Changed when the period began: {self.note.text}" if self.note else ""
        return note + marks_text(self.marks)


def product(request: HttpRequest, product_id: str) -> HttpResponse:
    sight = look(request)
    sold = sight.records.inventory.products.get(product_id)
    if sold is None:
        raise Http404(f"There is no product {product_id}")
    rows = filtered(sight.assessed, RowFilter(product_ids=(product_id,)))
    promises = _promises(row_lines(sight.records, row_values(rows)))
    asked = request.GET.get("objective")
    if asked and asked not in {promise.line.row.objective_id for promise in promises}:
        raise Http404(f"The product has no objective {asked}")
    ledger = _ledger(sight, sold, _span(promises))
    return show(
        request,
        sight,
        "web/product.html",
        {
            "product": sold,
            "customer_name": sight.records.customer_name(sold.customer_id),
            "offering_name": sight.records.offering_name(sold.offering_id),
            "start_text": local_time(int(sold.start.timestamp()), sold.time_zone),
            "end_text": local_time(int(sold.end.timestamp()), sold.time_zone) if sold.end else "",
            "groups": _groups(sight.records, product_id),
            "promises": [p for p in promises if asked in (None, "", p.line.row.objective_id)],
            "all_promises": promises,
            "asked": asked,
            "ledger": ledger[:EVENTS_SHOWN],
            "ledger_left_out": max(0, len(ledger) - EVENTS_SHOWN),
        },
    )


def _promises(lines: list[RowLine]) -> list[Promise]:
    found: dict[str, list[RowLine]] = {}
    for line in lines:
        found.setdefault(line.row.objective_id, []).append(line)
    promises = []
    for own in found.values():
        own.sort(key=lambda line: -line.row.period_start)
        earlier = own[1:]
        promises.append(
            Promise(
                own[0],
                *_changes(own[0]),
                tuple(earlier[:PERIODS_SHOWN]),
                max(0, len(earlier) - PERIODS_SHOWN),
            )
        )
    return sorted(promises, key=lambda p: (p.line.state.rank, p.line.row.objective_id))


def _changes(line: RowLine) -> tuple[VersionNote | None, tuple[VersionMark, ...]]:
    row, records = line.row, line.records
    product = records.inventory.products.get(row.product_id)
    zone_name = (product.time_zone if product else "") or "UTC"
    days = days_between(row.period_start, row.period_end, zone_name)
    marks = product_marks(records, row.product_id, row.objective_id, days)
    if any(mark.day == days[0] for mark in marks):
        return None, marks
    return version_note(records, row.product_id, row.objective_id, row.period_start), marks


def _span(promises: list[Promise]) -> Interval | None:
    rows = [line.row for p in promises for line in (p.line, *p.earlier)]
    if not rows:
        return None
    return min(row.period_start for row in rows), max(row.period_end for row in rows)


def _groups(records: Records, product_id: str) -> list[tuple[str, str]]:
    return [
        (group_id, records.name_of(GROUP, group_id))
        for group_id, members in records.members_by_key(GROUP).items()
        if product_id in members
    ]


def _ledger(sight: Sight, sold: Product, span: Interval | None) -> list[LedgerLine]:
    if span is None:
        return []
    events = [_event_line(e, sold.time_zone) for e in events_of(sight, sold.id, span)]
    agreed = [
        LedgerLine(
            "exclusion",
            "",
            *_times(e.start_s, e.end_s, sold.time_zone),
            impact="does not count",
            cause=e.reason,
            source="agreed",
            stop_clock="",
        )
        for e in exclusions_of(sight, sold.id, span)
    ]
    return sorted([*events, *agreed], key=lambda line: line.start_utc)


def _event_line(event: Event, zone_name: str) -> LedgerLine:
    stopped = total(event.stop_clock)
    return LedgerLine(
        event.kind,
        event.event_id,
        *_times(event.start_s, event.end_s, zone_name),
        impact=event.impact,
        cause=event.cause,
        source=event.source,
        stop_clock=duration(stopped) if stopped else "",
    )


def _times(start_s: int, end_s: int | None, zone_name: str) -> tuple[str, str, str, str, str]:
    start = (local_time(start_s, zone_name), render_instant(start_s))
    if end_s is None:
        return (*start, "still open", "", "open")
    return (*start, local_time(end_s, zone_name), render_instant(end_s), duration(end_s - start_s))


def customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    """A customer with every product, those in trouble first."""
    sight = look(request)
    known = sight.records.inventory.customers.get(customer_id)
    owned = sight.records.products_by_customer.get(customer_id)
    if known is None and owned is None:
        raise Http404(f"There is no customer {customer_id}")
    rows = filtered(sight.assessed, RowFilter(product_ids=owned or ()))
    lines = row_lines(sight.records, row_values(rows))
    by_product: dict[str, list[RowLine]] = {product_id: [] for product_id in owned or ()}
    for line in lines:
        by_product[line.row.product_id].append(line)
    worst_first = sorted(
        by_product.items(),
        key=lambda entry: (min((line.state.rank for line in entry[1]), default=9), entry[0]),
    )
    counted = Counter(line.state for line in lines)
    return show(
        request,
        sight,
        "web/customer.html",
        {
            "customer": known,
            "customer_id": customer_id,
            "customer_name": sight.records.customer_name(customer_id),
            "owned": [
                (
                    sight.records.inventory.products[product_id],
                    sorted(own, key=lambda line: (line.state.rank, line.row.objective_id)),
                )
                for product_id, own in worst_first[:200]
            ],
            "left_out": max(0, len(worst_first) - 200),
            "counts": sorted(counted.items(), key=lambda entry: entry[0].rank),
        },
    )
