"""Availability states by way of the engine. It reads each known granule as one integer: product,
start, duration, high loss; sorted, they stand in order of product and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from trueline.assessment.reading_columns import columns_of
from trueline.assessment.readings import GranulesLike, Reading
from trueline.assessment.states import (
    ProductStates,
    StateEvidence,
    StateRule,
    available_by,
    open_ended_by,
    runs_of,
)
from trueline.engine import Engine
from trueline.measurement.granule_arrays import Integers


@dataclass(frozen=True)
class StateScan:
    """A scan of the lake, the instants it covers, and its longest granule."""

    granules: GranulesLike
    from_s: int
    to_s: int
    longest_s: int

    @property
    def start_bits(self) -> int:
        return (self.to_s - self.from_s).bit_length()

    @property
    def duration_bits(self) -> int:
        return self.longest_s.bit_length()

    @property
    def products_per_read(self) -> int:
        """How many products fit beside start, duration and flag into 62 bits."""
        return 1 << min(16, 61 - self.start_bits - self.duration_bits)


def find_states(
    engine: Engine, scan: StateScan, rule: StateRule, keys: Sequence[int]
) -> StateEvidence:
    """States of the known granules of a scan."""
    evidence = StateEvidence()
    for first in range(0, len(keys), scan.products_per_read):
        part = keys[first : first + scan.products_per_read]
        codes = np.sort(_codes(engine, scan, rule, part))
        evidence.products.update(_products(codes, part, scan, rule.n))
    return evidence


def _codes(engine: Engine, scan: StateScan, rule: StateRule, keys: Sequence[int]) -> Integers:
    """One integer per known granule. A zero denominator is known, and no loss."""
    places = engine.table(
        pa.table(
            {
                "product_key": pa.array(keys, pa.int32()),
                "place": pa.array(range(len(keys)), pa.int64()),
            }
        )
    )
    table = scan.granules.table
    column = scan.granules.columns[rule.parameter]
    present = columns_of(table, column, Reading(rule.parameter)).present
    quotient = columns_of(table, column, Reading(rule.parameter, quotient=True)).number
    limit = float(rule.threshold_c)
    high: ir.BooleanValue = quotient >= limit if rule.at_or_above else quotient > limit
    known = table.filter(~table.suspect, present).mutate(high=high.fill_null(False).cast("int64"))
    joined = known.join(places, "product_key")
    code = joined.place * (1 << scan.start_bits) + (joined.start_s - scan.from_s)
    code = (code * (1 << scan.duration_bits) + joined.duration_s) * 2 + joined.high
    found: Integers = engine.run(joined.select(code=code.cast("int64")))["code"].to_numpy()
    return found


def _products(
    codes: Integers, keys: Sequence[int], scan: StateScan, n: int
) -> Mapping[int, ProductStates]:
    """Cut sorted codes into products and decide the states of each."""
    high = (codes & 1).astype(np.bool_)
    rest = codes >> 1
    duration = rest & ((1 << scan.duration_bits) - 1)
    rest >>= scan.duration_bits
    start = (rest & ((1 << scan.start_bits) - 1)) + scan.from_s
    place = rest >> scan.start_bits
    runs = runs_of(high, place)
    available = available_by(high, runs, n)
    open_ended = open_ended_by(high, runs, n)
    bounds = np.searchsorted(place, np.arange(len(keys) + 1))
    return {
        key: ProductStates(start[a:b], duration[a:b], high[a:b], available[a:b], i in open_ended)
        for i, key in enumerate(keys)
        if (a := bounds[i]) < (b := bounds[i + 1])
    }
