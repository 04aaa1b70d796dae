"""DuckDB, the embedded engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends.duckdb import Backend


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
        self._spill_dir = spill_dir
        self._memory_limit = memory_limit
        self._threads = threads or os.cpu_count() or 2

    @cached_property
    def con(self) -> Backend:
        """Connected on first use: many an assessment needs whole columns only, and neither the
        time nor the memory that the libraries take."""
        import ibis

        con = ibis.duckdb.connect()
        con.raw_sql("SET TimeZone='UTC'")
        con.raw_sql("SET preserve_insertion_order=true")
        con.raw_sql("SET autoinstall_known_extensions=false")
        con.raw_sql("SET autoload_known_extensions=false")
        con.raw_sql(f"SET memory_limit='{self._memory_limit}'")
        con.raw_sql(f"SET threads={self._threads}")
        if self._spill_dir is not None:
            self._spill_dir.mkdir(parents=True, exist_ok=True)
            con.raw_sql(f"SET temp_directory='{_quoted(str(self._spill_dir))}'")
        return con

    def beside(self) -> DuckDBEngine:
        """Another engine for another thread, with one thread of its own."""
        return DuckDBEngine(spill_dir=self._spill_dir, memory_limit=self._memory_limit, threads=1)

    def read_parquet(self, files: Sequence[Path | str]) -> ir.Table:
        """One table over Parquet files; a column that a file lacks is null there."""
        return self.con.read_parquet([str(f) for f in files], union_by_name=True)

    def table(self, rows: pa.Table, name: str | None = None) -> ir.Table:
        """An Arrow table as a relation of this engine."""
        import ibis

        own = name or ibis.util.gen_name("trueline")
        return self.con.create_table(own, rows, temp=True, overwrite=name is not None)

    def run(self, expression: ir.Table) -> pa.Table:
        return expression.to_pyarrow()

    def sql(self, query: str) -> pa.Table:
        """Engine-specific SQL, for rooms that store files (never for rules)."""
        return self.con.con.execute(query).to_arrow_table()

    def percentile(self, value: ir.NumericValue, share: Decimal) -> ir.Value:
        """Smallest sample x with F(x) >= share (RFC 2330); nulls are no samples."""
        from trueline.engine.duckdb_functions import quantile_disc

        return quantile_disc(value, share)

    def close(self) -> None:
        if "con" in self.__dict__:
            self.con.disconnect()


def _quoted(text: str) -> str:
    return text.replace("'", "''")
