"""From a reader's batch to checked granules with keys; what cannot be kept is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.calendars.instants import render_instant
from trueline.measurement.arrivals import Granules, Mask
from trueline.measurement.dictionary import Dictionary
from trueline.measurement.granules import (
    MAX_DURATION_S,
    MAX_MAGNITUDE,
    MAX_START_S,
    MIN_START_S,
)

MAX_NAME = 255


@dataclass(frozen=True)
class KnownNames:
    """Products and parameters that the records know, and which parameters are ratios of two
    counters (their granules need a denominator)."""

    products: frozenset[str]
    parameters: frozenset[str]
    ratios: frozenset[str] = field(default_factory=frozenset)


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


def keyed(table: pa.Table, dictionary: Dictionary, known: KnownNames | None) -> Keyed:
    """Check a batch of GRANULE_SCHEMA and translate its names."""
    table = table.combine_chunks()
    product, parameter = _encoded(table["product_id"]), _encoded(table["parameter"])
    columns = _numbers(table)
    faults: list[Fault] = []
    good = np.ones(table.num_rows, np.bool_)
    for fault in (
        *_number_faults(columns, _denominator_needed(parameter, known)),
        *_name_faults("product_id", product, dictionary, known.products if known else None),
        *_name_faults("parameter", parameter, dictionary, known.parameters if known else None),
    ):
        rows = fault.rows & good
        if rows.any():
            faults.append(Fault(rows, fault.field, fault.reason, fault.replayable))
            good &= ~rows
    everything = not faults
    if not everything:
        product = product.only(good)
        parameter = parameter.only(good)
        columns = {name: values[good] for name, values in columns.items()}
    granules = Granules(
        product_key=product.keys(dictionary.product_keys(product.used(), create=True)),
        parameter_key=parameter.keys(dictionary.parameter_keys(parameter.used(), create=True)),
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


@dataclass(frozen=True)
class _Names:
    """Dictionary-encoded names: `index` into `names` per row."""

    names: list[str]
    index: npt.NDArray[np.int32]

    def used(self) -> list[str]:
        counts = np.bincount(self.index, minlength=len(self.names))
        return [name for name, count in zip(self.names, counts, strict=True) if count]

    def only(self, rows: Mask) -> _Names:
        return _Names(self.names, self.index[rows])

    def keys(self, keys: Mapping[str, int]) -> npt.NDArray[np.int32]:
        by_index = np.array([keys.get(name, -1) for name in self.names], np.int32)
        return by_index[self.index] if len(self.names) else np.zeros(0, np.int32)

    def rows_of(self, bad: list[bool]) -> Mask:
        return np.array(bad, np.bool_)[self.index]


def _encoded(column: pa.ChunkedArray) -> _Names:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no chunk or dictionaries that differ
        array = array.unify_dictionaries().combine_chunks()
    if array.null_count:
        raise ValueError("a reader must not yield a granule without a name")
    return _Names(array.dictionary.to_pylist(), array.indices.to_numpy())


def _numbers(table: pa.Table) -> dict[str, npt.NDArray[np.generic]]:
    out = {}
    for name in ("start_s", "duration_s", "value", "suspect", "line"):
        out[name] = table[name].to_numpy()
    denominator = table["denominator"]
    if denominator.null_count == len(denominator):
        out["denominator"] = np.full(len(denominator), np.nan)
        return out
    given = denominator.is_valid().to_numpy()
    values = denominator.to_numpy().astype(np.float64)
    # A NaN in the file is not the same as no denominator: mark it as infinite, which is refused.
    out["denominator"] = np.where(given & np.isnan(values), np.inf, values)
    return out


def _number_faults(
    columns: Mapping[str, npt.NDArray[np.generic]], needed: Mask | None
) -> list[Fault]:
    value, denominator = columns["value"].astype(np.float64), columns["denominator"]
    start, duration = columns["start_s"].astype(np.int64), columns["duration_s"].astype(np.int64)
    none = np.isnan(denominator.astype(np.float64))
    if needed is None and none.all() and _all_within(value, start, duration):
        return []
    d = np.where(none, 0.0, denominator.astype(np.float64))
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
        Fault(
            ~np.isfinite(d) | (d < 0) | (d > MAX_MAGNITUDE),
            "denominator",
            "The denominator is not a finite number from zero up",
        ),
    ]
    if needed is not None:
        faults.append(Fault(none & needed, "denominator", "A ratio needs a denominator"))
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


def _denominator_needed(parameter: _Names, known: KnownNames | None) -> Mask | None:
    if known is None or not known.ratios:
        return None
    return parameter.rows_of([name in known.ratios for name in parameter.names])


def _name_faults(
    where: str, names: _Names, dictionary: Dictionary, known: frozenset[str] | None
) -> list[Fault]:
    what = "product" if where == "product_id" else "parameter"
    odd = [not dictionary.held(name) and _is_odd(name) for name in names.names]
    faults = []
    if any(odd):
        reason = f"Not a {what} id: empty, longer than {MAX_NAME} or with control characters"
        faults.append(Fault(names.rows_of(odd), where, reason))
    if known is not None and not known.issuperset(names.names):
        strange = [name not in known for name in names.names]
        faults.append(Fault(names.rows_of(strange), where, f"Unknown {what}", replayable=True))
    return faults


def _is_odd(name: str) -> bool:
    return not name or len(name) > MAX_NAME or not name.isprintable()


def _instants(start_s: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strftime(
        pc.cast(start_s, pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ"
    )
