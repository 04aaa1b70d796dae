"""Reconciliation: where catalogue, inventory and measurements do not fit together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.known import what_was_known
from trueline.calendars.instants import seconds
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.intake.record import latest_delivery
from trueline.measurement.lake import open_lake
from trueline.settings.workspace import Workspace
from trueline.sourcing.feed_file import read_feed_objectives
from trueline.sourcing.feeds import FeedHealth, FeedState, feed_health
from trueline.sourcing.read import what_was_sourced
from trueline.sourcing.reconcile import (
    MENDS,
    Finding,
    Mismatch,
    Reconciliation,
    Sourced,
    reconcile,
)
from trueline.web.kept import Kept
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import duration, floor_percent
from trueline.writeback.models import Told
from trueline.writeback.queue import State

PER_PAGE = 50
FEED = "feed"  # the characteristic that names a product's feed
TITLES = {
    Mismatch.UNKNOWN_OFFERING: "Of an offering nobody knows",
    Mismatch.UNKNOWN_CUSTOMER: "Of a customer nobody knows",
    Mismatch.PRODUCT_WITHOUT_OBJECTIVE: "Sold without a promise",
    Mismatch.OBJECTIVE_WITHOUT_MEASUREMENT: "Promised, not measured",
    Mismatch.MEASUREMENT_WITHOUT_PRODUCT: "Measured, not sold",
    Mismatch.TERMINATED_BUT_MEASURED: "Ended, still measured",
    Mismatch.EVENT_WITHOUT_PRODUCT: "Events of nothing sold",
    Mismatch.EXCLUSION_WITHOUT_PRODUCT: "Exclusions of nothing sold",
}


@dataclass(frozen=True)
class ShownKind:
    kind: str
    title: str
    mend: str
    count: int
    chosen: bool


def reconciliation(request: HttpRequest) -> HttpResponse:
    """`/reconciliation/?kind=`: counts of every mismatch, and those of one kind."""
    sight = look(request)
    if not sight.period:
        raise Http404("Nothing is assessed yet in this workspace")
    found, sourced = _reconciled(sight.workspace, sight.period)
    counts = Counter(f.kind for f in found.findings)
    kind = _asked(request, counts)
    listed = [f for f in found.findings if f.kind is kind]
    pages = max(1, -(-len(listed) // PER_PAGE))
    page = min(page_number(request), pages)
    context = {
        "found": found,
        "kinds": [
            ShownKind(one.value, TITLES[one], MENDS[one], counts[one], one is kind)
            for one in Mismatch
        ],
        "feeds": [_feed(one) for one in _feeds(sight.workspace, sourced)],
        "told": Counter(Told.objects.values_list("state", flat=True)),
        "refused": Told.objects.filter(state=State.DEAD).order_by("product_id")[:PER_PAGE],
        "chosen_kind": kind,
        "title": TITLES[kind] if kind else "",
        "mend": MENDS[kind] if kind else "",
        "findings": listed[(page - 1) * PER_PAGE :][:PER_PAGE],
        "products": {f.subject for f in listed if _is_product(f)},
        "total": len(listed),
        "page": page,
        "pages": pages,
    }
    return show(request, sight, "web/reconciliation.html", context)


def _asked(request: HttpRequest, counts: Counter[Mismatch]) -> Mismatch | None:
    """The kind of the address, else the first that occurs."""
    asked = request.GET.get("kind")
    if asked:
        try:
            return Mismatch(asked)
        except ValueError:
            raise Http404(f"There is no mismatch {asked}") from None
    return next((kind for kind in Mismatch if counts[kind]), None)


def _is_product(finding: Finding) -> bool:
    """Whether the subject has a page of its own."""
    return finding.kind in (
        Mismatch.UNKNOWN_CUSTOMER,
        Mismatch.PRODUCT_WITHOUT_OBJECTIVE,
        Mismatch.OBJECTIVE_WITHOUT_MEASUREMENT,
        Mismatch.TERMINATED_BUT_MEASURED,
    )


@dataclass(frozen=True)
class ShownFeed:
    name: str
    state: FeedState
    icon: str
    products: int
    silent: int
    complete: str
    age: str


_ICONS = {
    FeedState.SILENT: "violated",
    FeedState.STALE: "stale",
    FeedState.THIN: "atRisk",
    FeedState.SOUND: "met",
}


def _feeds(workspace: Workspace, sourced: Sourced) -> list[FeedHealth]:
    """Health of every feed; where `feeds.yaml` is broken, which the command tells, by default."""
    try:
        asked = read_feed_objectives(workspace.home / "feeds.yaml")
    except InputError:
        asked = []
    return feed_health(sourced, FEED, asked, now_s=seconds(datetime.now(UTC)))


def _feed(one: FeedHealth) -> ShownFeed:
    return ShownFeed(
        one.feed,
        one.state,
        _ICONS[one.state],
        one.products,
        one.silent_series,
        floor_percent(one.completeness, 2),
        "–" if one.age_s is None else duration(one.age_s),
    )


_kept: Kept[tuple[Reconciliation, Sourced]] = Kept()


def _reconciled(workspace: Workspace, period: str) -> tuple[Reconciliation, Sourced]:
    """Compared once for each load that was recorded: the scan takes some seconds."""

    def compared() -> tuple[Reconciliation, Sourced]:
        engine = DuckDBEngine(spill_dir=workspace.home / "spill")
        with open_lake(workspace) as lake:
            known = what_was_known(workspace)
            sourced = what_was_sourced(engine, workspace, lake, known, parse_period(period))
        engine.close()
        return reconcile(sourced), sourced

    return _kept.get((workspace.home, period, latest_delivery()), compared)
