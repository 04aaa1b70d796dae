"""A period's stored verdicts, objective by objective, as members of which some are bad."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueline.assessment.values import Verdict
from trueline.errors import InputError
from trueline.inventory.values import InventorySnapshot, Product
from trueline.problems.enrichment import Enrichment, Members, scan_enrichment
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.leaves import Codes, read_attributes
from trueline.settings.workspace import Workspace

# q above which a combination is not shown as a finding.
SURE = 0.05
# Stands for all objectives together: a product is bad when it violates any of them.
ANY = "any"
# The characteristic that names the access node a product hangs on.
NODE = "node"
MOST_FINDINGS = 20
TOLD = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE, Verdict.VIOLATED)


@dataclass(frozen=True)
class Shared:
    """A combination in which one objective is violated more than chance allows.

    `affected` and `exposed` are product ids: exposed ones share it and have kept the line so far.
    `before` is what began shortly before and is shared by more of them than chance: no cause.
    """

    objective_id: str
    period: str
    enrichment: Enrichment
    affected: tuple[str, ...]
    exposed: tuple[str, ...]
    before: tuple[HappenedBefore, ...] = ()

    @property
    def names(self) -> tuple[dict[str, str], ...]:
        """What it is called: the shown name, and the shortest others of the same products."""
        every = (self.enrichment.attributes, *self.enrichment.not_separable)
        return tuple(one for one in every if not any(_part_of(other, one) for other in every))


def _part_of(short: dict[str, str], long: dict[str, str]) -> bool:
    return short.items() < long.items()


def read_rows(workspace: Workspace, period: str) -> pa.Table:
    """Product, objective and verdict of a stored period."""
    path = workspace.results / period / "rows.parquet"
    if not path.is_file():
        raise InputError(
            f"no assessment of {period} is stored", mend=f"trueline assess --period {period}"
        )
    return pq.read_table(path, columns=["product_id", "objective_id", "verdict"])


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


def _of_objective(
    table: pa.Table, scan: tuple[str, int], period: str, snapshot: InventorySnapshot
) -> list[Shared]:
    """`scan`: the objective, and how many scans of its kind are made."""
    objective, scans = scan
    violated: dict[str, bool] = {}
    for product, verdict in zip(
        table["product_id"].to_pylist(), table["verdict"].to_pylist(), strict=True
    ):
        if verdict in TOLD and product in snapshot.products:
            violated[product] = violated.get(product, False) or verdict == Verdict.VIOLATED
    told = list(violated.items())
    if not any(violated.values()):
        return []
    products = [snapshot.products[product] for product, _ in told]
    bad = np.array([is_bad for _, is_bad in told])
    attributes, names = _attribute_table(products)
    members = Members(read_attributes(attributes, names), bad, _nodes(products))
    return [
        Shared(
            objective,
            period,
            one,
            affected=tuple(told[member][0] for member in one.members if bad[member]),
            exposed=tuple(told[member][0] for member in one.members if not bad[member]),
        )
        for one in _one_after_another(members, scans)
    ]


def _one_after_another(members: Members, scans: int) -> list[Enrichment]:
    """The surest finding; then the surest among members that no finding before it holds."""
    numbers = np.arange(len(members.bad))
    found: list[Enrichment] = []
    while members.bad.any() and len(found) < MOST_FINDINGS:
        first = next(iter(scan_enrichment(members, most=1)), None)
        if first is None or first.q * scans > SURE:
            break
        found.append(
            replace(
                first, q=first.q * scans, members=tuple(int(numbers[at]) for at in first.members)
            )
        )
        rest = np.setdiff1d(np.arange(len(members.bad)), first.members)
        clusters = None if members.clusters is None else members.clusters[rest]
        members = Members(members.attributes.rows(rest), members.bad[rest], clusters)
        numbers = numbers[rest]
    return found


def _attribute_table(products: list[Product]) -> tuple[pa.Table, list[str]]:
    """What is told of the products: offering, and every characteristic that is not their own."""
    named = sorted({name for product in products for name in product.characteristics})
    columns: dict[str, list[str | None]] = {
        "offering": [product.offering_id for product in products]
    }
    for name in named:
        values = [product.characteristics.get(name) or None for product in products]
        if 1 < len(set(values)) <= max(2, len(values) // 2):
            columns[name] = values
    return pa.table(columns), list(columns)


def _nodes(products: list[Product]) -> Codes | None:
    """The node that each product hangs on, as a number; one without stands alone. None where no
    product names one."""
    named = [product.characteristics.get(NODE) or None for product in products]
    numbers = {name: number for number, name in enumerate(sorted({*named} - {None}, key=str))}
    if not numbers:
        return None
    alone = itertools.count(len(numbers))
    return np.array([next(alone) if name is None else numbers[name] for name in named])
