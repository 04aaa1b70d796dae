"""What a scan of a period looks at: stored verdicts and imported analyses, and the inventory."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.catalog import catalog_at
from trueline.offerings.values import Catalog
from trueline.problems.analysis import PerformanceAnalysis
from trueline.problems.load_analyses import analyses_of
from trueline.problems.union import subjects_of, united, with_attributes
from trueline.settings.workspace import Workspace

COLUMNS = ["product_id", "objective_id", "verdict"]


@dataclass(frozen=True)
class Judged:
    """`rows`: union.ROWS. `snapshot`: the inventory, with what only analyses tell of products."""

    period: str
    delivery: int
    rows: pa.Table
    snapshot: InventorySnapshot
    catalog: Catalog
    analyses: tuple[PerformanceAnalysis, ...]


def judged_period(
    workspace: Workspace, period: str, *, delivery: int, snapshot: InventorySnapshot | None = None
) -> Judged:
    """The period as known once `delivery` was recorded; InputError where nothing tells of it.
    `snapshot` saves reading the inventory again."""
    own = stored_columns(workspace, period, COLUMNS)
    span = parse_period(period).bounds("UTC")
    analyses = analyses_of(delivery, span)
    if own is None and not analyses:
        raise InputError(
            f"no assessment of {period} is stored, and no analysis of it was loaded",
            mend=f"trueline assess --period {period}, or trueline load analyses FILE",
        )
    known = with_attributes(snapshot or snapshot_at(delivery), analyses)
    catalog = catalog_at(delivery)
    rows = united(own, analyses, known, (subjects_of(catalog), span))
    return Judged(period, delivery, rows, known, catalog, tuple(analyses))


def stored_columns(workspace: Workspace, period: str, columns: list[str]) -> pa.Table | None:
    """Columns of the stored rows of a period, None where it is not assessed."""
    path = workspace.results / period / "rows.parquet"
    return pq.read_table(path, columns=columns) if path.is_file() else None
