"""DuckDB by table expressions alone, without the way over whole columns."""

from __future__ import annotations

from trueline.engine.duckdb import DuckDBEngine


class ExpressionsOnly(DuckDBEngine):
    """The rules as they run on an engine that does not share this process's memory."""

    shares_memory = False
