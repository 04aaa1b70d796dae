"""What was promised, sold and measured, held against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from trueline.inventory.values import Customer, InventorySnapshot, Product
from trueline.offerings.values import (
    Catalog,
    Comparator,
    ParameterKind,
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
    Statistic,
)
from trueline.sourcing.reconcile import (
    MeasuredSeries,
    Mismatch,
    Reconciliation,
    Sourced,
    reconcile,
)

OCTOBER = (1_790_812_800, 1_793_491_200)  # 2026-10-01 to 2026-11-01, UTC
START = datetime(2026, 1, 1, tzinfo=UTC)
DELAY = ServiceLevelObjective("delay", "delay", Statistic.MEAN, Comparator.LE, Decimal(20))
OUTAGES = ServiceLevelObjective(
    "up", "outage", Statistic.AVAILABILITY_OUTAGE, Comparator.GE, Decimal("0.99")
)
CATALOG = Catalog(
    1,
    {
        "delay": PerformanceParameter("delay", ParameterKind.SAMPLED),
        "outage": PerformanceParameter("outage", ParameterKind.EVENT),
    },
    {
        "line": ProductOffering("line", objectives=(DELAY, OUTAGES)),
        "bare": ProductOffering("bare"),
    },
)
MEASURED = MeasuredSeries(10, OCTOBER[0], OCTOBER[0] + 9_000, OCTOBER[0] + 9_900, 9_900)
P1 = Product("P1", "line", "c1", "active", START)


def sourced(*products: Product, **changes: object) -> Sourced:
    snapshot = InventorySnapshot(1, {p.id: p for p in products}, {"c1": Customer("c1")}, {}, {})
    return replace(Sourced(CATALOG, snapshot, OCTOBER, {("P1", "delay"): MEASURED}), **changes)


def told(found: Reconciliation) -> list[tuple[Mismatch, str]]:
    return [(f.kind, f.subject) for f in found.findings]


def test_what_fits_together_gives_no_finding() -> None:
    found = reconcile(sourced(P1))
    assert (told(found), found.in_service, found.sound) == ([], 1, 1)


@pytest.mark.parametrize(
    ("product", "kind"),
    [
        (replace(P1, offering_id="none"), Mismatch.UNKNOWN_OFFERING),
        (replace(P1, customer_id="none"), Mismatch.UNKNOWN_CUSTOMER),
        (replace(P1, offering_id="bare"), Mismatch.PRODUCT_WITHOUT_OBJECTIVE),
    ],
)
def test_a_product_that_points_nowhere_is_found(product: Product, kind: Mismatch) -> None:
    found = reconcile(sourced(product))
    assert told(found) == [(kind, "P1")]
    assert found.sound == 0


def test_a_promise_that_nobody_measures_is_found_and_events_need_no_measurement() -> None:
    found = reconcile(sourced(P1, measured={}))
    [finding] = found.findings
    assert (finding.kind, finding.detail) == (
        Mismatch.OBJECTIVE_WITHOUT_MEASUREMENT,
        "delay of delay",
    )


def test_measurements_events_and_exclusions_of_nothing_sold_are_found() -> None:
    found = reconcile(
        sourced(
            P1,
            measured={("P1", "delay"): MEASURED, ("P9", "delay"): MEASURED},
            waiting={("P8", "delay"): 3, ("P1", "colour"): 2},
            events={"P7": 1, "P1": 4},
            excluded={"P6": 2},
        )
    )
    assert told(found) == [
        (Mismatch.MEASUREMENT_WITHOUT_PRODUCT, "P1"),
        (Mismatch.MEASUREMENT_WITHOUT_PRODUCT, "P8"),
        (Mismatch.MEASUREMENT_WITHOUT_PRODUCT, "P9"),
        (Mismatch.EVENT_WITHOUT_PRODUCT, "P7"),
        (Mismatch.EXCLUSION_WITHOUT_PRODUCT, "P6"),
    ]
    assert found.findings[0].detail == "2 rows wait: parameter colour is not defined"


def test_the_granule_in_which_a_product_ends_is_no_mismatch_the_next_one_is() -> None:
    last = datetime.fromtimestamp(MEASURED.last_s, UTC)
    straddled = replace(P1, end=last.replace(minute=last.minute + 5))
    assert told(reconcile(sourced(straddled))) == []
    assert told(reconcile(sourced(replace(P1, end=last)))) == [
        (Mismatch.TERMINATED_BUT_MEASURED, "P1")
    ]


def test_a_product_that_ended_before_the_period_or_starts_after_it_is_not_asked_about() -> None:
    ended = replace(P1, end=datetime(2026, 9, 1, tzinfo=UTC))
    later = replace(P1, id="P2", start=datetime(2026, 12, 1, tzinfo=UTC))
    assert reconcile(sourced(ended, later, measured={})).in_service == 0
