"""Change points against people, drift under autocorrelation, scans of many series, false finds."""

from __future__ import annotations

import time

import numpy as np

from bench.change_point_figures import change_point_figures
from bench.figures import Figure
from bench.sizes import Scale
from bench.trend_peers import peer_answers
from bench.trend_series import autocorrelated, daily_series
from trueline.assessment.false_discovery import q_values
from trueline.trends.control_charts import (
    Reference,
    average_run_length,
    drift_alarms,
    reference_of,
)
from trueline.trends.many_series import level_prices, scan_many, without_cycle

SECTION = "trends"
ALL_SERIES = 100_000
DAYS = 365


def figures(scale: Scale) -> list[Figure]:
    found = change_point_figures(SECTION) + _run_lengths() + _ramps()
    rows = scale.trend_series
    return found + _scan(rows, min(rows, scale.trend_peer_series)) + [_false_finds()]


def _run_lengths() -> list[Figure]:
    return [
        Figure(
            SECTION,
            "CUSUM, points to a false alarm (k 0.5, h 5)",
            average_run_length(0),
            "",
            goal=465 * 0.995,
            at_least=True,
            scale="exact, Markov chain",
        ),
        Figure(
            SECTION,
            "CUSUM, points to a shift of one deviation",
            average_run_length(1),
            "",
            goal=10.4,
        ),
    ]


def _ramps() -> list[Figure]:
    """Parameters known, and learned from a year of quiet days."""
    found = []
    for label, learned in (("known reference", False), ("reference of 365 points", True)):
        false, caught, runs, size = 0, 0, 300, 400
        rng = np.random.default_rng(2)
        quiet, past = autocorrelated(rng, runs, size), autocorrelated(rng, runs, DAYS)
        ramp = autocorrelated(rng, runs, 100)
        ramp[:, 60:] += 0.05 * np.arange(1, 41)
        for at in range(runs):
            reference = reference_of(past[at]) if learned else Reference(0.0, 1.0, 0.5)
            false += len(drift_alarms(quiet[at], reference))
            caught += any(day >= 60 for day in drift_alarms(ramp[at], reference))
        found += [
            Figure(
                SECTION,
                f"false alarms under AR(1) 0.5, {label}",
                1000 * false / runs / size,
                "per 1,000 points",
                goal=3,
                scale=f"{runs * size:,} points",
            ),
            Figure(
                SECTION,
                f"ramp of 0.05 found within 40 points, {label}",
                caught / runs,
                "",
                goal=0.9,
                at_least=True,
                scale=f"{runs} runs",
            ),
        ]
    return found


def _scan(rows: int, compared: int) -> list[Figure]:
    values = daily_series(rows)
    began, cpu = time.perf_counter(), time.process_time()
    found = scan_many(values)
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    share = ALL_SERIES / rows
    figures = [
        Figure(
            SECTION,
            "test, slope and level changes of 100,000 daily series",
            wall * share,
            "s",
            goal=120,
            scale=f"{rows:,} series x {DAYS} measured; {spent * share:,.0f} s of "
            "processor time for 100,000",
        )
    ]
    plain = without_cycle(values[:compared], 7)
    peer = peer_answers(plain, level_prices(plain))
    if peer is None:
        print("peers: skipped, pymannkendall or ruptures not installed", flush=True)
        return figures
    same = sum(
        (one.test.s, one.level_changes) == (their.s, their.cuts)
        and abs(one.test.slope - their.slope) < 1e-9
        and abs(one.test.p_value - their.p_value) < 1e-9
        for one, their in zip(found, peer.answers, strict=False)
    )
    return [
        *figures,
        Figure(
            SECTION,
            "the same with pymannkendall and ruptures (PELT, l2)",
            peer.cpu_s / compared / (spent / rows),
            "x",
            goal=20,
            at_least=True,
            scale=f"processor time, {compared} series",
        ),
        Figure(SECTION, "series with other answers", compared - same, "", goal=0),
    ]


def _false_finds() -> Figure:
    """Share of 100 scans of 200 series of noise, a week in it, in which anything is called."""
    week = np.tile([0.0, 0.0, 0.0, 0.1, 0.3, 1.0, 0.9], 18)[:120]
    wrong = 0
    for seed in range(100):
        noise = np.random.default_rng([3, seed]).normal(size=(200, 120)) + week
        found = q_values([one.test.p_adjusted for one in scan_many(noise)])
        wrong += bool((found <= 0.05).any())
    return Figure(
        SECTION,
        "scans of noise in which anything is called",
        wrong / 100,
        "",
        goal=0.1,
        scale="100 scans of 200 series x 120 days, q 0.05; two standard errors allowed",
    )
