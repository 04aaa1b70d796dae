"""Granules as Arrow tables, as a feed would deliver them: the month, then what came later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.demo.draws import Floats, Integers
from trueline.demo.faults import Faults
from trueline.demo.happenings import MonthOfHappenings
from trueline.demo.population import Population
from trueline.demo.portfolio import PORTFOLIO
from trueline.demo.scale import DAY_S, GRANULE_S, DemoScale, Month, random_source
from trueline.demo.series import SeriesBlock, series_blocks
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch

Mask = npt.NDArray[np.bool_]
_EVERY = 40  # one product in so many is delivered twice, corrected, or late
_DAY_TWICE, _DAY_CORRECTED, _DAY_LATE = 9, 10, 19  # of the month, from 0
_CORRECTION = 0.97  # a clock that ran slow: the delays of a day were measured too long


@dataclass
class MonthOfGranules:
    """Iterate once over `batches`; afterwards `later` holds what is delivered days later:
    granules delivered again, corrected, or held back until then."""

    scale: DemoScale
    population: Population
    faults: Faults
    month: Month
    happenings: MonthOfHappenings
    later: list[pa.Table] = field(default_factory=list)

    def batches(self) -> Iterator[GranuleBatch]:
        outages = self.happenings.outages
        for block in series_blocks(self.scale, self.population, self.faults, self.month, outages):
            tables = []
            for series in block:
                on_time = series.present & ~self._held_back(series)
                tables.append(self._table(series, on_time, series.value))
                self.later.extend(self._later(series))
            yield GranuleBatch(pa.concat_tables(tables))
        yield from self._daily_batches()

    def later_batch(self) -> GranuleBatch:
        return GranuleBatch(pa.concat_tables(self.later))

    def _held_back(self, series: SeriesBlock) -> Mask:
        return self._of_day(series, 13, _DAY_LATE)

    def _later(self, series: SeriesBlock) -> Iterator[pa.Table]:
        yield self._table(series, self._held_back(series) & series.present, series.value)
        again = self._of_day(series, 7, _DAY_TWICE) & series.present
        yield self._table(series, again, series.value)
        if series.denominator is None:
            corrected = self._of_day(series, 9, _DAY_CORRECTED) & series.present
            value = np.rint(series.value * (_CORRECTION * 1000)) / 1000
            yield self._table(series, corrected, value)

    def _of_day(self, series: SeriesBlock, which: int, day: int) -> Mask:
        """One day of one product in `_EVERY`."""
        products = series.first_product + np.arange(series.present.shape[0])
        from_s = self.month.start_s + day * DAY_S
        in_day = (series.starts >= from_s) & (series.starts < from_s + DAY_S)
        found: Mask = (products % _EVERY == which)[:, None] & in_day[None, :]
        return found

    def _table(self, series: SeriesBlock, keep: Mask, value: Floats) -> pa.Table:
        rows = np.repeat(np.arange(keep.shape[0], dtype=np.int32), keep.sum(axis=1))
        ids = [
            product.id
            for product in self.population.products[
                series.first_product : series.first_product + keep.shape[0]
            ]
        ]
        starts = np.broadcast_to(series.starts, keep.shape)[keep]
        return _granules(
            series.parameter,
            pa.DictionaryArray.from_arrays(pa.array(rows), pa.array(ids, pa.string())),
            starts,
            _Values(
                GRANULE_S,
                value[keep],
                None if series.denominator is None else series.denominator[keep],
                series.suspect[keep],
            ),
        )

    def _daily_batches(self) -> Iterator[GranuleBatch]:
        for parameter, values in self._daily().items():
            sellers = [i for i, sold in enumerate(PORTFOLIO) if parameter in sold.amounts]
            products = np.flatnonzero(np.isin(self.population.offering, sellers))
            starts = np.arange(self.month.start_s, self.month.end_s, DAY_S, dtype=np.int64)
            active = (self.population.start_s[products, None] <= starts) & (
                self.population.end_s[products, None] > starts
            )
            rows, days = np.nonzero(active)
            ids = [self.population.products[i].id for i in products.tolist()]
            yield GranuleBatch(
                _granules(
                    parameter,
                    pa.DictionaryArray.from_arrays(
                        pa.array(rows.astype(np.int32)), pa.array(ids, pa.string())
                    ),
                    starts[days],
                    _Values(DAY_S, values[products][rows, days], None, np.zeros(rows.size, bool)),
                )
            )

    def _daily(self) -> dict[str, Floats]:
        """Credits follow long outages after two days; reports are reopened now and then."""
        days = (self.month.end_s - self.month.start_s) // DAY_S
        size = (len(self.population.products), days)
        cents = np.zeros(size)
        for outage in self.happenings.outages:
            hours = ((outage.end_s or outage.start_s) - outage.start_s) // 3600
            day = (outage.start_s - self.month.start_s) // DAY_S + 2
            if hours >= 1 and outage.source == "NMS" and day < days:
                charge = int(self.population.charge[outage.product])
                cents[outage.product, day] += min(charge * 3 * hours, charge * 25)
        random = random_source(self.scale.seed, 30, self.month.index)
        often = np.where(self.faults.restless, 0.05, 0.008)[:, None]
        reopened = (random.random(size) < often).astype(np.float64)
        return {"credits_paid": cents / 100, "reopened_reports": reopened}


@dataclass(frozen=True)
class _Values:
    duration_s: int
    value: Floats
    denominator: Floats | None
    suspect: Mask


def _granules(
    parameter: str, product: pa.DictionaryArray, starts: Integers, values: _Values
) -> pa.Table:
    size = starts.size
    code = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(size, dtype=np.int32)), pa.array([parameter])
    )
    denominator = (
        pa.nulls(size, pa.float64()) if values.denominator is None else pa.array(values.denominator)
    )
    return pa.Table.from_arrays(
        [
            product,
            code,
            pa.array(starts),
            pa.array(np.full(size, values.duration_s, dtype=np.int32)),
            pa.array(values.value),
            denominator,
            pa.array(values.suspect),
            pa.array(np.arange(1, size + 1, dtype=np.int64)),
        ],
        schema=GRANULE_SCHEMA,
    )
