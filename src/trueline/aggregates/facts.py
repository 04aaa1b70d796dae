"""Stored verdicts of one or more periods as columns, with every way of telling them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trueline.aggregates.cube import Codes, Dimension, Facts
from trueline.assessment.values import Verdict
from trueline.errors import InputError
from trueline.inventory.values import InventorySnapshot
from trueline.offerings.values import Catalog, ServiceLevelObjective, Statistic
from trueline.settings.workspace import Workspace

CHARGE = "monthly_recurring_charge"  # the characteristic of a sold offering that weighs by revenue
NONE = "(none)"
_KEPT = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE)
_ASSESSED = (*_KEPT, Verdict.VIOLATED)
_TIMED = frozenset(
    {
        Statistic.CONFORMANCE,
        Statistic.AVAILABILITY_OUTAGE,
        Statistic.AVAILABILITY_MEF,
        Statistic.AVAILABILITY_G826,
    }
)
_COLUMNS = ("product_id", "objective_id", "verdict", "good_s", "bad_s")


@dataclass(frozen=True)
class StoredVerdicts:
    """Verdicts of one period as they were stored: at least `_COLUMNS` of ROW_SCHEMA."""

    period: str
    rows: pa.Table


def read_verdicts(workspace: Workspace, periods: Sequence[str]) -> list[StoredVerdicts]:
    """InputError where a period is not assessed."""
    found = []
    for period in periods:
        path = workspace.results / period / "rows.parquet"
        if not path.is_file():
            raise InputError(
                f"{period} is not assessed",
                mend=f"Assess it: trueline assess --period {period} --store",
            )
        found.append(StoredVerdicts(period, pq.read_table(path, columns=list(_COLUMNS))))
    return found


def facts_of(
    stored: Sequence[StoredVerdicts], snapshot: InventorySnapshot, catalog: Catalog
) -> Facts:
    """All verdicts as columns. Dimensions: period, objective, family, offering, customer, segment,
    every characteristic of products, and of customers as `customer.NAME`."""
    rows = pa.concat_tables([one.rows for one in stored]).combine_chunks()
    products = rows.column("product_id").combine_chunks().dictionary_encode()
    codes: Codes = products.indices.to_numpy().astype(np.int32)
    ids = products.dictionary.to_pylist()
    verdicts = rows.column("verdict")
    objective = _encoded("objective", rows.column("objective_id"))
    by_product = _by_product(codes, ids, snapshot)
    promised = _promised(by_product["offering"], objective, catalog)
    dimensions = {
        "period": _period(stored),
        "objective": objective,
        "family": promised.family,
        **by_product,
    }
    charges = np.array([_charge(snapshot, i) for i in ids], np.int64)
    return Facts(
        assessed=_flags(verdicts, _ASSESSED),
        met=_flags(verdicts, _KEPT),
        timed=promised.timed,
        good_s=rows.column("good_s").to_numpy(),
        bad_s=rows.column("bad_s").to_numpy(),
        charge=charges[codes] if len(ids) else charges,
        customer=dimensions["customer"].codes,
        product=codes,
        dimensions=dimensions,
    )


def _flags(verdicts: pa.ChunkedArray, wanted: Sequence[Verdict]) -> npt.NDArray[np.bool_]:
    kept = pa.compute.is_in(verdicts, pa.array([str(v) for v in wanted]))
    return np.asarray(kept.to_numpy(), np.bool_)


@dataclass(frozen=True)
class _Promised:
    """What the catalogue says of each verdict's objective: its parameter's family (technical,
    time, economic or process), and whether it is a share of time."""

    family: Dimension
    timed: npt.NDArray[np.bool_]


def _promised(offering: Dimension, objective: Dimension, catalog: Catalog) -> _Promised:
    """By offering and objective: the name of an objective is unique in its offering only."""
    pairs = offering.codes.astype(np.int64) * len(objective.labels) + objective.codes
    found, place = np.unique(pairs, return_inverse=True)
    elsewhere = _by_name(catalog)
    families, timed = [], []
    for pair in found.tolist():
        at, which = divmod(pair, len(objective.labels))
        name = objective.labels[which]
        own = _of_offering(catalog, offering.labels[at]).get(name) or elsewhere.get(name)
        parameter = catalog.parameters.get(own.parameter) if own else None
        families.append(str(parameter.family) if parameter else NONE)
        timed.append(own is not None and own.statistic in _TIMED)
    return _Promised(_sorted("family", place, families), np.array(timed, np.bool_)[place])


def _of_offering(catalog: Catalog, offering_id: str) -> dict[str, ServiceLevelObjective]:
    """Objectives of one offering by name, the newest version of each."""
    offering = catalog.offerings.get(offering_id)
    return {o.id: o for o in offering.objectives} if offering else {}


def _by_name(catalog: Catalog) -> dict[str, ServiceLevelObjective]:
    """For sold offerings that moved to another offering since, and for standards of a class, a
    specification or all, which stand in no offering and go before what does."""
    return {
        **{o.id: o for offering in catalog.offerings.values() for o in offering.objectives},
        **{standard.objective.id: standard.objective for standard in catalog.standards},
    }


def _period(stored: Sequence[StoredVerdicts]) -> Dimension:
    codes = np.repeat(np.arange(len(stored)), [one.rows.num_rows for one in stored])
    return Dimension("period", codes.astype(np.int32), tuple(one.period for one in stored))


def _encoded(name: str, column: pa.ChunkedArray) -> Dimension:
    encoded = column.combine_chunks().dictionary_encode()
    return _sorted(name, encoded.indices.to_numpy(), encoded.dictionary.to_pylist())


def _sorted(name: str, codes: npt.NDArray[np.generic], labels: Sequence[str]) -> Dimension:
    """The dimension with its labels in order and each label once."""
    ordered = sorted(set(labels))
    place = {label: i for i, label in enumerate(ordered)}
    move = np.array([place[label] for label in labels], np.int32)
    return Dimension(name, move[codes] if len(labels) else np.zeros(0, np.int32), tuple(ordered))


def _by_product(
    codes: Codes, ids: Sequence[str], snapshot: InventorySnapshot
) -> Mapping[str, Dimension]:
    products = snapshot.products
    named = sorted({name for i in ids if i in products for name in products[i].characteristics})
    told = sorted({n for c in snapshot.customers.values() for n in c.characteristics})
    keys: dict[str, Callable[[str], str]] = {
        "offering": lambda i: products[i].offering_id,
        "customer": lambda i: products[i].customer_id,
        "segment": lambda i: _of_customer(snapshot, i, None),
        **{name: _characteristic(snapshot, name) for name in named if name != CHARGE},
        **{f"customer.{name}": _told(snapshot, name) for name in told},
    }
    return {
        name: _sorted(name, codes, [key(i) or NONE if i in products else NONE for i in ids])
        for name, key in keys.items()
    }


def _characteristic(snapshot: InventorySnapshot, name: str) -> Callable[[str], str]:
    return lambda i: snapshot.products[i].characteristics.get(name, "")


def _told(snapshot: InventorySnapshot, name: str) -> Callable[[str], str]:
    return lambda i: _of_customer(snapshot, i, name)


def _of_customer(snapshot: InventorySnapshot, product_id: str, name: str | None) -> str:
    customer = snapshot.customers.get(snapshot.products[product_id].customer_id)
    if customer is None:
        return ""
    return customer.segment if name is None else customer.characteristics.get(name, "")


def _charge(snapshot: InventorySnapshot, product_id: str) -> int:
    """Hundredths of the monthly recurring charge; 0 where none, or no number, is told."""
    product = snapshot.products.get(product_id)
    try:
        told = Decimal(product.characteristics.get(CHARGE, "0") if product else "0")
    except InvalidOperation:
        return 0
    return max(0, int(told * 100)) if told.is_finite() else 0
