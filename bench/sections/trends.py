"""Change points against people, drift under autocorrelation, scans of many series, false finds."""

from __future__ import annotations

import statistics
import time
from dataclasses import fields, replace

import numpy as np

from bench.change_point_scores import Score, score
from bench.figures import Figure
from bench.sizes import Scale
from bench.trend_peers import peer_answers
from bench.trend_series import Annotated, annotated_series, autocorrelated, daily_series
from trueline.assessment.false_discovery import q_values
from trueline.trends import change_points
from trueline.trends.change_points import DEFAULT, Setting
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
    found = _against_people() + _run_lengths() + _ramps()
    rows = scale.trend_series
    return found + _scan(rows, min(rows, scale.trend_peer_series)) + [_false_finds()]


def _against_people() -> list[Figure]:
    series = annotated_series()
    if not series:
        print("change points: skipped, no annotated series", flush=True)
        return []
    scores = {one.name: _score(one, DEFAULT) for one in series}
    for name, one in scores.items():
        print(f"  {name}: F1 {one.f1:.3f}, cover {one.cover:.3f}", flush=True)
    control = [one.f1 for name, one in scores.items() if name.startswith("quality_control")]
    said = f"{len(series)} real series, five annotators each; development part"
    return [
        _leave_one_out("change points, F1", [one.f1 for one in scores.values()], 0.74, said),
        _leave_one_out("change points, cover", [one.cover for one in scores.values()], 0.70, said),
        Figure(
            SECTION,
            "change points, F1 of quality_control_1..5",
            statistics.mean(control),
            "",
            goal=0.98,
            at_least=True,
        ),
        *_sensitivity(series),
    ]


def _leave_one_out(what: str, scores: list[float], goal: float, said: str) -> Figure:
    """The mean, and the lowest and highest mean when one series is left out."""
    total = sum(scores)
    others = [(total - one) / (len(scores) - 1) for one in scores]
    return Figure(
        SECTION,
        what,
        statistics.mean(scores),
        "",
        low=min(others),
        high=max(others),
        goal=goal,
        at_least=True,
        scale=f"{said}; spread: one left out",
    )


def _score(one: Annotated, setting: Setting) -> Score:
    found = change_points(one.values, setting=setting)
    return score(one.annotations, found, len(one.values))


def _sensitivity(series: list[Annotated]) -> list[Figure]:
    """The worst mean F1 and cover when any one number of the setting is halved or half more."""
    f1, cover = [], []
    for field in fields(Setting):
        for factor in (0.5, 0.75, 1.25, 1.5):
            changed = replace(DEFAULT, **{field.name: factor * getattr(DEFAULT, field.name)})
            scores = [_score(one, changed) for one in series]
            f1.append(statistics.mean(one.f1 for one in scores))
            cover.append(statistics.mean(one.cover for one in scores))
            print(f"  {field.name} x {factor}: F1 {f1[-1]:.3f}, cover {cover[-1]:.3f}", flush=True)
    said = "each of the numbers x 0.5, 0.75, 1.25, 1.5, one at a time"
    return [
        Figure(
            SECTION,
            f"{name}, median over changed settings",
            statistics.median(found),
            "",
            low=min(found),
            high=max(found),
            scale=said,
        )
        for name, found in (("F1", f1), ("cover", cover))
    ]


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
