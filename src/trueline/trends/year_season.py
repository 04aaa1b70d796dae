"""The season of the year, told from a drift: what comes again in the next year is season.

Needs two whole years. It is taken out as harmonics, fitted beside a line so that a drift stays in.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from trueline.trends.mann_kendall import NORMAL
from trueline.trends.observations import Floats

YEAR_DAYS = 365.25
HARMONICS = 3
SURE = 0.01
"""Chance at which years without a season are taken to have one."""
ROUNDS = 10
BEND = 4.685
"""Robust deviations at which the bisquare gives a point no weight (Holland and Welsch 1977)."""


def without_year(values: Floats, step_days: int = 1) -> tuple[Floats, np.ndarray]:
    """Rows (series, points) less the season of the year where they have one, and which have one.

    `step_days` is what one point spans. Rows of fewer than two years are handed back.
    """
    none = np.zeros(len(values), dtype=np.bool_)
    if values.shape[1] * step_days < 2 * YEAR_DAYS:
        return values, none
    having = np.array([repeats_by_year(row, step_days) <= SURE for row in values], dtype=np.bool_)
    plain = values.copy()
    for row in np.flatnonzero(having):
        plain[row] -= year_season(values[row], step_days)
    return plain, having


def repeats_by_year(series: Floats, step_days: int = 1) -> float:
    """Chance that the years of a series are as alike as they are without a season of the year.

    Four-week means less the line through them, each year's correlated with the next one's. The
    number of means that count as independent is lowered for means that resemble the one before
    (Bartlett 1935). 1 where less than two years, or too little of them, is known.
    """
    span = 28 // step_days
    count = len(series) // span
    means = _means(series[len(series) - count * span :].reshape(count, span))
    year = round(YEAR_DAYS / 28)
    if count < 2 * year or np.isfinite(means).mean() < 0.8:
        return 1.0
    known = np.flatnonzero(np.isfinite(means))
    line = np.polynomial.polynomial.Polynomial.fit(known, means[known], 1)
    away = means - line(np.arange(count))
    now, later = away[:-year], away[year:]
    both = np.isfinite(now) & np.isfinite(later)
    if both.sum() < year // 2:
        return 1.0
    alike = _correlation(now[both], later[both])
    # A season resembles itself from mean to mean, so persistence is read where it cancels out.
    apart = now - later
    beside = np.isfinite(apart[:-1]) & np.isfinite(apart[1:])
    persistence = max(_correlation(apart[:-1][beside], apart[1:][beside]), 0.0) ** 2
    free = both.sum() * (1 - persistence) / (1 + persistence)
    if free <= 4:
        free = 4.0
    z = np.arctanh(min(alike, 0.999999)) * sqrt(free - 3)
    return float(1 - NORMAL.cdf(float(z)))


def year_season(series: Floats, step_days: int = 1) -> Floats:
    """Harmonics of the year with mean 0, (points,), by iterated bisquare weights beside a line."""
    time = np.arange(len(series), dtype=np.float64) * step_days
    waves = [
        part(2 * np.pi * harmonic * time / YEAR_DAYS)
        for harmonic in range(1, HARMONICS + 1)
        for part in (np.cos, np.sin)
    ]
    design = np.stack([np.ones(len(time)), time / YEAR_DAYS, *waves], axis=1)
    seen = np.isfinite(series)
    weight = np.ones(int(seen.sum()))
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        fitted = np.linalg.lstsq(design[seen] * root, series[seen] * root[:, 0], rcond=None)[0]
        away = np.abs(series[seen] - design[seen] @ fitted)
        limit = BEND * 1.4826 * float(np.median(away))
        if limit <= 0:
            break
        weight = np.maximum(1 - (away / limit) ** 2, 0.0) ** 2
    season: Floats = design[:, 2:] @ fitted[2:]
    season -= season.mean()
    return season


def _means(rows: Floats) -> Floats:
    seen = np.isfinite(rows)
    count = seen.sum(axis=1)
    total = np.where(seen, rows, 0.0).sum(axis=1)
    means: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def _correlation(one: Floats, other: Floats) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
