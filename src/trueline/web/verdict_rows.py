"""Verdicts as a list: filter, sort and page the stored rows without leaving Arrow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.store import row_values
from trueline.assessment.values import AssessmentRow, Verdict
from trueline.web.results import StoredAssessment
from trueline.web.wording import STALE, STATES

PAGE_SIZE = 50
SORTS = (
    "margin",
    "product_id",
    "objective_id",
    "verdict",
    "value",
    "bad_s",
    "unknown_s",
    "coverage",
    "allowance_left",
)


@dataclass(frozen=True)
class RowFilter:
    """What a verdict list shows; None = every one. `state` is a verdict or `stale`."""

    state: str | None = None
    objective_id: str | None = None
    product_ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Order:
    """A column of SORTS; `descending` by the URL's leading minus."""

    column: str = "margin"
    descending: bool = False

    @classmethod
    def parse(cls, text: str | None, *, default: str = "margin") -> Order:
        chosen = text or default
        column = chosen.removeprefix("-")
        return cls(column, chosen.startswith("-")) if column in SORTS else cls(default)

    @property
    def text(self) -> str:
        return f"-{self.column}" if self.descending else self.column


@dataclass(frozen=True)
class RowPage:
    rows: tuple[AssessmentRow, ...]
    total: int
    page: int
    pages: int


def filtered(assessment: StoredAssessment, wanted: RowFilter) -> pa.Table:
    table = assessment.rows
    if wanted.objective_id is not None:
        table = table.filter(pc.equal(table["objective_id"], wanted.objective_id))
    if wanted.product_ids is not None:
        table = _of_products(table, wanted.product_ids)
    if wanted.state == STALE.key:
        return _stale(assessment, table)
    if wanted.state is not None:
        table = table.filter(pc.equal(table["verdict"], wanted.state))
    return table


def is_state(text: str | None) -> bool:
    return text == STALE.key or text in {verdict.value for verdict in Verdict}


def _of_products(table: pa.Table, product_ids: Iterable[str]) -> pa.Table:
    wanted = pa.array(list(product_ids), pa.string())
    return table.filter(pc.is_in(table["product_id"], value_set=wanted))


def _stale(assessment: StoredAssessment, table: pa.Table) -> pa.Table:
    parts = []
    for objective_id in pc.unique(table["objective_id"]).to_pylist():
        late = assessment.daily.stale_products(objective_id)
        own = table.filter(pc.equal(table["objective_id"], objective_id))
        parts.append(_of_products(own, sorted(late)))
    return pa.concat_tables(parts) if parts else table


def ordered(table: pa.Table, order: Order) -> pa.Table:
    """Sorted, missing figures last, ties by product and objective: the same page every time."""
    direction = "descending" if order.descending else "ascending"
    if order.column == "verdict":
        return _by_severity(table, direction)
    ties = [n for n in ("product_id", "objective_id", "period_start") if n != order.column]
    keys = [(order.column, direction), *((name, "ascending") for name in ties)]
    return table.take(pc.sort_indices(table, sort_keys=keys))


def _by_severity(table: pa.Table, direction: str) -> pa.Table:
    """The worst verdict first, not the first of the alphabet."""
    words = sorted(STATES, key=lambda verdict: STATES[verdict].rank)
    known = pa.array([verdict.value for verdict in words])
    ranked = table.append_column("rank", pc.index_in(table["verdict"], value_set=known))
    ties = [(name, "ascending") for name in ("product_id", "objective_id", "period_start")]
    return table.take(pc.sort_indices(ranked, sort_keys=[("rank", direction), *ties]))


def page_of(table: pa.Table, order: Order, page: int) -> RowPage:
    """One page of the sorted rows; a page past the end shows the last one."""
    pages = max(1, -(-table.num_rows // PAGE_SIZE))
    page = min(max(page, 1), pages)
    shown = ordered(table, order).slice((page - 1) * PAGE_SIZE, PAGE_SIZE)
    return RowPage(tuple(row_values(shown)), table.num_rows, page, pages)
