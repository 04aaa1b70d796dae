"""Forecasts and breach dates on published series: accuracy, coverage, Brier, AUC, dates, time."""

from __future__ import annotations

import statistics

from bench.figures import Figure
from bench.forecast_sets import DATA, SETS, ForecastSet
from bench.process import job
from bench.sizes import Scale

SECTION = "forecast"
FOLDERS = (DATA / "m4", DATA / "tourism")
AT_LEAST = ("AUC", "date F1")
COVERAGE = (93.0, 97.0)
SECONDS = 0.2
EARLIER = (1, 2, 3)
"""Horizons before the published end."""


def figures(scale: Scale) -> list[Figure]:
    every = 10 if scale.name == "small" else 1
    found = []
    for one in SETS:
        spent = job("bench.forecasting", "measure", cpus=1, name=one.name, every=every)
        found += _figures(one, spent)
        earlier = [
            job("bench.forecasting", "measure", cpus=1, name=one.name, every=every, back=back)
            for back in EARLIER
        ]
        found += _at_earlier_ends(one, earlier)
    return found


def _at_earlier_ends(one: ForecastSet, spent: list[dict]) -> list[Figure]:
    """What the same configuration reaches on windows that were not looked at for it."""
    told = f"{sum(each['series'] for each in spent)} windows; spread: each end"
    figures = []
    for key in (*one.goals, "coverage"):
        values = [each[key] for each in spent]
        figures.append(
            Figure(
                SECTION,
                f"{one.name}, {key} at one to three horizons before",
                statistics.mean(values),
                "%" if key == "coverage" else "",
                low=min(values),
                high=max(values),
                scale=told,
            )
        )
    return figures


def _figures(one: ForecastSet, spent: dict) -> list[Figure]:
    told = f"{spent['series']} series"
    scored = [
        Figure(
            SECTION,
            f"{one.name}, {key}",
            spent[key],
            "",
            goal=goal,
            at_least=key in AT_LEAST,
            scale=f"{told}; automatic ETS {one.peer[key]:g}",
        )
        for key, goal in one.goals.items()
    ]
    outside = max(COVERAGE[0] - spent["coverage"], spent["coverage"] - COVERAGE[1], 0.0)
    crossing = spent["Brier of crossing"]
    return [
        *scored,
        Figure(SECTION, f"{one.name}, Brier of crossing within the horizon", crossing, ""),
        Figure(
            SECTION,
            f"{one.name}, points by which coverage leaves 93-97 %",
            outside,
            "",
            goal=0,
            scale=f"95 % intervals cover {spent['coverage']:.1f} %",
        ),
        Figure(
            SECTION,
            f"{one.name}, processor seconds a series",
            spent["seconds"],
            "s",
            high=spent["slowest"],
            low=spent["seconds"],
            goal=SECONDS,
            scale="one core, back-test and breach included",
        ),
    ]
