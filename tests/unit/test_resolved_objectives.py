"""Which objectives hold for a product, and why: negotiated before offered, in force then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from trueline.calendars.instants import seconds
from trueline.inventory.resolve import AppliedObjective, objectives_of
from trueline.inventory.values import Agreement, AgreementTerm, InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
    Statistic,
)

OCTOBER_S = seconds(datetime(2026, 10, 1, tzinfo=UTC))
DELAY = ServiceLevelObjective(
    "delay",
    "delay",
    Statistic.MEAN,
    Comparator.LE,
    Decimal(20),
    threshold_target=Decimal(18),
    version=3,
)
MAX = ServiceLevelObjective("max", "delay", Statistic.MAX, Comparator.LE, Decimal(90))
PRODUCT = Product("p1", "gold", "c1", "active", datetime(2026, 1, 1, tzinfo=UTC))


def _applied(
    *agreements: Agreement,
    product: Product = PRODUCT,
    objectives: tuple[ServiceLevelObjective, ...] = (DELAY, MAX),
    at_s: int = OCTOBER_S,
) -> dict[str, AppliedObjective]:
    catalog = Catalog(
        1,
        {"delay": PerformanceParameter("delay", ParameterKind.SAMPLED)},
        {"gold": ProductOffering("gold", objectives=objectives)},
    )
    products = {p.id: p for p in (PRODUCT, product)}
    snapshot = InventorySnapshot(1, products, {}, {a.id: a for a in agreements}, {})
    return {a.objective.id: a for a in objectives_of(product, catalog, snapshot, at_s)}


def _agreement(key: str = "A-1", **changes: str) -> Agreement:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return Agreement(key, "c1", terms=(AgreementTerm("delay", named),))


def _with_term(agreement: Agreement, **values: object) -> Agreement:
    return replace(agreement, terms=(replace(agreement.terms[0], **values),))  # type: ignore[arg-type]  # fields of AgreementTerm


def test_without_an_agreement_the_offering_applies_and_says_so() -> None:
    applied = _applied()["delay"]

    assert (applied.objective, applied.agreement_id) == (DELAY, None)
    assert applied.reasons == ("offering gold", "delay version 3")


def test_negotiated_value_overrides_the_offering_and_the_rest_stays() -> None:
    applied = _applied(_agreement(conformance_target="19.5", min_coverage="0.9"))

    delay = applied["delay"]
    assert delay.objective == replace(
        DELAY, conformance_target=Decimal("19.5"), min_coverage=Decimal("0.9")
    )
    assert delay.agreement_id == "A-1"
    assert delay.reasons[-1] == "agreement A-1: conformance_target = 19.5, min_coverage = 0.9"
    assert applied["max"].agreement_id is None


def test_inherited_warning_that_the_target_overtakes_is_dropped_and_named() -> None:
    applied = _applied(_agreement(conformance_target="15"))["delay"]

    assert applied.objective.threshold_target is None
    assert "warning value 18 was dropped" in applied.reasons[-1]


def test_optional_key_is_taken_away_by_an_empty_value() -> None:
    applied = _applied(_agreement(threshold_target=""))["delay"]

    assert applied.objective.threshold_target is None
    assert applied.objective.conformance_target == Decimal(20)


def test_nested_key_is_changed_by_its_dotted_name() -> None:
    applied = _applied(
        _agreement(
            service_hours__days="MO TU", service_hours__from="08:00", service_hours__to="18:00"
        )
    )

    hours = applied["delay"].objective.service_hours
    assert hours is not None
    assert (hours.days, hours.from_minute, hours.to_minute) == ((0, 1), 480, 1080)


def test_agreement_of_another_customer_changes_nothing() -> None:
    other = replace(_agreement(conformance_target="1"), customer_id="c2")

    assert _applied(other)["delay"].objective == DELAY


def test_term_for_other_products_changes_nothing() -> None:
    other = _with_term(_agreement(conformance_target="1"), product_ids=("p2",))

    assert _applied(other)["delay"].objective == DELAY


def test_term_for_the_product_by_name_has_the_last_word() -> None:
    named = _with_term(_agreement("A-0", conformance_target="5"), product_ids=("p1",))
    general = _agreement("A-1", conformance_target="10")

    assert _applied(named, general)["delay"].objective.conformance_target == Decimal(5)


def test_agreement_that_products_name_holds_for_those_only() -> None:
    agreement = _agreement(conformance_target="10")
    named = replace(PRODUCT, id="p2", agreement_id="A-1")
    catalog = Catalog(
        1,
        {"delay": PerformanceParameter("delay", ParameterKind.SAMPLED)},
        {"gold": ProductOffering("gold", objectives=(DELAY,))},
    )
    snapshot = InventorySnapshot(1, {"p1": PRODUCT, "p2": named}, {}, {"A-1": agreement}, {})

    (for_p1,) = objectives_of(PRODUCT, catalog, snapshot, OCTOBER_S)
    (for_p2,) = objectives_of(named, catalog, snapshot, OCTOBER_S)

    assert for_p1.objective.conformance_target == Decimal(20)
    assert for_p2.objective.conformance_target == Decimal(10)


def test_term_is_in_force_over_local_days_of_the_products_zone() -> None:
    # 1 October 2026 starts in Lisbon (summer time, UTC+1) at 23:00 UTC on 30 September
    term = _with_term(_agreement(conformance_target="19"), valid_from=date(2026, 10, 1))
    lisbon = replace(PRODUCT, time_zone="Europe/Lisbon")

    before = _applied(term, product=lisbon, at_s=OCTOBER_S - 3601)["delay"]
    after = _applied(term, product=lisbon, at_s=OCTOBER_S - 3600)["delay"]

    assert before.objective.conformance_target == Decimal(20)
    assert after.objective.conformance_target == Decimal(19)
    assert after.reasons[-1].endswith("valid from 2026-10-01")


def test_term_that_is_over_changes_nothing() -> None:
    over = _with_term(_agreement(conformance_target="10"), valid_to=date(2026, 10, 1))

    assert _applied(over)["delay"].agreement_id is None


def test_term_that_makes_no_sound_objective_is_left_out_and_said_so() -> None:
    applied = _applied(_agreement(statistic="percentile"))["delay"]

    assert applied.objective == DELAY
    assert applied.agreement_id is None
    assert "NOT applied: percentile needs percentile" in applied.reasons[-1]


def test_term_may_define_an_objective_that_the_offering_lacks() -> None:
    changes = {
        "parameter": "delay",
        "statistic": "min",
        "comparator": "GE",
        "conformance_target": "1",
    }
    agreement = Agreement("A-1", "c1", terms=(AgreementTerm("extra", changes),))

    extra = _applied(agreement)["extra"]

    assert (extra.objective.statistic, extra.agreement_id) == (Statistic.MIN, "A-1")


def test_version_in_force_is_chosen_then_the_next_to_come_and_none_that_is_over() -> None:
    first = replace(DELAY, valid_to=date(2026, 7, 1), version=1)
    second = replace(DELAY, valid_from=date(2026, 7, 1), valid_to=date(2026, 12, 1), version=2)
    third = replace(DELAY, valid_from=date(2027, 1, 1), version=3)
    versions = (third, first, second)

    def version_at(*day: int) -> int:
        at_s = seconds(datetime(*day, tzinfo=UTC))  # type: ignore[misc,arg-type]  # year, month, day
        return _applied(objectives=versions, at_s=at_s)["delay"].objective.version

    assert version_at(2026, 6, 30) == 1
    assert version_at(2026, 7, 1) == 2
    assert version_at(2026, 12, 15) == 3
    over = _applied(objectives=(first, second), at_s=seconds(datetime(2026, 12, 1, tzinfo=UTC)))
    assert over == {}


def test_product_that_starts_later_is_held_to_what_is_in_force_at_its_start() -> None:
    late = replace(PRODUCT, id="p9", start=datetime(2026, 10, 15, tzinfo=UTC))
    old = replace(DELAY, valid_to=date(2026, 10, 10), version=1)
    new = replace(DELAY, valid_from=date(2026, 10, 10), version=2)

    assert _applied(product=late, objectives=(old, new))["delay"].objective.version == 2


def test_product_of_an_unknown_offering_has_no_objectives() -> None:
    assert _applied(product=replace(PRODUCT, id="p9", offering_id="gone")) == {}
