"""What is asked of whole columns, and what they decided: rows by the thousand, and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.plan import PlanRequest, Task
from trueline.assessment.values import DAILY_SCHEMA, AssessmentRow, Verdict
from trueline.calendars.intervals import Interval
from trueline.inventory.values import InventorySnapshot, Product
from trueline.measurement.plain_arrow import column_of, numbers_of
from trueline.offerings.values import Catalog


@dataclass(frozen=True)
class ColumnsAsked:
    """`keys`: by product id, of the products that were ever measured. `objective_ids` None: all."""

    catalog: Catalog
    snapshot: InventorySnapshot
    exclusions: Mapping[str, Sequence[Interval]]
    products: Sequence[Product]
    keys: Mapping[str, int]
    plan: PlanRequest
    objective_ids: frozenset[str] | None = None


@dataclass(frozen=True)
class DecidedColumns:
    """`rows`: of ROW_SCHEMA, in no order; `first_day`: of the period of each, since 1970, local.
    `objectives`: by identity, those that columns decide; `doubtful`: rows that they do not, by
    product, objective and period. `left`: products of which something is left."""

    rows: pa.Table
    first_day: npt.NDArray[np.int32]
    objectives: frozenset[int]
    doubtful: frozenset[tuple[str, str, str]]
    left: Sequence[Product]

    def decided(self, task: Task) -> bool:
        """Whether the row of a task is among the rows."""
        if id(task.objective) not in self.objectives or task.objective.service_hours is not None:
            return False
        return (task.product_id, task.objective.id, task.period.label) not in self.doubtful

    def values(self) -> list[AssessmentRow]:
        """The rows one by one."""
        names = self.rows.column_names
        columns = {name: self.rows[name] for name in names}
        for name in ("period_start", "period_end"):
            columns[name] = columns[name].cast(pa.int64())
        lists = [columns[name].to_pylist() for name in names]
        place = names.index("verdict")
        lists[place] = [Verdict(word) for word in lists[place]]
        return [AssessmentRow(*row) for row in zip(*lists, strict=True)]

    def daily(self) -> pa.Table:
        """The rows as DAILY_SCHEMA."""
        day = column_of(self.first_day).cast(pa.date32())
        return self.rows.append_column("day", day).select(DAILY_SCHEMA.names)


def in_order(rows: pa.Table, time: str = "period_start") -> pa.Table:
    """By product, objective and period, as an assessment gives its rows; or by day."""
    ranks = [_ranks(rows[name]) for name in (time, "objective_id", "product_id")]
    return rows.take(column_of(np.lexsort(ranks)))


def _ranks(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    if not pa.types.is_string(column.type):
        whole = pa.int32() if pa.types.is_date32(column.type) else pa.int64()
        return numbers_of(column.cast(whole)).astype(np.int64)
    coded = column.combine_chunks().dictionary_encode()
    words = coded.dictionary.to_pylist()
    rank = np.empty(len(words), np.int64)
    rank[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    found: npt.NDArray[np.int64] = rank[numbers_of(coded.indices)]
    return found
