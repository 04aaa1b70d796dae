"""Job of the aggregation section."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from bench.process import Stopwatch
from trueline.assessment.histogram import Histogram, histogram, merge

PARTS = 64
PERCENTILES = [Decimal(n) / 20 for n in range(1, 2000)]  # 0.05 to 99.95


def measure(values: int, seed: int) -> dict:
    """Histograms of random parts merged in random trees, against the sorted samples."""
    random = np.random.default_rng(seed)
    error = bins = inexact = 0
    spent = {"seconds": 0.0, "cpu_s": 0.0}
    shapes = _shapes(random, values // 4)
    for samples in shapes:
        cuts = np.sort(random.integers(0, len(samples), PARTS - 1))
        parts = np.split(samples, cuts)
        watch = Stopwatch()
        found = [histogram(part) for part in parts]
        for key, seconds in watch.read().items():
            spent[key] += seconds
        merged = _merged_anyhow(found, random)
        again = _merged_anyhow(found, random)
        inexact += _differ(merged, again) + (merged.count != len(samples))
        inexact += abs(float(merged.total) - math.fsum(samples)) > 0
        ordered = np.sort(samples)
        error = max(error, *(_error(merged, ordered, p) for p in PERCENTILES))
        bins = max(bins, merged.keys.size)
    return {
        **spent,
        "values": sum(map(len, shapes)),
        "error": error,
        "bins": int(bins),
        "inexact": int(inexact),
        "percentiles": len(PERCENTILES),
        "parts": PARTS,
        "shapes": len(shapes),
    }


def _shapes(random: np.random.Generator, size: int) -> list[np.ndarray]:
    """Delays, loss ratios that are mostly zero, margins of both signs, 16 powers of ten."""
    loss = np.where(random.random(size) < 0.9, 0.0, random.uniform(1e-6, 1.0, size))
    return [
        20 * np.exp(0.5 * random.standard_normal(size)),
        loss,
        random.normal(0.0, 10.0, size),
        10 ** random.uniform(-8, 8.5, size),
    ]


def _merged_anyhow(parts: list[Histogram], random: np.random.Generator) -> Histogram:
    left = list(parts)
    while len(left) > 1:
        random.shuffle(left)
        take = int(random.integers(2, 6))
        left = [*left[take:], merge(left[:take])]
    return left[0]


def _differ(one: Histogram, other: Histogram) -> bool:
    return not (
        np.array_equal(one.keys, other.keys)
        and np.array_equal(one.counts, other.counts)
        and (one.total, one.lowest, one.highest) == (other.total, other.lowest, other.highest)
    )


def _error(found: Histogram, ordered: np.ndarray, p: Decimal) -> float:
    """Against the smallest sample x with F(x) >= p."""
    exact = float(ordered[-(-len(ordered) * int(p * 100) // 10_000) - 1])
    told = found.percentile(p)
    assert told is not None
    return abs(told - exact) / abs(exact) if exact else abs(told)
