"""Localization of common causes against the goals: given cases and generated ones."""

from __future__ import annotations

from bench.figures import Figure, Spent
from bench.localization_cases import SHARED
from bench.process import job
from bench.sizes import Scale

SECTION = "problems"
HELD_OUT = 1_000  # first seed of the generated cases; development used seeds below 200
MILLION_MIB = 4_096
GOALS = {
    "RS": {"f1": 0.70, "recall": 0.88, "slowest": 0.5},
    "B0": {"f1": 0.97, "exact": 0.90, "slowest": 1.0},
    "B0-like": {"f1": 0.97, "exact": 0.90, "slowest": 1.0},
    "S": {"f1": 0.75, "slowest": 2.0},
    "L": {"f1": 0.80, "slowest": 2.0},
    "million": {"f1": 1.0, "slowest": 60.0},
}
WORDS = {
    "f1": "F1",
    "exact": "exact sets",
    "recall": "recall at 3",
    "slowest": "slowest case",
}
GIVEN = ("RS", "B0")


def figures(scale: Scale) -> list[Figure]:
    found: list[Figure] = []
    for kind, goals in GOALS.items():
        if kind in GIVEN and not SHARED.is_dir():
            continue
        count = 1 if kind == "million" else scale.localizations
        spent = job("bench.localization_scores", "measure", kind=kind, first=HELD_OUT, count=count)
        found += [_figure(kind, what, goal, spent) for what, goal in goals.items()]
        if kind == "million":
            peak = spent["peak_rss_mib"]
            found.append(Figure(SECTION, "million: peak memory", peak, "MiB", goal=MILLION_MIB))
    return found + _enrichment(scale)


def _enrichment(scale: Scale) -> list[Figure]:
    """One scan over every value and pair of 15 attributes, products hanging on nodes."""
    spent = job("bench.enrichment_speed", "measure", products=scale.enrichment_products)
    told = f"{scale.enrichment_products:,} products x 15 attributes, {spent['scanned']:,} sets"
    return [
        Figure(SECTION, "enrichment: wall clock", spent["seconds"], "s", scale=told),
        Figure(SECTION, "enrichment: processor", spent["cpu_s"], "s", scale=told),
        Figure(
            SECTION,
            "enrichment: planted value first",
            float(spent["first"]),
            "",
            goal=1.0,
            at_least=True,
            scale=told,
        ),
        Figure(SECTION, "enrichment: peak memory", spent["peak_rss_mib"], "MiB", scale=told),
    ]


def _figure(kind: str, what: str, goal: float, spent: Spent) -> Figure:
    seconds = what == "slowest"
    origin = "given" if kind in GIVEN else f"generated, seeds from {HELD_OUT}"
    return Figure(
        SECTION,
        f"{kind}: {WORDS[what]}",
        spent[what],
        "s" if seconds else "",
        goal=goal,
        at_least=not seconds,
        scale=f"{spent['cases']} cases, {origin}; mean {spent['mean']:.2f} s, "
        f"slowest {spent['slowest_cpu']:.2f} s of processor"
        if seconds
        else f"{spent['cases']} cases, {origin}",
    )
