"""What the records and the lake tell of changes of the measuring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.measurement_builders import OCTOBER, G, batch
from tests.summaries_builders import SmallOperator, small_operator

from trueline.assessment.known import what_was_known
from trueline.intake.record import DeliverySource
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.lake import open_lake
from trueline.measurement.sources import deliveries_by_day
from trueline.settings.workspace import Workspace
from trueline.trends.measuring import MeasuringChange
from trueline.trends.measuring_records import measured_by, recorded_changes, sources_changed
from trueline.trends.workspace_scan import EVERY_PRODUCT

DAY_S = 86_400
FIRST = date(2026, 10, 1)
HEAD = "product_id,offering_id,customer_id,status,start,end,time_zone,probe,region,node"


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.offer("20")
        sell(one, p1="a", p2="a")
        yield one


def sell(operator: SmallOperator, **probes: str) -> None:
    rows = [
        f"{product},line,c,active,2026-01-01T00:00:00Z,,UTC,{probe},north,n-{product}"
        for product, probe in probes.items()
    ]
    operator.load("products.csv", "\n".join([HEAD, *rows]) + "\n")


def deliver(operator: SmallOperator, source: str, days: range, *products: str) -> None:
    granules = [
        G(product, "delay", OCTOBER + day * DAY_S + quarter * 900, 10.0)
        for product in products
        for day in days
        for quarter in range(0, 96, 24)
    ]
    operator.now += timedelta(minutes=1)
    append_granules(
        operator.workspace,
        [batch(granules)],
        DeliverySource("measurements", source),
        AppendOptions(operator._options()),
    )


def test_another_probe_of_a_product_is_told_on_the_day_it_was_recorded(
    operator: SmallOperator,
) -> None:
    operator.now = datetime(2026, 12, 9, 8, tzinfo=UTC)
    sell(operator, p1="b")

    found = recorded_changes()

    assert found["p1"] == [MeasuringChange(date(2026, 12, 9), "probe a became b")]
    assert "p2" not in found
    assert found[EVERY_PRODUCT] == []


def test_a_probe_that_is_named_for_the_first_time_is_no_change(operator: SmallOperator) -> None:
    sell(operator, p3="")
    sell(operator, p3="b")

    assert recorded_changes()["p3"] == []


def test_another_unit_of_a_parameter_is_told_of_every_product(operator: SmallOperator) -> None:
    text = (operator.workspace.home / "offerings.yaml").read_text(encoding="utf-8")
    operator.now = datetime(2026, 12, 10, 8, tzinfo=UTC)
    operator.load("offerings.yaml", text.replace("unit: ms", "unit: us"))

    (change,) = recorded_changes()[EVERY_PRODUCT]

    assert change == MeasuringChange(date(2026, 12, 10), "unit ms became us", "delay")


def test_who_measures_a_product_and_where_it_hangs(operator: SmallOperator) -> None:
    found = measured_by(what_was_known(operator.workspace).snapshot)

    assert (found["p1"].probe, found["p1"].service, found["p1"].place) == (
        "a",
        "line north",
        "n-p1",
    )


def test_the_source_of_each_day_is_that_of_most_granules(operator: SmallOperator) -> None:
    """p1 comes from another collector from the 16th day on; p2 stays, but for one day sent again
    by hand. Before and after the lake is merged the answers are the same."""
    deliver(operator, "one-2026-10.csv", range(15), "p1", "p2")
    deliver(operator, "two-2026-10.csv", range(15, 31), "p1")
    deliver(operator, "one-2026-11.csv", range(15, 31), "p2")
    last = FIRST + timedelta(days=30)

    before = deliveries_by_day(operator.workspace, ["p1", "p2"], FIRST, last)
    found = sources_changed(operator.workspace, ["p1", "p2"], FIRST, last)
    with open_lake(operator.workspace) as lake:
        lake.compact(publishing=False)
    after = deliveries_by_day(operator.workspace, ["p1", "p2"], FIRST, last)

    assert before == after
    assert len(before["p1"]) == 31
    assert len(set(before["p1"].values())) == 2
    what = "granules came from measurements one#csv before, from measurements two#csv since"
    assert found == {"p1": [MeasuringChange(FIRST + timedelta(days=15), what)]}


def test_products_that_nobody_measured_have_no_source(operator: SmallOperator) -> None:
    assert deliveries_by_day(operator.workspace, ["p1"], FIRST, FIRST) == {}
    assert sources_changed(operator.workspace, [], FIRST, FIRST) == {}
