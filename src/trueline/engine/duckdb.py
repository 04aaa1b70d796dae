"""DuckDB, the embedded engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

_SHARE = dt.Decimal(12, 11)  # a decimal share keeps the rank ceil(share * n) exact


@ibis.udf.agg.builtin(name="quantile_disc", signature=((dt.float64, _SHARE), dt.float64))
def _quantile_disc(value, share):  # type: ignore[no-untyped-def]  # the signature says the types
    """Smallest sample x with F(x) >= share: DuckDB's discrete quantile."""


@ibis.udf.agg.builtin(name="quantile_disc", signature=((dt.int64, _SHARE), dt.int64))
def _quantile_disc_integer(value, share):  # type: ignore[no-untyped-def]  # as above
    """The same over integers."""


class DuckDBEngine:
    """Runs table expressions in process. Results leave as Arrow tables.

    `memory_limit` such as "1500MB"; beyond it the engine spills into `spill_dir`."""

    name = "duckdb"
    shares_memory = True

    def __init__(
        self,
        *,
        spill_dir: Path | None = None,
        memory_limit: str = "1500MB",
        threads: int | None = None,
    ) -> None:
        self._settings = (spill_dir, memory_limit)
        self.con = ibis.duckdb.connect()
        self.con.raw_sql("SET TimeZone='UTC'")
        self.con.raw_sql("SET preserve_insertion_order=true")
        self.con.raw_sql("SET autoinstall_known_extensions=false")
        self.con.raw_sql("SET autoload_known_extensions=false")
        self.con.raw_sql(f"SET memory_limit='{memory_limit}'")
        self.con.raw_sql(f"SET threads={threads or os.cpu_count() or 2}")
        if spill_dir is not None:
            spill_dir.mkdir(parents=True, exist_ok=True)
            self.con.raw_sql(f"SET temp_directory='{_quoted(str(spill_dir))}'")

    def beside(self) -> DuckDBEngine:
        """Another engine for another thread, with one thread of its own."""
        spill_dir, memory_limit = self._settings
        return DuckDBEngine(spill_dir=spill_dir, memory_limit=memory_limit, threads=1)

    def read_parquet(self, files: Sequence[Path | str]) -> ir.Table:
        """One table over Parquet files; a column that a file lacks is null there."""
        return self.con.read_parquet([str(f) for f in files], union_by_name=True)

    def table(self, rows: pa.Table, name: str | None = None) -> ir.Table:
        """An Arrow table as a relation of this engine."""
        return self.con.create_table(
            name or ibis.util.gen_name("trueline"), rows, temp=True, overwrite=name is not None
        )

    def run(self, expression: ir.Table) -> pa.Table:
        return expression.to_pyarrow()

    def sql(self, query: str) -> pa.Table:
        """Engine-specific SQL, for rooms that store files (never for rules)."""
        return self.con.con.execute(query).to_arrow_table()

    def percentile(self, value: ir.NumericValue, share: Decimal) -> ir.Value:
        """Smallest sample x with F(x) >= share (RFC 2330); nulls are no samples."""
        exact = ibis.literal(share, _SHARE)
        if value.type().is_integer():
            return _quantile_disc_integer(value, exact)
        return _quantile_disc(value, exact)

    def close(self) -> None:
        self.con.disconnect()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
