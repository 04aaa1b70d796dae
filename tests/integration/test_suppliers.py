"""Suppliers and what they promise: loaded, corrected, known as of, and the chain on its page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.integration.test_identities import load_text

from trueline.calendars.periods import parse_period
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.set_aside import read_set_aside
from trueline.inventory.load import load_products
from trueline.inventory.load_suppliers import load_suppliers, suppliers_at
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace
from trueline.standards.chained import chain_for, chained
from trueline.standards.chains_told import gap_told, hours_told, largest_told
from trueline.standards.checks import Severity
from trueline.standards.document import parse_standards
from trueline.standards.facts import examine

LOAD = LoadOptions(datetime(2026, 11, 1, 12, tzinfo=UTC))
OFFERINGS = """\
apiVersion: trueline/v1
parameters: [{id: outage, kind: event, event_kinds: [outage]}]
offerings:
- id: line
  objectives:
  - {id: up, parameter: outage, statistic: availability_outage, comparator: GE,
     conformance_target: 0.999}
"""
PRODUCTS = """\
product_id,offering_id,customer_id,start,end,access,monthly_recurring_charge
P1,line,c1,2026-01-01T00:00:00Z,,leased,100
P2,line,c2,2026-01-01T00:00:00Z,,own,250.50
P3,line,c2,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,leased,70
"""
SUPPLIERS = """\
apiVersion: trueline/v1
suppliers:
- {id: northlink, name: Northlink}
- {id: core-team, kind: team}
commitments:
- {id: tail, supplier: northlink, kind: underpinning, products: access = leased,
   availability: 0.999}
- {id: core, supplier: core-team, kind: ola, products: offering = line, availability: 0.9995}
- {id: lost, supplier: nobody, kind: ola, products: offering = line, availability: 0.9}
"""
NOVEMBER = parse_period("2026-11")


def suppliers(workspace: Workspace, text: str) -> LoadReport:
    return load_suppliers(workspace, load_text(workspace, "suppliers.yaml", text), LOAD)


def sold(workspace: Workspace) -> None:
    load_offerings(workspace, load_text(workspace, "offerings.yaml", OFFERINGS), LOAD)
    load_products(workspace, load_text(workspace, "products.csv", PRODUCTS), LOAD)


def test_a_commitment_of_an_unknown_supplier_is_set_aside_and_the_rest_goes_on(
    workspace: Workspace,
) -> None:
    report = suppliers(workspace, SUPPLIERS)
    assert (report.ledger.accepted, report.ledger.set_aside) == (4, 1)
    assert report.set_aside is not None
    [row] = read_set_aside(report.set_aside)
    assert "no supplier 'nobody'" in row.reason


def test_loaded_again_nothing_changes_and_a_correction_supersedes(workspace: Workspace) -> None:
    first = suppliers(workspace, SUPPLIERS)
    again = suppliers(workspace, SUPPLIERS)
    assert (again.ledger.accepted, again.ledger.duplicate) == (0, 4)
    ended = SUPPLIERS.replace("access = leased,", "access = leased, valid_to: 2026-11-16,")
    third = suppliers(workspace, ended)
    assert (third.ledger.accepted, third.ledger.corrected) == (1, 1)
    assert suppliers_at(first.delivery).commitments["tail"].valid_to is None
    assert suppliers_at(third.delivery).commitments["tail"].valid_to == date(2026, 11, 16)


def test_each_product_shows_its_own_chain(workspace: Workspace) -> None:
    sold(workspace)
    suppliers(workspace, SUPPLIERS)
    found = chained(NOVEMBER)
    [leased] = chain_for(found, "P1").promises
    [own] = chain_for(found, "P2").promises
    # 0.999 x 0.9995 = 0.9985005; 0.999 - 0.9985005 = 0.0004995 of 43,200 min = 21.5784 min
    assert gap_told(leased) == (
        "carries at most 99.85005 % where 99.9 % is promised: 21.58 min of the period are "
        "promised by nobody"
    )
    assert gap_told(own) == "carries 99.95 % of the 99.9 % promised"
    [line] = found.offerings
    assert (line.sold, line.unsupported, line.open) == (2, 0, 1)
    assert largest_told(line.availability) == "21.58 min"
    assert largest_told(line.repair) == "not promised"
    exposure = {one.commitment.id: one.exposure for one in found.commitments}
    assert (exposure["tail"].products, exposure["tail"].monthly_charge) == (1, Decimal(100))
    assert (exposure["core"].products, exposure["core"].customers) == (2, 2)


def test_a_contract_that_ends_while_the_promise_goes_on_is_told(workspace: Workspace) -> None:
    sold(workspace)
    suppliers(
        workspace,
        SUPPLIERS.replace("access = leased,", "access = leased, valid_to: 2026-11-16,"),
    )
    [promise] = chain_for(chained(NOVEMBER), "P1").promises
    assert list(hours_told(promise)) == [
        "tail does not hold in 21,600.00 min of the promised time"  # 15 days
    ]


def test_without_supplier_records_nothing_is_known_to_be_carried(workspace: Workspace) -> None:
    sold(workspace)
    [line] = chained(NOVEMBER).offerings
    assert (line.unsupported, line.open) == (2, 2)
    assert largest_told(line.availability) == "2 not known"


def test_a_draft_is_held_against_the_supplier_records(workspace: Workspace) -> None:
    sold(workspace)
    suppliers(workspace, SUPPLIERS)
    code = b"""apiVersion: trueline/v1
standards:
- applies_to: {offering: line}
  review_due: 2027-12-01
  objective: {id: up, parameter: outage, statistic: availability_outage, comparator: GE,
              conformance_target: 0.9991, valid_from: 2026-12-01}
"""
    [draft], _ = parse_standards(code, "draft.yaml")
    [finding] = examine(workspace, draft).findings
    # P1 rests on 0.999 x 0.9995; P2 on 0.9995, which carries 99.91 %; P3 has ended by then.
    assert finding.severity is Severity.WARNING
    assert finding.what.startswith(
        "As the supplier records say, of 1 products the chain carries at most 99.85005 % where "
        "99.91 % is promised"
    )
