"""Jobs of the main section: the reference decode and the whole assessment."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench.process import Stopwatch
from bench.samples import PERIOD


def decode(path: str) -> dict:
    """sum(value) over plain long Parquet, all cores."""
    import duckdb

    duckdb.sql("SELECT 1").fetchall()
    watch = Stopwatch()
    con = duckdb.connect()
    con.execute("SET preserve_insertion_order=false")
    # The path stands in the text: binding a value would import pandas within the time.
    found = con.execute(f"SELECT sum(value), count(*) FROM read_parquet('{path}')").fetchone()
    return {**watch.read(), "sum": found[0], "samples": found[1]}


def assess(home: str, aggregates: str = "pooled", rows_to: str | None = None) -> dict:
    """`aggregates`: none | sums | pooled (percentiles of groups from histograms too)."""
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(home))
    from trueline.assessment.assess import AssessmentRequest
    from trueline.assessment.assess import assess as assess_rows
    from trueline.assessment.known import what_was_known
    from trueline.assessment.run import AggregateOver, assess_aggregates
    from trueline.calendars.periods import parse_period
    from trueline.engine.duckdb import DuckDBEngine

    if aggregates != "none":
        import pyarrow as pa

        pa.array([0])  # imports pandas, and no time counts the loading of libraries
    watch = Stopwatch()
    known = what_was_known(workspace)
    known_s = watch.read()["cpu_s"]
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    request = AssessmentRequest(parse_period(PERIOD))
    pooled = 0
    if aggregates == "none":
        result = assess_rows(engine, known, request)
    else:
        over = AggregateOver(percentiles=aggregates == "pooled")
        result, table = assess_aggregates(engine, known, request, over)
        pooled = table.num_rows
    spent = watch.read()
    if rows_to:
        import pyarrow.parquet as pq

        from trueline.assessment.store import rows_table

        pq.write_table(rows_table(result.rows), rows_to)
    return {
        **spent,
        "known_cpu_s": known_s,
        "rows": len(result.rows),
        "aggregates": pooled,
        "set_aside": len(result.set_aside),
    }


def command(home: str) -> dict:
    """`trueline assess` as typed: the start of Python and the import of libraries count."""
    written = str(Path(home).parent / "rows.json")
    arguments = ["assess", "--period", PERIOD, "--output", written]
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", "from trueline.cli import main; main()", *arguments],
        env={**os.environ, "TRUELINE_HOME": home},
        capture_output=True,
        check=True,
    )
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": seconds,
        "cpu_s": used.ru_utime + used.ru_stime,
        "command_rss_mib": used.ru_maxrss / 1024,
        "printed": len(done.stdout),
    }


def stages(home: str) -> dict:
    """The parts of the time of one whole assessment by function."""
    from bench.stages import Sampling

    with Sampling() as sampling:
        spent = assess(home)
    return {**spent, "shares": sampling.shares()}
