"""Aggregates over groups: sums over sums, named rules, intervals; never an average of averages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from trueline.assessment.assess import AssessmentRequest, Known
from trueline.assessment.run import AggregateOver, assess_aggregates
from trueline.assessment.short_series import ShortGranule, ShortSeries
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.inventory.values import Customer, Group, InventorySnapshot, Product
from trueline.measurement.values import Event
from trueline.offerings.parse import parse_offerings
from trueline.offerings.values import Catalog

CATALOGUE = b"""
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
  - {id: setup, unit: ratio, kind: ratio}
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: line
    objectives:
      - {id: p95, parameter: delay, statistic: percentile, percentile: 95, comparator: LE,
         conformance_target: 50, conformance_period: P1D, min_coverage: 0}
      - {id: success, parameter: setup, statistic: ratio, comparator: GE,
         conformance_target: 0.9, conformance_period: P1D, min_coverage: 0}
      - {id: up, parameter: outage, statistic: availability_outage, comparator: GE,
         conformance_target: 0.99, conformance_period: P1D}
"""
DAY_S = 1_791_158_400  # 2026-10-05T00:00:00Z
MINUTE_S = 60


def series(product: str, parameter: str, values: list[str]) -> list[ShortGranule]:
    found = []
    for at, text in enumerate(values):
        number, _, whole = text.partition("/")
        found.append(
            ShortGranule(
                product,
                parameter,
                DAY_S + at * 600,
                600,
                Decimal(number),
                Decimal(whole) if whole else None,
            )
        )
    return found


def known() -> Known:
    """Two products: `a` in service all day and never out, `b` for its last 24 minutes with 2.4 of
    them out; 100 samples of 10 ms and 10 of 100 ms; set-ups 90 of 100 and 1 of 10."""
    parsed = parse_offerings(CATALOGUE, "catalogue.yaml")
    assert parsed.set_aside == []
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    late = datetime(2026, 10, 5, 23, 36, tzinfo=UTC)
    products = {
        "a": Product("a", "line", "one", "active", begins, characteristics={"region": "north"}),
        "b": Product("b", "line", "two", "active", late, characteristics={"region": "north"}),
    }
    granules = series("a", "delay", ["10"] * 100) + series("a", "setup", ["90/100"])
    granules += [
        ShortGranule("b", "delay", DAY_S + 84_960 + at * 60, 60, Decimal(100)) for at in range(10)
    ]
    granules.append(ShortGranule("b", "setup", DAY_S + 84_960, 60, Decimal(1), Decimal(10)))
    out = Event("e", "b", "outage", DAY_S + 85_000, DAY_S + 85_144)
    return Known(
        delivery=1,
        as_of_s=DAY_S + 2 * 86_400,
        catalog=Catalog(
            1, {p.id: p for p in parsed.parameters}, {o.id: o for o in parsed.offerings}
        ),
        snapshot=InventorySnapshot(
            1,
            products,
            {"one": Customer("one", segment="gold"), "two": Customer("two", segment="gold")},
            {},
            {"all": Group("all", "All", "offering = line")},
        ),
        exclusions={},
        events={"b": (out,)},
        lake=ShortSeries(granules),
    )


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], dict[str, Any]]:
    """Aggregates of the group by objective and rule."""
    engine = DuckDBEngine(threads=1)
    request = AssessmentRequest(parse_period("2026-10-05"))
    _, table = assess_aggregates(engine, known(), request, AggregateOver(k=2))
    engine.close()
    return {
        (r["objective_id"], r["rule"]): r for r in table.to_pylist() if r["dimension"] == "group"
    }


def test_pooled_availability_sums_time_and_does_not_average_members(rows: Any) -> None:
    # a: 86,400 s up; b: 1,440 s in service, 144 down. Pooled 1 - 144 / 87,840.
    assert rows["up", "pooled"]["value"] == pytest.approx(1 - 144 / 87_840, abs=1e-12)
    # Each customer has one product: (1 + 0.9) / 2, under its own name.
    assert rows["up", "customer_weighted"]["value"] == pytest.approx(0.95, abs=1e-12)
    assert rows["up", "worst"]["value"] == pytest.approx(0.9, abs=1e-12)


def test_any_down_all_down_and_k_of_n_are_times(rows: Any) -> None:
    # In service together from the first second on: 86,400 s; b is down for 144 s, a never.
    assert rows["up", "any_down"]["value"] == pytest.approx(1 - 144 / 86_400, abs=1e-12)
    assert rows["up", "all_down"]["value"] == 1.0


def test_pooled_percentile_is_of_all_samples(rows: Any) -> None:
    # 100 x 10 ms and 10 x 100 ms: rank 105 of 110 is 100 ms (O-8), within 1 %.
    assert rows["p95", "pooled"]["value"] == pytest.approx(100, rel=0.01)
    assert ("p95", "customer_weighted") not in rows


def test_pooled_ratio_is_sum_over_sum(rows: Any) -> None:
    assert rows["success", "pooled"]["value"] == pytest.approx(91 / 110, abs=1e-12)  # O-40


def test_share_met_has_its_interval_and_names_the_worst(rows: Any) -> None:
    row = rows["up", "pooled"]
    assert (row["members"], row["assessed"], row["met"], row["violated"]) == (2, 2, 1, 1)
    assert row["share_met"] == 0.5
    assert 0 < row["share_low"] < 0.5 < row["share_high"] < 1
    assert row["worst_members"] == ["b", "a"]


def test_rows_say_how_much_time_they_rest_on(rows: Any) -> None:
    row = rows["up", "pooled"]
    assert row["good_s"] + row["bad_s"] == 87_840
    assert row["coverage"] == 1.0
