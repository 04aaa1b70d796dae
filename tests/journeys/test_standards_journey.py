"""A product manager drafts a stricter E-Line Gold; it is approved, published from next month, and
last month's verdicts do not move. A back-dated correction lists exactly what to issue again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueline.calendars.periods import period_containing
from trueline.cli import application
from trueline.settings.workspace import Workspace

CATALOGUE = """apiVersion: trueline/v1
parameters:
  - {id: frame_delay, unit: ms, kind: sampled, direction: lowerIsBetter}
offerings:
  - id: eline-gold
    name: E-Line Gold
    objectives:
      - {id: gold-delay, parameter: frame_delay, statistic: mean, comparator: LE,
         conformance_target: 20, time_zone: UTC}
  - id: eline-silver
    objectives:
      - {id: silver-delay, parameter: frame_delay, statistic: mean, comparator: LE,
         conformance_target: 40, time_zone: UTC}
"""
CUSTOMERS = "customer_id,name,segment\nC1,One,enterprise\nC2,Two,enterprise\n"
PRODUCTS = """product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge
G1,eline-gold,C1,active,2024-01-01T00:00:00Z,,UTC,900
G2,eline-gold,C2,active,2024-01-01T00:00:00Z,,UTC,1100
S1,eline-silver,C2,active,2024-01-01T00:00:00Z,,UTC,400
"""
DELAY = {"G1": "17", "G2": "19", "S1": "30"}


@dataclass(frozen=True)
class Months:
    """Calendar months around today: the two before, and the next."""

    earlier: date
    last: date
    this: date
    next: date

    def label(self, first: date) -> str:
        return f"{first:%Y-%m}"


@pytest.fixture
def months() -> Months:
    this = period_containing(datetime.now(UTC).date(), "P1M")
    last = period_containing(this.first - timedelta(days=1), "P1M")
    earlier = period_containing(last.first - timedelta(days=1), "P1M")
    return Months(earlier.first, last.first, this.first, this.end)


@pytest.fixture
def folder(workspace: Workspace, tmp_path: Path, months: Months) -> Path:
    """A loaded workspace with two assessed months and people in their roles."""
    (tmp_path / "offerings.yaml").write_text(CATALOGUE)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "products.csv").write_text(PRODUCTS)
    rows = ["product_id,parameter,start,duration_s,value"]
    day = months.earlier
    while day < months.this:
        rows += [f"{p},frame_delay,{day}T00:00:00Z,86400,{v}" for p, v in DELAY.items()]
        day += timedelta(days=1)
    (tmp_path / "measurements.csv").write_text("\n".join(rows) + "\n")
    for kind in ("offerings", "customers", "products", "measurements"):
        [file] = tmp_path.glob(f"{kind}.*")
        run("load", kind, str(file))
    for month in (months.earlier, months.last):
        run("assess", "--period", months.label(month), "--store")
    for name, role in (("pm", "product-manager"), ("com", "commercial-approver")):
        run("people", "add", name, "--role", role, "--no-password")
    return tmp_path


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(application(words[0]), list(words))
    told = done.output + (str(done.exception) if done.exception else "")
    assert (done.exit_code if code != 2 else 2) == code, told
    return told


def refused(*words: str) -> str:
    """What is said to an act that is refused."""
    done = CliRunner().invoke(application(words[0]), list(words))
    assert done.exception is not None, done.output
    return str(done.exception)


def standard(folder: Path, name: str, first: date, target: str, *more: str) -> str:
    """A standards file for a delay of E-Line Gold."""
    path = folder / f"{name}.yaml"
    path.write_text(
        "apiVersion: trueline/v1\nstandards:\n  - applies_to: {offering: eline-gold}\n"
        + "".join(f"    {line}\n" for line in more)
        + "    objective: {id: gold-delay, parameter: frame_delay, statistic: mean,"
        f" comparator: LE, conformance_target: {target}, time_zone: UTC, valid_from: {first}}}\n"
    )
    return str(path)


def rows(folder: Path, label: str) -> list[dict[str, object]]:
    output = folder / "rows.json"
    run("assess", "--period", label, "--output", str(output))
    found: list[dict[str, object]] = json.loads(output.read_text())["rows"]
    return found


def publish(file: str, number: int) -> str:
    run("standards", "draft", file, "--by", "pm")
    run("standards", "submit", str(number), "--by", "pm")
    run("standards", "approve", str(number), "--as", "commercial", "--by", "com")
    return run("standards", "publish", str(number), "--by", "com")


def test_a_stricter_standard_from_next_month_leaves_last_months_verdicts_alone(
    folder: Path, months: Months
) -> None:
    last = months.label(months.last)
    before = rows(folder, last)
    file = standard(folder, "stricter", months.next, "18", "rollout: all")
    run("standards", "draft", file, "--by", "pm")
    assert "conformance_target" in run("standards", "diff", "1")
    assert "all in all: stricter" in run("standards", "diff", "1")
    assert "not in review" in refused(
        "standards", "approve", "1", "--as", "commercial", "--by", "com"
    )
    told = run("standards", "submit", "1", "--by", "pm")
    assert "exposure: 2 products of 2 customers, monthly charges 2,000" in told
    assert "approvals needed: commercial" in told
    run("standards", "approve", "1", "--as", "commercial", "--by", "com")
    assert "nothing to issue again" in run("standards", "publish", "1", "--by", "com")

    assert rows(folder, last) == before
    upcoming = {
        r["product_id"]: r["standard_version"] for r in rows(folder, f"{months.next:%Y-%m}")
    }
    assert upcoming == {"G1": 2, "G2": 2, "S1": 1}


def test_a_back_dated_correction_lists_exactly_the_figures_to_issue_again(
    folder: Path, months: Months
) -> None:
    file = standard(folder, "correction", months.last, "18", "rollout: all")
    told = publish(file, 1)

    assert f"issue again {months.label(months.last)} gold-delay: 2 products: G1, G2" in told
    assert months.label(months.earlier) not in told
    verdicts = {r["product_id"]: r["verdict"] for r in rows(folder, months.label(months.last))}
    assert verdicts == {"G1": "met", "G2": "violated", "S1": "met"}
    earlier = {r["product_id"]: r["verdict"] for r in rows(folder, months.label(months.earlier))}
    assert earlier == {"G1": "met", "G2": "met", "S1": "met"}


def test_the_author_does_not_approve_and_a_role_is_needed(folder: Path, months: Months) -> None:
    run("people", "grant", "pm", "commercial-approver")
    file = standard(folder, "own", months.next, "18", "rollout: all")
    run("standards", "draft", file, "--by", "pm")
    run("standards", "submit", "1", "--by", "pm")
    approve = ("standards", "approve", "1", "--as")

    assert "author" in refused(*approve, "commercial", "--by", "pm")
    assert "takes the role legal-approver" in refused(*approve, "legal", "--by", "com")
    assert "no person 'nobody'" in refused(*approve, "legal", "--by", "nobody")


def test_a_looser_standard_for_everybody_is_refused_without_the_customers(
    folder: Path, months: Months
) -> None:
    file = standard(folder, "looser", months.next, "25", "rollout: all")
    run("standards", "draft", file, "--by", "pm")
    told = refused("standards", "submit", "1", "--by", "pm")
    assert "Customer C1 would be promised less for G1" in told
    assert "Customer C2 would be promised less for G2" in told

    for_new = standard(folder, "for-new", months.next, "25", "rollout: new")
    publish(for_new, 2)
    upcoming = {
        r["product_id"]: r["standard_version"] for r in rows(folder, f"{months.next:%Y-%m}")
    }
    assert upcoming == {"G1": 1, "G2": 1, "S1": 1}  # grandfathered

    moving = ("standards", "migrate", "2", "--products", "G1", "--from", str(months.next))
    assert "promises less to G1" in refused(*moving, "--by", "pm")
    run(*moving, "--by", "pm", "--agreement", "letter of C1")
    run("standards", "approve-migration", "1", "--by", "com")
    upcoming = {
        r["product_id"]: r["standard_version"] for r in rows(folder, f"{months.next:%Y-%m}")
    }
    assert upcoming == {"G1": 2, "G2": 1, "S1": 1}
    period = f"{months.next:%Y-%m}"
    told = run("explain", "G1", "gold-delay", "--period", period)
    assert "as agreed in letter of C1" in told
    assert "kept since it was sold or renewed" in run(
        "explain", "G2", "gold-delay", "--period", period
    )
