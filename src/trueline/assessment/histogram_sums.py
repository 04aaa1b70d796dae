"""Log-bucket histograms of many units at once, as a table expression."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from trueline.assessment.granule_sums import joined_to_units
from trueline.assessment.histogram import KEY_OFFSET, LN_GAMMA, Histogram, histogram_of
from trueline.assessment.reading_columns import columns_of
from trueline.assessment.readings import GranulesLike, Reading
from trueline.assessment.tallies import Demand
from trueline.engine import Engine


def histograms(
    engine: Engine, granules: GranulesLike, demand: Demand, reading: Reading
) -> dict[int, Histogram]:
    """By unit number, the histogram of the trusted samples that start in allowed time."""
    units = [u for u in demand.units if u.allowed]
    if not units:
        return {}
    joined = joined_to_units(engine, granules, demand, units)
    column = granules.columns[reading.parameter]
    columns = columns_of(joined, column, reading)
    number = columns.number.cast("float64")
    if columns.decimals:
        number = number / float(10**columns.decimals)
    keyed = joined.filter(columns.known).mutate(bucket=bucket_key(number), number=number)
    counted = keyed.group_by(["unit", "bucket"]).aggregate(
        count=keyed.count(), lowest=keyed.number.min(), highest=keyed.number.max()
    )
    rows = engine.run(counted)
    return _by_unit(rows.sort_by([("unit", "ascending"), ("bucket", "ascending")]))


def bucket_key(number: ir.FloatingValue) -> ir.IntegerValue:
    """The key of histogram.bucket_keys, in the engine."""
    magnitude = number.abs()
    steps = (ibis.ifelse(magnitude > 0, magnitude, 1.0).ln() / LN_GAMMA).ceil().cast("int64")
    key = ibis.ifelse(number < 0, -(steps + KEY_OFFSET), steps + KEY_OFFSET)
    return ibis.ifelse(magnitude > 0, key, 0).cast("int64")


def _by_unit(rows: pa.Table) -> dict[int, Histogram]:
    """One histogram per unit from rows sorted by unit and bucket."""
    units, first = np.unique(rows["unit"].to_numpy(), return_index=True)
    keys, counts, lowest, highest = (
        np.split(rows[name].to_numpy(), first[1:])
        for name in ("bucket", "count", "lowest", "highest")
    )
    return {
        int(unit): histogram_of(
            keys[i].astype(np.int64),
            counts[i].astype(np.int64),
            (float(lowest[i].min()), float(highest[i].max())),
        )
        for i, unit in enumerate(units)
    }
