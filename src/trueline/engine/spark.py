"""Apache Spark, the engine for data beyond one machine (extra `spark`, Java 17)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa


class SparkEngine:
    """Runs the same table expressions on Spark. `master` such as local[2] or spark://host:7077."""

    name = "spark"
    shares_memory = False

    def __init__(self, *, master: str = "local[2]", settings: dict[str, str] | None = None) -> None:
        from pyspark.sql import SparkSession

        builder = (
            SparkSession.builder.master(master)
            .appName("trueline")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            # A quotient is taken only where its denominator is not zero; nothing else may fail.
            .config("spark.sql.ansi.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
        )
        for name, value in (settings or {}).items():
            builder = builder.config(name, value)
        self.con = ibis.pyspark.connect(builder.getOrCreate())

    def beside(self) -> SparkEngine:
        """The session serves several threads."""
        return self

    def read_parquet(self, files: Sequence[Path | str]) -> ir.Table:
        """One table over Parquet files; a column that a file lacks is null there."""
        name = ibis.util.gen_name("trueline")
        session = self.con._session
        session.read.option("mergeSchema", "true").parquet(
            *(str(f) for f in files)
        ).createOrReplaceTempView(name)
        return self.con.table(name)

    def table(self, rows: pa.Table, name: str | None = None) -> ir.Table:
        """An Arrow table as a relation of this engine."""
        view = name or ibis.util.gen_name("trueline")
        self.con._session.createDataFrame(rows).createOrReplaceTempView(view)
        return self.con.table(view)

    def run(self, expression: ir.Table) -> pa.Table:
        """Arrow all the way: by way of pandas, a null would turn whole numbers into floats."""
        found = self.con._session.sql(self.con.compile(expression)).toArrow()
        return found.cast(expression.schema().to_pyarrow())

    def percentile(self, value: ir.NumericValue, share: Decimal) -> ir.Value:
        """Smallest sample x with F(x) >= share: the sorted samples at rank ceil(share * n)."""
        exact = Fraction(share)
        samples = value.collect().sort()
        # Whole numbers keep the rank exact: ceil(a * n / b) = (a * n + b - 1) // b.
        rank = (samples.length() * exact.numerator + (exact.denominator - 1)) // exact.denominator
        return samples[(ibis.greatest(rank, 1) - 1).cast("int32")]

    def close(self) -> None:
        self.con._session.stop()
