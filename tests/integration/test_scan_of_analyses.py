"""A workspace that holds only imported analyses: scanned by every measure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueline.cli.problems import app
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.problems.judged import Judged, judged_period
from trueline.problems.life import raise_problem
from trueline.problems.load_analyses import load_analyses
from trueline.problems.measure import Measure
from trueline.problems.measured import scan_measured
from trueline.problems.models import ProblemMember
from trueline.problems.scan import read_rows, scan_verdicts
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HEADER = (
    "analysis_id,kind,product_id,start,end,verdict,parameter,value,numerator,denominator,"
    "customer_id,offering_id,source,firmware,node\n"
)


def _line(n: int, month: int = 10, **told: str) -> str:
    """One product's analysis of a month; P00 to P09 run firmware X, each on a node of its own."""
    cells = {
        "id": f"A{month}-{n}",
        "kind": "analysis",
        "end": f"2026-{month + 1}-01T00:00:00Z",
        "verdict": "met",
        "value": "",
        "ratio": ",",
    } | told
    return (
        f"{cells['id']},{cells['kind']},P{n:02},2026-{month:02}-01T00:00:00Z,{cells['end']},"
        f"{cells['verdict']},loss,{cells['value']},{cells['ratio']},C{n},line,reviews,"
        f"{'X' if n < 10 else 'Y'},n{n}\n"
    )


def _judged(workspace: Workspace, folder: Path, text: str) -> Judged:
    (folder / "analyses.csv").write_text(HEADER + text)
    report = load_analyses(workspace, folder / "analyses.csv", LoadOptions(NOW))
    assert report.ledger.set_aside == 0
    return judged_period(workspace, "2026-10", delivery=latest_delivery())


def _bad(n: int) -> bool:
    """Eight of the ten with X, and 2 of the 50 with Y."""
    return n < 8 or n in (20, 40)


def test_verdicts_of_reviews_alone_are_scanned_and_raised(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "".join(_line(n, verdict="violated" if _bad(n) else "met") for n in range(60))
    judged = _judged(workspace, tmp_path, text)
    (first,) = scan_verdicts(judged.rows, "2026-10", judged.snapshot)
    assert first.names == ({"firmware": "X"},)
    assert (len(first.affected), len(first.exposed)) == (8, 2)
    assert first.sources == (("reviews", 8),)
    raise_problem(workspace, first, judged.snapshot, by="ana", now=NOW)
    assert set(ProblemMember.objects.values_list("customer_id", flat=True)) == {
        f"C{n}" for n in range(10)
    }
    shown = CliRunner().invoke(app, ["show", "1"]).output
    assert "affected: 8 products of 8 customers, monthly charge 0; of 8 not known" in shown
    assert "allowance left to the exposed: not known" in shown
    assert "credits at risk of the exposed: not known if just missed" in shown


def test_the_command_scans_and_says_who_told(workspace: Workspace, tmp_path: Path) -> None:
    _judged(
        workspace,
        tmp_path,
        "".join(_line(n, verdict="violated" if _bad(n) else "met") for n in range(60)),
    )
    shown = CliRunner().invoke(app, ["scan", "--period", "2026-10"]).output
    assert "firmware=X" in shown
    assert "reviews 8" in shown


def test_whoever_reads_the_rows_of_a_period_gets_imported_ones_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    _judged(workspace, tmp_path, _line(1, verdict="violated") + _line(2))
    assert read_rows(workspace, "2026-10").to_pylist() == [
        {"product_id": f"P0{n}", "objective_id": "loss", "verdict": verdict, "source": "reviews"}
        for n, verdict in ((1, "violated"), (2, "met"))
    ]


def test_a_period_of_which_nothing_is_told_is_refused(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="no analysis of it was loaded"):
        judged_period(workspace, "2026-10", delivery=0)


def test_a_ratio_is_of_numerators_over_denominators(workspace: Workspace, tmp_path: Path) -> None:
    # X lost 30 of 1,000 a product, Y 10 of 1,000: 800 of 60,000 together.
    text = "".join(_line(n, ratio="30,1000" if n < 10 else "10,1000") for n in range(60))
    judged = _judged(workspace, tmp_path, text)
    (first,) = scan_measured(workspace, judged, Measure.RATIO, "loss")
    assert first.names == ({"firmware": "X"},)
    assert first.told == "3 % against 1.333 % of all"
    assert first.enrichment.expected == pytest.approx(10_000 * 800 / 60_000)
    assert len(first.affected) == 10


def test_a_level_is_compared_by_rank(workspace: Workspace, tmp_path: Path) -> None:
    text = "".join(_line(n, value=str(20 + n if n < 10 else 10 + n / 10)) for n in range(60))
    judged = _judged(workspace, tmp_path, text)
    (first,) = scan_measured(workspace, judged, Measure.LEVEL, "loss")
    assert first.names == ({"firmware": "X"},)
    # The mean of 20 to 29, and of 11 to 15.9.
    assert first.told == "mean 24.5 against 13.45 of the others (lower is better)"
    # Affected is the worst tenth of all 60: 24, 25 ... 29.
    assert first.affected == tuple(f"P{n:02}" for n in range(4, 10))


def test_equal_levels_are_no_finding_and_equal_bad_ones_are_all_affected(
    workspace: Workspace, tmp_path: Path
) -> None:
    judged = _judged(workspace, tmp_path, "".join(_line(n, value="10") for n in range(60)))
    assert scan_measured(workspace, judged, Measure.LEVEL, "loss") == []
    low = "".join(_line(n, value="1" if n < 10 else "10") for n in range(60))
    judged = _judged(workspace, tmp_path, low)
    assert scan_measured(workspace, judged, Measure.LEVEL, "loss") == []
    high = "".join(_line(n, value="30" if n < 10 else "10") for n in range(60))
    judged = _judged(workspace, tmp_path, high)
    (first,) = scan_measured(workspace, judged, Measure.LEVEL, "loss")
    assert (len(first.affected), len(first.exposed)) == (10, 0)


def test_reports_are_held_against_what_is_usual_of_each_product(
    workspace: Workspace, tmp_path: Path
) -> None:
    """In October each of the ten with X has three reports. With the same in September it is
    nothing new; without any, it is."""
    october = "".join(_line(n) for n in range(60)) + "".join(
        _line(
            n,
            id=f"R{n}-{k}",
            kind="ticket",
            verdict="violated",
            end="2026-10-01T00:00:00Z",
        ).replace("2026-10-01T00:00:00Z", f"2026-10-{5 * k + 3:02}T00:00:00Z")
        for n in range(60)
        for k in range(3 if n < 10 else n % 2)
    )
    judged = _judged(workspace, tmp_path, october)
    (first,) = scan_measured(workspace, judged, Measure.COUNT)
    assert first.names == ({"firmware": "X"},)
    assert first.told == "30 reports"  # of 55, where 55 / 6 are expected of ten products of 60
    assert first.enrichment.expected * first.enrichment.design == pytest.approx(55 / 6)

    september = october.replace("2026-10", "2026-09").replace("2026-11", "2026-10")
    before = september.replace("A10", "A9").replace("\nR", "\nS")
    judged = _judged(workspace, tmp_path, before + october)
    assert scan_measured(workspace, judged, Measure.COUNT) == []


def test_a_finding_by_another_measure_joins_the_open_problem_of_the_same_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "".join(
        _line(n, verdict="violated" if _bad(n) else "met", value="30" if n < 10 else "10")
        for n in range(60)
    )
    judged = _judged(workspace, tmp_path, text)
    (violated,) = scan_verdicts(judged.rows, "2026-10", judged.snapshot)
    (level,) = scan_measured(workspace, judged, Measure.LEVEL, "loss")
    number = raise_problem(
        workspace, replace(violated, objective_id="loss"), judged.snapshot, by="ana", now=NOW
    ).number
    joined = raise_problem(workspace, level, judged.snapshot, by="ana", now=NOW)
    # P08 and P09 are as slow as the others with X, and kept their line.
    assert (joined.number, joined.act, joined.joined) == (number, "joined", 2)


def test_a_ratio_without_its_objective_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    judged = _judged(workspace, tmp_path, _line(1))
    with pytest.raises(InputError, match="a ratio is of one objective"):
        scan_measured(workspace, judged, Measure.RATIO)
    with pytest.raises(InputError, match="no figures of delay"):
        scan_measured(workspace, judged, Measure.RATIO, "delay")
    with pytest.raises(InputError, match="no figures of delay"):
        scan_measured(workspace, judged, Measure.COUNT, "delay")
