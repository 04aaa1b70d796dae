"""Our own verdicts and imported analyses as one set of rows, each told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from trueline.assessment.values import Verdict
from trueline.inventory.values import InventorySnapshot, Product
from trueline.problems.analysis import AnalysisKind, PerformanceAnalysis
from trueline.problems.measured import expected_reports, reports
from trueline.problems.union import Subjects, united, with_attributes

OCTOBER = (1_790_812_800, 1_793_491_200)
DAY = 86_400
SUBJECTS = Subjects({("line", "rtt"): "delay"})


def _snapshot(*products: str) -> InventorySnapshot:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    sold = {one: Product(one, "line", f"C{one}", "active", start) for one in products}
    return InventorySnapshot(1, sold, customers={}, agreements={}, groups={})


def _told(product: str, day: int = 0, days: int = 1, **more: object) -> PerformanceAnalysis:
    start = OCTOBER[0] + day * DAY
    plain = PerformanceAnalysis(
        f"V-{product}-{day}",
        AnalysisKind.VIOLATION,
        product,
        start,
        start + days * DAY,
        Verdict.VIOLATED,
        source="careline",
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def _rows(
    own: list[tuple[str, str, str]] | None, *analyses: PerformanceAnalysis
) -> dict[tuple[str, str], tuple[str, str]]:
    table = None
    if own is not None:
        columns = list(zip(*own, strict=True))
        table = pa.table(columns, ["product_id", "objective_id", "verdict"])
    found = united(table, analyses, _snapshot("P1", "P2", "P3"), (SUBJECTS, OCTOBER))
    return {
        (row["product_id"], row["objective_id"]): (row["verdict"], row["source"])
        for row in found.to_pylist()
    }


def test_the_same_violation_told_twice_is_one_row_with_both_sources() -> None:
    own = [("P1", "delay", "violated"), ("P2", "delay", "met")]
    rows = _rows(own, _told("P1", objective_id="delay"), _told("P1", 3, objective_id="delay"))
    assert rows == {
        ("P1", "delay"): ("violated", "assessment + careline"),
        ("P2", "delay"): ("met", "assessment"),
    }


def test_a_parameter_stands_for_the_one_objective_that_has_it() -> None:
    rows = _rows([("P1", "delay", "violated")], _told("P1", parameter="rtt"))
    assert rows == {("P1", "delay"): ("violated", "assessment + careline")}


def test_a_bad_word_stands_against_a_good_one() -> None:
    rows = _rows([("P1", "delay", "met")], _told("P1", objective_id="delay"))
    assert rows == {("P1", "delay"): ("violated", "careline")}


def test_a_good_word_does_not_take_a_bad_one_back() -> None:
    good = _told("P1", objective_id="delay", kind=AnalysisKind.ANALYSIS, verdict=Verdict.MET)
    rows = _rows([("P1", "delay", "violated")], good)
    assert rows == {("P1", "delay"): ("violated", "assessment")}


def test_what_was_cancelled_says_nothing() -> None:
    rows = _rows([("P1", "delay", "met")], _told("P1", objective_id="delay", status="cancelled"))
    assert rows == {("P1", "delay"): ("met", "assessment")}


def test_whom_nobody_told_of_is_not_reported_where_others_are() -> None:
    """P3's own figure is not assessable: whoever tells of trouble would have told of it too."""
    own = [("P1", "delay", "met"), ("P3", "delay", "notAssessable")]
    rows = _rows(own, _told("P1", objective_id="delay"))
    assert rows["P3", "delay"] == ("notReported", "imported")
    assert ("P2", "delay") not in rows  # has no such objective


def test_without_any_assessment_all_active_products_of_the_offering_are_looked_at() -> None:
    rows = _rows(None, _told("P1"))
    assert rows == {
        ("P1", "reported"): ("violated", "careline"),
        ("P2", "reported"): ("notReported", "imported"),
        ("P3", "reported"): ("notReported", "imported"),
    }


def test_analyses_bring_attributes_and_products_that_the_inventory_lacks() -> None:
    known = _snapshot("P1")
    known = replace(
        known,
        products={"P1": replace(known.products["P1"], characteristics={"region": "north"})},
    )
    told = [
        _told("P1", 1, attributes={"region": "south", "firmware": "X"}),
        _told("P1", 0, attributes={"firmware": "W"}),
        _told("P9", 2, customer_id="C9", offering_id="line", attributes={"firmware": "Y"}),
    ]
    products = with_attributes(known, told).products
    assert products["P1"].characteristics == {"region": "north", "firmware": "X"}
    assert (products["P9"].customer_id, products["P9"].characteristics) == ("C9", {"firmware": "Y"})


def test_reports_that_overlap_in_time_are_one() -> None:
    """Of P1: days 1-3 and 2-5 overlap, 9 is apart, one about loss is another thing, and our own
    row of the whole month swallows the reports about delay of P2."""
    analyses = [
        ("delay", _told("P1", 1, 2)),
        ("delay", _told("P1", 2, 3)),
        ("delay", _told("P1", 9)),
        ("loss", _told("P1", 2)),
        ("delay", _told("P2", 4)),
    ]
    found = reports(OCTOBER, [("P2", "delay", OCTOBER)], analyses)
    assert found == {"P1": 3, "P2": 1}


def test_usual_reports_are_the_own_past_mixed_with_what_is_usual() -> None:
    # Two periods before: P1 had 3 and 1, P2 none; usual is 4 / (2 periods x 2 products) = 1, of
    # which a tenth is mixed in: P1 (4 + 0.1) / 2.1, P2 (0 + 0.1) / 2.1.
    expected = expected_reports([{"P1": 3}, {"P1": 1}], ["P1", "P2"])
    assert expected.tolist() == pytest.approx([4.1 / 2.1, 0.1 / 2.1])
    assert expected_reports([], ["P1", "P2"]).tolist() == [1.0, 1.0]
