"""Names that stand for sold offerings, put right before granules are checked.

A name is translated only where somebody decided what it stands for, only in granules that start
while that holds, and never when it is itself the id of a sold offering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.measurement.names import KnownNames, whole_column

MAPPED_TO = "mapped_to"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Translated:
    """`table` with product ids for names; `mapped`: the rows this changed, as they came, with the
    product each was taken in for; None where nothing changed."""

    table: pa.Table
    mapped: pa.Table | None = None


def translated(table: pa.Table, known: KnownNames) -> Translated:
    """Of a table of GRANULE_SCHEMA, one translation per name and time."""
    if not known.identities:
        return Translated(table)
    column = whole_column(table["product_id"])
    names: list[str] = column.dictionary.to_pylist()
    foreign = [
        (place, name)
        for place, name in enumerate(names)
        if name in known.identities and name not in known.products
    ]
    if not foreign:
        return Translated(table)
    index = column.indices.to_numpy(zero_copy_only=False).copy()
    start_s = table["start_s"].to_numpy()
    changed = np.zeros(len(index), np.bool_)
    for place, name in foreign:
        mine = column.indices.to_numpy(zero_copy_only=False) == place
        for identity in known.identities[name]:
            rows = mine & _within(start_s, identity.valid_from_s, identity.valid_to_s)
            if rows.any():
                index[rows] = _place_of(identity.product_id, names)
                changed |= rows
    if not changed.any():
        return Translated(table)
    ids = pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(names))
    where = table.schema.get_field_index("product_id")
    right = table.set_column(where, table.schema.field("product_id"), ids)
    return Translated(right, mapped_rows(table, right, changed))


def mapped_rows(came: pa.Table, right: pa.Table, which: npt.NDArray[np.bool_]) -> pa.Table:
    """Rows as they came beside what they were taken in for."""
    chosen = pa.array(which)
    rows = came.filter(chosen)
    taken = right["product_id"].filter(chosen).cast(pa.string())
    rows = rows.append_column(pa.field(MAPPED_TO, pa.string(), nullable=False), taken)
    none = pa.array(np.zeros(rows.num_rows, np.bool_))
    return rows.append_column(pa.field(WITHDRAWN, pa.bool_(), nullable=False), none)


def _within(
    start_s: npt.NDArray[np.int64], from_s: int | None, to_s: int | None
) -> npt.NDArray[np.bool_]:
    rows = np.ones(len(start_s), np.bool_)
    if from_s is not None:
        rows &= start_s >= from_s
    if to_s is not None:
        rows &= start_s < to_s
    return rows


def _place_of(product_id: str, names: list[str]) -> int:
    if product_id not in names:
        names.append(product_id)
    return names.index(product_id)
