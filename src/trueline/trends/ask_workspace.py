"""A scan of what a workspace holds, with the changes of the measuring that it can tell itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from trueline.assessment.assess import Known
from trueline.settings.workspace import Workspace
from trueline.trends.asking import USUAL, USUAL_DAYS, Asking, scan_request
from trueline.trends.daily_history import DailyHistory, stored_history
from trueline.trends.findings import WORSE, TrendScan
from trueline.trends.measuring import (
    Changes,
    MeasuringChange,
    granules_changed,
    merged,
    probes_changed,
)
from trueline.trends.measuring_records import measured_by, recorded_changes, sources_changed
from trueline.trends.weekly import weekly
from trueline.trends.workspace_scan import ScanRequest, scan_history

MOST_PRODUCTS = 20_000
"""Products whose granules are asked for their source: those of the surest findings first."""


@dataclass(frozen=True)
class WorkspaceScan:
    """What is scanned of a workspace, and how."""

    asking: Asking = USUAL
    days: int = USUAL_DAYS
    by_week: bool = False
    told: Mapping[str, Sequence[date]] | None = None
    """Days on which the measuring changed, by product id, as a person tells them: of these products
    nothing else is believed."""


def scan_workspace(workspace: Workspace, known: Known, wanted: WorkspaceScan) -> TrendScan:
    """Scan the stored figures; what gets worse in it is asked once more, with the sources of its
    granules. Raises InputError where too little is stored."""
    daily = stored_history(workspace.results, last_days=wanted.days)
    request = scan_request(known.snapshot, known.catalog, wanted.asking)
    told = _told(wanted.told or {})
    changed = merged(recorded_changes(), _in_figures(daily, known, request))
    request = replace(request, measuring_changed={**changed, **told})
    history = weekly(daily) if wanted.by_week else daily
    found = scan_history(history, request)
    by_source = sources_changed(
        workspace, _worse_products(found, request), history.first, history.newest
    )
    if not any(product not in told for product in by_source):
        return found
    changed = merged(changed, by_source)
    return scan_history(history, replace(request, measuring_changed={**changed, **told}))


def _told(days: Mapping[str, Sequence[date]]) -> Changes:
    return {
        product: [MeasuringChange(day, "told by hand") for day in own]
        for product, own in days.items()
    }


def _in_figures(daily: DailyHistory, known: Known, request: ScanRequest) -> Changes:
    parameters = request.promises.parameters
    return merged(
        granules_changed(daily, parameters),
        probes_changed(daily, measured_by(known.snapshot), parameters, request.worse_values),
    )


def _worse_products(found: TrendScan, request: ScanRequest) -> set[str]:
    named = {(one.dimension, one.key): one.product_ids for one in request.over}
    worse = {kind.value for kind in WORSE}
    products: set[str] = set()
    called = sorted((f for f in found.findings if f.kind in worse), key=lambda f: f.q_value)
    for one in called:
        own: Iterable[str] = named[one.dimension, one.key]
        if len(products) + len(set(own) - products) <= MOST_PRODUCTS:
            products.update(own)
    return products
