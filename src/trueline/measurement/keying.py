"""From a reader's batch to checked granules with keys; what cannot be kept is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.calendars.instants import render_instant
from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.granules import (
    MAX_DURATION_S,
    MAX_MAGNITUDE,
    MAX_START_S,
    MIN_START_S,
)
from trueline.measurement.names import MAX_NAME, KnownNames, NameColumn, NameLookups


@dataclass(frozen=True)
class Fault:
    """Rows of a batch that cannot be kept, and why."""

    rows: Mask
    field: str
    reason: str
    replayable: bool = False


@dataclass(frozen=True)
class Keyed:
    """`kept` says which rows of the batch became `granules`; every other row has one fault."""

    granules: Granules
    faults: tuple[Fault, ...]


def keyed(table: pa.Table, lookups: NameLookups, known: KnownNames | None) -> Keyed:
    """Check a batch of GRANULE_SCHEMA and translate its names."""
    table = table.combine_chunks()
    product = lookups.products(table["product_id"], known)
    parameter = lookups.parameters(table["parameter"], known)
    columns = _numbers(table)
    faults: list[Fault] = []
    good = np.ones(table.num_rows, np.bool_)
    for fault in (
        *_number_faults(columns, parameter.rows_of(parameter.lookup.ratio)),
        *_name_faults("product_id", product),
        *_name_faults("parameter", parameter),
    ):
        rows = fault.rows & good
        if rows.any():
            faults.append(Fault(rows, fault.field, fault.reason, fault.replayable))
            good &= ~rows
    if faults:
        product = product.only(good)
        parameter = parameter.only(good)
        columns = {name: values[good] for name, values in columns.items()}
    granules = Granules(
        product_key=lookups.product_keys(product),
        parameter_key=lookups.parameter_keys(parameter),
        start_s=columns["start_s"].astype(np.int64, copy=False),
        duration_s=columns["duration_s"].astype(np.int32, copy=False),
        value=columns["value"].astype(np.float64, copy=False),
        denominator=columns["denominator"].astype(np.float64, copy=False),
        suspect=columns["suspect"].astype(np.bool_, copy=False),
        line=columns["line"].astype(np.int64, copy=False),
    )
    return Keyed(granules, tuple(faults))


def set_aside_table(table: pa.Table, fault: Fault) -> pa.Table:
    """The rows of one fault for the set-aside file."""
    rows = table.filter(pa.array(fault.rows))
    count = rows.num_rows
    text = pc.binary_join_element_wise(
        rows["product_id"].cast(pa.string()),
        rows["parameter"].cast(pa.string()),
        _instants(rows["start_s"]),
        rows["duration_s"].cast(pa.string()),
        rows["value"].cast(pa.string()),
        pc.fill_null(rows["denominator"].cast(pa.string()), ""),
        ",",
    )
    text = pc.replace_substring_regex(text, r"[\x00-\x1f\x7f]", "?")
    return pa.table(
        {
            "line": rows["line"],
            "field": pa.array([fault.field] * count, pa.string()),
            "reason": pa.array([fault.reason] * count, pa.string()),
            "replayable": pa.array([fault.replayable] * count, pa.bool_()),
            "text": pc.utf8_slice_codeunits(text, 0, 500),
        }
    )


def _numbers(table: pa.Table) -> dict[str, npt.NDArray[np.generic]]:
    out = {}
    for name in ("start_s", "duration_s", "value", "suspect", "line"):
        out[name] = table[name].to_numpy()
    denominator = table["denominator"]
    if denominator.null_count == len(denominator):
        out["denominator"] = np.broadcast_to(np.float64(np.nan), len(denominator))
        return out
    given = denominator.is_valid().to_numpy()
    values = denominator.to_numpy().astype(np.float64, copy=False)
    # A NaN in the file is not the same as no denominator: mark it as infinite, which is refused.
    out["denominator"] = np.where(given & np.isnan(values), np.inf, values)
    return out


def _number_faults(
    columns: Mapping[str, npt.NDArray[np.generic]], needed: Mask | None
) -> list[Fault]:
    value = columns["value"].astype(np.float64, copy=False)
    start = columns["start_s"].astype(np.int64, copy=False)
    duration = columns["duration_s"].astype(np.int64, copy=False)
    denominator = columns["denominator"].astype(np.float64, copy=False)
    none = np.isnan(denominator)
    d = None if none.all() else np.where(none, 0.0, denominator)
    lacking = none & needed if needed is not None else None
    if (
        (lacking is None or not lacking.any())
        and _all_within(value, start, duration)
        and (d is None or (d.min() >= 0 and d.max() <= MAX_MAGNITUDE))
    ):
        return []
    faults = [
        Fault(~np.isfinite(value), "value", "The value is not a finite number"),
        Fault(np.abs(value) > MAX_MAGNITUDE, "value", "The value is absurdly large"),
        Fault(duration <= 0, "duration_s", "A granule must last at least one second"),
        Fault(duration > MAX_DURATION_S, "duration_s", "A granule may last a year at most"),
        Fault(
            (start < MIN_START_S) | (start + duration > MAX_START_S),
            "start",
            f"Not between {render_instant(MIN_START_S)} and {render_instant(MAX_START_S)}",
        ),
    ]
    if d is not None:
        absurd = ~np.isfinite(d) | (d < 0) | (d > MAX_MAGNITUDE)
        reason = "The denominator is not a finite number from zero up"
        faults.append(Fault(absurd, "denominator", reason))
    if lacking is not None:
        faults.append(Fault(lacking, "denominator", "A ratio needs a denominator"))
    return faults


def _all_within(
    value: npt.NDArray[np.float64], start: npt.NDArray[np.int64], duration: npt.NDArray[np.int64]
) -> bool:
    """A quick look that finds nearly every batch good (NaN makes each comparison false)."""
    return len(value) == 0 or bool(
        value.min() >= -MAX_MAGNITUDE
        and value.max() <= MAX_MAGNITUDE
        and start.min() >= MIN_START_S
        and start.max() + duration.max() <= MAX_START_S
        and duration.min() > 0
        and duration.max() <= MAX_DURATION_S
    )


def _name_faults(where: str, names: NameColumn) -> list[Fault]:
    what = "product" if where == "product_id" else "parameter"
    faults = []
    odd, strange = names.rows_of(names.lookup.odd), names.rows_of(names.lookup.strange)
    if odd is not None:
        reason = f"Not a {what} id: empty, longer than {MAX_NAME} or with control characters"
        faults.append(Fault(odd, where, reason))
    if strange is not None:
        faults.append(Fault(strange, where, f"Unknown {what}", replayable=True))
    return faults


def _instants(start_s: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strftime(
        pc.cast(start_s, pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ"
    )
