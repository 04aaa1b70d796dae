"""Credit terms in a catalogue file, and what they say of assessed figures (M14), by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from tests.measurement_builders import OCTOBER, G, deliver

from trueline.assessment.advised_credits import CreditAdvice, pooled_credits, totals
from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.credits_run import credits_of_period, read_credits
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.intake.set_aside import read_set_aside
from trueline.inventory.load import load_products
from trueline.measurement.events import load_events
from trueline.offerings.catalog import catalog_at
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 6, tzinfo=UTC)
OPTIONS = LoadOptions(NOW)
CATALOGUE = """apiVersion: trueline/v1
parameters:
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: banded
    objectives:
      - id: uptime
        parameter: outage
        statistic: availability_outage
        comparator: GE
        conformance_target: 0.999
        credits:
          bands: {measure: outage_s, table: [{low: 0, high: 600, credit_percent: 0},
            {low: 601, high: 2700, credit_percent: 5}, {low: 2701, credit_percent: 10}]}
          claim_days: 30
          chronic: {max_outages: 3, window_days: 30}
      - id: steps
        parameter: outage
        statistic: availability_outage
        comparator: GE
        conformance_target: 0.999
        credits: {steps: {target: 99.9, step: 0.1, credit_percent: 1}}
  - id: daily
    objectives:
      - id: uptime
        parameter: outage
        statistic: availability_outage
        comparator: GE
        conformance_target: 0.9999
        credits: {days: {unit: PT1H}, cap_percent: 10, missed_periods: 2}
"""
PRODUCTS = """product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge
B1,banded,C1,active,2026-01-01T00:00:00Z,,UTC,1000
D1,daily,C1,active,2026-01-01T00:00:00Z,,UTC,300
D2,daily,C2,active,2026-01-01T00:00:00Z,,UTC,
"""
EVENTS = """event_id,product_id,kind,start,end,impact,cause,source
E1,B1,outage,2026-09-28T00:00:00Z,2026-09-28T00:01:00Z,,,
E2,B1,outage,2026-10-02T00:00:00Z,2026-10-02T00:40:00Z,,,
E3,B1,outage,2026-10-09T00:00:00Z,2026-10-09T00:01:00Z,,,
E4,B1,outage,2026-10-12T00:00:00Z,2026-10-12T00:01:00Z,,,
E5,D1,outage,2026-10-02T00:00:00Z,2026-10-02T02:00:01Z,,,
E6,D1,outage,2026-09-02T00:00:00Z,2026-09-02T01:00:00Z,,,
E7,D2,outage,2026-10-02T00:00:00Z,2026-10-02T20:00:00Z,,,
"""


@pytest.fixture
def loaded(workspace: Workspace, tmp_path: Path) -> Workspace:
    for name, text, load in (
        ("offerings.yaml", CATALOGUE, load_offerings),
        ("products.csv", PRODUCTS, load_products),
        ("events.csv", EVENTS, load_events),
    ):
        (tmp_path / name).write_text(text)
        report = load(workspace, tmp_path / name, OPTIONS)
        assert report.ledger.set_aside == 0
    return workspace


def advice(workspace: Workspace) -> dict[tuple[str, str], CreditAdvice]:
    request = AssessmentRequest(parse_period("2026-10"))
    known = what_was_known(workspace)
    found = credits_of_period(DuckDBEngine(threads=1), known, request, workspace.results)
    return {(one.product_id, one.objective_id): one for one in found}


def test_bands_steps_and_days_give_exact_credits(loaded: Workspace) -> None:
    found = advice(loaded)
    banded = found["B1", "uptime"]
    assert banded.percent == 5  # 2,400 + 60 + 60 s
    assert banded.amount == Decimal("50.00")
    assert banded.claim_until == date(2026, 12, 1)
    # 2,520 s of 2,678,400: 99.90591 %, above the target of 99.9
    assert found["B1", "steps"].percent == 0
    # 7,201 s: three started hours are three days of 30, 10 %; the cap is 10 %
    assert found["D1", "uptime"].percent == 10
    assert found["D1", "uptime"].amount == Decimal("30.00")
    # 20 hours: 7 days at most, 23.33 %, capped; the charge is not known
    assert found["D2", "uptime"].percent == 10
    assert found["D2", "uptime"].amount is None


def test_one_downtime_gives_one_credit(loaded: Workspace, tmp_path: Path) -> None:
    stricter = CATALOGUE.replace("target: 99.9,", "target: 99.95,")
    (tmp_path / "again.yaml").write_text(stricter)
    load_offerings(loaded, tmp_path / "again.yaml", OPTIONS)
    found = advice(loaded)
    assert found["B1", "steps"].percent == 1  # 99.95 - 99.906: one started step of 0.1
    assert not found["B1", "steps"].counted
    assert found["B1", "uptime"].counted


def test_four_outages_in_thirty_days_give_the_right_to_leave(loaded: Workspace) -> None:
    # 28 September to 27 October: 4 outages, more than 3
    told = advice(loaded)["B1", "uptime"].leave
    assert told == "chronic: 4 outages, 2,580 s, 2026-09-28 to 2026-10-27"


def test_missed_periods_in_a_row_need_earlier_assessments(loaded: Workspace) -> None:
    assert advice(loaded)["D1", "uptime"].leave == "not known: earlier periods are not assessed"
    known, engine = what_was_known(loaded), DuckDBEngine(threads=1)
    request = AssessmentRequest(parse_period("2026-09"))
    store_period(engine, loaded, known, request, now=NOW)
    assert advice(loaded)["D1", "uptime"].leave == "missed 2 periods in a row"
    assert advice(loaded)["D2", "uptime"].leave == ""
    stored = read_credits(loaded.results / "2026-09")
    assert stored is not None
    # one hour: one day of 30
    [one] = [a for a in stored if a.product_id == "D1"]
    assert one.percent == Fraction(10, 3)
    assert one.amount == Decimal("10.00")


def test_earlier_months_count_whenever_they_are_assessed(loaded: Workspace) -> None:
    known, engine = what_was_known(loaded), DuckDBEngine(threads=1)
    for period in ("2026-10", "2026-09"):  # the newest first, as a full run has it
        request = AssessmentRequest(parse_period(period))
        store_period(engine, loaded, known, request, now=NOW)

    stored = read_credits(loaded.results / "2026-10")

    assert stored is not None
    leave = {(one.product_id, one.objective_id): one.leave for one in stored}
    assert leave["D1", "uptime"] == "missed 2 periods in a row"
    assert leave["B1", "uptime"] == "chronic: 4 outages, 2,580 s, 2026-09-28 to 2026-10-27"


STATES = """apiVersion: trueline/v1
parameters:
  - {id: loss, kind: ratio}
offerings:
  - id: line
    objectives:
      - {id: up, parameter: loss, statistic: availability_mef, threshold_c: 0.5,
         consecutive_interval_n: 1, comparator: GE, conformance_target: 0.9,
         credits: {flat_percent: 5, chronic: {max_outages: 1, window_days: 30}}}
"""


def test_outages_that_states_tell_count_over_the_edge_of_a_month(
    workspace: Workspace, tmp_path: Path
) -> None:
    products = PRODUCTS.splitlines()[0] + "\nL1,line,C1,active,2026-01-01T00:00:00Z,,UTC,100\n"
    for name, text, load in (
        ("offerings.yaml", STATES, load_offerings),
        ("products.csv", products, load_products),
    ):
        (tmp_path / name).write_text(text)
        load(workspace, tmp_path / name, OPTIONS)
    # All is lost on the evenings of 29 September and of 2 October, an hour each.
    lost = {OCTOBER - 2 * 86_400 + 64_800, OCTOBER + 86_400 + 64_800}
    hours = [OCTOBER + n * 3_600 for n in range(-30 * 24, 31 * 24)]
    granules = [
        G("L1", "loss", at, 10.0 if at in lost else 0.0, denominator=10.0, duration_s=3_600)
        for at in hours
    ]
    deliver(workspace, granules)
    known, engine = what_was_known(workspace), DuckDBEngine(threads=1)

    def told() -> str:
        stored = read_credits(workspace.results / "2026-10")
        assert stored is not None
        return stored[0].leave

    store_period(engine, workspace, known, AssessmentRequest(parse_period("2026-10")), now=NOW)
    assert told() == "chronic: not known, earlier periods are not assessed"
    store_period(engine, workspace, known, AssessmentRequest(parse_period("2026-09")), now=NOW)
    assert told() == "chronic: 2 outages, 7,200 s, 2026-09-29 to 2026-10-28"


def test_sums_keep_unknown_charges_apart(loaded: Workspace) -> None:
    sums = {one.key: one for one in pooled_credits(advice(loaded).values())}
    assert sums["C1"].amount == Decimal("80.00")
    assert (sums["C2"].amount, sums["C2"].unknown) == (Decimal(0), 1)


def test_currencies_are_never_added(loaded: Workspace, tmp_path: Path) -> None:
    head, *rows = PRODUCTS.splitlines()
    money = {"B1": "EUR", "D1": "USD", "D2": "USD"}
    text = "\n".join([f"{head},currency", *(f"{row},{money[row[:2]]}" for row in rows)]) + "\n"
    (tmp_path / "money.csv").write_text(text)
    load_products(loaded, tmp_path / "money.csv", OPTIONS)
    found = advice(loaded).values()
    # 50 of B1 and 30 of D1, both of C1.
    assert totals(found) == {"EUR": Decimal("50.00"), "USD": Decimal("30.00")}
    sums = {(one.key, one.currency): one.amount for one in pooled_credits(found)}
    assert sums["C1", "EUR"] == Decimal("50.00")
    assert sums["C1", "USD"] == Decimal("30.00")
    known, engine = what_was_known(loaded), DuckDBEngine(threads=1)
    store_period(engine, loaded, known, AssessmentRequest(parse_period("2026-10")), now=NOW)
    stored = read_credits(loaded.results / "2026-10")
    assert stored is not None
    assert {one.currency for one in stored} == {"EUR", "USD"}


def test_an_offering_whose_bands_have_a_gap_is_set_aside(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "gap.yaml").write_text(CATALOGUE.replace("low: 601", "low: 700"))
    report = load_offerings(workspace, tmp_path / "gap.yaml", OPTIONS)
    assert set(catalog_at(report.delivery).offerings) == {"daily"}
    assert report.set_aside is not None
    [row] = read_set_aside(report.set_aside)
    assert "no band holds 601 to 699" in row.reason
