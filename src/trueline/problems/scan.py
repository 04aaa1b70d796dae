"""A period's verdicts, objective by objective, as members of which some are bad."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.advised_credits import CHARGE
from trueline.assessment.values import Verdict
from trueline.intake.record import latest_delivery
from trueline.inventory.values import InventorySnapshot, Product
from trueline.problems.enrichment import Enrichment, Mask, Members, scan_enrichment
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.judged import judged_period
from trueline.problems.leaves import Codes, read_attributes
from trueline.problems.measure import Measure
from trueline.problems.rivals import Rival, rivals_of
from trueline.problems.union import OWN, TOLD
from trueline.settings.workspace import Workspace

# q above which a combination is not shown as a finding.
SURE = 0.05
# Stands for all objectives together: a product is bad when it violates any of them.
ANY = "any"
# The characteristic that names the access node a product hangs on.
NODE = "node"
MOST_FINDINGS = 20
# So many of a scan's combinations are held against its finding.
COMPARED = 30


@dataclass(frozen=True)
class Shared:
    """A combination in which one objective is violated more than chance allows.

    `affected` and `exposed` are product ids: exposed ones share it and have kept the line so far.
    `before` is what began shortly before and is shared by more of them than chance: no cause.
    `rivals` explain nearly as much. `sources`: by how many of the affected each was told. `told`
    says in words what was found, where it is not the number of violated products. `after` names
    the surer findings whose products were set aside before.
    """

    objective_id: str
    period: str
    enrichment: Enrichment
    affected: tuple[str, ...]
    exposed: tuple[str, ...]
    before: tuple[HappenedBefore, ...] = ()
    rivals: tuple[Rival, ...] = ()
    sources: tuple[tuple[str, int], ...] = ()
    measure: Measure = Measure.VIOLATED
    told: str = ""
    after: tuple[dict[str, str], ...] = ()

    @property
    def names(self) -> tuple[dict[str, str], ...]:
        """What it is called: the shown name, and the shortest others of the same products."""
        every = (self.enrichment.attributes, *self.enrichment.not_separable)
        return tuple(one for one in every if not any(_part_of(other, one) for other in every))


def _part_of(short: dict[str, str], long: dict[str, str]) -> bool:
    return short.items() < long.items()


def read_rows(workspace: Workspace, period: str, *, delivery: int | None = None) -> pa.Table:
    """Product, objective, verdict and source of a period: stored verdicts and imported analyses,
    as known once `delivery` was recorded (None: the newest)."""
    known = latest_delivery() if delivery is None else delivery
    return judged_period(workspace, period, delivery=known).rows


def scan_verdicts(rows: pa.Table, period: str, snapshot: InventorySnapshot) -> list[Shared]:
    """Findings of all objectives together and of each, the least likely first.

    A finding of one objective stands only if it has a product that those of all together lack.
    Each is the surest of a scan over the members that no surer finding of its objective holds, and
    its q is that scan's, times the number of objectives looked at alone (Bonferroni): what is wide
    or narrow around a cause is not told a second time, and forty objectives are one scan.
    """
    found = _of_objective(rows, (ANY, 1), period, snapshot)
    told = {product for shared in found for product in shared.affected}
    violated = rows.filter(pc.equal(rows["verdict"], Verdict.VIOLATED.value))
    objectives = sorted(set(violated["objective_id"].to_pylist()))
    for objective in objectives:
        table = rows.filter(pc.equal(rows["objective_id"], objective))
        alone = _of_objective(table, (objective, len(objectives)), period, snapshot)
        found.extend(shared for shared in alone if not told.issuperset(shared.affected))
    return sorted(found, key=lambda shared: shared.enrichment.p)


@dataclass(frozen=True)
class Looked:
    """Members of a scan with their product ids; `objective` and `period` say what of."""

    objective: str
    period: str
    members: Members
    ids: tuple[str, ...]
    sources: Mapping[str, frozenset[str]]  # who told of each bad product

    def only(self, kept: Sequence[int]) -> Looked:
        """Some of the members, by position."""
        clusters = None if self.members.clusters is None else self.members.clusters[kept]
        members = Members(self.members.attributes.rows(kept), self.members.bad[kept], clusters)
        return replace(self, members=members, ids=tuple(self.ids[at] for at in kept))


def members_of(table: pa.Table, objective: str, period: str, snapshot: InventorySnapshot) -> Looked:
    """Every product with a verdict; bad where one is violated."""
    violated: dict[str, bool] = {}
    sources: dict[str, set[str]] = defaultdict(set)
    names = table["source"].to_pylist() if "source" in table.column_names else [OWN] * len(table)
    for product, verdict, source in zip(
        table["product_id"].to_pylist(), table["verdict"].to_pylist(), names, strict=True
    ):
        if verdict in TOLD and product in snapshot.products:
            violated[product] = violated.get(product, False) or verdict == Verdict.VIOLATED
            if verdict == Verdict.VIOLATED:
                sources[product].update(source.split(" + "))
    products = [snapshot.products[product] for product in violated]
    members = with_bad(products, list(violated.values()), snapshot)
    told = {product: frozenset(named) for product, named in sources.items()}
    return Looked(objective, period, members, tuple(violated), told)


def with_bad(
    products: Sequence[Product], bad: Sequence[bool], snapshot: InventorySnapshot
) -> Members:
    """Products as members, with their attributes and the nodes they hang on."""
    attributes, names = _attribute_table(products, snapshot)
    return Members(read_attributes(attributes, names), np.array(bad), _nodes(products))


def _of_objective(
    table: pa.Table, scan: tuple[str, int], period: str, snapshot: InventorySnapshot
) -> list[Shared]:
    """`scan`: the objective, and how many scans of its kind are made."""
    objective, scans = scan
    looked = members_of(table, objective, period, snapshot)
    if not looked.members.bad.any():
        return []
    found = _one_after_another(looked, scans)
    before = [one.attributes for one, _ in found]
    return [
        replace(shared_of(looked, one, looked.members.bad, rivals), after=tuple(before[:place]))
        for place, (one, rivals) in enumerate(found)
    ]


def shared_of(
    looked: Looked, one: Enrichment, affected: Mask, rivals: tuple[Rival, ...] = ()
) -> Shared:
    """A finding with its products; those that `affected` marks are affected, others exposed."""
    hit = tuple(looked.ids[member] for member in one.members if affected[member])
    counted = Counter(name for product in hit for name in looked.sources.get(product, ()))
    return Shared(
        looked.objective,
        looked.period,
        one,
        affected=hit,
        exposed=tuple(looked.ids[member] for member in one.members if not affected[member]),
        rivals=rivals,
        sources=tuple(sorted(counted.items())),
    )


def _one_after_another(looked: Looked, scans: int) -> list[tuple[Enrichment, tuple[Rival, ...]]]:
    """The surest finding; then the surest among members that no finding before it holds; each
    with its rivals in the scan that found it."""
    numbers = np.arange(len(looked.ids))
    found: list[tuple[Enrichment, tuple[Rival, ...]]] = []
    while looked.members.bad.any() and len(found) < MOST_FINDINGS:
        best = scan_enrichment(looked.members, most=COMPARED)
        if not best or best[0].q * scans > SURE:
            break
        first = best[0]
        rivals = rivals_of(first, best[1:], looked.members.bad, looked.ids)
        own = tuple(int(numbers[at]) for at in first.members)
        found.append((replace(first, q=first.q * scans, members=own), rivals))
        rest = np.setdiff1d(np.arange(len(numbers)), first.members)
        looked, numbers = looked.only(rest.tolist()), numbers[rest]
    return found


def _attribute_table(
    products: Sequence[Product], snapshot: InventorySnapshot
) -> tuple[pa.Table, list[str]]:
    """What is told of the products and of their customers: offering, the customer's segment, and
    every characteristic of either that is not their own. What they cost is no attribute."""
    columns: dict[str, list[str | None]] = {
        "offering": [product.offering_id or None for product in products]
    }
    customers = [snapshot.customers.get(product.customer_id) for product in products]
    told: dict[str, list[Mapping[str, str]]] = {
        "": [product.characteristics for product in products],
        "customer.": [
            {"segment": one.segment, **one.characteristics} if one else {} for one in customers
        ],
    }
    for prefix, every in told.items():
        for name in sorted({name for one in every for name in one} - {CHARGE}):
            values = [one.get(name) or None for one in every]
            if 1 < len(set(values)) <= max(2, len(values) // 2):
                columns[prefix + name] = values
    return pa.table(columns), list(columns)


def _nodes(products: Sequence[Product]) -> Codes | None:
    """The node that each product hangs on, as a number; one without stands alone. None where no
    product names one."""
    named = [product.characteristics.get(NODE) or None for product in products]
    numbers = {name: number for number, name in enumerate(sorted({*named} - {None}, key=str))}
    if not numbers:
        return None
    alone = itertools.count(len(numbers))
    return np.array([next(alone) if name is None else numbers[name] for name in named])
