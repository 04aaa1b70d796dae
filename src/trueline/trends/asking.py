"""What a scan of trends looks at when nobody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from trueline.assessment.aggregate import Membership, memberships
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import Catalog, Comparator, Statistic
from trueline.trends.deterioration import ScanSetting
from trueline.trends.workspace_scan import ScanRequest

USUAL_DIMENSIONS = ("group", "offering", "segment", "sla_type", "region")
USUAL_DAYS = 365
USUAL_SETTING = ScanSetting(floor=0.05)


def scan_request(
    snapshot: InventorySnapshot,
    catalog: Catalog,
    wanted: Sequence[str] = USUAL_DIMENSIONS,
    setting: ScanSetting = USUAL_SETTING,
    changed: Mapping[str, Sequence[date]] | None = None,
) -> ScanRequest:
    """Every group, and every value of the dimensions wanted; `product` is each product by itself.

    `changed` are the days on which the measuring changed, by product id.
    """
    over = [one for one in memberships(snapshot, catalog, wanted) if one.dimension in wanted]
    if "product" in wanted:
        over += [Membership("product", one, frozenset([one])) for one in snapshot.products]
    return ScanRequest(over, worse_values(catalog), setting, changed or {})


def worse_values(catalog: Catalog) -> dict[str, int]:
    """Objectives on a mean or a percentile of a measured value, and which way is worse."""
    return {
        objective.id: 1 if objective.comparator in (Comparator.LE, Comparator.LT) else -1
        for offering in catalog.offerings.values()
        for objective in offering.objectives
        if objective.statistic in (Statistic.MEAN, Statistic.PERCENTILE)
    }
