"""What the records tell of changes of the measuring: who measures a product, from which source its
granules came, how a parameter is defined. The day is that on which it was recorded."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date
from itertools import pairwise

from trueline.intake.models import Delivery
from trueline.inventory.models import ProductVersion
from trueline.inventory.values import InventorySnapshot
from trueline.measurement.sources import deliveries_by_day
from trueline.offerings.models import ParameterVersion
from trueline.settings.workspace import Workspace
from trueline.trends.measuring import LEAST_SIDE, Changes, MeasuredBy, MeasuringChange
from trueline.trends.workspace_scan import EVERY_PRODUCT

PROBE = "probe"
MEASURING = (PROBE, "feed", "collector", "counter_version", "measurement_unit")
"""Characteristics of a sold offering that say how it is measured."""
_MEANING = ("unit", "kind", "direction", "event_kinds")


def measured_by(snapshot: InventorySnapshot) -> dict[str, MeasuredBy]:
    """By product; one whose node is not known hangs on a place of its own customer."""
    return {
        product.id: MeasuredBy(
            product.characteristics.get(PROBE, ""),
            f"{product.offering_id} {product.characteristics.get('region', '')}",
            product.characteristics.get("node") or product.customer_id,
        )
        for product in snapshot.products.values()
    }


def recorded_changes() -> Changes:
    """By product id, changes of who measures it; by EVERY_PRODUCT, changes of a parameter's unit or
    kind."""
    found: Changes = defaultdict(list)
    changed = ProductVersion.objects.filter(superseded_by__isnull=False).values("product_id")
    versions: dict[str, list[tuple[date | None, dict[str, str]]]] = defaultdict(list)
    rows = ProductVersion.objects.filter(product_id__in=changed).order_by("delivery_id", "id")
    for product, text, at in rows.values_list(
        "product_id", "characteristics", "delivery__recorded_at"
    ):
        versions[product].append((at.astimezone(UTC).date() if at else None, json.loads(text)))
    for product, known in versions.items():
        for (_, before), (day, after) in pairwise(known):
            found[product] += _told(day, before, after, MEASURING)
    found[EVERY_PRODUCT] = _redefined()
    return dict(found)


def _redefined() -> list[MeasuringChange]:
    versions: dict[str, list[tuple[date | None, dict[str, object]]]] = defaultdict(list)
    rows = ParameterVersion.objects.order_by("delivery_id", "id")
    for name, text, at in rows.values_list("parameter_id", "definition", "delivery__recorded_at"):
        versions[name].append((at.astimezone(UTC).date() if at else None, json.loads(text)))
    return [
        change
        for name, known in versions.items()
        for (_, before), (day, after) in pairwise(known)
        for change in _told(day, before, after, _MEANING, name)
    ]


def _told(
    day: date | None,
    before: Mapping[str, object],
    after: Mapping[str, object],
    keys: Iterable[str],
    parameter: str = "",
) -> list[MeasuringChange]:
    """What was said before and is said otherwise now; what was not said before tells nothing."""
    if day is None:
        return []
    return [
        MeasuringChange(day, f"{key} {before[key]} became {after.get(key, 'none')}", parameter)
        for key in keys
        if before.get(key) and before[key] != after.get(key)
    ]


def sources_changed(
    workspace: Workspace, product_ids: Iterable[str], first: date, last: date
) -> Changes:
    """By product, the day from which its granules come from another source than before; files that
    differ in their digits only are one source."""
    by_day = deliveries_by_day(workspace, product_ids, first, last)
    named = {one for days in by_day.values() for one in days.values()}
    names = {
        number: f"{kind} {source_family(source)}"
        for number, kind, source in Delivery.objects.filter(id__in=named).values_list(
            "id", "kind", "source"
        )
    }
    found: Changes = {}
    for product, days in by_day.items():
        change = new_source([(day, names[delivery]) for day, delivery in sorted(days.items())])
        if change is not None:
            found[product] = [change]
    return found


def source_family(source: str) -> str:
    """The name of a file or endpoint without what changes from one delivery to the next."""
    name = source.rsplit("/", 1)[-1]
    return re.sub(r"[\d.:_TZ-]*\d[\d.:_TZ-]*", "#", name)


def new_source(days: list[tuple[date, str]]) -> MeasuringChange | None:
    """The day that parts two sources which each hold on nine days of ten, a week or more."""
    best: tuple[int, MeasuringChange] | None = None
    for cut in range(LEAST_SIDE, len(days) - LEAST_SIDE + 1):
        if days[cut - 1][1] == days[cut][1]:
            continue
        before, after = days[cut - 1][1], days[cut][1]
        kept = sum(one == before for _, one in days[:cut])
        kept += sum(one == after for _, one in days[cut:])
        if kept >= 0.9 * len(days) and (best is None or kept > best[0]):
            what = f"granules came from {before} before, from {after} since"
            best = kept, MeasuringChange(days[cut][0], what)
    return None if best is None else best[1]
