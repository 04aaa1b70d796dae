"""The same verdicts in pandas: time, memory, and whether the answers are equal."""

from __future__ import annotations

from bench.figures import Figure, interleaved, median_of, quotients, ratio, ratio_figure
from bench.process import job
from bench.sizes import Scale
from bench.storage import Operator, bench_dir, long_file, workspace_of

SECTION = "pandas"


def figures(scale: Scale) -> list[Figure]:
    products, rounds = scale.pandas
    home, plain = str(workspace_of(Operator(products))), str(long_file(products))
    ours, theirs = (str(bench_dir() / f"rows-{who}.parquet") for who in ("trueline", "pandas"))
    measured = interleaved(
        rounds,
        {
            "pandas": lambda: job(
                "bench.pandas_peer", "verdicts", path=plain, products=products, rows_to=theirs
            ),
            "trueline": lambda: job(
                "bench.assessing", "assess", home=home, aggregates="none", rows_to=ours
            ),
        },
    )
    same = job("bench.answers", "compare_rows", ours=ours, theirs=theirs)
    memory = quotients(measured["pandas"], measured["trueline"], "peak_rss_mib")
    peaks = {who: median_of(measured[who], "peak_rss_mib") for who in measured}
    seconds = {who: median_of(measured[who], "seconds") for who in measured}
    return [
        ratio_figure(
            SECTION,
            f"pandas / Trueline, time, {products:,} products",
            ratio(measured, "pandas", "trueline"),
            goal=4.0,
            at_least=True,
            scale=f"pandas {seconds['pandas']:.2f} s, Trueline {seconds['trueline']:.2f} s",
        ),
        Figure(
            SECTION,
            "pandas / Trueline, peak memory",
            sorted(memory)[len(memory) // 2],
            low=min(memory),
            high=max(memory),
            goal=10.0,
            at_least=True,
            scale=f"pandas {peaks['pandas']:.0f} MiB, Trueline {peaks['trueline']:.0f} MiB",
        ),
        Figure(
            SECTION,
            "answers that differ",
            same["differ"],
            "rows",
            goal=0,
            scale=f"of {same['rows']:,}; value, verdict, seconds good and bad",
            note=str(same["examples"]) if same["differ"] else "",
        ),
    ]
