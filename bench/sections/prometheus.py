"""Threshold shares of every series against its own threshold, in Prometheus and in Trueline."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.catalogue import Questions
from bench.comparison import difference, expected_answers, trueline_answers
from bench.figures import Figure, interleaved, largest, median_of, ratio, ratio_figure
from bench.process import JobError, job
from bench.samples import END_S, STEP_S
from bench.servers import Server, emptied, free_port, running
from bench.sizes import Scale
from bench.storage import Operator, bench_dir, workspace_of

SECTION = "prometheus"
PROGRAMS = ("prometheus", "promtool")
_LAST_S = END_S - STEP_S  # both ends of a subquery's range are in it
_RANGE = f"[{(_LAST_S - (END_S - 8640 * STEP_S)) // 60}m:5m]"
QUERIES = (
    'avg_over_time((m{param!="throughput"} <= bool on(product, param) t)' + _RANGE + ")",
    'avg_over_time((m{param="throughput"} >= bool on(product, param) t)' + _RANGE + ")",
)


def figures(scale: Scale) -> list[Figure]:
    products, rounds = scale.prometheus
    operator = Operator(products, Questions.SHARES, loss_is_ratio=False, with_exclusions=False)
    home, rows = str(workspace_of(operator)), bench_dir() / "rows-prometheus.parquet"
    folder = _loaded(products)
    port = free_port()
    with running(_command(folder, port), port, "/-/ready") as server:
        measured = interleaved(
            rounds,
            {
                "prometheus": lambda: _ask(server),
                "trueline": lambda: job(
                    "bench.assessing", "assess", home=home, aggregates="none", rows_to=str(rows)
                ),
            },
        )
    told = measured["prometheus"][-1]["answers"]
    ours = trueline_answers(rows)
    filled = difference(expected_answers(products, "filled", bench_dir()), told)
    seconds = {who: median_of(measured[who], "seconds") for who in measured}
    return [
        ratio_figure(
            SECTION,
            f"Prometheus / Trueline, {4 * products:,} series against thresholds of their own",
            ratio(measured, "prometheus", "trueline"),
            goal=20.0,
            at_least=True,
            scale=f"Prometheus {seconds['prometheus']:.2f} s and "
            f"{largest(measured['prometheus'], 'peak_rss_mib'):.0f} MiB, "
            f"Trueline {seconds['trueline']:.2f} s and "
            f"{largest(measured['trueline'], 'peak_rss_mib'):.0f} MiB",
        ),
        Figure(
            SECTION,
            "Trueline's shares that differ from plain NumPy's",
            difference(expected_answers(products, "own", bench_dir()), ours).differ,
            "series",
            goal=0,
        ),
        Figure(
            SECTION,
            "Prometheus' shares that differ from those with missing intervals filled",
            filled.differ,
            "series",
            goal=0,
            note=f"As answered: {difference(ours, told)}. With every missing interval that "
            f"follows a sample filled with it: {filled}.",
        ),
    ]


def _ask(server: Server) -> dict:
    return server.ask(QUERIES, _LAST_S)


def _loaded(products: int) -> Path:
    """A data folder with the month in one block."""
    folder = bench_dir() / f"prometheus-{products}"
    if (folder / "done").exists():
        return folder
    emptied(folder)
    text = folder / "samples.om"
    job("bench.peers", "write_openmetrics", products=products, path=str(text))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=744h"]
    done = subprocess.run(
        [*command, str(text), str(folder / "data")], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise JobError(f"promtool: {done.stderr[-2000:]}")
    text.unlink()
    (folder / "prometheus.yml").write_text("{}\n", encoding="utf-8")
    (folder / "done").touch()
    return folder


def _command(folder: Path, port: int) -> list[str]:
    return [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--query.timeout=10m",
        "--query.max-samples=500000000",
    ]
