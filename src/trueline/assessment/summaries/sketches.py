"""Histograms of a whole part: how many granules of each product and reading lie in which log
bucket, over all its days. Mapped like runs, and asked on which side of a threshold they lie."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.histogram import LN_GAMMA, bucket_keys
from trueline.assessment.planned_columns import added_up
from trueline.assessment.summaries.packed import narrowest, series_code, slices_of, spread
from trueline.assessment.summaries.runs import Integers
from trueline.assessment.summaries.schemas import table_of
from trueline.measurement.plain_arrow import column_of, numbers_of

SERIES_SCHEMA = pa.schema(
    [("product_key", pa.int32()), ("reading", pa.int16()), ("first", pa.int64())]
)
_BUCKET_BITS = 18  # keys lie within 80,000 of 0
_MIDDLE = 1 << (_BUCKET_BITS - 1)
_EDGE = 1e-9  # a computed logarithm may carry a value that close to an edge into the next bucket


@dataclass(frozen=True)
class Threshold:
    """Buckets below `first` lie below a threshold, those above `last` above it. `below`: the share
    of what lies between that is taken to be below it, where one number is to be told."""

    first: int
    last: int
    below: float

    @classmethod
    def at(cls, bound: Decimal) -> Threshold:
        value = float(bound)
        around = np.array([value - abs(value) * _EDGE, value + abs(value) * _EDGE])
        first, last = bucket_keys(around).tolist()
        upper = np.log(abs(value)) / LN_GAMMA if value else 0.0
        within = float(upper - np.floor(upper))
        return cls(first, last, within if value > 0 else 1.0 - within)


def pack_sketch(buckets: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Counts by day as counts of all days, and where each series begins."""
    product, reading, bucket, count = (
        numbers_of(buckets[name]).astype(np.int64)
        for name in ("product_key", "reading", "bucket", "count")
    )
    code = (series_code(product, reading, 0) << _BUCKET_BITS) + bucket + _MIDDLE
    order = np.argsort(code, kind="stable")
    code, count = code[order], count[order]
    heads = np.flatnonzero(np.concatenate((code[:1] == code[:1], code[1:] != code[:-1])))
    counts = np.add.reduceat(count, heads) if len(heads) else count
    found = code[heads] >> _BUCKET_BITS
    first = np.flatnonzero(np.concatenate((found[:1] == found[:1], found[1:] != found[:-1])))
    at = order[heads[first]]
    series = {"product_key": product[at], "reading": reading[at], "first": first}
    keys = (code[heads] & ((1 << _BUCKET_BITS) - 1)) - _MIDDLE
    columns = {"bucket": column_of(keys.astype(np.int32)), "count": narrowest(counts)}
    return table_of(series, SERIES_SCHEMA), pa.table(columns)


@dataclass(frozen=True)
class Sides:
    """Granules on each side of a threshold, and those in its bucket, by question."""

    below: Integers
    within: Integers
    above: Integers


@dataclass(frozen=True)
class Sketch:
    """`code`: of each series, rising; `first`: where its buckets begin, and the end of all."""

    code: Integers
    first: Integers
    bucket: npt.NDArray[Any]
    count: npt.NDArray[Any]

    @classmethod
    def of(cls, series: pa.Table, buckets: pa.Table) -> Sketch:
        product, reading, first = (
            numbers_of(series[name]).astype(np.int64) for name in SERIES_SCHEMA.names
        )
        return cls(
            series_code(product, reading, 0),
            np.append(first, buckets.num_rows),
            numbers_of(buckets["bucket"]),
            numbers_of(buckets["count"]),
        )

    def sides(self, product: Integers, reading: Integers, threshold: Threshold) -> Sides:
        """Zeros for a series of which there are no counts."""
        asked = series_code(product, reading, 0)
        rows = len(asked)
        low, high = slices_of(self.code, self.first, asked)
        place, owner = spread(low, high - low)
        bucket, count = self.bucket[place], self.count[place].astype(np.int64)
        below, above = bucket < threshold.first, bucket > threshold.last
        sums = (added_up(owner, np.where(which, count, 0), rows) for which in (below, above))
        first, last = sums
        return Sides(first, added_up(owner, count, rows) - first - last, last)
