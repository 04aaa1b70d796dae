"""Whole columns of a scan in memory, sorted by product and time: the fast way on an engine that
shares this process's memory. The table expressions say the same and are the rule; a test holds
both to equal figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.readings import ColumnLike, GranulesLike, Reading
from trueline.engine import Engine

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ReadingArrays:
    """One reading of all rows. A mask of None means every row."""

    number: Numbers
    present: Flags | None  # a granule was delivered
    known: Flags | None  # and it has a number
    denominator: Numbers | None
    decimals: int | None  # of `number`; None: doubles
    denominator_decimals: int | None


@dataclass(frozen=True)
class SortedGranules:
    """Trusted granules of a scan, sorted by product key and start."""

    columns: Mapping[str, ColumnLike]
    data: Mapping[str, pa.ChunkedArray]
    order: Integers | None
    _readings: dict[Reading, ReadingArrays] = field(default_factory=dict)

    @classmethod
    def read(cls, engine: Engine, granules: GranulesLike, keys: Sequence[int]) -> SortedGranules:
        table = granules.table
        names = [n for c in granules.columns.values() for n in (c.value, c.denominator) if n]
        wanted = table.filter(~table.suspect).select("product_key", "start_s", "duration_s", *names)
        if len(keys) <= 256:
            wanted = wanted.filter(wanted.product_key.isin(list(keys)))
        rows = engine.run(wanted)
        data = {name: rows[name] for name in rows.column_names}
        unsorted = cls(granules.columns, data, None)
        product, start = unsorted.product_key, unsorted.start_s
        same = product[1:] == product[:-1]
        if bool(((product[1:] > product[:-1]) | (same & (start[1:] >= start[:-1]))).all()):
            return unsorted
        order = np.lexsort((start, product))
        return cls(granules.columns, data, order)

    @cached_property
    def product_key(self) -> Integers:
        return self._numbers("product_key")

    @cached_property
    def start_s(self) -> Integers:
        return self._numbers("start_s")

    @cached_property
    def duration_s(self) -> Integers:
        return self._numbers("duration_s")

    @cached_property
    def longest_s(self) -> int:
        return int(self.duration_s.max()) if len(self.duration_s) else 0

    @cached_property
    def _slices(self) -> dict[int, tuple[int, int]]:
        if not len(self.product_key):
            return {}
        heads = np.flatnonzero(np.diff(self.product_key)) + 1
        starts = [0, *heads.tolist()]
        ends = [*heads.tolist(), len(self.product_key)]
        keys = self.product_key[starts].tolist()
        return dict(zip(keys, zip(starts, ends, strict=True), strict=True))

    def slice_of(self, key: int) -> tuple[int, int]:
        """First row of a product and the row after its last."""
        return self._slices.get(key, (0, 0))

    def reading(self, reading: Reading) -> ReadingArrays:
        if reading not in self._readings:
            self._readings[reading] = self._reading(reading)
        return self._readings[reading]

    def _reading(self, reading: Reading) -> ReadingArrays:
        column = self.columns[reading.parameter]
        value, present = self._numbers(column.value), self._mask(column.value)
        denominator = self._numbers(column.denominator) if column.denominator else None
        if not reading.quotient:
            return ReadingArrays(
                value, present, present, denominator, column.decimals, column.decimals
            )
        if denominator is None:
            nothing = np.zeros(len(value), np.bool_)
            return ReadingArrays(value.astype(np.float64), present, nothing, None, None, None)
        demand = denominator != 0
        known = demand if present is None else demand & present
        quotient = np.divide(value, denominator, where=demand, out=np.zeros(len(value)))
        return ReadingArrays(
            quotient, present, None if known.all() else known, denominator, None, column.decimals
        )

    def _mask(self, name: str) -> Flags | None:
        column = self.data[name]
        if column.null_count == 0:
            return None
        mask: Flags = pc.is_valid(column).to_numpy()
        return mask if self.order is None else mask[self.order]

    def _numbers(self, name: str) -> npt.NDArray[np.int64]:
        column = self.data[name]
        if column.null_count:
            column = column.fill_null(0)
        numbers: npt.NDArray[np.int64] = column.to_numpy()
        return numbers if self.order is None else numbers[self.order]
