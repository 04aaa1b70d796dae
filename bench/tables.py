"""A block of samples as Arrow tables: plain long rows, or granules on their way into a lake."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bench.samples import PARAMETERS, SENT, STEP_S, Block, product_id, starts
from trueline.measurement.granules import GRANULE_SCHEMA

LONG_SCHEMA = pa.schema(
    [
        ("product_id", pa.int32()),
        ("param", pa.dictionary(pa.int32(), pa.string())),
        ("ts", pa.int64()),
        ("value", pa.float64()),
    ]
)


def long_table(block: Block) -> pa.Table:
    """Sorted by product, parameter, time."""
    every = np.stack([block.values(p) for p in PARAMETERS], axis=1)
    kept = np.broadcast_to(block.present[:, None, :], every.shape)
    rows, codes, slots = np.nonzero(kept)
    names = pa.array(PARAMETERS, pa.string())
    return pa.table(
        [
            pa.array((block.first + rows).astype(np.int32)),
            pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names),
            starts()[slots],
            every[kept],
        ],
        schema=LONG_SCHEMA,
    )


def granule_table(block: Block, *, loss_is_ratio: bool) -> pa.Table:
    """Granules of GRANULE_SCHEMA, sorted by product, parameter, time."""
    every = np.stack(
        [block.lost if p == "loss" and loss_is_ratio else block.values(p) for p in PARAMETERS],
        axis=1,
    )
    kept = np.broadcast_to(block.present[:, None, :], every.shape)
    rows, codes, slots = np.nonzero(kept)
    size = len(rows)
    ids = pa.array([product_id(block.first + i) for i in range(block.products)])
    ratio = codes == PARAMETERS.index("loss") if loss_is_ratio else np.zeros(size, np.bool_)
    return pa.table(
        [
            pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), ids),
            pa.DictionaryArray.from_arrays(
                pa.array(codes.astype(np.int32)), pa.array(PARAMETERS, pa.string())
            ),
            starts()[slots],
            np.full(size, STEP_S, np.int32),
            every[kept],
            pa.array(np.full(size, SENT), mask=~ratio),
            np.zeros(size, np.bool_),
            np.arange(1, size + 1),
        ],
        schema=GRANULE_SCHEMA,
    )
