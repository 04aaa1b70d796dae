"""The mergeable histogram: error at every percentile after merges, speed, bins, exact counts."""

from __future__ import annotations

import statistics

from bench.figures import Figure, Spent
from bench.process import job
from bench.sizes import Scale

SECTION = "aggregation"


def figures(scale: Scale) -> list[Figure]:
    spent: list[Spent] = [
        job("bench.histograms", "measure", cpus=1, values=scale.histogram_values, seed=seed)
        for seed in range(scale.histogram_rounds)
    ]
    rates = [one["values"] / one["seconds"] / 1e6 for one in spent]
    return [
        Figure(
            SECTION,
            "relative error, worst percentile after random merges",
            max(one["error"] for one in spent),
            "",
            goal=0.01,
            scale=f"{spent[0]['percentiles']:,} percentiles, {spent[0]['parts']} parts, "
            f"{len(spent)} seeds, {spent[0]['shapes']} shapes of distribution",
        ),
        Figure(
            SECTION,
            "values into histograms, one core",
            statistics.median(rates),
            "M/s",
            low=min(rates),
            high=max(rates),
            goal=1.0,
            at_least=True,
            scale=f"{spent[0]['values']:,} values",
        ),
        Figure(
            SECTION,
            "most bins",
            max(one["bins"] for one in spent),
            "",
            goal=2048,
            scale="up to 17 powers of ten in one histogram",
        ),
        Figure(
            SECTION,
            "counts, sums or merges in another order that differ",
            sum(one["inexact"] for one in spent),
            "",
            goal=0,
        ),
    ]
