"""Which standard holds for a product: R2 (b) precedence, (a) basis, (d) grandfathering."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from trueline.calendars.instants import seconds
from trueline.errors import InputError
from trueline.inventory.resolve import AppliedObjective, objectives_of
from trueline.inventory.values import (
    Agreement,
    AgreementTerm,
    Customer,
    InventorySnapshot,
    Product,
)
from trueline.offerings.scope import StandardScope, standard_name
from trueline.offerings.values import (
    Basis,
    Catalog,
    Comparator,
    Migration,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    Rollout,
    ScopedObjective,
    ServiceLevelObjective,
    Statistic,
)

DECEMBER = seconds(datetime(2026, 12, 1, tzinfo=UTC))
GOLD = StandardScope(offering="gold")
EVERYTHING = StandardScope()
METRO = StandardScope(specification="metro")
ENTERPRISE = StandardScope(customer_class="enterprise")


def promise(target: int, **more: object) -> ServiceLevelObjective:
    return replace(
        ServiceLevelObjective("delay", "delay", Statistic.MEAN, Comparator.LE, Decimal(target)),
        **more,  # type: ignore[arg-type]
    )


def held(
    *standards: ScopedObjective,
    own: tuple[ServiceLevelObjective, ...] = (),
    start: str = "2024-01-01",
    at_s: int = DECEMBER,
    renewed: str = "",
    migrations: tuple[Migration, ...] = (),
    terms: tuple[AgreementTerm, ...] = (),
) -> AppliedObjective | None:
    """What the one product of the one customer, an enterprise, is held to."""
    product = Product(
        "P1",
        "gold",
        "C1",
        "active",
        datetime.fromisoformat(f"{start}T00:00:00+00:00"),
        characteristics={"renewed_on": renewed} if renewed else {},
    )
    catalog = Catalog(
        1,
        {"delay": PerformanceParameter("delay", ParameterKind.SAMPLED)},
        {"gold": ProductOffering("gold", "Gold", own, {"specification": "metro"})},
        standards,
        migrations,
    )
    snapshot = InventorySnapshot(
        1,
        {"P1": product},
        {"C1": Customer("C1", segment="enterprise")},
        {"A1": Agreement("A1", "C1", terms=terms)} if terms else {},
        {},
    )
    applied = objectives_of(product, catalog, snapshot, at_s)
    return applied[0] if applied else None


def target(found: AppliedObjective | None) -> int:
    assert found is not None
    return int(found.objective.conformance_target)


def test_class_before_offering_before_specification_before_all() -> None:
    everything = ScopedObjective(EVERYTHING, promise(40))
    metro = ScopedObjective(METRO, promise(30))
    enterprise = ScopedObjective(ENTERPRISE, promise(10))
    assert target(held(everything)) == 40
    assert target(held(everything, metro)) == 30
    assert target(held(everything, metro, own=(promise(20),))) == 20
    found = held(everything, metro, enterprise, own=(promise(20),))
    assert target(found) == 10
    assert found is not None
    assert found.reasons[0] == "customer class enterprise"


def test_a_class_within_an_offering_comes_before_the_class() -> None:
    narrow = StandardScope(offering="gold", customer_class="enterprise")
    wide = ScopedObjective(ENTERPRISE, promise(10))
    assert target(held(wide, ScopedObjective(narrow, promise(8)))) == 8
    other = StandardScope(customer_class="public")
    assert target(held(wide, ScopedObjective(other, promise(8)))) == 10


def test_what_was_negotiated_has_the_last_word() -> None:
    term = AgreementTerm("delay", {"conformance_target": "5"})
    found = held(ScopedObjective(ENTERPRISE, promise(10)), own=(promise(20),), terms=(term,))
    assert target(found) == 5
    assert found is not None
    assert "agreement A1" in found.reasons[-1]


def test_the_acceptable_never_overrides_the_agreed_however_close_it_is() -> None:
    close = ScopedObjective(ENTERPRISE, promise(10, basis=Basis.ACCEPTABLE))
    found = held(close, own=(promise(20),))
    assert target(found) == 20
    assert found is not None
    assert "never overrides what was agreed" in found.reasons[-1]
    assert target(held(close, own=(promise(20, basis=Basis.ACCEPTABLE),))) == 10


def test_a_version_for_new_sales_leaves_the_others_what_they_were_sold_with() -> None:
    versions = (
        promise(20),
        promise(25, version=2, valid_from=date(2026, 6, 1), rollout=Rollout.NEW),
    )
    old = held(own=versions)
    assert target(old) == 20
    assert old is not None
    assert "kept since it was sold or renewed" in old.reasons[-1]
    assert target(held(own=versions, start="2026-06-01")) == 25
    assert target(held(own=versions, renewed="2026-07-01")) == 25
    assert target(held(own=versions, renewed="2026-07-01", at_s=DECEMBER - 200 * 86_400)) == 20
    assert target(held(own=versions, renewed="next spring")) == 20


def test_a_later_version_for_all_reaches_those_that_were_left_alone() -> None:
    versions = (
        promise(20),
        promise(25, version=2, valid_from=date(2026, 6, 1), rollout=Rollout.NEW),
        promise(15, version=3, valid_from=date(2026, 11, 1)),
    )
    assert target(held(own=versions)) == 15
    assert target(held(own=versions, at_s=DECEMBER - 60 * 86_400)) == 20


def test_a_product_moves_by_a_migration_from_its_day_on() -> None:
    versions = (
        promise(20),
        promise(25, version=2, valid_from=date(2026, 6, 1), rollout=Rollout.NEW),
    )
    move = Migration(GOLD, "delay", 2, date(2026, 11, 1), frozenset({"P1"}), "letter 7")
    found = held(own=versions, migrations=(move,))
    assert target(found) == 25
    assert found is not None
    assert "as agreed in letter 7" in found.reasons[-1]
    assert target(held(own=versions, migrations=(move,), at_s=DECEMBER - 60 * 86_400)) == 20


def test_one_in_force_comes_before_one_that_is_closer_and_still_to_come() -> None:
    coming = ScopedObjective(ENTERPRISE, promise(10, valid_from=date(2027, 1, 1)))
    assert target(held(coming, own=(promise(20),))) == 20
    assert target(held(coming)) == 10  # the next to come


def test_names_of_standards_are_what_people_type() -> None:
    assert standard_name(GOLD, "delay") == "gold/delay"
    assert standard_name(EVERYTHING, "delay") == "global/delay"
    assert standard_name(METRO, "delay") == "specification=metro/delay"
    narrow = StandardScope(offering="gold", customer_class="enterprise")
    assert standard_name(narrow, "delay") == "class=enterprise/gold/delay"
    with pytest.raises(InputError, match="not to both"):
        StandardScope(offering="gold", specification="metro")
