"""What a shared cause costs: who is affected, who may be next, what they bring, what is at stake.

Money is exact and never added up across currencies: a sold offering's own is its characteristic
`currency`; without one it is the currency of the inventory. Advice only: billing decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.advised_credits import CreditAdvice, charge_of, without_repeats
from trueline.assessment.burn import allowance
from trueline.assessment.credits_at_risk import credit_at_risk
from trueline.assessment.credits_run import read_credits
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.instants import seconds
from trueline.inventory.resolve import objectives_of
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import ServiceLevelObjective
from trueline.problems.judged import Judged, stored_columns
from trueline.problems.scan import ANY
from trueline.settings.workspace import Workspace

CURRENCY = "currency"
_COLUMNS = [
    "product_id",
    "objective_id",
    "period_start",
    "good_s",
    "bad_s",
    "unknown_s",
    "allowance_left",
]


@dataclass(frozen=True)
class Touched:
    """Products of a finding or a problem, of the period that is looked at."""

    objective_id: str
    period: str
    affected: tuple[str, ...]
    exposed: tuple[str, ...]


@dataclass(frozen=True)
class Money:
    """Exact amounts by currency ("" is that of the inventory); of `unknown` products or figures
    the amount is not known, and is not in it."""

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    unknown: int = 0


@dataclass(frozen=True)
class AllowanceLeft:
    """What exposed products have left of the bad time (or count) that their targets allow in the
    period, each by the objective that has the least: `products` it is known of, `spent` of these
    have none left; shares of the allowance, 1 = untouched. `least_s`: seconds left of the one that
    has the fewest, of objectives that promise a share of time."""

    products: int
    spent: int
    unknown: int
    least: float | None
    middle: float | None
    least_s: int | None


@dataclass(frozen=True)
class Impact:
    """`advised`: credits that the contracts give the affected now, None where no advice is stored;
    `risk_least` to `risk_most`: what exposed ones would get if they missed too, just so or wholly;
    None where the period is not assessed.
    """

    affected: int
    exposed: int
    customers: int
    customers_exposed: int
    revenue: Money
    revenue_exposed: Money
    allowance: AllowanceLeft
    advised: Money | None
    risk_least: Money | None
    risk_most: Money | None


def impact_of(workspace: Workspace, touched: Touched, judged: Judged) -> Impact:
    """As stored for the period, and as the inventory and the catalogue are known."""
    snapshot = judged.snapshot
    rows = _exposed_rows(workspace, touched, judged)
    least, most = (None, None) if rows is None else _at_risk(rows, touched.period, snapshot)
    return Impact(
        affected=len(touched.affected),
        exposed=len(touched.exposed),
        customers=_customers(touched.affected, snapshot),
        customers_exposed=_customers(touched.exposed, snapshot),
        revenue=_revenue(touched.affected, snapshot),
        revenue_exposed=_revenue(touched.exposed, snapshot),
        allowance=_allowance(rows or (), len(touched.exposed)),
        advised=_advised(workspace, touched, snapshot),
        risk_least=least,
        risk_most=most,
    )


@dataclass(frozen=True)
class _Row:
    """A stored figure of an exposed product, with the objective that it was held to."""

    product_id: str
    objective: ServiceLevelObjective
    known_s: int
    bad_s: int
    total_s: int
    left: float | None


def _exposed_rows(workspace: Workspace, touched: Touched, judged: Judged) -> list[_Row] | None:
    stored = stored_columns(workspace, touched.period, _COLUMNS)
    if stored is None:
        return None
    exposed = pa.array(touched.exposed, pa.string())
    stored = stored.filter(pc.is_in(stored["product_id"], value_set=exposed))
    catalog, snapshot = judged.catalog, judged.snapshot
    found = []
    for row in stored.to_pylist():
        product = snapshot.products.get(row["product_id"])
        if product is None or touched.objective_id not in (ANY, row["objective_id"]):
            continue
        at_s = seconds(row["period_start"])
        held = {one.objective.id: one for one in objectives_of(product, catalog, snapshot, at_s)}
        if row["objective_id"] in held:
            known_s = row["good_s"] + row["bad_s"]
            found.append(
                _Row(
                    product.id,
                    held[row["objective_id"]].objective,
                    known_s,
                    row["bad_s"],
                    known_s + row["unknown_s"],
                    row["allowance_left"],
                )
            )
    return found


def _allowance(rows: Iterable[_Row], exposed: int) -> AllowanceLeft:
    least: dict[str, float] = {}
    left_s: list[int] = []
    for row in rows:
        if row.left is not None:
            least[row.product_id] = min(row.left, least.get(row.product_id, row.left))
        if row.objective.statistic in SHARE_STATISTICS and row.known_s:
            allowed = allowance(row.objective.conformance_target, row.known_s)
            left_s.append(max(0, int(allowed) - row.bad_s))
    shares = sorted(least.values())
    return AllowanceLeft(
        products=len(shares),
        spent=sum(share <= 0 for share in shares),
        unknown=exposed - len(shares),
        least=shares[0] if shares else None,
        middle=float(np.median(shares)) if shares else None,
        least_s=min(left_s, default=None),
    )


def _at_risk(rows: Iterable[_Row], period: str, snapshot: InventorySnapshot) -> tuple[Money, Money]:
    """One credit for one down time of a product, as where credits are advised."""
    stakes = [
        stake
        for row in rows
        if (
            stake := credit_at_risk(
                row.objective, snapshot.products[row.product_id], period, row.total_s
            )
        )
    ]
    return (
        _money([one.least for one in stakes], snapshot),
        _money([one.most for one in stakes], snapshot),
    )


def _advised(workspace: Workspace, touched: Touched, snapshot: InventorySnapshot) -> Money | None:
    advice = read_credits(workspace.results / touched.period)
    if advice is None:
        return None
    affected = set(touched.affected)
    return _money(
        [
            one
            for one in advice
            if one.product_id in affected and touched.objective_id in (ANY, one.objective_id)
        ],
        snapshot,
    )


def _money(advice: Sequence[CreditAdvice], snapshot: InventorySnapshot) -> Money:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    unknown = 0
    for one in without_repeats(advice):
        if one.percent is None or (one.counted and one.amount is None):
            unknown += 1
        elif one.counted and one.amount:
            amounts[_currency(one.product_id, snapshot)] += one.amount
    return Money(dict(sorted(amounts.items())), unknown)


def _revenue(products: Iterable[str], snapshot: InventorySnapshot) -> Money:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    unknown = 0
    for one in products:
        product = snapshot.products.get(one)
        charge = charge_of(product) if product else None
        if charge is None:
            unknown += 1
        else:
            amounts[_currency(one, snapshot)] += charge
    return Money(dict(sorted(amounts.items())), unknown)


def _currency(product_id: str, snapshot: InventorySnapshot) -> str:
    return snapshot.products[product_id].characteristics.get(CURRENCY, "")


def _customers(products: Iterable[str], snapshot: InventorySnapshot) -> int:
    known = (snapshot.products.get(one) for one in products)
    return len({product.customer_id for product in known if product and product.customer_id})
