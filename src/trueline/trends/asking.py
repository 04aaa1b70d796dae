"""What a scan of trends looks at when nobody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trueline.assessment.aggregate import FIXED_DIMENSIONS, Membership, memberships
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.errors import InputError, unknown_name
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import Catalog, Comparator, ServiceLevelObjective, Statistic
from trueline.trends.deterioration import ScanSetting
from trueline.trends.measuring import MeasuringChange
from trueline.trends.outlook import common_line
from trueline.trends.workspace_scan import Promises, ScanRequest

USUAL_DIMENSIONS = ("group", "offering", "segment", "sla_type", "region")
USUAL_DAYS = 365
USUAL_SETTING = ScanSetting(floor=0.05)
VALUES = (Statistic.MEAN, Statistic.PERCENTILE)


@dataclass(frozen=True)
class Asking:
    """What is asked of one scan."""

    wanted: Sequence[str] = USUAL_DIMENSIONS
    setting: ScanSetting = USUAL_SETTING
    group: str = ""
    """Only this group, and each of its members by itself."""
    changed: Mapping[str, Sequence[MeasuringChange]] = field(default_factory=dict, hash=False)
    """Changes of the measuring, by product id."""


USUAL = Asking()


def scan_request(
    snapshot: InventorySnapshot, catalog: Catalog, asking: Asking = USUAL
) -> ScanRequest:
    """Every group, and every value of the dimensions wanted; `product` is each product by itself.
    Or one group and its members."""
    if asking.group:
        group = snapshot.groups.get(asking.group)
        if group is None:
            raise InputError(f"there is no group {asking.group!r}", mend="Load its rule first")
        held = frozenset(members(parse_rule(group.rule), snapshot, catalog=catalog))
        over = [Membership("group", asking.group, held), *_each(sorted(held))]
    else:
        # A dimension that every product has is not a characteristic of the same name.
        further = [one for one in asking.wanted if one not in FIXED_DIMENSIONS]
        _refuse_unknown(further, snapshot)
        found = memberships(snapshot, catalog, further)
        over = [one for one in found if one.dimension in asking.wanted]
        if "product" in asking.wanted:
            over += _each(snapshot.products)
    return ScanRequest(
        over,
        worse_values(catalog),
        asking.setting,
        asking.changed,
        promises_of(catalog),
        {product.id: product.customer_id for product in snapshot.products.values()},
    )


def _refuse_unknown(wanted: Sequence[str], snapshot: InventorySnapshot) -> None:
    """What is neither usual nor a characteristic of any product would be tested without a word."""
    told = {name for product in snapshot.products.values() for name in product.characteristics}
    known = {*FIXED_DIMENSIONS, *USUAL_DIMENSIONS, "product", *told}
    for name in wanted:
        if name not in known:
            raise unknown_name("dimension", name, known)


def _each(product_ids: Sequence[str] | Mapping[str, object]) -> list[Membership]:
    return [Membership("product", one, frozenset([one])) for one in product_ids]


def worse_values(catalog: Catalog) -> dict[str, int]:
    """Objectives on a mean or a percentile of a measured value, and which way is worse."""
    return {
        objective.id: 1 if objective.comparator in (Comparator.LE, Comparator.LT) else -1
        for objective in _objectives(catalog)
        if objective.statistic in VALUES
    }


def promises_of(catalog: Catalog) -> Promises:
    """Parameters and lines of all objectives; of an objective that several offerings promise
    otherwise, the line that most of them have."""
    allowed: dict[str, list[float]] = {}
    targets: dict[str, list[float]] = {}
    for one in _objectives(catalog):
        if one.statistic in SHARE_STATISTICS and one.comparator.higher_is_better:
            allowed.setdefault(one.id, []).append(float(1 - one.conformance_target))
        elif one.statistic in VALUES:
            targets.setdefault(one.id, []).append(float(one.conformance_target))
    return Promises(
        {one.id: one.parameter for one in _objectives(catalog)}, _common(allowed), _common(targets)
    )


def _common(lines: Mapping[str, Sequence[float]]) -> dict[str, float]:
    found = {objective: common_line(own) for objective, own in lines.items()}
    return {objective: line for objective, line in found.items() if line is not None}


def _objectives(catalog: Catalog) -> list[ServiceLevelObjective]:
    return [one for offering in catalog.offerings.values() for one in offering.objectives]
