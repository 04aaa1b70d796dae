"""Scans over stored verdicts: the planted cause first, raised once, members joining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from trueline.errors import InputError
from trueline.inventory.values import Customer, InventorySnapshot, Product
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.life import (
    Move,
    latest_evidence,
    most_trusted_first,
    move_problem,
    raise_problem,
)
from trueline.problems.models import ProblemMember, ProblemStep, ProductProblem
from trueline.problems.scan import scan_verdicts
from trueline.problems.states import REOPEN_WITHIN, ProblemState
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)


def _snapshot(products: int, confounded: bool = False) -> InventorySnapshot:
    """Firmware X on every tenth product of model m0; 4 models, 5 regions."""
    return InventorySnapshot(
        1,
        {f"P{n}": _product(n, confounded) for n in range(products)},
        customers={},
        agreements={},
        groups={},
    )


def _product(n: int, confounded: bool) -> Product:
    bad = n % 40 == 0
    told = {
        "model": f"m{n % 4}",
        "firmware": "X" if bad else "Y",
        "region": f"r{n // 4 % 5}",
        "install_crew": f"crew{n // 20 % 7}",
    }
    if confounded:
        told["region"] = "north" if bad else f"r{n // 4 % 5}"
    return Product(f"P{n}", "line", f"C{n // 2}", "active", START, characteristics=told)


def _rows(snapshot: InventorySnapshot, violated: Mapping[str, bool]) -> pa.Table:
    ids = list(snapshot.products)
    verdicts = ["violated" if violated.get(one) else "met" for one in ids]
    return pa.table({"product_id": ids, "objective_id": ["delay"] * len(ids), "verdict": verdicts})


def _faulty(last: int) -> dict[str, bool]:
    """Of the products with firmware X below `last`, all; and 1 in 97 of the others."""
    return {f"P{n}": (n % 40 == 0 and n < last) or n % 97 == 5 for n in range(800)}


def test_planted_firmware_fault_in_a_tenth_of_one_model_ranks_first() -> None:
    snapshot = _snapshot(800)
    found = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)
    assert found[0].enrichment.attributes == {"firmware": "X"}
    assert len(found[0].affected) == 20
    assert len(found) == 1


def test_confounded_region_and_firmware_stand_as_not_separable() -> None:
    snapshot = _snapshot(800, confounded=True)
    first = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    assert {"firmware": "X"} in first.names
    assert {"region": "north"} in first.names


def test_products_without_a_verdict_are_neither_bad_nor_good() -> None:
    snapshot = _snapshot(800)
    rows = _rows(snapshot, _faulty(800))
    verdicts = ["notAssessable"] * 400 + rows["verdict"].to_pylist()[400:]
    rows = rows.set_column(2, "verdict", pa.array(verdicts))
    first = scan_verdicts(rows, "2026-10", snapshot)[0]
    assert (first.enrichment.counted, first.enrichment.bad) == (10, 10)


def test_products_behind_one_broken_node_do_not_speak_for_their_region() -> None:
    snapshot = _snapshot(800)
    nodes = {f"P{n}": f"n{n // 20}" for n in range(800)}
    behind = {one: product for one, product in snapshot.products.items() if nodes[one] == "n3"}
    products = {
        one: replace(
            product,
            characteristics={
                "node": nodes[one],
                "region": "west" if nodes[one] in ("n3", "n4") else "rest",
            },
        )
        for one, product in snapshot.products.items()
    }
    told = replace(snapshot, products=products)
    found = scan_verdicts(_rows(told, dict.fromkeys(behind, True)), "2026-10", told)
    assert [one.names[0] for one in found] == [{"node": "n3"}]


def test_second_scan_adds_members_to_the_open_problem(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    first = scan_verdicts(_rows(snapshot, _faulty(400)), "2026-10", snapshot)[0]
    raised = raise_problem(workspace, first, snapshot, by="ana", now=NOW)
    second = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-11", snapshot)[0]
    joined = raise_problem(workspace, second, snapshot, by="ana", now=NOW)
    again = raise_problem(workspace, second, snapshot, by="ana", now=NOW)

    assert (raised.act, raised.joined) == ("raised", 10)
    assert (joined.number, joined.act, joined.joined) == (raised.number, "joined", 10)
    assert again.joined == 0
    assert ProductProblem.objects.count() == 1
    assert ProblemMember.objects.filter(affected=True).count() == 20
    assert [one.act for one in ProblemStep.objects.order_by("pk")] == ["raised", "joined"]


def test_what_happened_before_is_that_of_the_scan_that_added_members(
    workspace: Workspace,
) -> None:
    snapshot = _snapshot(800)
    first = scan_verdicts(_rows(snapshot, _faulty(400)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, first, snapshot, by="ana", now=NOW).number
    problem = ProductProblem.objects.get(pk=number)
    assert latest_evidence(problem)["happened_before"] == []

    push = HappenedBefore("change: push 7", 12, 20, 0.5, 1e-9, 1e-8, 1_790_812_800, 1_790_899_200)
    second = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-11", snapshot)[0]
    raise_problem(workspace, replace(second, before=(push,)), snapshot, by="ana", now=NOW)

    evidence = latest_evidence(problem)
    assert [one["what"] for one in evidence["happened_before"]] == ["change: push 7"]
    assert (evidence["period"], evidence["violated"]) == ("2026-11", 20)
    problem.refresh_from_db()
    assert problem.evidence["happened_before"] == []  # what was recorded first stays


def test_a_narrower_name_of_mostly_the_same_products_joins_the_open_problem(
    workspace: Workspace,
) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    assert {"firmware": "X"} in shared.names
    named = replace(
        shared.enrichment, attributes={"firmware": "X", "region": "r0"}, not_separable=()
    )
    narrow = replace(shared, enrichment=named, affected=(*shared.affected[:6], "P1", "P2"))
    joined = raise_problem(workspace, narrow, snapshot, by="ana", now=NOW)
    assert (joined.number, joined.act, joined.joined) == (number, "joined", 2)
    assert latest_evidence(ProductProblem.objects.get())["names"] == [named.attributes]

    others = replace(narrow, affected=tuple(f"P{n}" for n in range(101, 107)))
    assert raise_problem(workspace, others, snapshot, by="ana", now=NOW).act == "raised"


def test_a_scan_without_new_members_leaves_the_evidence_alone(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    raise_problem(workspace, replace(shared, period="2026-11"), snapshot, by="ana", now=NOW)
    assert latest_evidence(ProductProblem.objects.get(pk=number))["period"] == "2026-10"


def test_a_problem_closed_long_ago_is_raised_anew(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    for state in (ProblemState.RESOLVED, ProblemState.CLOSED):
        move = Move(state, "rolled back to Y", although="no daily figures are stored")
        move_problem(workspace, number, move, by="ben", now=NOW)

    later = NOW + REOPEN_WITHIN + timedelta(days=1)
    back = raise_problem(workspace, shared, snapshot, by="ana", now=later)
    assert back.act == "raised"
    assert back.number != number


def test_customers_are_attributes_too() -> None:
    snapshot = _snapshot(800)
    customers = {f"C{n}": Customer(f"C{n}", segment=f"s{n % 8}") for n in range(400)}
    told = replace(snapshot, customers=customers)
    bad = {f"P{n}": n // 2 % 8 == 3 and n % 3 > 0 for n in range(800)}
    first = scan_verdicts(_rows(told, bad), "2026-10", told)[0]
    assert first.names[0] == {"customer.segment": "s3"}


def test_a_closed_problem_that_comes_back_is_opened_again(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    for state in (ProblemState.IN_PROGRESS, ProblemState.RESOLVED, ProblemState.CLOSED):
        move = Move(state, "rolled back to Y", although="no daily figures are stored")
        move_problem(workspace, number, move, by="ben", now=NOW)

    back = raise_problem(workspace, shared, snapshot, by="ana", now=NOW)
    assert (back.number, back.act) == (number, "reopened")
    assert ProductProblem.objects.get(pk=number).state == ProblemState.IN_PROGRESS


def test_a_move_without_a_reason_or_out_of_order_is_refused(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    with pytest.raises(InputError, match="needs its reason"):
        move_problem(workspace, number, Move(ProblemState.HELD, ""), by="ben", now=NOW)
    with pytest.raises(InputError, match="does not become closed"):
        move_problem(workspace, number, Move(ProblemState.CLOSED, "done"), by="ben", now=NOW)


def test_a_kind_of_finding_that_was_false_before_ranks_lower(workspace: Workspace) -> None:
    snapshot = _snapshot(800)
    shared = scan_verdicts(_rows(snapshot, _faulty(800)), "2026-10", snapshot)[0]
    crew = replace(shared.enrichment, attributes={"install_crew": "crew3"}, p=1e-6, q=1e-4)
    firmware = replace(shared.enrichment, p=1e-7)
    pair = [replace(shared, enrichment=firmware), replace(shared, enrichment=crew)]
    assert most_trusted_first(pair) == pair

    number = raise_problem(workspace, shared, snapshot, by="ana", now=NOW).number
    move = Move(ProblemState.CANCELLED, "a test bench, not customers")
    move_problem(workspace, number, move, by="ben", now=NOW)

    # One of one was false: 7 powers of ten times 1/3 weigh less than 6 times 1/2.
    assert most_trusted_first(pair) == pair[::-1]
