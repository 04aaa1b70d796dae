"""How one figure came about: a part of the product page, fetched when it is opened."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.explain import Explanation
from trueline.assessment.timeline import Span
from trueline.calendars.instants import render_instant
from trueline.errors import InputError
from trueline.results.log import believed
from trueline.web.explanations import explanations_of
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.wording import STATES, StateWord, duration, local_time, utc_time

SPANS_SHOWN = 100


@dataclass(frozen=True)
class ShownSpan:
    state: str
    start: str
    start_utc: str
    end: str
    end_utc: str
    duration: str
    reason: str


@dataclass(frozen=True)
class ShownExplanation:
    found: Explanation
    spans: tuple[ShownSpan, ...]
    left_out: int


def explanation(request: HttpRequest) -> HttpResponse:
    """`?product=&objective=`: reasons, formula, clause, and every stretch that is not good."""
    sight = look(request)
    product_id, objective_id = request.GET.get("product", ""), request.GET.get("objective", "")
    if product_id not in sight.records.inventory.products:
        raise Http404(f"There is no product {product_id}")
    try:
        found = explanations_of(sight, product_id, objective_id)
    except InputError as error:
        raise Http404(str(error)) from None
    context = {
        "beliefs": _beliefs(sight, product_id, objective_id),
        "explanations": [_shown(entry) for entry in found],
        "product_id": product_id,
        "objective_id": objective_id,
    }
    partial = request.headers.get("HX-Request")
    template = "web/parts/explained.html" if partial else "web/explanation.html"
    return show(request, sight, template, context)


@dataclass(frozen=True)
class ShownBelief:
    at: str
    state: StateWord | None  # None: retracted
    value: str
    by: str
    why: str
    link: int


def _beliefs(sight: Sight, product_id: str, objective_id: str) -> list[ShownBelief]:
    """What the result log says of this figure, the oldest first; nothing while it is open."""
    return [
        ShownBelief(
            utc_time(belief.produced_at),
            None if belief.figure.retracted else STATES[belief.figure.row.verdict],
            "–" if belief.figure.row.value is None else f"{belief.figure.row.value:.6g}",
            belief.batch.produced_by,
            belief.batch.reason or "the period was closed",
            belief.batch.sequence,
        )
        for belief in believed(sight.workspace, product_id, objective_id, sight.period)
    ]


def _shown(found: Explanation) -> ShownExplanation:
    telling = [span for span in found.spans if span.state != "good"]
    shown = tuple(_span(span, found.zone_name) for span in telling[:SPANS_SHOWN])
    return ShownExplanation(found, shown, max(0, len(telling) - SPANS_SHOWN))


def _span(span: Span, zone_name: str) -> ShownSpan:
    return ShownSpan(
        span.state.value,
        local_time(span.start_s, zone_name),
        render_instant(span.start_s),
        local_time(span.end_s, zone_name),
        render_instant(span.end_s),
        duration(span.end_s - span.start_s),
        span.reason,
    )
