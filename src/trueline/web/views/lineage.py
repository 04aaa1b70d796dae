"""Where a figure came from: records, deliveries and granules, and the figure added up again."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse

from trueline.calendars.instants import render_instant
from trueline.errors import InputError
from trueline.measurement.lake import open_lake
from trueline.sourcing.lineage import DeliveryFact, Lineage, RecordLink, lineage_of
from trueline.sourcing.trace import Check, Part, TracedGranule, worst_first
from trueline.web.explanations import explanations_of
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import local_time, utc_time

PER_PAGE = 100
ORDERS = {"time": "in order of time", "worst": "worst first", "corrected": "corrected only"}
_TIMES = {Part.GOOD: "good", Part.BAD: "bad", Part.EXCLUDED: "excluded"}


@dataclass(frozen=True)
class ShownGranule:
    one: TracedGranule
    start: str
    start_utc: str
    seconds: int
    time: str  # of the pattern that the page draws
    earlier: tuple[str, ...]


@dataclass(frozen=True)
class ShownDelivery:
    fact: DeliveryFact
    at: str
    granules: int


@dataclass(frozen=True)
class ShownCheck:
    check: Check
    told: str
    added: str


@dataclass(frozen=True)
class ShownLineage:
    found: Lineage
    records: tuple[RecordLink, ...]
    deliveries: tuple[ShownDelivery, ...]
    checks: tuple[ShownCheck, ...]
    granules: tuple[ShownGranule, ...]
    listed: int
    period: tuple[str, str]
    value: str


def lineage(request: HttpRequest) -> HttpResponse:
    """`?product=&objective=`, `order` of granules and their `page`."""
    sight = look(request)
    product_id, objective_id = request.GET.get("product", ""), request.GET.get("objective", "")
    order = request.GET.get("order", "time")
    if product_id not in sight.records.inventory.products or order not in ORDERS:
        raise Http404(f"There is no product {product_id}, or no such order")
    try:
        explained = explanations_of(sight, product_id, objective_id)
    except InputError as error:
        raise Http404(str(error)) from None
    with open_lake(sight.workspace) as lake:
        found = [lineage_of(lake, one, sight.delivery) for one in explained]
    page = page_number(request)
    shown = [_shown(one, order, page) for one in found]
    context = {
        "shown": shown,
        "product_id": product_id,
        "objective_id": objective_id,
        "orders": ORDERS,
        "order": order,
        "page": page,
        "pages": max((-(-one.listed // PER_PAGE) for one in shown), default=1),
    }
    return show(request, sight, "web/lineage.html", context)


def _shown(found: Lineage, order: str, page: int) -> ShownLineage:
    row, zone = found.explanation.row, found.explanation.zone_name
    listed = list(found.granules)
    if order == "worst":
        listed = worst_first(found.explanation.objective, listed)
    elif order == "corrected":
        listed = [one for one in listed if one.earlier]
    return ShownLineage(
        found,
        found.records,
        tuple(
            ShownDelivery(fact, utc_time(fact.recorded_at), count)
            for fact, count in found.deliveries
        ),
        tuple(ShownCheck(one, _number(one.told), _number(one.added)) for one in found.checks),
        tuple(_granule(one, zone) for one in listed[(page - 1) * PER_PAGE :][:PER_PAGE]),
        len(listed),
        (local_time(row.period_start, zone), local_time(row.period_end, zone)),
        _number(row.value),
    )


def _granule(one: TracedGranule, zone: str) -> ShownGranule:
    return ShownGranule(
        one,
        local_time(one.start_s, zone),
        render_instant(one.start_s),
        one.end_s - one.start_s,
        _TIMES.get(one.part, "unknown"),
        tuple(f"{v.value:f} of load {v.delivery}" for v in one.earlier),
    )


def _number(value: float | int | None) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:.9g}"
