"""Shares under one constant and 95th percentiles, in VictoriaMetrics and in Trueline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.catalogue import CONSTANT, Questions
from bench.comparison import Answers, difference, expected_answers, trueline_answers
from bench.figures import Figure, interleaved, largest, median_of, ratio, ratio_figure
from bench.process import job
from bench.samples import END_S, STEP_S
from bench.servers import Server, emptied, free_port, running
from bench.sizes import Scale
from bench.storage import Operator, bench_dir, workspace_of

SECTION = "victoriametrics"
PROGRAMS = ("victoria-metrics",)
_LAST_S = END_S - STEP_S  # the range is open at its start: the whole month, no sample more


@dataclass(frozen=True)
class Question:
    what: str
    query: str
    objectives: Questions
    goal: float


SHARES = Question(
    "shares within a constant",
    f"share_le_over_time(m[30d], {CONSTANT})",
    Questions.CONSTANT_SHARES,
    1.5,
)
PERCENTILES = Question("95th percentiles", "quantile_over_time(0.95, m[30d])", Questions.P95, 4.0)


def figures(scale: Scale) -> list[Figure]:
    products, rounds = scale.victoriametrics
    folder = emptied(bench_dir() / f"victoriametrics-{products}")
    source = bench_dir() / f"victoriametrics-{products}.jsonl"
    if not source.exists():
        job("bench.peers", "write_json_lines", products=products, path=str(source))
    port = free_port()
    found: list[Figure] = []
    with running(_command(folder, port), port, "/health") as server:
        _load(server, source)
        for question in (SHARES, PERCENTILES):
            found += _asked(server, question, products, rounds)
    return found


def _asked(server: Server, question: Question, products: int, rounds: int) -> list[Figure]:
    operator = Operator(products, question.objectives, loss_is_ratio=False, with_exclusions=False)
    home, rows = str(workspace_of(operator)), bench_dir() / "rows-victoriametrics.parquet"
    measured = interleaved(
        rounds,
        {
            "victoriametrics": lambda: server.ask([question.query], _LAST_S),
            "trueline": lambda: job(
                "bench.assessing", "assess", home=home, aggregates="none", rows_to=str(rows)
            ),
        },
    )
    told = measured["victoriametrics"][-1]["answers"]
    compare = _compared_shares if question is SHARES else _compared_percentiles
    seconds = {who: median_of(measured[who], "seconds") for who in measured}
    return [
        ratio_figure(
            SECTION,
            f"VictoriaMetrics / Trueline, {question.what}, {4 * products:,} series",
            ratio(measured, "victoriametrics", "trueline"),
            goal=question.goal,
            at_least=True,
            scale=f"VictoriaMetrics {seconds['victoriametrics']:.3f} s and "
            f"{largest(measured['victoriametrics'], 'peak_rss_mib'):.0f} MiB, "
            f"Trueline {seconds['trueline']:.2f} s and "
            f"{largest(measured['trueline'], 'peak_rss_mib'):.0f} MiB",
        ),
        compare(products, trueline_answers(rows), told),
    ]


def _compared_shares(products: int, ours: Answers, told: Answers) -> Figure:
    apart = difference(ours, told)
    return Figure(SECTION, "shares that differ", apart.differ, "series", goal=0, scale=str(apart))


def _compared_percentiles(products: int, ours: Answers, told: Answers) -> Figure:
    apart = difference(expected_answers(products, "interpolated", bench_dir()), told)
    return Figure(
        SECTION,
        "percentiles that differ from interpolated ones by NumPy",
        apart.differ,
        "series",
        goal=0,
        note=f"Trueline answers with a sample (RFC 2330), VictoriaMetrics between two: "
        f"{difference(ours, told)}. Against NumPy, interpolating: {apart}.",
    )


def _load(server: Server, source: Path) -> None:
    with open(source, "rb") as file:
        while lines := list(islice(file, 100)):
            server.post("/api/v1/import", b"".join(lines))
    server.get("/internal/force_flush")
    server.get("/internal/force_merge")


def _command(folder: Path, port: int) -> list[str]:
    return [
        "victoria-metrics",
        f"-storageDataPath={folder}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=100y",
        "-search.latencyOffset=0s",
        "-loggerLevel=ERROR",
    ]
