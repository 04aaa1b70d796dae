"""The demo operator: the same everywhere, shaped like an operator, with its planted truths."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trueline.calendars.instants import render_instant
from trueline.demo.faults import STEP_MS
from trueline.demo.files import render_events, render_groups, render_products
from trueline.demo.operator import DemoOperator, plan_operator
from trueline.demo.portfolio import PORTFOLIO, products_of
from trueline.demo.scale import DAY_S, DemoScale, load_shape
from trueline.demo.series import SeriesBlock, series_blocks
from trueline.demo.truths import render_truths
from trueline.errors import InputError
from trueline.inventory.rules import parse_rule
from trueline.measurement.granules import GRANULE_SCHEMA

ROOT = Path(__file__).resolve().parents[3]
SMALL = DemoScale(products=240, months=2, seed=7)


@pytest.fixture(scope="module")
def demo() -> DemoOperator:
    return plan_operator(SMALL)


@pytest.fixture(scope="module")
def last_month(demo: DemoOperator) -> list[SeriesBlock]:
    month, happened, _ = list(demo.months())[-1]
    blocks = series_blocks(SMALL, demo.population, demo.faults, month, happened.outages)
    return [series for block in blocks for series in block]


def test_same_seed_gives_the_same_operator_and_the_same_granules() -> None:
    scale = DemoScale(products=40, months=1, seed=3)
    first, second = plan_operator(scale), plan_operator(scale)
    assert first.truths == second.truths
    assert render_products(first.population) == render_products(second.population)
    for (_, happened_1, one), (_, happened_2, two) in zip(
        first.months(), second.months(), strict=True
    ):
        assert happened_1 == happened_2
        for batch_1, batch_2 in zip(one.batches(), two.batches(), strict=True):
            assert batch_1.table.equals(batch_2.table)


def test_another_seed_gives_another_operator() -> None:
    one = plan_operator(DemoScale(products=40, months=1, seed=3))
    other = plan_operator(DemoScale(products=40, months=1, seed=4))
    assert render_products(one.population) != render_products(other.population)


def test_default_scale_has_the_products_and_customers_it_names() -> None:
    scale = DemoScale()
    assert sum(products_of(scale.products)) == scale.products == 2000
    assert scale.customers == 400
    assert [month.label for month in scale.months_of_data()] == ["2026-08", "2026-09", "2026-10"]


def test_acceptance_scale_spans_eighteen_months_and_two_thousand_customers() -> None:
    scale = DemoScale(products=12_000, months=18)
    assert scale.customers == 2000
    assert scale.months_of_data()[0].label == "2025-05"


@pytest.mark.parametrize("total", [24, 40, 41, 240, 2000, 12_000])
def test_every_offering_is_sold_and_wavelengths_come_in_pairs(total: int) -> None:
    counts = dict(zip([s.prefix for s in PORTFOLIO], products_of(total), strict=True))
    assert sum(counts.values()) == total
    assert min(counts.values()) >= 2
    assert counts["WL"] % 2 == 0


def test_too_small_or_wrong_scale_is_refused() -> None:
    for wrong in ({"products": 3}, {"months": 0}, {"end_month": "2026-W40"}):
        with pytest.raises(InputError):
            DemoScale(**wrong)


def test_load_follows_local_office_hours() -> None:
    october = DemoScale().months_of_data()[-1]
    # Thursday 2026-10-01: 11:00 in Lisbon (UTC+1) is 10:00Z, in Helsinki (UTC+3) 08:00Z
    assert load_shape(october, "Europe/Lisbon")[10 * 4] == 1.0
    assert load_shape(october, "Europe/Helsinki")[8 * 4] == 1.0
    # after the clocks went back on the 25th: Thursday 29th, 11:00 in Lisbon is 11:00Z
    assert load_shape(october, "Europe/Lisbon")[(28 * 24 + 11) * 4] == 1.0


def test_batches_have_the_loaders_schema_and_name_known_products(demo: DemoOperator) -> None:
    ids = {product.id for product in demo.population.products}
    for _, _, granules in demo.months():
        for batch in granules.batches():
            assert batch.table.schema == GRANULE_SCHEMA
            assert set(batch.table["product_id"].unique().to_pylist()) <= ids
            assert batch.table["value"].null_count == 0
        assert granules.later_batch().table.num_rows > 0


def test_values_are_whole_thousandths(last_month: list[SeriesBlock]) -> None:
    for series in last_month:
        if series.denominator is None:
            thousandths = np.rint(series.value * 1000)
            assert np.array_equal(thousandths / 1000, series.value)


def test_lost_frames_never_exceed_sent_frames(last_month: list[SeriesBlock]) -> None:
    for series in last_month:
        if series.denominator is not None:
            assert (series.value >= 0).all()
            assert (series.value <= series.denominator).all()


def test_about_one_granule_in_a_hundred_is_missing(last_month: list[SeriesBlock]) -> None:
    kept = np.concatenate([series.present.mean(axis=1) for series in last_month])
    assert 0.98 < np.median(kept) < 0.995


def test_planted_drift_is_in_the_granules_of_its_members_only(demo: DemoOperator) -> None:
    members = set(_members(demo, "drift"))
    factors = {}
    months = list(demo.months())
    for month, happened, _ in (months[0], months[-1]):
        for block in series_blocks(SMALL, demo.population, demo.faults, month, happened.outages):
            for series in block:
                if series.parameter == "packet_delay":
                    for row in range(series.value.shape[0]):
                        product = demo.population.products[series.first_product + row]
                        if product.offering_id == "ip-vpn" and series.present[row].mean() > 0.9:
                            # the quietest days of each month, far from load and bursts
                            at = slice(0, 4 * 96) if month.index == 0 else slice(-4 * 96, None)
                            factors.setdefault(product.id, []).append(
                                float(np.median(series.value[row, at]))
                            )
    rise = {p: v[1] / v[0] for p, v in factors.items() if len(v) == 2}
    assert members & set(rise)
    for product, factor in rise.items():
        if product in members:
            assert 1.2 < factor < 1.4, product
        else:
            assert 0.9 < factor < 1.1, product


def test_replaced_probe_adds_one_millisecond_from_its_day(demo: DemoOperator) -> None:
    starts = np.array([demo.faults.step_from_s - 900, demo.faults.step_from_s], dtype=np.int64)
    everyone = slice(0, len(demo.population.products))
    step = demo.faults.step_of(everyone, starts)
    if step is None:
        assert not demo.faults.stepped.any()
        return
    assert set(step[demo.faults.stepped][:, 0]) == {0.0}
    assert set(step[demo.faults.stepped][:, 1]) == {STEP_MS}
    assert set(step[~demo.faults.stepped].ravel()) <= {0.0}


def test_dead_feed_delivers_nothing_for_three_days(
    demo: DemoOperator, last_month: list[SeriesBlock]
) -> None:
    feed = demo.faults.silences[0]
    assert feed.end_s - feed.start_s == 3 * DAY_S
    for series in last_month:
        inside = (series.starts >= feed.start_s) & (series.starts < feed.end_s)
        rows = feed.products - series.first_product
        rows = rows[(rows >= 0) & (rows < series.present.shape[0])]
        assert not series.present[np.ix_(rows, np.flatnonzero(inside))].any()


def test_one_in_ten_of_one_device_model_has_the_faulty_firmware() -> None:
    population = plan_operator(DemoScale(products=2000, months=1)).population
    model = [p for p in population.products if p.characteristics["cpe_model"] == "CX-210"]
    faulty = [p for p in model if p.characteristics["firmware"] == "4.2.1"]
    assert abs(10 * len(faulty) - len(model)) < 10


def test_simpson_reversal_is_planted_in_the_poor_lines() -> None:
    demo = plan_operator(DemoScale(products=2000, months=1))
    segment = {c.id: c.segment for c in demo.population.customers}
    poor: dict[tuple[str, str], list[bool]] = {}
    for i in np.flatnonzero(demo.population.sold_as("broadband-business")).tolist():
        product = demo.population.products[i]
        key = (segment[product.customer_id], product.characteristics["access_technology"])
        poor.setdefault(key, []).append(bool(demo.faults.poor_line[i]))

    def share(*keys: tuple[str, str]) -> float:
        flags = [flag for key in keys for flag in poor[key]]
        return sum(flags) / len(flags)

    for access in ("copper", "fibre"):
        assert share(("smallBusiness", access)) < share(("enterprise", access))
    small = share(("smallBusiness", "copper"), ("smallBusiness", "fibre"))
    large = share(("enterprise", "copper"), ("enterprise", "fibre"))
    assert small > large


def test_both_legs_of_a_protected_pair_belong_to_one_customer_on_two_nodes(
    demo: DemoOperator,
) -> None:
    pairs: dict[str, list[tuple[str, str, str]]] = {}
    for product in demo.population.products:
        if pair := product.characteristics["protection_pair"]:
            free = product.characteristics
            pairs.setdefault(pair, []).append((product.customer_id, free["region"], free["node"]))
    assert pairs
    for (customer_1, region_1, node_1), (customer_2, region_2, node_2) in pairs.values():
        assert (customer_1, region_1) == (customer_2, region_2)
        assert node_1 != node_2


def test_all_fourteen_truths_are_written_down(demo: DemoOperator) -> None:
    written = json.loads(render_truths(SMALL, demo.truths))
    assert {truth["number"] for truth in written["truths"]} == set(range(1, 15))
    ids = {product.id for product in demo.population.products}
    ids |= {customer.id for customer in demo.population.customers}
    for truth in written["truths"]:
        assert set(truth["members"]) <= ids
        if truth["rule"]:
            parse_rule(truth["rule"])


def test_overrun_outage_reaches_beyond_the_agreed_work(demo: DemoOperator) -> None:
    _, happened, _ = list(demo.months())[-1]
    work = demo.faults.overrun
    outages = [o for o in happened.outages if "-V-" in o.event_id and not o.event_id.endswith("-b")]
    assert outages
    for outage in outages:
        assert outage.end_s == work.agreed_end_s + 150 * 60
    agreed = {(w.product, w.end_s) for w in happened.works}
    assert all((o.product, work.agreed_end_s) in agreed for o in outages)


def test_duplicate_tickets_overlap_their_originals(demo: DemoOperator) -> None:
    tickets = {t.event_id: t for _, happened, _ in demo.months() for t in happened.tickets}
    doubled = [t for name, t in tickets.items() if name.endswith("-b")]
    assert doubled
    for ticket in doubled:
        first = tickets[ticket.event_id.removesuffix("-b")]
        assert first.start_s < ticket.start_s
        assert first.end_s is None or ticket.start_s < first.end_s + 240


def test_every_group_rule_is_readable() -> None:
    rules = [line.split(",", 2)[2].strip('"') for line in render_groups().splitlines()[1:]]
    assert len(rules) >= 10
    for rule in rules:
        parse_rule(rule)


def test_event_ids_are_unique(demo: DemoOperator) -> None:
    seen: set[str] = set()
    for _, happened, _ in demo.months():
        text = render_events(demo.population, (*happened.outages, *happened.tickets))
        for line in text.splitlines()[1:]:
            name = line.split(",", 1)[0]
            assert name not in seen
            seen.add(name)


def test_what_the_walk_through_the_demo_names_is_planted_there() -> None:
    walk = (ROOT / "docs" / "tutorials" / "demo-operator.md").read_text(encoding="utf-8")
    demo = plan_operator(DemoScale())
    assert "VPN-00007" in walk
    assert "VPN-00007" in _members(demo, "drift")
    feed = next(truth for truth in demo.truths if truth.kind == "dead_feed")
    assert feed.where in walk
    assert render_instant(feed.from_s or 0) == "2026-10-13T00:00:00Z"
    assert render_instant(demo.faults.overrun.agreed_end_s) == "2026-10-21T04:00:00Z"  # 05:00 there
    kinds = {truth.kind for truth in demo.truths}
    assert {kind for kind in kinds if f"`{kind}`" not in walk} == set()


def test_every_event_ends_after_it_starts() -> None:
    for _, happened, _ in plan_operator(DemoScale(products=2000, months=3)).months():
        for event in happened.events():
            assert event.end_s is None or event.end_s > event.start_s, event
            for start_s, end_s in event.stop_clock:
                assert event.start_s < start_s < end_s
                assert event.end_s is None or end_s < event.end_s


def _members(demo: DemoOperator, kind: str) -> tuple[str, ...]:
    return next(truth.members for truth in demo.truths if truth.kind == kind)
