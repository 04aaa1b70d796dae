"""Where contracts, products and suppliers have come apart from the catalogue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse

from trueline.calendars.instants import instant, seconds
from trueline.calendars.periods import parse_period
from trueline.intake.record import latest_delivery
from trueline.settings.workspace import Workspace
from trueline.standards.drift import drift as drift_between
from trueline.standards.drift_kinds import (
    MENDS,
    SEVERITIES,
    Drift,
    DriftFinding,
    DriftSeverity,
)
from trueline.standards.drifted import compared_at
from trueline.web.kept import Kept
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import utc_time

PER_PAGE = 50
NAMED = 5  # sold offerings of each finding
TITLES = {
    Drift.OFFERING_GONE: "Sold, not in the catalogue",
    Drift.PROMISE_ENDED: "Promise without a successor",
    Drift.FILE_OVER_APPROVED: "File over an approved standard",
    Drift.TERM_BROKEN: "Terms that are not applied",
    Drift.SUPPLIER_ENDED: "Supplier ended, promise goes on",
    Drift.OFFERING_RETIRED: "Retired, still in service",
    Drift.TERM_LOOSER: "Terms below today’s standard",
    Drift.TERM_OTHER: "Terms of another kind",
    Drift.VERSION_OLD: "Older version kept",
    Drift.SUPPLIER_ENDING: "Supplier ends soon",
    Drift.PRICE_DIFFERS: "Charge beside the list price",
    Drift.TERM_SAME: "Terms that say nothing new",
    Drift.TERM_STRICTER: "Terms above the standard",
}
_ICONS = {
    DriftSeverity.SEVERE: "violated",
    DriftSeverity.WARNING: "atRisk",
    DriftSeverity.NOTICE: "notApplicable",
}


@dataclass(frozen=True)
class ShownKind:
    kind: Drift
    title: str
    icon: str
    severity: DriftSeverity
    count: int
    chosen: bool


@dataclass(frozen=True)
class ShownFinding:
    one: DriftFinding
    named: tuple[str, ...]
    more: int


def drift(request: HttpRequest) -> HttpResponse:
    """`/drift/`, `kind` of finding and `page`; compared at the end of the period, or now."""
    sight = look(request)
    if not sight.period:
        raise Http404("Nothing is assessed yet in this workspace")
    end_s = parse_period(sight.period).bounds("UTC")[1]
    now_s = seconds(datetime.now(UTC))
    at_s = end_s if end_s <= now_s else now_s // 3600 * 3600
    found = _found(sight.workspace, at_s)
    counts = Counter(one.kind for one in found)
    kind = _asked(request, counts)
    listed = [one for one in found if one.kind is kind]
    pages = max(1, -(-len(listed) // PER_PAGE))
    page = min(page_number(request), pages)
    shown = listed[(page - 1) * PER_PAGE :][:PER_PAGE]
    context = {
        "at": utc_time(instant(at_s)),
        "kinds": [
            ShownKind(
                one, TITLES[one], _ICONS[SEVERITIES[one]], SEVERITIES[one], counts[one], one is kind
            )
            for one in Drift
        ],
        "title": TITLES[kind] if kind else "",
        "mend": MENDS[kind] if kind else "",
        "findings": [
            ShownFinding(one, one.products[:NAMED], max(0, len(one.products) - NAMED))
            for one in shown
        ],
        "total": len(listed),
        "page": page,
        "pages": pages,
    }
    return show(request, sight, "web/drift.html", context)


def _asked(request: HttpRequest, counts: Counter[Drift]) -> Drift | None:
    """The kind of the address, else the first that occurs."""
    asked = request.GET.get("kind")
    if asked:
        try:
            return Drift(asked)
        except ValueError:
            raise Http404(f"There is no drift {asked}") from None
    return next((kind for kind in Drift if counts[kind]), None)


_kept: Kept[list[DriftFinding]] = Kept()


def _found(workspace: Workspace, at_s: int) -> list[DriftFinding]:
    """Compared once for each load that was recorded."""
    key = (workspace.home, at_s, latest_delivery())
    return _kept.get(key, lambda: drift_between(compared_at(at_s)))
