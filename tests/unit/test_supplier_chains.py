"""Customer promise, OLA and underpinning contract: the back-to-back gap by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.inventory.suppliers import (
    Commitment,
    Supplier,
    Suppliers,
    SupportKind,
    commitment_of,
    commitment_text,
    parse_suppliers,
)
from trueline.inventory.values import Customer, InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceHours,
    ServiceLevelObjective,
    Statistic,
)
from trueline.standards.chains import PromiseChain, chains_of

NOVEMBER = parse_period("2026-11")  # 30 days: 43,200 minutes
UP = ServiceLevelObjective(
    "up", "outage", Statistic.AVAILABILITY_OUTAGE, Comparator.GE, Decimal("0.999")
)
REPAIR = ServiceLevelObjective(
    "repair", "ticket", Statistic.TIME_TO_REPAIR, Comparator.LE, Decimal(14_400), of="max"
)
PARAMETERS = {
    "outage": PerformanceParameter("outage", ParameterKind.EVENT),
    "ticket": PerformanceParameter("ticket", ParameterKind.EVENT),
}
P1 = Product(
    "P1",
    "line",
    "c1",
    "active",
    datetime(2026, 1, 1, tzinfo=UTC),
    characteristics={"region": "north"},
)
ACCESS = Commitment(
    "access",
    "northlink",
    SupportKind.UNDERPINNING_CONTRACT,
    "region = north",
    availability=Decimal("0.999"),
    repair_s=21_600,
)
CORE = Commitment(
    "core",
    "core-team",
    SupportKind.OPERATIONAL_LEVEL_AGREEMENT,
    "offering = line",
    availability=Decimal("0.9995"),
    repair_s=7_200,
)
TAIL = replace(ACCESS, id="tail", repair_s=None)


def promises(*commitments: Commitment, up: ServiceLevelObjective = UP) -> dict[str, PromiseChain]:
    offering = ProductOffering("line", objectives=(up, REPAIR))
    catalog = Catalog(1, PARAMETERS, {"line": offering})
    snapshot = InventorySnapshot(1, {"P1": P1}, {"c1": Customer("c1")}, {}, {})
    known = Suppliers({"northlink": Supplier("northlink")}, {one.id: one for one in commitments})
    [chain] = chains_of(catalog, snapshot, known, NOVEMBER)
    return {one.objective.id: one for one in chain.promises}


def test_o20_three_parts_in_a_row_carry_less_than_each() -> None:
    chain = promises(ACCESS, CORE, TAIL)["up"]
    # 0.999 x 0.9995 x 0.999 = 0.9975019995; the gap to 0.999 is 0.0014980005 of 2,592,000 s.
    assert chain.gap is not None
    assert chain.gap.carried == Fraction("0.9975019995")
    assert "99.75019 %" in chain.gap.what  # floored; O-20 prints 99.75020
    assert chain.gap_s == Fraction("0.0014980005") * 2_592_000
    assert float(chain.gap_s / 60) == pytest.approx(64.7136216)
    assert chain.is_open


def test_o20_two_independent_alternatives_carry_more_than_each() -> None:
    one = replace(ACCESS, alternative="access", independent=True)
    other = replace(one, id="other")
    chain = promises(one, other)["up"]
    assert chain.gap is not None
    assert chain.gap.carried == Fraction("0.999999")
    assert chain.gap_s == -Fraction("0.000999") * 2_592_000
    assert not chain.is_open


def test_alternatives_that_may_share_a_risk_carry_nothing_known() -> None:
    one = replace(ACCESS, alternative="access")
    chain = promises(one, replace(one, id="other"))["up"]
    assert chain.gap is not None
    assert chain.gap_s is None
    assert "not known" in chain.gap.what
    assert chain.is_open


def test_the_slowest_repair_decides() -> None:
    chain = promises(ACCESS, CORE)["repair"]
    assert chain.gap_s == 21_600 - 14_400
    assert promises(CORE)["repair"].gap_s == 7_200 - 14_400


def test_a_commitment_to_repair_only_is_no_part_that_can_fail() -> None:
    spare = replace(ACCESS, id="spares", availability=None)
    assert promises(CORE, spare)["up"].links == (CORE,)
    assert promises(TAIL)["repair"].gap is None


def test_a_promise_that_rests_on_nothing_recorded_is_open_not_fine() -> None:
    chain = promises()["up"]
    assert (chain.links, chain.gap, chain.is_open) == ((), None, True)


def test_hours_in_which_nobody_promises_us_anything_are_told() -> None:
    # November 2026 begins on a Sunday: 21 working days of 10 hours, of 720 hours promised.
    office = replace(CORE, service_hours=ServiceHours((0, 1, 2, 3, 4), 480, 1_080))
    [gap] = promises(office)["up"].hours
    assert gap.uncovered_s == (720 - 21 * 10) * 3_600
    # A promise of the same hours has no such gap, and its month is that of those hours.
    same = promises(office, up=replace(UP, service_hours=office.service_hours))["up"]
    assert (same.hours, same.scope_s) == ((), 21 * 10 * 3_600)


def test_a_contract_that_ends_in_the_month_leaves_the_rest_uncovered() -> None:
    ending = replace(CORE, valid_to=date(2026, 11, 16))
    [gap] = promises(ending)["up"].hours
    assert gap.uncovered_s == 15 * 86_400
    over = replace(CORE, valid_to=date(2026, 11, 1))
    assert promises(over)["up"].links == ()


def test_what_does_not_match_the_rule_does_not_rest_on_it() -> None:
    assert promises(replace(ACCESS, products="region = south"))["up"].links == ()


def test_a_commitment_reads_back_as_it_was_written() -> None:
    whole = replace(
        ACCESS,
        name="Access",
        service_hours=ServiceHours((0, 1), 480, 1_080, "GB-ENG"),
        time_zone="Europe/Lisbon",
        alternative="access",
        independent=True,
        valid_from=date(2026, 1, 1),
        valid_to=date(2027, 1, 1),
    )
    assert commitment_of(commitment_text(whole)) == whole


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{id: a, supplier: s, kind: ola, products: 'x ='}", "products"),
        ("{id: a, supplier: s, kind: ola, products: 'x = 1'}", "neither availability nor a time"),
        ("{id: a, supplier: s, kind: sla, products: 'x = 1', repair: PT1H}", "ola, underpinning"),
        (
            "{id: a, supplier: s, kind: ola, products: 'x = 1', repair: PT1H, "
            "valid_from: 2026-02-01, valid_to: 2026-01-01}",
            "not after",
        ),
    ],
)
def test_a_broken_commitment_is_set_aside_with_its_fault(line: str, fault: str) -> None:
    text = f"apiVersion: trueline/v1\ncommitments:\n- {line}\n"
    _, found, aside = parse_suppliers(text.encode(), "suppliers.yaml")
    assert found == []
    assert fault in f"{aside[0].field} {aside[0].reason}"


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="not a key"):
        parse_suppliers(b"apiVersion: trueline/v1\nofferings: []\n", "x.yaml")
