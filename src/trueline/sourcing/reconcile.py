"""What was promised, sold and measured, held against each other (R6): every finding names what is
missing, for whom, and the mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Source
from trueline.calendars.instants import render_instant, seconds
from trueline.calendars.intervals import Interval
from trueline.inventory.resolve import objectives_of
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import Catalog


class Mismatch(StrEnum):
    """What does not fit; the order is that of the report."""

    UNKNOWN_OFFERING = "unknownOffering"
    UNKNOWN_CUSTOMER = "unknownCustomer"
    PRODUCT_WITHOUT_OBJECTIVE = "productWithoutObjective"
    OBJECTIVE_WITHOUT_MEASUREMENT = "objectiveWithoutMeasurement"
    MEASUREMENT_WITHOUT_PRODUCT = "measurementWithoutProduct"
    TERMINATED_BUT_MEASURED = "terminatedButMeasured"
    EVENT_WITHOUT_PRODUCT = "eventWithoutProduct"
    EXCLUSION_WITHOUT_PRODUCT = "exclusionWithoutProduct"


MENDS = {
    Mismatch.UNKNOWN_OFFERING: "load the offering, or correct the product's offering_id",
    Mismatch.UNKNOWN_CUSTOMER: "load the customer, or correct the product's customer_id",
    Mismatch.PRODUCT_WITHOUT_OBJECTIVE: "give its offering an objective that is in force",
    Mismatch.OBJECTIVE_WITHOUT_MEASUREMENT: "find its feed: nothing was measured in this period",
    Mismatch.MEASUREMENT_WITHOUT_PRODUCT: "load the product or the parameter; it is then taken in",
    Mismatch.TERMINATED_BUT_MEASURED: "correct the product's end, or stop the probe",
    Mismatch.EVENT_WITHOUT_PRODUCT: "load the product, or correct the event's product_id",
    Mismatch.EXCLUSION_WITHOUT_PRODUCT: "load the product, or correct the exclusion's product_id",
}


@dataclass(frozen=True, order=True)
class Finding:
    """One mismatch of one subject, mostly a sold offering."""

    kind: Mismatch
    subject: str
    detail: str

    @property
    def mend(self) -> str:
        return MENDS[self.kind]


@dataclass(frozen=True)
class MeasuredSeries:
    """What was measured of one product and parameter in the period."""

    granules: int
    first_s: int
    last_s: int  # when the last granule starts
    end_s: int  # when the last of them ends
    seconds: int  # of all granules together


@dataclass(frozen=True)
class Sourced:
    """All that is compared. `measured` by product and parameter, within `period`; `waiting`: rows
    set aside because nobody knew their product or parameter; `events` and `excluded`: how many by
    product."""

    catalog: Catalog
    snapshot: InventorySnapshot
    period: Interval
    measured: Mapping[tuple[str, str], MeasuredSeries]
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reconciliation:
    """`in_service`: sold offerings active in the period; `sound`: those without any finding."""

    findings: tuple[Finding, ...]
    in_service: int
    sound: int


def reconcile(sourced: Sourced) -> Reconciliation:
    """Every mismatch of the period, in order of kind and subject."""
    products = [p for p in sourced.snapshot.products.values() if _active(p, sourced.period)]
    findings: list[Finding] = []
    for product in products:
        findings += _of_product(product, sourced)
    wrong = {f.subject for f in findings}
    findings += _of_measurements(sourced)
    findings += _without_product(sourced, sourced.events, Mismatch.EVENT_WITHOUT_PRODUCT)
    findings += _without_product(sourced, sourced.excluded, Mismatch.EXCLUSION_WITHOUT_PRODUCT)
    order = list(Mismatch)
    findings.sort(key=lambda f: (order.index(f.kind), f.subject, f.detail))
    wrong |= {f.subject for f in findings}
    sound = sum(p.id not in wrong for p in products)
    return Reconciliation(tuple(findings), len(products), sound)


def _active(product: Product, period: Interval) -> bool:
    ended = product.end is not None and seconds(product.end) <= period[0]
    return seconds(product.start) < period[1] and not ended


def _of_product(product: Product, sourced: Sourced) -> Iterator[Finding]:
    if product.offering_id not in sourced.catalog.offerings:
        yield Finding(Mismatch.UNKNOWN_OFFERING, product.id, f"offering {product.offering_id}")
        return
    if product.customer_id not in sourced.snapshot.customers:
        yield Finding(Mismatch.UNKNOWN_CUSTOMER, product.id, f"customer {product.customer_id}")
    applied = objectives_of(product, sourced.catalog, sourced.snapshot, sourced.period[0])
    if not applied:
        told = f"offering {product.offering_id} promises nothing in this period"
        yield Finding(Mismatch.PRODUCT_WITHOUT_OBJECTIVE, product.id, told)
    for one in applied:
        objective = one.objective
        measured = RULES[objective.statistic].source is not Source.EVENTS
        if measured and (product.id, objective.parameter) not in sourced.measured:
            told = f"{objective.id} of {objective.parameter}"
            yield Finding(Mismatch.OBJECTIVE_WITHOUT_MEASUREMENT, product.id, told)


def _of_measurements(sourced: Sourced) -> Iterator[Finding]:
    for (product_id, parameter), series in sourced.measured.items():
        product = sourced.snapshot.products.get(product_id)
        if product is None:
            told = f"{series.granules:,} granules of {parameter}"
            yield Finding(Mismatch.MEASUREMENT_WITHOUT_PRODUCT, product_id, told)
        elif product.end is not None and series.last_s >= seconds(product.end):
            ended = render_instant(seconds(product.end))
            last = render_instant(series.last_s)
            told = f"{parameter} last measured at {last}, ended {ended}"
            yield Finding(Mismatch.TERMINATED_BUT_MEASURED, product_id, told)
    for (product_id, parameter), rows in sourced.waiting.items():
        why = (
            f"{rows:,} rows of {parameter} wait"
            if product_id not in sourced.snapshot.products
            else f"{rows:,} rows wait: parameter {parameter} is not defined"
        )
        yield Finding(Mismatch.MEASUREMENT_WITHOUT_PRODUCT, product_id, why)


def _without_product(
    sourced: Sourced, counted: Mapping[str, int], kind: Mismatch
) -> Iterator[Finding]:
    for product_id, number in counted.items():
        if product_id not in sourced.snapshot.products:
            yield Finding(kind, product_id, f"{number:,} recorded")
