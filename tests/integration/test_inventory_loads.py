"""Customers, products, agreements, groups and exclusions: loaded, known as of, corrected."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from trueline.calendars.instants import seconds
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.set_aside import read_set_aside
from trueline.inventory.groups import members_at
from trueline.inventory.load import (
    load_agreements,
    load_customers,
    load_groups,
    load_products,
)
from trueline.inventory.models import GroupSnapshot
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import AgreementTerm, Contact, Group
from trueline.offerings.load import load_offerings
from trueline.outages.exclusions import Exclusion, exclusions_at
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace

NOW = LoadOptions(datetime(2026, 11, 23, 12, tzinfo=UTC))
Load = Callable[[Workspace, Path, LoadOptions], LoadReport]
PRODUCTS = """\
product_id,offering_id,customer_id,status,start,end,time_zone,region
p1,gold,c1,active,2026-01-01T00:00:00Z,,Europe/Lisbon,north
p2,gold,c2,terminated,2026-01-01T01:00:00+01:00,2026-06-01T00:00:00Z,,south
"""
OFFERINGS = """\
apiVersion: trueline/v1
parameters: [{id: delay, kind: sampled}]
offerings:
- id: gold
  objectives:
  - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20}
"""


def _load(load: Load, workspace: Workspace, text: str, name: str = "table.csv") -> LoadReport:
    path = workspace.home / name
    path.write_text(text)
    return load(workspace, path, NOW)


def _counts(report: LoadReport) -> tuple[int, int, int, int]:
    ledger = report.ledger
    return ledger.accepted, ledger.duplicate, ledger.corrected, ledger.set_aside


def _reasons(report: LoadReport) -> list[tuple[int, str, str]]:
    assert report.set_aside is not None
    return [(row.line, row.field, row.reason) for row in read_set_aside(report.set_aside)]


def test_products_come_back_as_loaded(workspace: Workspace) -> None:
    report = _load(load_products, workspace, PRODUCTS)

    products = snapshot_at(report.delivery).products
    assert _counts(report) == (2, 0, 0, 0)
    assert products["p1"].time_zone == "Europe/Lisbon"
    assert products["p1"].characteristics == {"region": "north"}
    assert products["p2"].start == datetime(2026, 1, 1, tzinfo=UTC)
    assert products["p2"].end == datetime(2026, 6, 1, tzinfo=UTC)
    assert (products["p1"].end, products["p2"].time_zone) == (None, "UTC")


def test_products_from_parquet_are_duplicates_of_the_same_from_csv(workspace: Workspace) -> None:
    _load(load_products, workspace, PRODUCTS)
    table = pa.csv.read_csv(
        workspace.home / "table.csv",
        convert_options=pa.csv.ConvertOptions(
            column_types={"start": pa.timestamp("us", "UTC"), "end": pa.timestamp("us", "UTC")}
        ),
    )
    pq.write_table(table, workspace.home / "table.parquet")

    again = load_products(workspace, workspace.home / "table.parquet", NOW)

    assert _counts(again) == (0, 2, 0, 0)


def test_changed_product_supersedes_and_the_earlier_delivery_still_knows_the_old(
    workspace: Workspace,
) -> None:
    first = _load(load_products, workspace, PRODUCTS)
    second = _load(load_products, workspace, PRODUCTS.replace("north", "east"))

    assert _counts(second) == (1, 1, 1, 0)
    old, new = snapshot_at(first.delivery), snapshot_at(second.delivery)
    assert old.products["p1"].characteristics == {"region": "north"}
    assert new.products["p1"].characteristics == {"region": "east"}
    assert set(new.products) == {"p1", "p2"}


def test_later_row_of_the_same_file_wins(workspace: Workspace) -> None:
    twice = PRODUCTS + PRODUCTS.splitlines()[1].replace("north", "west") + "\n"

    report = _load(load_products, workspace, twice)

    assert _counts(report) == (3, 0, 1, 0)
    assert snapshot_at(report.delivery).products["p1"].characteristics == {"region": "west"}


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",gold,c1,,2026-01-01T00:00:00Z,,,", "product_id", "is empty"),
        ("p9,gold,c1,,,,,", "start", "is empty"),
        ("p9,gold,c1,,2026-01-01T00:00:00,,,", "start", "has no offset"),
        ("p9,gold,c1,,yesterday,,,", "start", "is not a time"),
        ("p9,gold,c1,,2026-01-01T00:00:00Z,2025-01-01T00:00:00Z,,", "end", "lies before start"),
        ("p9,gold,c1,,2026-01-01T00:00:00Z,,Mars/Olympus,", "time_zone", "is not a time zone"),
        (f"{'p' * 201},gold,c1,,2026-01-01T00:00:00Z,,,", "product_id", "is not an id"),
    ],
)
def test_bad_product_is_set_aside_and_the_rest_goes_on(
    workspace: Workspace, row: str, field: str, reason: str
) -> None:
    report = _load(load_products, workspace, PRODUCTS + row + "\n")

    assert _counts(report) == (2, 0, 0, 1)
    ((line, found, why),) = _reasons(report)
    assert (line, found) == (4, field)
    assert reason in why


def test_customers_keep_segment_contacts_and_further_columns(workspace: Workspace) -> None:
    text = (
        "customer_id,name,segment,contacts,country\n"
        "c1,One,bank,noc=noc@one.example; billing=+351 1,PT\n"
        "c2,Two,,nobody,\n"
    )

    report = _load(load_customers, workspace, text)

    customer = snapshot_at(report.delivery).customers["c1"]
    assert (customer.name, customer.segment) == ("One", "bank")
    assert customer.contacts == (Contact("noc", "noc@one.example"), Contact("billing", "+351 1"))
    assert customer.characteristics == {"country": "PT"}
    assert _reasons(report)[0][:2] == (3, "contacts")


def test_agreement_rows_of_one_validity_make_one_term(workspace: Workspace) -> None:
    _load(load_offerings, workspace, OFFERINGS, "offerings.yaml")
    text = (
        "agreement_id,customer_id,product_id,objective_id,key,value,valid_from,valid_to\n"
        "A-1,c1,,mean,conformance_target,15.5,2026-07-01,\n"
        "A-1,c1,,mean,min_coverage,0.9,2026-07-01,\n"
        "A-1,c1,p1,mean,conformance_target,10,,2026-07-01\n"
        "A-1,c1,,mean,conformance_traget,15,,\n"
        "A-1,c1,,mean,conformance_target,fast,,\n"
        "A-1,c1,,elsewhere,conformance_target,15,,\n"
        "A-1,c2,,mean,conformance_target,15,2027-01-01,\n"
        "A-1,c1,,mean,conformance_target,15,2026-01-02,2026-01-01\n"
    )

    report = _load(load_agreements, workspace, text)

    assert _counts(report) == (3, 0, 0, 5)
    agreement = snapshot_at(report.delivery).agreements["A-1"]
    assert agreement.terms == (
        AgreementTerm(
            "mean",
            {"conformance_target": "15.5", "min_coverage": "0.9"},
            None,
            date(2026, 7, 1),
        ),
        AgreementTerm("mean", {"conformance_target": "10"}, ("p1",), None, date(2026, 7, 1)),
    )
    assert agreement.terms[0].changes == {"conformance_target": "15.5", "min_coverage": "0.9"}
    reasons = {line: (field, reason) for line, field, reason in _reasons(report)}
    assert "Did you mean conformance_target" in reasons[5][1]
    assert "is not a number" in reasons[6][1]
    assert "No offering has the objective 'elsewhere'" in reasons[7][1]
    assert "is with customer c1" in reasons[8][1]
    assert reasons[9][0] == "valid_to"


def test_agreement_row_that_changed_corrects_and_the_others_stay(workspace: Workspace) -> None:
    _load(load_offerings, workspace, OFFERINGS, "offerings.yaml")
    head = "agreement_id,customer_id,objective_id,key,value\n"
    rows = "A-1,c1,mean,conformance_target,15\nA-1,c1,mean,min_coverage,0.9\n"
    first = _load(load_agreements, workspace, head + rows)
    again = _load(load_agreements, workspace, head + rows)
    changed = _load(load_agreements, workspace, head + "A-1,c1,mean,conformance_target,12\n")

    assert [_counts(r) for r in (first, again, changed)] == [
        (2, 0, 0, 0),
        (0, 2, 0, 0),
        (1, 0, 1, 0),
    ]
    (term,) = snapshot_at(changed.delivery).agreements["A-1"].terms
    assert term.changes == {"conformance_target": "12", "min_coverage": "0.9"}
    (before,) = snapshot_at(again.delivery).agreements["A-1"].terms
    assert before.changes["conformance_target"] == "15"


def test_agreements_from_yaml_say_the_same_as_rows(workspace: Workspace) -> None:
    _load(load_offerings, workspace, OFFERINGS, "offerings.yaml")
    rows = (
        "agreement_id,customer_id,product_id,objective_id,key,value,valid_from\n"
        "A-1,c1,p1,mean,conformance_target,15.50,2026-07-01\n"
        "A-1,c1,p1,mean,service_hours.days,MO TU,2026-07-01\n"
    )
    text = (
        "apiVersion: trueline/v1\nagreements:\n"
        "- id: A-1\n  customer: c1\n  terms:\n"
        "  - objective: mean\n    products: [p1]\n    valid_from: 2026-07-01\n"
        "    changes: {conformance_target: 15.50, service_hours: {days: [MO, TU]}}\n"
        "- id: A-2\n  customer: c1\n  terms: [{objective: mean, changes: {nonsense: 1}}]\n"
    )
    _load(load_agreements, workspace, rows)

    report = _load(load_agreements, workspace, text, "agreements.yaml")

    assert _counts(report) == (0, 2, 0, 1)
    assert _reasons(report)[0][0] == 12


def test_groups_are_loaded_from_csv_and_yaml_and_a_bad_rule_is_set_aside(
    workspace: Workspace,
) -> None:
    first = _load(
        load_groups, workspace, 'group_id,name,rule\nn,North,region = north\nx,,"a = (b"\n'
    )
    again = _load(
        load_groups,
        workspace,
        "apiVersion: trueline/v1\ngroups:\n- {id: n, name: North, rule: region = north}\n",
        "groups.yaml",
    )

    assert (_counts(first), _counts(again)) == ((1, 0, 0, 1), (0, 1, 0, 0))
    assert _reasons(first)[0][1] == "rule"
    assert snapshot_at(again.delivery).groups == {"n": Group("n", "North", "region = north")}


def test_members_of_a_group_are_stored_as_evaluated(workspace: Workspace) -> None:
    delivery = _load(load_products, workspace, PRODUCTS).delivery
    snapshot = snapshot_at(delivery)
    group = Group("gold", "Gold", "offering = gold")
    may_s = seconds(datetime(2026, 5, 1, tzinfo=UTC))
    july_s = seconds(datetime(2026, 7, 1, tzinfo=UTC))

    assert members_at(group, snapshot, may_s) == ("p1", "p2")
    assert members_at(group, snapshot, july_s) == ("p1",)
    assert members_at(group, snapshot, july_s) == ("p1",)
    stored = GroupSnapshot.objects.order_by("instant_s").values_list("instant_s", "members")
    assert list(stored) == [(may_s, '["p1", "p2"]'), (july_s, '["p1"]')]


def test_exclusions_are_superseded_withdrawn_and_known_as_of(workspace: Workspace) -> None:
    head = "product_id,start,end,reason,exclusion_id,status\n"
    work = "p1,2026-10-01T00:00:00Z,2026-10-01T04:00:00Z,work,,\n"
    named = "p2,2026-10-01T00:00:00Z,2026-10-01T02:00:00Z,work,E-1,\n"
    first = _load(load_exclusions, workspace, head + work + named)
    again = _load(load_exclusions, workspace, head + work + named)
    moved = _load(load_exclusions, workspace, head + named.replace("T02", "T03"))
    gone = _load(load_exclusions, workspace, head + work.replace(",,\n", ",,withdrawn\n"))

    assert [_counts(r) for r in (first, again, moved, gone)] == [
        (2, 0, 0, 0),
        (0, 2, 0, 0),
        (1, 0, 1, 0),
        (1, 0, 1, 0),
    ]
    start_s = seconds(datetime(2026, 10, 1, tzinfo=UTC))
    assert exclusions_at(first.delivery) == {
        "p1": (Exclusion("p1", start_s, start_s + 14_400, "work"),),
        "p2": (Exclusion("p2", start_s, start_s + 7_200, "work", "E-1"),),
    }
    assert exclusions_at(gone.delivery) == {
        "p2": (Exclusion("p2", start_s, start_s + 10_800, "work", "E-1"),)
    }


def test_bad_exclusion_is_set_aside(workspace: Workspace) -> None:
    report = _load(
        load_exclusions,
        workspace,
        "product_id,start,end,status\n"
        "p1,2026-10-01T00:00:00Z,2026-10-01T00:00:00Z,\n"
        "p1,2026-10-01T00:00:00Z,2026-10-01T01:00:00Z,maybe\n"
        "p1,2026-10-01T00:00:00Z,2026-10-01T01:00:00Z,withdrawn\n",
    )

    assert [(line, field) for line, field, _ in _reasons(report)] == [
        (2, "end"),
        (3, "status"),
        (4, "status"),
    ]


def test_contract_example_comes_back_as_written(workspace: Workspace, shared: Path) -> None:
    example = shared / "contracts/example"
    for load, name in (
        (load_customers, "customers.csv"),
        (load_products, "products.csv"),
        (load_exclusions, "exclusions.csv"),
    ):
        report = load(workspace, example / name, NOW)
        assert report.ledger.set_aside == 0

    snapshot, exclusions = snapshot_at(report.delivery), exclusions_at(report.delivery)
    with open(example / "products.csv", newline="") as file:
        for row in csv.DictReader(file):
            product = snapshot.products[row["product_id"]]
            assert product.start == datetime.fromisoformat(row["start"])
            end = datetime.fromisoformat(row["end"]) if row["end"] else None
            assert product.end == end
            assert product.time_zone == row["time_zone"]
            assert product.characteristics == {"region": row["region"]}
    assert {c.id: c.segment for c in snapshot.customers.values()} == {
        "c0": "gold",
        "c1": "silver",
        "c2": "silver",
    }
    assert [e.end_s - e.start_s for e in exclusions["p000"]] == [1800]
    assert [e.end_s - e.start_s for e in exclusions["p002"]] == [4 * 3600]


def test_progress_is_told_while_a_table_is_read(workspace: Workspace) -> None:
    class Seen:
        rows: list[int] = []

        def advance(self, done_bytes: int, total_bytes: int | None, rows: int) -> None:
            assert total_bytes is not None
            assert 0 < done_bytes <= total_bytes
            self.rows.append(rows)

    path = workspace.home / "customers.csv"
    path.write_text("customer_id\n" + "".join(f"c{i}\n" for i in range(10_001)))

    load_customers(workspace, path, LoadOptions(NOW.now, progress=Seen()))

    assert Seen.rows == [5_000, 10_000]


def test_negotiated_number_is_kept_exactly(workspace: Workspace) -> None:
    _load(load_offerings, workspace, OFFERINGS, "offerings.yaml")
    report = _load(
        load_agreements,
        workspace,
        "agreement_id,customer_id,objective_id,key,value\nA,c1,mean,conformance_target,0.1000001\n",
    )

    (term,) = snapshot_at(report.delivery).agreements["A"].terms
    assert Decimal(term.changes["conformance_target"]) == Decimal("0.1000001")
