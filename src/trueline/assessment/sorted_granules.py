"""Whole columns of a scan in memory, sorted by product and time: the fast way on an engine that
shares this process's memory. The table expressions say the same and are the rule; a test holds
both to equal figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from trueline.assessment.readings import GranulesLike, Reading
from trueline.engine import Engine
from trueline.measurement.columns import GranuleColumn
from trueline.measurement.granule_arrays import Flags, GranuleArrays, Integers, NumberArray, Numbers


@dataclass(frozen=True)
class ReadingArrays:
    """One reading of all rows. A mask of None means every row. `whole`: integers that `divisor`
    turns into the numbers by one rounded division, where there are such."""

    number: Numbers
    present: Flags | None  # a granule was delivered
    known: Flags | None  # and it has a number
    denominator: Numbers | None
    decimals: int | None  # of `number`; None: doubles
    denominator_decimals: int | None
    whole: Numbers | None = None  # integers
    divisor: int = 1


@dataclass(frozen=True)
class SortedGranules:
    """Trusted granules of a scan, sorted by product key and start. `slices`: by product key, its
    first row and the row after its last."""

    columns: Mapping[str, GranuleColumn]
    numbers: Mapping[str, NumberArray]
    start_s: Integers
    duration_s: Integers
    slices: Mapping[int, tuple[int, int]]
    _readings: dict[Reading, ReadingArrays] = field(default_factory=dict)

    @classmethod
    def of(cls, arrays: GranuleArrays) -> SortedGranules:
        product, start = arrays.product_key, arrays.start_s
        if not _in_order(product, start):
            # Blocks are in order one by one: a stable sort merges them by product.
            order = np.argsort(product, kind="stable")
            if not _in_order(product[order], start[order]):
                order = np.lexsort((start, product))
            arrays = arrays.taken(order)
        return cls(
            arrays.columns,
            arrays.numbers,
            arrays.start_s,
            arrays.duration_s,
            _slices(arrays.product_key),
        )

    @classmethod
    def read(cls, engine: Engine, granules: GranulesLike, keys: Sequence[int]) -> SortedGranules:
        """By way of the engine, which can tell what was corrected."""
        table = granules.table
        names = [n for c in granules.columns.values() for n in (c.value, c.denominator) if n]
        wanted = table.filter(~table.suspect).select("product_key", "start_s", "duration_s", *names)
        if len(keys) <= 256:
            wanted = wanted.filter(wanted.product_key.isin(list(keys)))
        rows = engine.run(wanted)
        return cls.of(
            GranuleArrays(
                granules.columns,
                rows["product_key"].to_numpy(),
                rows["start_s"].to_numpy(),
                rows["duration_s"].to_numpy(),
                {name: _array_of(rows[name]) for name in names},
            )
        )

    @cached_property
    def product_key(self) -> Integers:
        """The product of each row."""
        rows = [last - first for first, last in self.slices.values()]
        return np.repeat(np.array(list(self.slices), np.int64), rows)

    @cached_property
    def step_s(self) -> int | None:
        """The one duration of all granules, if there is one."""
        durations = self.duration_s
        if not len(durations):
            return None
        first = int(durations[0])
        return first if durations.strides == (0,) or bool((durations == first).all()) else None

    def slice_of(self, key: int) -> tuple[int, int]:
        return self.slices.get(key, (0, 0))

    def reading(self, reading: Reading) -> ReadingArrays:
        if reading not in self._readings:
            self._readings[reading] = self._reading(reading)
        return self._readings[reading]

    def _reading(self, reading: Reading) -> ReadingArrays:
        column = self.columns[reading.parameter]
        value = self.numbers[column.value]
        denominator = self.numbers[column.denominator].numbers if column.denominator else None
        if not reading.quotient:
            scale = column.decimals
            whole, divisor = (None, 1) if scale is None else (value.numbers, 10**scale)
            return ReadingArrays(
                value.numbers,
                value.present,
                value.present,
                denominator,
                scale,
                scale,
                whole,
                divisor,
            )
        return _quotient(value, denominator, column.decimals)


def _quotient(
    value: NumberArray, denominator: Numbers | None, decimals: int | None
) -> ReadingArrays:
    if denominator is None:
        # A ratio that was never delivered with a denominator has no quotient.
        nothing = np.zeros(len(value.numbers), np.bool_)
        quotient = np.zeros(len(value.numbers))
        return ReadingArrays(quotient, value.present, nothing, None, None, None)
    if denominator.strides == (0,) and len(denominator) and denominator[0] > 0:
        # One denominator for all: the numerators tell the quotients apart.
        divisor = denominator[0].item()
        whole = None if decimals is None else value.numbers
        return ReadingArrays(
            value.numbers / divisor,
            value.present,
            value.present,
            denominator,
            None,
            decimals,
            whole,
            divisor,
        )
    demand = denominator != 0
    known = demand if value.present is None else demand & value.present
    quotient = np.divide(value.numbers, denominator, where=demand, out=np.zeros(len(value.numbers)))
    return ReadingArrays(
        quotient, value.present, None if known.all() else known, denominator, None, decimals
    )


def _slices(product: Integers) -> dict[int, tuple[int, int]]:
    if not len(product):
        return {}
    heads = (np.flatnonzero(product[1:] != product[:-1]) + 1).tolist()
    starts, ends = [0, *heads], [*heads, len(product)]
    keys = product[starts].tolist()
    return dict(zip(keys, zip(starts, ends, strict=True), strict=True))


def _in_order(product: Integers, start: Integers) -> bool:
    same = product[1:] == product[:-1]
    later = start[1:] >= start[:-1]
    return bool(((product[1:] > product[:-1]) | (same & later)).all())


def _array_of(column: pa.ChunkedArray) -> NumberArray:
    if not column.null_count:
        return NumberArray(column.to_numpy(), None)
    return NumberArray(column.fill_null(0).to_numpy(), column.is_valid().to_numpy())
