"""Into the lake: files, pushes, live batches; each with checking and de-duplication."""

from __future__ import annotations

import statistics

from bench.figures import Figure, Rounds, Spent, interleaved, median_of, ratio, ratio_figure
from bench.process import job
from bench.sizes import Scale
from bench.storage import VERSION, Operator, bench_dir, facts_of

SECTION = "loading"
GOALS = {"csv": 1e6, "parquet": 5e6}
PUSH_GOAL = 250_000
SMALL_PUSH = 2_000


def figures(scale: Scale) -> list[Figure]:
    return [
        *_files(scale, "csv", scale.csv_rows),
        *_files(scale, "parquet", scale.parquet_rows),
        *_pushes(scale, 1),
        *_pushes(scale, 2),
        *_batches(scale),
        _at_rest(scale),
    ]


def _files(scale: Scale, kind: str, rows: int) -> list[Figure]:
    path = bench_dir() / f"v{VERSION}-load-{rows}.{kind}"
    if not path.exists():
        job("bench.loads", "write_file", kind=kind, rows=rows, path=str(path))
    products = rows // (8_000 * 4) + 50
    measured = interleaved(
        scale.load_rounds,
        {
            "decode": lambda: job("bench.loads", f"decode_{kind}", path=str(path)),
            "load": lambda: job("bench.loads", "load_file", path=str(path), products=products),
        },
    )
    again = job("bench.loads", "load_file", path=str(path), products=products, again=True)
    if {one["accepted"] for one in measured["load"]} != {rows} or again["duplicate"] != rows:
        raise RuntimeError(f"{kind}: {measured['load'][0]}, again {again}; expected {rows} rows")
    return [
        _rate(f"{kind} rows into the lake", measured["load"], rows, GOALS[kind]),
        _over_decode(f"{kind}: load over pyarrow's bare decode", measured, "load"),
        Figure(
            SECTION,
            f"{kind}: the same file again, every row a duplicate",
            rows / again["seconds"] / 1e6,
            "M rows/s",
        ),
        Figure(
            SECTION,
            f"{kind}: merging what was loaded into sorted blocks, afterwards",
            rows / median_of(measured["load"], "merged_s") / 1e6,
            "M rows/s",
            scale=f"{median_of(measured['load'], 'merged_s'):.2f} s",
        ),
    ]


def _rate(what: str, spent: list[Spent], count: int, goal: float) -> Figure:
    rates = [count / one["seconds"] / 1e6 for one in spent]
    return Figure(
        SECTION,
        what,
        statistics.median(rates),
        "M/s",
        low=min(rates),
        high=max(rates),
        goal=goal / 1e6,
        at_least=True,
        scale=f"{count:,} in {median_of(spent, 'seconds'):.2f} s, "
        f"{count / median_of(spent, 'cpu_s') / 1e6:.2g} M per cpu s, "
        f"peak {median_of(spent, 'peak_rss_mib'):.0f} MiB",
    )


def _over_decode(what: str, measured: Rounds, name: str) -> Figure:
    return ratio_figure(
        SECTION,
        what,
        ratio(measured, name, "decode"),
        scale=f"decode {median_of(measured['decode'], 'seconds'):.2f} s",
    )


def _pushes(scale: Scale, version: int) -> list[Figure]:
    size = {"version": version, "pushes": scale.pushes, "samples": scale.push_samples}
    measured = interleaved(
        scale.load_rounds,
        {
            "decode": lambda: job("bench.loads", "decode_pushes", cpus=1, **size),
            "push": lambda: job("bench.loads", "push", cpus=1, **size),
        },
    )
    count = scale.pushes * scale.push_samples
    what = f"remote write {version}.0, one core, pushes of {scale.push_samples:,}"
    found = [
        _rate(what, measured["push"], count, PUSH_GOAL),
        _over_decode(f"remote write {version}.0: over protobuf's bare decode", measured, "push"),
    ]
    if scale.push_samples > SMALL_PUSH:
        size["samples"] = SMALL_PUSH
        spent = job("bench.loads", "push", cpus=1, **size)
        found.append(
            Figure(
                SECTION,
                f"remote write {version}.0, one core, pushes of {SMALL_PUSH:,}",
                SMALL_PUSH / spent["median_s"] / 1e6,
                "M/s",
                scale=f"{1000 * spent['median_s']:.1f} ms a push, each durable",
            )
        )
    return found


def _batches(scale: Scale) -> list[Figure]:
    spent = job("bench.loads", "live_batches", products=scale.batch_products, batches=scale.batches)
    samples = scale.batch_products * 4
    return [
        Figure(
            SECTION,
            f"a durable batch of {samples:,} samples",
            spent["median_ms"],
            "ms",
            goal=50.0,
            scale=f"{scale.batches:,} batches, worst {spent['worst_ms']:.0f} ms, "
            f"{spent['beside']:,} beside a merge, median {spent['beside_ms']:.1f} ms",
        ),
        Figure(
            SECTION,
            "batches: last 20 over first 20",
            spent["last_ms"] / spent["first_ms"],
            goal=1.25,
            scale=f"{spent['first_ms']:.1f} -> {spent['last_ms']:.1f} ms",
        ),
    ]


def _at_rest(scale: Scale) -> Figure:
    products = scale.main[0][0]
    facts = facts_of(Operator(products))
    return Figure(
        SECTION,
        "bytes a sample at rest, compacted",
        facts["bytes"] / facts["samples"],
        "B",
        goal=2.5,
        scale=f"{facts['bytes'] / 1e6:.1f} MB, {facts['samples'] / 1e6:.1f} M samples; "
        f"append {facts['append_s']:.1f} s, compaction {facts['compact_s']:.1f} s",
    )
