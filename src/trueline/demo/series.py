"""Granules of the demo operator: daily and weekly shape, heavy tails, bursts, gaps and dirt.

A block is some products of one offering over one month: arrays of shape (products, granules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.demo.draws import Floats, Integers, draw, heavy_tailed, lognormal, stray_losses
from trueline.demo.faults import MISSING_SHARE, Faults
from trueline.demo.happenings import Happening
from trueline.demo.population import Population
from trueline.demo.portfolio import PORTFOLIO, REGIONS, SeriesModel, Shape
from trueline.demo.scale import GRANULE_S, DemoScale, Month, load_shape, random_source

Mask = npt.NDArray[np.bool_]
BLOCK_PRODUCTS = 128
_MEAN_GAP = 6  # granules
_SUSPECT_SHARE = 0.002


@dataclass(frozen=True)
class SeriesBlock:
    """One parameter of some products over a month, kept where `present`."""

    parameter: str
    first_product: int
    starts: Integers
    value: Floats
    denominator: Floats | None
    present: Mask
    suspect: Mask


@dataclass(frozen=True)
class _Block:
    scale: DemoScale
    population: Population
    faults: Faults
    month: Month
    products: slice
    down: Mask  # out of service for most of the granule
    measured: Mask

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.down.shape
        return rows, columns

    def load(self) -> Floats:
        shapes = np.stack([load_shape(self.month, region.time_zone) for region in REGIONS])
        return shapes[self.population.region[self.products]]

    def distance(self) -> Floats:
        factors = np.array([region.distance for region in REGIONS])
        return factors[self.population.region[self.products]]


def series_blocks(
    scale: DemoScale,
    population: Population,
    faults: Faults,
    month: Month,
    outages: tuple[Happening, ...],
) -> Iterator[tuple[SeriesBlock, ...]]:
    """The month's granules, one tuple of parameters per block of products."""
    down_by_product: dict[int, list[Happening]] = {}
    for outage in outages:
        down_by_product.setdefault(outage.product, []).append(outage)
    for number, products in enumerate(_block_slices(population)):
        random = random_source(scale.seed, 20, month.index, number)
        block = _block(random, (scale, population, faults, month, products), down_by_product)
        sold = PORTFOLIO[int(population.offering[products.start])]
        yield tuple(
            _series(random, block, model, column) for column, model in enumerate(sold.series)
        )


def _block_slices(population: Population) -> Iterator[slice]:
    counts = np.bincount(population.offering, minlength=len(PORTFOLIO))
    first = 0
    for count in counts.tolist():
        for start in range(first, first + count, BLOCK_PRODUCTS):
            yield slice(start, min(start + BLOCK_PRODUCTS, first + count))
        first += count


def _block(
    random: np.random.Generator,
    parts: tuple[DemoScale, Population, Faults, Month, slice],
    down_by_product: dict[int, list[Happening]],
) -> _Block:
    scale, population, faults, month, products = parts
    starts = month.starts()
    rows = products.stop - products.start
    down = np.zeros((rows, starts.size), dtype=bool)
    for row in range(rows):
        for outage in down_by_product.get(products.start + row, ()):
            end_s = outage.end_s or month.end_s
            first = (outage.start_s - month.grid_start_s + GRANULE_S // 2) // GRANULE_S
            last = (end_s - month.grid_start_s + GRANULE_S // 2) // GRANULE_S
            down[row, max(0, first) : max(0, last)] = True
    active_from = population.start_s[products][:, None]
    active_to = population.end_s[products][:, None]
    measured = (starts[None, :] >= active_from) & (starts[None, :] < active_to)
    _gaps(random, measured)
    for silence in faults.silences:
        inside = silence.products[
            (silence.products >= products.start) & (silence.products < products.stop)
        ]
        quiet = (starts >= silence.start_s) & (starts < silence.end_s)
        measured[np.ix_(inside - products.start, np.flatnonzero(quiet))] = False
    return _Block(scale, population, faults, month, products, down, measured)


def _gaps(random: np.random.Generator, measured: Mask) -> None:
    """Take out about one granule in a hundred, in runs of one to eleven."""
    rows, columns = measured.shape
    runs = int(rows * columns * MISSING_SHARE) // _MEAN_GAP
    row = random.integers(0, rows, size=runs)
    first = random.integers(0, columns, size=runs)
    length = random.integers(1, 2 * _MEAN_GAP, size=runs)
    for offset in range(2 * _MEAN_GAP - 1):
        chosen = (length > offset) & (first + offset < columns)
        measured[row[chosen], first[chosen] + offset] = False


def _series(
    random: np.random.Generator, block: _Block, model: SeriesModel, column: int
) -> SeriesBlock:
    denominator: Floats | None = None
    present = block.measured
    if not model.measured_when_down:
        present = present & ~block.down
    if model.shape in (Shape.DELAY, Shape.RATE):
        value = _sampled(random, block, model, column)
    else:
        value, denominator = _counted(random, block, model, column)
    return SeriesBlock(
        parameter=model.parameter,
        first_product=block.products.start,
        starts=block.month.starts(),
        value=value,
        denominator=denominator,
        present=present,
        suspect=random.random(block.shape) < _SUSPECT_SHARE,
    )


def _quality(block: _Block, model: SeriesModel, column: int) -> Floats:
    """How each product differs from the median one, the same in every month."""
    random = random_source(block.scale.seed, 21, column)
    everyone = draw(random, lognormal(model.spread), len(block.population.products))
    return everyone[block.products]


def _sampled(random: np.random.Generator, block: _Block, model: SeriesModel, column: int) -> Floats:
    """A delay, delay variation or rate, in whole thousandths of its unit."""
    base = model.base * _quality(block, model, column)
    if model.shape is Shape.DELAY:
        base = base * block.distance()
        value = block.load()
        value *= model.load
        value += 1.0
        value *= draw(random, heavy_tailed(model.noise, 0.004, 0.3), block.shape)
        value *= base[:, None]
        _congest(random, value, 1.5)
        if model.parameter == "packet_delay":
            _plant(block, value)
    else:
        base = base * np.where(block.faults.poor_line[block.products], 0.72, 1.0)
        value = block.load()
        value *= -model.load
        value += 1.0
        value *= draw(random, lognormal(model.noise), block.shape)
        value *= base[:, None]
        _congest(random, value, 0.6)
    np.multiply(value, 1000.0, out=value)
    np.rint(value, out=value)
    np.divide(value, 1000.0, out=value)
    return value


def _plant(block: _Block, value: Floats) -> None:
    starts = block.month.starts()
    if (drift := block.faults.drift_of(block.products, starts)) is not None:
        value *= drift
    if (step := block.faults.step_of(block.products, starts)) is not None:
        value += step


def _congest(random: np.random.Generator, value: Floats, factor: float) -> None:
    """A few spells of congestion per product and month, up to five hours long."""
    rows, columns = value.shape
    spells = rows * 2 * columns // 2900
    row = random.integers(0, rows, size=spells).tolist()
    first = random.integers(0, columns, size=spells).tolist()
    length = random.integers(1, 20, size=spells).tolist()
    for r, f, n in zip(row, first, length, strict=True):
        value[r, f : f + n] *= factor


def _counted(
    random: np.random.Generator, block: _Block, model: SeriesModel, column: int
) -> tuple[Floats, Floats]:
    """Lost or succeeded of so many; out of service everything is lost."""
    if model.shape is Shape.SUCCESS:
        attempts = np.rint(model.attempts * (0.1 + block.load()))
    else:
        attempts = np.full(block.shape, float(model.attempts))
        attempts -= random.integers(0, 2 + model.attempts // 1000, size=block.shape)
    rate = model.base * _quality(block, model, column) ** 4  # some lines are far dirtier
    quiet = min(0.5, model.base)
    lost = draw(random, stray_losses(quiet, max(1.0, model.base / quiet)), block.shape)
    lost *= np.maximum(1.0, np.rint(rate / model.base))[:, None]
    _bursts(random, block, model, lost)
    lost = np.minimum(lost, attempts)
    lost = np.where(block.down, attempts, lost)
    return (attempts - lost if model.shape is Shape.SUCCESS else lost), attempts


def _bursts(random: np.random.Generator, block: _Block, model: SeriesModel, lost: Floats) -> None:
    """Bursts of loss: about one per product and month, many on the faulty firmware."""
    rows, columns = block.shape
    bursts = rows * columns // 2900
    row = random.integers(0, rows, size=bursts)
    first = random.integers(0, columns, size=bursts)
    faulty = np.flatnonzero(block.faults.faulty[block.products])
    from_column = (block.faults.faulty_from_s - block.month.grid_start_s) // GRANULE_S
    if faulty.size and from_column < columns:
        many = np.repeat(faulty, 60)
        row = np.concatenate([row, many])
        first = np.concatenate(
            [first, random.integers(max(0, int(from_column)), columns, size=many.size)]
        )
    length = random.integers(1, 4, size=row.size)
    share = np.minimum(draw(random, heavy_tailed(0.9, 0.05, 0.4), row.size) * 0.008, 0.6)
    burst = np.rint(share * model.attempts)
    for offset in range(3):
        chosen = (length > offset) & (first + offset < columns)
        np.add.at(lost, (row[chosen], first[chosen] + offset), burst[chosen])
