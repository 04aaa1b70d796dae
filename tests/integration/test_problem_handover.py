"""What a problem costs, and its hand-over pack, of which an outside reader can check the counts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from scipy.stats import hypergeom
from typer.testing import CliRunner

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.cli.problems import app
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.inventory.load import load_products
from trueline.measurement.events import load_events
from trueline.offerings.load import load_offerings
from trueline.problems.dossier import Dossier, claim_of_problem, dossier_of
from trueline.problems.judged import judged_period
from trueline.problems.life import raise_problem
from trueline.problems.load_analyses import load_analyses
from trueline.problems.models import ProductProblem
from trueline.problems.pack import render_pack
from trueline.problems.phrases import told_chance
from trueline.problems.scan import scan_verdicts
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Of October's 2,678,400 s a hundredth may be lost: 26,784 s.
CATALOGUE = """apiVersion: trueline/v1
parameters:
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: line
    objectives:
      - id: uptime
        parameter: outage
        statistic: availability_outage
        comparator: GE
        conformance_target: 0.99
        credits:
          bands: {measure: outage_s, table: [{low: 0, high: 26784, credit_percent: 0},
            {low: 26785, high: 100000, credit_percent: 10}, {low: 100001, credit_percent: 25}]}
"""


def _products() -> str:
    """P00 to P11 run firmware X; each brings 100 and its number, even ones in EUR, odd in USD."""
    rows = [
        f"P{n:02},line,C{n // 2},2026-01-01T00:00:00Z,{'X' if n < 12 else 'Y'},r{n % 4},"
        f"{100 + n},{'USD' if n % 2 else 'EUR'}"
        for n in range(60)
    ]
    header = "product_id,offering_id,customer_id,start,firmware,region,monthly_recurring_charge"
    return "\n".join([f"{header},currency", *rows, ""])


def _events() -> str:
    """Ten hours down on P00 to P09 and on P30; 20,000 s on P10, which is within its allowance."""
    rows = ["event_id,product_id,kind,start,end"]
    for n in (*range(10), 30):
        rows.append(f"O{n},P{n:02},outage,2026-10-05T00:00:00Z,2026-10-05T10:00:00Z")
    rows.append("O10,P10,outage,2026-10-06T00:00:00Z,2026-10-06T05:33:20Z")
    return "\n".join([*rows, ""])


ANALYSES = """analysis_id,kind,product_id,start,end,source
T0,ticket,P00,2026-10-05T08:00:00Z,2026-10-06T08:00:00Z,careline
T40,ticket,P40,2026-10-09T08:00:00Z,,careline
"""


@pytest.fixture
def raised(workspace: Workspace, tmp_path: Path) -> Workspace:
    """October, assessed, with its one finding raised as problem 1."""
    for name, text, load in (
        ("offerings.yaml", CATALOGUE, load_offerings),
        ("products.csv", _products(), load_products),
        ("events.csv", _events(), load_events),
        ("analyses.csv", ANALYSES, load_analyses),
    ):
        (tmp_path / name).write_text(text)
        report = load(workspace, tmp_path / name, LoadOptions(NOW))
        assert report.ledger.set_aside == 0
    request = AssessmentRequest(parse_period("2026-10"))
    store_period(DuckDBEngine(threads=1), workspace, what_was_known(workspace), request, now=NOW)
    judged = judged_period(workspace, "2026-10", delivery=latest_delivery())
    (first,) = scan_verdicts(judged.rows, "2026-10", judged.snapshot)
    raise_problem(workspace, first, judged.snapshot, by="ana", now=NOW)
    return workspace


def _dossier(workspace: Workspace) -> Dossier:
    problem = ProductProblem.objects.get()
    judged = judged_period(workspace, "2026-10", delivery=latest_delivery())
    return dossier_of(workspace, claim_of_problem(problem), judged, problem=problem)


def test_impact_keeps_currencies_apart_and_money_exact(raised: Workspace) -> None:
    impact = _dossier(raised).impact
    assert (impact.affected, impact.exposed) == (10, 2)
    assert (impact.customers, impact.customers_exposed) == (5, 1)
    # 100 + 102 + 104 + 106 + 108 and 101 + 103 + 105 + 107 + 109.
    assert impact.revenue.amounts == {"EUR": Decimal(520), "USD": Decimal(525)}
    assert impact.revenue_exposed.amounts == {"EUR": Decimal(110), "USD": Decimal(111)}
    assert impact.advised is not None
    assert impact.advised.amounts == {"EUR": Decimal("52.00"), "USD": Decimal("52.50")}
    # Just missed is 26,785 s, in the band of 10 %; all of October lost is in that of 25 %.
    assert impact.risk_least.amounts == {"EUR": Decimal("11.00"), "USD": Decimal("11.10")}
    assert impact.risk_most.amounts == {"EUR": Decimal("27.50"), "USD": Decimal("27.75")}


def test_the_allowance_left_is_of_the_exposed(raised: Workspace) -> None:
    left = _dossier(raised).impact.allowance
    assert (left.products, left.spent, left.unknown) == (2, 0, 0)
    assert left.least == pytest.approx(6784 / 26784)  # P10 has 26,784 - 20,000 s left
    assert left.middle == pytest.approx((1 + 6784 / 26784) / 2)
    assert left.least_s == 6784


def test_who_told_is_shown_and_a_ticket_about_a_known_outage_is_told_once(
    raised: Workspace,
) -> None:
    """P00 has its outage and a ticket: one affected product, told by two."""
    claim = _dossier(raised).claim
    assert claim.evidence["violated"] == 10
    assert claim.evidence["sources"] == {"assessment": 10, "careline": 1}


def test_the_same_knowledge_gives_the_same_bytes(raised: Workspace) -> None:
    problem = ProductProblem.objects.get()
    assert render_pack(raised, problem, _dossier(raised)) == render_pack(
        raised, problem, _dossier(raised)
    )


def test_an_outside_reader_can_check_counts_chance_and_hashes(
    raised: Workspace, tmp_path: Path
) -> None:
    """With nothing but the file: the standard library, and scipy for the chance."""
    path = tmp_path / "pack.zip"
    answer = CliRunner().invoke(app, ["pack", "1", "--output", str(path)])
    assert answer.exit_code == 0, answer.output
    files = {}
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    assert len(files) == len(files["SHA256SUMS"].splitlines()) + 1

    rows = list(csv.DictReader(io.StringIO(files["evidence-rows.csv"].decode())))
    inside = [row for row in rows if row["in_finding"] == "1"]
    bad = [row for row in rows if row["bad"] == "1"]
    both = [row for row in inside if row["bad"] == "1"]
    assert all(row["attribute.firmware"] == "X" for row in inside)
    # 60 products, 12 with X; bad are P00 to P09, P30 by outage and P40 by ticket.
    assert (len(rows), len(inside), len(bad), len(both)) == (60, 12, 12, 10)

    (finding,) = [
        row
        for row in csv.DictReader(io.StringIO(files["lift.csv"].decode()))
        if row["role"] == "finding"
    ]
    assert finding["attributes"] == "firmware=X"
    assert (int(finding["members"]), int(finding["bad"])) == (len(inside), len(both))
    assert float(finding["expected"]) == pytest.approx(12 * 12 / 60)
    chance = float(hypergeom.sf(len(both) - 1, len(rows), len(bad), len(inside)))
    assert float(finding["p"]) == pytest.approx(chance, rel=1e-5)

    told = json.loads(files["problem.json"])
    assert (told["@type"], told["status"], told["affectedNumberOfServices"]) == (
        "ServiceProblem",
        "acknowledged",
        10,
    )
    assert {one["role"] for one in told["relatedEntity"]} == {"affected", "exposed"}
    stored = json.loads(files["sources.json"])["stored"]
    results = raised.results / "2026-10" / "rows.parquet"
    assert stored["rows.parquet"] == hashlib.sha256(results.read_bytes()).hexdigest()
    assert b"Problem 1: firmware=X" in files["summary.html"]


def test_text_that_a_spreadsheet_would_run_is_made_harmless(raised: Workspace) -> None:
    problem = ProductProblem.objects.get()
    dossier = _dossier(raised)
    hostile = replace(dossier.lift[0], attributes={"=cmd": "1"})
    content = render_pack(raised, problem, replace(dossier, lift=(hostile,)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "'=cmd=1" in archive.read("lift.csv").decode()


def test_the_course_counts_missed_days_of_the_finding_and_of_the_others(
    raised: Workspace,
) -> None:
    course = {one.day.day: one for one in _dossier(raised).course if one.day.month == 10}
    # On the 5th ten members and P30 were down for ten hours; on the 6th P10 for more than 14 min.
    fifth, sixth, seventh = course[5], course[6], course[7]
    assert (fifth.missed, fifth.members, fifth.others_missed, fifth.others) == (10, 12, 1, 48)
    assert (sixth.missed, seventh.missed) == (1, 0)


def test_show_tells_impact_and_says_how_to_begin_where_there_is_nothing(
    raised: Workspace,
) -> None:
    shown = CliRunner().invoke(app, ["show", "1"]).output
    assert "affected: 10 products of 5 customers, monthly charge 520 EUR and 525 USD" in shown
    assert "credits at risk of the exposed: 11.00 EUR and 11.10 USD if just missed" in shown
    assert "the shortest time left is 6,784 s" in shown


def test_show_without_problems_says_how_to_begin(workspace: Workspace) -> None:
    shown = CliRunner().invoke(app, ["show"]).output
    assert "no problem was raised yet" in shown
    assert "trueline problems scan --period" in shown


def test_notes_are_kept_and_the_newest_is_shown(raised: Workspace) -> None:
    for act, note in (
        ("knownError", "X restarts under load"),
        ("workaround", "restart at night"),
        ("workaround", "stay on Y"),
    ):
        answer = CliRunner().invoke(app, ["note", "1", act, "--note", note, "--by", "ben"])
        assert answer.exit_code == 0, answer.output
    shown = CliRunner().invoke(app, ["show", "1"]).output
    assert "knownError: X restarts under load" in shown
    assert "  workaround: stay on Y" in shown
    assert "workaround by ben: restart at night" in shown  # the earlier one stays among the steps


def test_a_chance_is_never_told_as_zero() -> None:
    assert told_chance(3.21e-7) == "3.2e-07"
    assert told_chance(0.0) == "below 1e-300"
