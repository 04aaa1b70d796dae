"""Common causes among many products: a planted firmware fault, every value and pair looked at."""

from __future__ import annotations

import numpy as np

from bench.process import Stopwatch
from trueline.problems.enrichment import Members, scan_enrichment
from trueline.problems.leaves import Attributes

SIZES = (3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 100)  # values of each attribute
PER_NODE = 50
BACKGROUND, FAULTY = 0.02, 0.6  # share of bad products, without the fault and with it
FAULT = ("a9", "7")  # attribute and value


def measure(products: int) -> dict:
    """Seconds of one scan; whether the planted value came first."""
    members = _members(products, np.random.default_rng(1))
    watch = Stopwatch()
    found = scan_enrichment(members, most=30)
    spent = watch.read()
    return {
        **spent,
        "scanned": found[0].scanned,
        "first": found[0].attributes == dict([FAULT]),
    }


def _members(products: int, rng: np.random.Generator) -> Members:
    names = tuple(f"a{at}" for at in range(len(SIZES)))
    codes = np.stack([rng.integers(0, size, products) for size in SIZES], axis=1)
    values = tuple(tuple(str(one) for one in range(size)) for size in SIZES)
    at = names.index(FAULT[0])
    faulty = codes[:, at] == values[at].index(FAULT[1])
    bad = rng.random(products) < np.where(faulty, FAULTY, BACKGROUND)
    nodes = rng.integers(0, max(1, products // PER_NODE), products)
    return Members(Attributes(names, values, codes.astype(np.int64)), bad, nodes.astype(np.int64))
