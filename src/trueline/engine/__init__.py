"""In: table expressions (Ibis). Out: Arrow tables. The only home of engine drivers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


class Engine(Protocol):
    """Where table expressions run. The same expression gives the same figures on each."""

    @property
    def name(self) -> str: ...

    @property
    def shares_memory(self) -> bool:
        """Whether whole columns can be handed over in this process, in the order of their files."""
        ...

    def beside(self) -> Engine:
        """Another engine of the same kind and settings, for another thread."""
        ...

    def read_parquet(self, files: Sequence[Path | str]) -> ir.Table:
        """One table over Parquet files; a column that a file lacks is null there."""
        ...

    def table(self, rows: pa.Table, name: str | None = None) -> ir.Table:
        """An Arrow table as a relation of this engine."""
        ...

    def run(self, expression: ir.Table) -> pa.Table: ...

    def percentile(self, value: ir.NumericValue, share: Decimal) -> ir.Value:
        """Smallest sample x with F(x) >= share (RFC 2330, no interpolation); nulls do not count."""
        ...
