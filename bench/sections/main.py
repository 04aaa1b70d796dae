"""The main job: a whole assessment against the mere decoding of its samples."""

from __future__ import annotations

from functools import partial

from bench.figures import Figure, Rounds, interleaved, largest, median_of, ratio, ratio_figure
from bench.process import job
from bench.sizes import Scale
from bench.storage import Operator, long_file, workspace_of

SECTION = "main"
WITHIN = 5.0
PEAK_MIB = 2048
GROWTH = 1.2
STAGES = 10
FEW = 10  # products that show what does not depend on their number
WHATS = {
    "verdicts": "verdicts alone",
    "sums": "verdicts and aggregates of sums",
    "pooled": "verdicts, aggregates, pooled percentiles",
}


def figures(scale: Scale) -> list[Figure]:
    found: list[Figure] = []
    peaks: list[float] = []
    for products, rounds in scale.main:
        measured = _measured(products, rounds)
        found += _ratios(products, measured)
        peaks.append(largest(measured["pooled"], "peak_rss_mib"))
        found.append(
            Figure(
                SECTION,
                f"peak memory, {products:,} products",
                peaks[-1],
                "MiB",
                goal=PEAK_MIB,
                scale=f"decode {largest(measured['decode'], 'peak_rss_mib'):.0f} MiB",
            )
        )
    growth = Figure(SECTION, "peak memory, most products / fewest", peaks[-1] / peaks[0])
    found.append(Figure(**{**vars(growth), "goal": GROWTH}))
    return found + _fixed_costs() + _shares_of_time(scale.main[0][0])


def _fixed_costs() -> list[Figure]:
    """What an assessment of hardly anything costs, without and with the start of the program."""
    home = str(workspace_of(Operator(FEW)))
    plain = job("bench.assessing", "assess", home=home, aggregates="none")
    typed = job("bench.assessing", "command", home=home)
    return [
        Figure(
            SECTION,
            f"verdicts alone, {FEW} products",
            plain["seconds"],
            "s",
            scale=f"{plain['cpu_s']:.2f} cpu s, {plain['peak_rss_mib']:.0f} MiB",
        ),
        Figure(
            SECTION,
            f"`trueline assess` as typed, {FEW} products",
            typed["seconds"],
            "s",
            scale=f"{typed['cpu_s']:.2f} cpu s, {typed['command_rss_mib']:.0f} MiB",
        ),
    ]


def _measured(products: int, rounds: int) -> Rounds:
    home, plain = str(workspace_of(Operator(products))), str(long_file(products))
    assess = partial(job, "bench.assessing", "assess", home=home)
    work = {
        "decode": lambda: job("bench.assessing", "decode", path=plain),
        "verdicts": lambda: assess(aggregates="none"),
        "sums": lambda: assess(aggregates="sums"),
        "pooled": lambda: assess(aggregates="pooled"),
    }
    return interleaved(rounds, work)


def _ratios(products: int, measured: Rounds) -> list[Figure]:
    samples = measured["decode"][0]["samples"]
    decode_s = median_of(measured["decode"], "seconds")
    found = []
    for name, what in WHATS.items():
        seconds = median_of(measured[name], "seconds")
        found.append(
            ratio_figure(
                SECTION,
                f"{what}, {products:,} products, over decode",
                ratio(measured, name, "decode"),
                goal=WITHIN,
                scale=f"{seconds:.2f} s, decode {decode_s:.2f} s, {samples / 1e6:.1f} M samples, "
                f"{samples / seconds / 1e6:.1f} M samples/s",
            )
        )
    return found


def _shares_of_time(products: int) -> list[Figure]:
    """The functions in which one whole assessment spends most of its time."""
    spent = job("bench.assessing", "stages", home=str(workspace_of(Operator(products))))
    largest_first = list(spent["shares"].items())[:STAGES]
    return [
        Figure(
            SECTION,
            f"share of time in {name}",
            100 * share,
            "%",
            scale=f"about {share * spent['cpu_s']:.2f} cpu s",
        )
        for name, share in largest_first
    ]
