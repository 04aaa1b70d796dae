"""A draft replayed over stored months, by hand: who would have been breached, and at what cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.assessment.values import Verdict
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_agreements, load_customers, load_products
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace
from trueline.standards.document import StandardDraft, parse_standards
from trueline.standards.facts import examine
from trueline.standards.replay import Replay, needs_granules, replay_exactly, replay_stored
from trueline.standards.replay_told import tell_replay

OPTIONS = LoadOptions(datetime(2026, 11, 6, tzinfo=UTC))
CREDITS = "credits: {flat_percent: 10}"
CATALOGUE = f"""apiVersion: trueline/v1
parameters:
  - {{id: delay, unit: ms, kind: sampled}}
offerings:
  - id: gold
    objectives:
      - {{id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20,
         time_zone: UTC, {CREDITS}}}
"""
CUSTOMERS = "customer_id,name,segment\nC1,One,enterprise\nC2,Two,public\n"
PRODUCTS = """product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge
G1,gold,C1,active,2024-01-01T00:00:00Z,,UTC,1000
G2,gold,C1,active,2024-01-01T00:00:00Z,,UTC,500
G3,gold,C2,active,2024-01-01T00:00:00Z,,UTC,200
G4,gold,C2,active,2024-01-01T00:00:00Z,,UTC,200
"""
AGREEMENTS = """agreement_id,customer_id,product_id,objective_id,key,value
A,C2,G4,mean,conformance_target,30
"""
DELAY = {  # by month: G1 17 then 19, G2 25 always, G3 15.5 always, G4 negotiated
    9: {"G1": "17", "G2": "25", "G3": "15.5", "G4": "10"},
    10: {"G1": "19", "G2": "25", "G3": "15.5", "G4": "10"},
}


@pytest.fixture
def loaded(workspace: Workspace, tmp_path: Path) -> Workspace:
    rows = ["product_id,parameter,start,duration_s,value"]
    for month, values in DELAY.items():
        day = date(2026, month, 1)
        while day.month == month:
            rows += [f"{p},delay,{day}T00:00:00Z,86400,{v}" for p, v in values.items()]
            day += timedelta(days=1)
    files = {
        "offerings.yaml": (CATALOGUE, load_offerings),
        "customers.csv": (CUSTOMERS, load_customers),
        "products.csv": (PRODUCTS, load_products),
        "agreements.csv": (AGREEMENTS, load_agreements),
    }
    for name, (text, load) in files.items():
        (tmp_path / name).write_text(text)
        load(workspace, tmp_path / name, OPTIONS)
    path = tmp_path / "measurements.csv"
    path.write_text("\n".join(rows) + "\n")
    load_measurements(workspace, [path], MeasurementOptions(OPTIONS))
    known = what_was_known(workspace)
    for label in ("2026-09", "2026-10"):
        request = AssessmentRequest(parse_period(label))
        store_period(DuckDBEngine(threads=1), workspace, known, request, now=OPTIONS.now)
    return workspace


def draft(target: str, statistic: str = "mean", credits: str = CREDITS) -> StandardDraft:
    code = (
        "apiVersion: trueline/v1\nstandards:\n  - applies_to: {offering: gold}\n"
        f"    objective: {{id: mean, parameter: delay, statistic: {statistic}, comparator: LE,"
        f" conformance_target: {target}, time_zone: UTC, valid_from: 2026-12-01, {credits}}}\n"
    )
    [one], _ = parse_standards(code.encode(), "draft.yaml")
    return one


def stored(workspace: Workspace, one: StandardDraft) -> Replay:
    return replay_stored(examine(workspace, one), workspace.results, 12)


def exactly(workspace: Workspace, one: StandardDraft) -> Replay:
    engine, known = DuckDBEngine(threads=1), what_was_known(workspace)
    return replay_exactly(engine, known, examine(workspace, one), workspace.results, 12)


@pytest.mark.parametrize("replayed", [stored, exactly])
def test_a_stricter_draft_shows_whom_it_would_have_breached(
    loaded: Workspace, replayed: Callable[[Workspace, StandardDraft], Replay]
) -> None:
    found = replayed(loaded, draft("18"))
    told = tell_replay(found)
    assert found.periods == ("2026-09", "2026-10")
    assert found.negotiated == 1  # G4
    today, new = told.total.today, told.total.draft
    assert today is not None
    # G2 in both months; with the draft G1 in October too
    assert (today.of(Verdict.MET), today.of(Verdict.VIOLATED)) == (4, 2)
    assert (new.of(Verdict.MET), new.of(Verdict.VIOLATED)) == (3, 3)
    assert [(f.product.id, f.period) for f in told.newly_violated] == [("G1", "2026-10")]
    assert (today.credits, new.credits) == (Decimal("100.00"), Decimal("200.00"))
    assert [s.name for s in told.segments] == ["enterprise", "public"]
    assert told.segments[1].draft.customers_violated == 0
    assert new.worst_margin == -7


def test_stored_and_exact_figures_agree_figure_by_figure(loaded: Workspace) -> None:
    one, other = stored(loaded, draft("17")), exactly(loaded, draft("17"))

    def told(replay: Replay) -> list[tuple[object, ...]]:
        return sorted(
            (f.product.id, f.period, f.value, f.draft.verdict, f.draft.margin, f.draft.credit)
            for f in replay.figures
        )

    assert told(one) == told(other)
    assert len(one.figures) == 6


def test_a_draft_that_measures_something_else_needs_the_granules(loaded: Workspace) -> None:
    other = draft("24", "max")
    examined = examine(loaded, other)
    assert needs_granules(examined.current, other.objective)
    with pytest.raises(InputError, match="measures something else"):
        stored(loaded, other)
    found = tell_replay(exactly(loaded, other))
    assert found.total.draft.of(Verdict.VIOLATED) == 2  # the maximum of G2 is 25


def test_a_value_at_the_target_is_decided_as_it_was(loaded: Workspace) -> None:
    found = stored(loaded, draft("15.5"))
    third = [f for f in found.figures if f.product.id == "G3"]
    assert {f.draft.verdict for f in third} == {Verdict.MET}
    assert {f.draft.margin for f in third} == {0}


def test_without_a_stored_period_there_is_nothing_to_replay(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "offerings.yaml").write_text(CATALOGUE)
    load_offerings(workspace, tmp_path / "offerings.yaml", OPTIONS)
    with pytest.raises(InputError, match="is stored"):
        stored(workspace, draft("18"))
