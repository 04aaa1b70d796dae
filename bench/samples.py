"""Synthetic measurements of a month: the same every time, block of products by block.

Four parameters of every product, 30 days of 5 minutes, 3 decimals; 0.3 % of the intervals missing
at random and some for hours; loss in bursts, now and then long and heavy enough for unavailability.
The parameters of a product miss the same intervals, as one probe would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SEED = 20261123
PERIOD = "2026-09"
START_S = 1_788_220_800  # 2026-09-01T00:00:00Z
STEP_S = 300
SLOTS = 30 * 288
END_S = START_S + SLOTS * STEP_S
SENT = 1000.0  # frames per interval, so that a loss ratio has three decimals
PRODUCTS_PER_BLOCK = 25
PARAMETERS = ("jitter", "latency", "loss", "throughput")
OFFERINGS = 8


@dataclass(frozen=True)
class Block:
    """Consecutive products. Every array is products x slots; `lost` counts frames out of SENT."""

    first: int
    present: Mask
    latency: Floats
    jitter: Floats
    lost: Floats
    throughput: Floats

    @property
    def products(self) -> int:
        return int(self.present.shape[0])

    def values(self, parameter: str) -> Floats:
        """As a sampled parameter; the loss as a ratio."""
        if parameter == "loss":
            return self.lost / SENT
        found: Floats = getattr(self, parameter)
        return found


def starts() -> Integers:
    return START_S + STEP_S * np.arange(SLOTS, dtype=np.int64)


def product_id(number: int) -> str:
    return f"p{number:06d}"


def offering_of(number: int) -> int:
    return number % OFFERINGS


def blocks(products: int) -> Iterator[Block]:
    for first in range(0, products, PRODUCTS_PER_BLOCK):
        yield _block(first, min(PRODUCTS_PER_BLOCK, products - first))


def _block(first: int, products: int) -> Block:
    random = np.random.default_rng([SEED, first])
    shape = (
        PRODUCTS_PER_BLOCK,
        SLOTS,
    )  # whole blocks, so that a product never depends on `products`
    busy = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(SLOTS) / 288 - 0.3))
    lost = _lost(random)
    trouble = 1.0 + (lost > 0)
    tier = 1.0 + np.arange(first, first + PRODUCTS_PER_BLOCK) % OFFERINGS
    usual = (4.0 * tier * random.uniform(0.8, 1.1, PRODUCTS_PER_BLOCK))[:, None]
    latency = usual * (1 + 0.2 * busy) * np.exp(0.12 * random.standard_normal(shape)) * trouble
    jitter = usual * 0.05 * random.standard_gamma(2.0, shape) * trouble
    sold = (100.0 * tier)[:, None]
    throughput = sold * (1 - 0.15 * busy) * (1 + 0.05 * random.standard_normal(shape)) / trouble
    return Block(
        first,
        _present(random)[:products],
        *(_decimals(a[:products]) for a in (latency, jitter)),
        lost[:products],
        _decimals(np.maximum(throughput[:products], 0.0)),
    )


def _decimals(values: Floats) -> Floats:
    """The doubles nearest to three decimals."""
    rounded: Floats = np.rint(values * 1000) / 1000
    return rounded


def _lost(random: np.random.Generator) -> Floats:
    lost = np.zeros((PRODUCTS_PER_BLOCK, SLOTS))
    for row in range(PRODUCTS_PER_BLOCK):
        for _ in range(int(random.poisson(10))):
            at, length = int(random.integers(SLOTS)), int(random.integers(1, 24))
            part = lost[row, at : at + length]
            part[:] = np.rint(random.uniform(1, 80, part.size))
        if random.random() < 0.25:
            at, length = int(random.integers(SLOTS)), int(random.integers(6, 40))
            part = lost[row, at : at + length]
            part[:] = np.rint(random.uniform(520, 1000, part.size))
    return lost


def _present(random: np.random.Generator) -> Mask:
    present = random.random((PRODUCTS_PER_BLOCK, SLOTS)) >= 0.003
    for row in range(PRODUCTS_PER_BLOCK):
        for _ in range(int(random.poisson(0.6))):
            at, length = int(random.integers(SLOTS)), int(random.integers(6, 144))
            present[row, at : at + length] = False
    return present


def exclusions(products: int) -> Iterator[tuple[int, int, int]]:
    """(product, start, end) of agreed exclusions, on minutes, about 1.5 a product."""
    for number in range(products):
        random = np.random.default_rng([SEED, 7, number])
        for _ in range(int(random.poisson(1.5))):
            start = START_S + 60 * int(random.integers(30 * 1440 - 400))
            yield number, start, start + 60 * int(random.integers(30, 360))
