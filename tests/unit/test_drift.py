"""Contracts, products and suppliers against the catalogue of today: each kind by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trueline.inventory.suppliers import Commitment, Supplier, Suppliers, SupportKind
from trueline.inventory.values import (
    Agreement,
    AgreementTerm,
    Customer,
    InventorySnapshot,
    Product,
)
from trueline.offerings.values import (
    Catalog,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    Rollout,
    ServiceLevelObjective,
    Statistic,
)
from trueline.standards.drift import drift
from trueline.standards.drift_kinds import Compared, Drift, DriftFinding, DriftSeverity

NOVEMBER_1 = 1_793_491_200  # 2026-11-01T00:00:00Z
DELAY = ServiceLevelObjective("mean", "delay", Statistic.MEAN, Comparator.LE, Decimal(20))
UP = ServiceLevelObjective(
    "up", "outage", Statistic.AVAILABILITY_OUTAGE, Comparator.GE, Decimal("0.999")
)
PARAMETERS = {
    "delay": PerformanceParameter("delay", ParameterKind.SAMPLED),
    "outage": PerformanceParameter("outage", ParameterKind.EVENT),
}
LINE = ProductOffering("line", objectives=(DELAY, UP))
P1 = Product(
    "P1",
    "line",
    "c1",
    "active",
    datetime(2026, 1, 1, tzinfo=UTC),
    characteristics={"monthly_recurring_charge": "100"},
)
P2 = replace(P1, id="P2", customer_id="c2")
RECORDED = {
    "offering line": date(2026, 3, 1),
    "objective line/mean": date(2026, 3, 1),
    "agreement A1": date(2026, 5, 1),
}


def term(**changes: str) -> AgreementTerm:
    return AgreementTerm("mean", changes)


def compared(
    *terms: AgreementTerm,
    offering: ProductOffering = LINE,
    products: tuple[Product, ...] = (P1, P2),
) -> Compared:
    agreements = {"A1": Agreement("A1", "c1", terms=terms)} if terms else {}
    snapshot = InventorySnapshot(
        1,
        {p.id: p for p in products},
        {"c1": Customer("c1"), "c2": Customer("c2")},
        agreements,
        {},
    )
    catalog = Catalog(1, PARAMETERS, {offering.id: offering})
    return Compared(catalog, snapshot, Suppliers(), NOVEMBER_1, recorded=RECORDED)


def only(found: list[DriftFinding]) -> DriftFinding:
    assert len(found) == 1, found
    return found[0]


def test_where_all_say_the_same_nothing_is_found() -> None:
    assert drift(compared()) == []


@pytest.mark.parametrize(
    ("target", "kind", "severity"),
    [
        ("20", Drift.TERM_SAME, DriftSeverity.NOTICE),
        ("25", Drift.TERM_LOOSER, DriftSeverity.WARNING),
        ("15", Drift.TERM_STRICTER, DriftSeverity.NOTICE),
    ],
)
def test_a_term_is_held_against_todays_standard(
    target: str, kind: Drift, severity: DriftSeverity
) -> None:
    found = only(drift(compared(term(conformance_target=target))))
    assert (found.kind, found.severity, found.products) == (kind, severity, ("P1",))
    assert (found.exposure.customers, found.exposure.monthly_charge) == (1, Decimal(100))
    assert found.since == date(2026, 5, 1)  # both stood from then on


def test_a_term_of_another_kind_is_neither_looser_nor_stricter() -> None:
    found = only(drift(compared(term(statistic="max"))))
    assert found.kind is Drift.TERM_OTHER


def test_a_term_of_an_objective_that_is_gone_is_not_applied() -> None:
    gone = replace(LINE, objectives=(UP,))
    found = only(drift(compared(term(conformance_target="15"), offering=gone)))
    assert (found.kind, found.severity) == (Drift.TERM_BROKEN, DriftSeverity.SEVERE)
    assert "No offering has the objective 'mean'" in found.detail


def test_a_term_that_names_a_product_of_another_offering_is_not_applied() -> None:
    named = replace(term(conformance_target="15"), product_ids=("P9",))
    base = compared(named)
    other = replace(P1, id="P9", offering_id="bare")
    snapshot = replace(base.snapshot, products={**base.snapshot.products, "P9": other})
    catalog = replace(
        base.catalog, offerings={**base.catalog.offerings, "bare": ProductOffering("bare")}
    )
    found = only(drift(replace(base, snapshot=snapshot, catalog=catalog)))
    assert (found.kind, found.detail) == (Drift.TERM_BROKEN, "bare has no objective mean")
    assert found.products == ("P9",)


def test_a_term_that_is_over_is_not_looked_at() -> None:
    over = replace(term(conformance_target="25"), valid_to=date(2026, 10, 1))
    assert drift(compared(over)) == []


def test_a_product_whose_offering_is_gone_or_retired_is_found() -> None:
    gone = only(drift(compared(products=(replace(P1, offering_id="old"),))))
    assert (gone.kind, gone.subject) == (Drift.OFFERING_GONE, "old")
    retired = replace(LINE, characteristics={"lifecycle_status": "Retired"})
    found = only(drift(compared(offering=retired)))
    assert (found.kind, found.since) == (Drift.OFFERING_RETIRED, date(2026, 3, 1))
    ended = replace(LINE, characteristics={"valid_to": "2026-09-01"})
    found = only(drift(compared(offering=ended)))
    assert (found.kind, found.since) == (Drift.OFFERING_RETIRED, date(2026, 9, 1))
    later = replace(LINE, characteristics={"valid_to": "2027-01-01"})
    assert drift(compared(offering=later)) == []


def test_a_promise_that_ended_without_a_successor_is_found() -> None:
    over = replace(DELAY, valid_to=date(2026, 10, 1))
    found = only(drift(compared(offering=replace(LINE, objectives=(over, UP)))))
    assert (found.kind, found.since) == (Drift.PROMISE_ENDED, date(2026, 10, 1))
    following = replace(DELAY, version=2, valid_from=date(2026, 10, 1))
    assert drift(compared(offering=replace(LINE, objectives=(over, following, UP)))) == []


def test_charges_beside_the_list_price_are_told_where_there_is_one() -> None:
    listed = replace(LINE, characteristics={"monthly_recurring_charge": "100.00"})
    assert drift(compared(offering=listed)) == []
    dearer = replace(P2, characteristics={"monthly_recurring_charge": "120"})
    found = only(drift(compared(offering=listed, products=(P1, dearer))))
    assert (found.kind, found.products) == (Drift.PRICE_DIFFERS, ("P2",))


def test_a_version_that_is_kept_is_old_once_so_many_newer_are_sold() -> None:
    first = replace(DELAY, valid_from=date(2026, 1, 1))
    second = replace(
        DELAY,
        version=2,
        conformance_target=Decimal(18),
        valid_from=date(2026, 6, 1),
        rollout=Rollout.NEW,
    )
    base = compared(offering=replace(LINE, objectives=(first, second, UP)))
    found = only(drift(base))
    assert (found.kind, found.products) == (Drift.VERSION_OLD, ("P1", "P2"))
    assert found.detail == "keeps version 1 where version 2 is sold today"
    assert found.since == date(2026, 6, 1)
    assert drift(replace(base, old_after=2)) == []
    # One sold after the new version came holds it.
    new = replace(P2, start=datetime(2026, 7, 1, tzinfo=UTC))
    base = compared(offering=replace(LINE, objectives=(first, second, UP)), products=(P1, new))
    assert only(drift(base)).products == ("P1",)


ACCESS = Commitment(
    "access-1",
    "northlink",
    SupportKind.UNDERPINNING_CONTRACT,
    "offering = line",
    availability=Decimal("0.9995"),
    valid_to=date(2026, 10, 1),
)


def supplied(*commitments: Commitment, offering: ProductOffering = LINE) -> Compared:
    known = Suppliers({"northlink": Supplier("northlink")}, {c.id: c for c in commitments})
    return replace(compared(offering=offering), suppliers=known)


def test_supplier_terms_that_ended_while_the_promise_goes_on_are_found() -> None:
    found = only(drift(supplied(ACCESS)))
    assert (found.kind, found.since) == (Drift.SUPPLIER_ENDED, date(2026, 10, 1))
    assert found.exposure.products == 2
    soon = only(drift(supplied(replace(ACCESS, valid_to=date(2026, 11, 16)))))
    assert soon.kind is Drift.SUPPLIER_ENDING
    assert "in 15 days" in soon.detail
    assert drift(supplied(replace(ACCESS, valid_to=date(2027, 11, 16)))) == []


def test_a_successor_of_the_same_supplier_mends_it_and_one_that_promises_less_does_not() -> None:
    after = replace(ACCESS, id="access-2", valid_from=date(2026, 10, 1), valid_to=None)
    assert drift(supplied(ACCESS, after)) == []
    repairs = replace(after, availability=None, repair_s=3_600)
    assert only(drift(supplied(ACCESS, repairs))).kind is Drift.SUPPLIER_ENDED
    nothing = replace(LINE, objectives=(DELAY,))  # no promise rests on it
    assert drift(supplied(ACCESS, offering=nothing)) == []
