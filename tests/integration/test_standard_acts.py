"""Acts on standards: guarded moves, corrections, retirement, and files beside approvals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trueline.calendars.instants import seconds
from trueline.cli import application
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.intake.record import delivery_as_of, latest_delivery
from trueline.inventory.load import load_customers, load_products
from trueline.inventory.resolve import objectives_of
from trueline.inventory.snapshot import snapshot_at
from trueline.offerings.catalog import catalog_at
from trueline.offerings.export import export_offerings
from trueline.offerings.load import load_offerings
from trueline.people.people import add_person, grant_role, may, people, revoke_role
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.standards.acts import Deed
from trueline.standards.approve import approve, record_review, send_back, submit
from trueline.standards.compared import compared_versions
from trueline.standards.draft import draft_standards
from trueline.standards.drift import drift
from trueline.standards.drift_kinds import Drift, DriftSeverity
from trueline.standards.drifted import compared_at
from trueline.standards.exported import export_standards
from trueline.standards.life_cycle import Part, State
from trueline.standards.migrate import MigrationRequest, approve_migration, propose_migration
from trueline.standards.models import ProposalAct, StandardProposal
from trueline.standards.overview import standard_named, standards_known
from trueline.standards.publish import Published, publish, retire
from trueline.web.records import records_at
from trueline.web.version_marks import product_marks, version_marks
from trueline.web.version_notes import version_note

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CATALOGUE = """apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
offerings:
  - id: gold
    objectives:
      - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20,
         valid_from: 2026-01-01}
"""
CUSTOMERS = "customer_id,name,segment\nC1,One,enterprise\nC2,Two,public\n"
PRODUCTS = """product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge
G1,gold,C1,active,2026-01-01T00:00:00Z,,UTC,100
G2,gold,C2,active,2026-01-01T00:00:00Z,,UTC,100
"""


@pytest.fixture
def loaded(workspace: Workspace, tmp_path: Path) -> Workspace:
    for name, text, load in (
        ("offerings.yaml", CATALOGUE, load_offerings),
        ("customers.csv", CUSTOMERS, load_customers),
        ("products.csv", PRODUCTS, load_products),
    ):
        (tmp_path / name).write_text(text)
        load(workspace, tmp_path / name, LoadOptions(NOW - timedelta(days=1)))
    add_person("pm", [Role.PRODUCT_MANAGER], None)
    for part in Part:
        add_person(part.value, [Role(f"{part.value}-approver")], None)
    return workspace


def deed(by: str, note: str = "", *, hours: int = 0) -> Deed:
    return Deed(by, NOW + timedelta(hours=hours), note)


def drafted(target: str, valid_from: str, *more: str, applies: str = "offering: gold") -> int:
    code = (
        f"apiVersion: trueline/v1\nstandards:\n  - applies_to: {{{applies}}}\n"
        + "".join(f"    {line}\n" for line in more)
        + "    objective: {id: mean, parameter: delay, statistic: mean, comparator: LE,"
        f" conformance_target: {target}, valid_from: {valid_from}}}\n"
    )
    [proposal] = draft_standards(code.encode(), "draft.yaml", deed("pm")).proposals
    return int(proposal.pk)


def published(workspace: Workspace, number: int, *, hours: int = 0) -> Published:
    submit(workspace, number, deed("pm"))
    approve(workspace, number, Part.COMMERCIAL, deed("commercial"))
    return publish(workspace, number, deed("commercial", hours=hours))


def target(product: str, day: str, delivery: int | None = None) -> tuple[int, int]:
    """Target and version that hold for a product on a day, as known after a delivery."""
    known = latest_delivery() if delivery is None else delivery
    snapshot = snapshot_at(known)
    at_s = seconds(datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    [held] = objectives_of(snapshot.products[product], catalog_at(known), snapshot, at_s)
    return int(held.objective.conformance_target), held.objective.version


def test_each_part_is_given_once_and_by_its_own_role(loaded: Workspace) -> None:
    number = drafted("15", "2026-12-01", "rollout: all")
    submit(loaded, number, deed("pm"))
    with pytest.raises(InputError, match="takes the role commercial-approver"):
        approve(loaded, number, Part.COMMERCIAL, deed("legal"))
    approve(loaded, number, Part.LEGAL, deed("legal"))
    with pytest.raises(InputError, match="was given before"):
        approve(loaded, number, Part.LEGAL, deed("legal"))
    with pytest.raises(InputError, match="has to be approved first"):
        publish(loaded, number, deed("commercial"))
    proposal, missing = approve(loaded, number, Part.COMMERCIAL, deed("commercial"))
    assert (proposal.state, missing) == (State.APPROVED, ())
    publish(loaded, number, deed("commercial"))
    with pytest.raises(InputError, match="has to be approved first"):
        publish(loaded, number, deed("commercial"))
    acts = ProposalAct.objects.filter(proposal_id=number).order_by("pk")
    told = list(acts.values_list("act", "by", "state"))
    assert told == [
        ("draft", "pm", "draft"),
        ("submit", "pm", "review"),
        ("approve", "legal", "review"),
        ("approve", "commercial", "approved"),
        ("publish", "commercial", "published"),
    ]


def test_what_was_sent_back_is_approved_anew(loaded: Workspace) -> None:
    number = drafted("15", "2026-12-01", "rollout: all")
    submit(loaded, number, deed("pm"))
    approve(loaded, number, Part.COMMERCIAL, deed("commercial"))
    with pytest.raises(InputError, match="No reason"):
        send_back(number, deed("legal"))
    send_back(number, deed("legal", "the wording"))
    submit(loaded, number, deed("pm"))
    proposal, missing = approve(loaded, number, Part.COMMERCIAL, deed("commercial"))
    assert (proposal.state, missing) == (State.APPROVED, ())


def test_beyond_the_limit_all_three_have_to_approve(loaded: Workspace, tmp_path: Path) -> None:
    dear = tmp_path / "products.csv"
    dear.write_text(PRODUCTS.replace(",100\n", ",5000.01\n"))  # together beyond 10,000
    load_products(loaded, dear, LoadOptions(NOW))
    number = drafted("15", "2026-12-01", "rollout: all")
    submit(loaded, number, deed("pm"))
    _, missing = approve(loaded, number, Part.COMMERCIAL, deed("commercial"))
    assert missing == (Part.TECHNICAL, Part.LEGAL)


def test_a_correction_takes_the_place_of_its_version_and_the_old_belief_stays(
    loaded: Workspace,
) -> None:
    before = latest_delivery()
    number = drafted("18", "2026-01-01", "corrects: 1")
    done = published(loaded, number, hours=1)

    assert done.version == 2
    assert target("G1", "2026-06-15") == (18, 2)  # reaches all, as the version it corrects did
    assert target("G1", "2026-06-15", before) == (20, 1)
    assert delivery_as_of(NOW) == before
    versions = catalog_at(latest_delivery()).offerings["gold"].objectives
    assert [one.version for one in versions] == [2]


def test_a_looser_correction_needs_every_customer(loaded: Workspace) -> None:
    number = drafted("25", "2026-01-01", "corrects: 1", "agreed_with: {C1: letter 7}")
    with pytest.raises(InputError, match="Customer C2 would be promised less for G2"):
        submit(loaded, number, deed("pm"))
    both = "agreed_with: {C1: letter 7, C2: letter 8}"
    published(loaded, drafted("25", "2026-01-01", "corrects: 1", both))
    assert target("G2", "2026-06-15") == (25, 2)


def test_a_version_is_retired_only_when_nobody_loses_what_was_agreed(loaded: Workspace) -> None:
    first = drafted("15", "2026-12-01", "rollout: all")
    published(loaded, first)
    with pytest.raises(InputError, match="2 products still hold version 2"):
        retire(loaded, first, date(2027, 6, 1), deed("commercial"))
    published(loaded, drafted("12", "2027-06-01", "rollout: all"))
    with pytest.raises(InputError, match="cannot end on"):
        retire(loaded, first, date(2026, 11, 1), deed("commercial"))
    retire(loaded, first, date(2027, 6, 1), deed("commercial"))
    assert StandardProposal.objects.get(pk=first).state == State.RETIRED
    assert target("G1", "2027-01-15") == (15, 2)
    assert target("G1", "2027-07-15") == (12, 3)


def test_a_file_and_an_approval_stand_beside_each_other(loaded: Workspace, tmp_path: Path) -> None:
    published(loaded, drafted("15", "2026-12-01", "rollout: all"))
    path = tmp_path / "offerings.yaml"
    again = load_offerings(loaded, path, LoadOptions(NOW + timedelta(hours=2)))
    assert (again.ledger.accepted, again.ledger.duplicate) == (0, 2)
    assert target("G1", "2026-12-15") == (15, 2)
    assert export_offerings(latest_delivery()) == CATALOGUE.encode()

    path.write_text(CATALOGUE.replace("conformance_target: 20", "conformance_target: 19"))
    load_offerings(loaded, path, LoadOptions(NOW + timedelta(hours=3)))
    assert target("G1", "2026-06-15") == (19, 3)  # the next free number
    assert target("G1", "2026-12-15") == (15, 2)


def test_a_standard_of_a_customer_class_reaches_that_class(loaded: Workspace) -> None:
    number = drafted("10", "2026-12-01", "rollout: all", applies="customer_class: enterprise")
    published(loaded, number)
    assert target("G1", "2026-12-15") == (10, 1)
    assert target("G2", "2026-12-15") == (20, 1)
    assert standard_named("class=enterprise/mean").newest is not None


def test_what_changed_is_said_where_the_first_period_of_a_version_begins(
    loaded: Workspace,
) -> None:
    published(loaded, drafted("15", "2026-12-01", "rollout: all"))
    records = records_at(loaded, latest_delivery())
    december = seconds(datetime(2026, 12, 1, tzinfo=UTC))
    note = version_note(records, "G1", "mean", december)
    assert note is not None
    assert (note.at_s, note.text) == (december, "version 2: conformance target 20 → 15")
    assert version_note(records, "G1", "mean", december - 30 * 86_400) is None
    assert version_note(records, "G1", "mean", december + 31 * 86_400) is None
    assert [o.version for o in records.promised_on("mean", date(2026, 11, 1))] == [1]
    assert [o.version for o in records.promised_on("mean", date(2026, 12, 1))] == [2]


def marks_of(workspace: Workspace, *products: str) -> list[str]:
    """What changed from December 2026 to January 2027, as charts tell it."""
    records = records_at(workspace, latest_delivery())
    days = (date(2026, 12, 1), date(2027, 1, 31))
    return [mark.told for mark in version_marks(records, "mean", products, days)]


def test_charts_mark_versions_corrections_and_migrations_on_their_days(loaded: Workspace) -> None:
    published(loaded, drafted("15", "2026-12-10", "rollout: all"))
    assert marks_of(loaded, "G1", "G2") == ["10 Dec 2026: version 2: conformance target 20 → 15"]
    assert marks_of(loaded, "S1") == []  # not sold

    published(loaded, drafted("14", "2026-12-10", "corrects: 2"))
    told = marks_of(loaded, "G1")
    assert told == [
        "10 Dec 2026: version 3, correcting version 2: conformance target 20 → 14",
    ]

    third = drafted("12", "2027-01-05", "rollout: new")
    published(loaded, third)
    records = records_at(loaded, latest_delivery())
    january = (date(2027, 1, 1), date(2027, 1, 31))
    assert "version 4 for new sales" in marks_of(loaded, "G1")[-1]
    assert product_marks(records, "G1", "mean", january) == ()  # sold before: it keeps its own
    moved = propose_migration(
        MigrationRequest(third, ("G1",), date(2027, 1, 20), "a letter"), deed("pm")
    )
    approve_migration(loaded, moved.pk, deed("legal"))
    records = records_at(loaded, latest_delivery())
    (mark,) = product_marks(records, "G1", "mean", january)
    assert (mark.day, mark.label, mark.before, mark.after) == (date(2027, 1, 20), "to v4", 3, 4)
    assert "1 of these move to version 4, migration approved" in marks_of(loaded, "G1", "G2")[-1]
    assert mark.standard == "gold/mean"
    assert compared_versions(mark.standard, (3, 4)).after_version == 4


def test_exported_standards_drafted_again_say_nothing_new(loaded: Workspace) -> None:
    published(loaded, drafted("15", "2026-12-01", "rollout: all", "review_due: 2027-12-01"))
    again = draft_standards(export_standards().encode(), "standards.yaml", deed("pm"))
    assert (len(again.proposals), len(again.known), again.set_aside) == (0, 1, ())


def test_approved_standards_go_out_as_openslo_and_say_nothing_new_when_they_come_back(
    loaded: Workspace, tmp_path: Path
) -> None:
    published(loaded, drafted("15", "2026-12-01", "rollout: all", "review_due: 2027-12-01"))
    invoke, app = CliRunner().invoke, application()
    path = str(tmp_path / "openslo.yaml")

    out = invoke(app, ["standards", "export", "--openslo", "--output", path])
    assert out.exit_code == 0, out.output
    # A mean of samples is nothing that OpenSLO has words for.
    assert "in annotations only: gold/mean: the promise itself" in out.output
    back = invoke(app, ["standards", "draft", path, "--by", "pm"])
    assert back.exit_code == 0, back.output
    assert "gold/mean stands already" in back.output
    checked = invoke(app, ["standards", "check", path])
    assert "gold/mean" in checked.output


def test_review_debt_is_what_is_overdue_or_was_never_planned(loaded: Workspace) -> None:
    today = NOW.date()
    [line] = standards_known()
    assert line.review_owed(today)  # the catalogue file plans none
    number = drafted("15", "2026-12-01", "rollout: all", "review_due: 2027-12-01")
    published(loaded, number)
    [line] = standards_known()
    assert not line.review_owed(date(2027, 12, 1))
    assert line.review_owed(date(2027, 12, 2))
    record_review(number, date(2028, 12, 1), deed("pm", "looked at"))
    [line] = standards_known()
    assert not line.review_owed(date(2028, 1, 1))
    with pytest.raises(InputError, match="not ahead"):
        record_review(number, today, deed("pm"))


def test_people_have_roles_and_passwords_that_are_worth_the_name(workspace: Workspace) -> None:
    add_person("anna", [Role.AUDITOR], "a-long-enough-one")
    grant_role("anna", Role.PROCESS_OWNER)
    revoke_role("anna", Role.AUDITOR)
    [person] = people()
    assert person.roles == {Role.PROCESS_OWNER}
    with pytest.raises(InputError, match="already a person"):
        add_person("anna", [], None)
    with pytest.raises(InputError, match="too short"):
        add_person("ben", [], "short")
    with pytest.raises(InputError, match="not a name"):
        add_person("an na", [], None)
    with pytest.raises(InputError, match="Nobody is named"):
        may("", frozenset(Role), "act")


def test_a_file_that_goes_over_an_approved_standard_is_told_as_drift(
    loaded: Workspace, tmp_path: Path
) -> None:
    published(loaded, drafted("15", "2026-12-01", "rollout: all"))
    at_s = seconds(NOW)
    assert drift(compared_at(at_s)) == []
    file = tmp_path / "sneaked.yaml"
    file.write_text(CATALOGUE.replace("conformance_target: 20", "conformance_target: 30"))
    load_offerings(loaded, file, LoadOptions(NOW + timedelta(hours=2)))
    [found] = drift(compared_at(at_s))
    assert (found.kind, found.subject) == (Drift.FILE_OVER_APPROVED, "gold/mean")
    assert found.severity is DriftSeverity.SEVERE
    assert "sneaked.yaml brought version 3 after version 2 was approved by commercial" in (
        found.detail
    )
    assert "conformance_target" in found.detail
    assert (found.exposure.products, found.since) == (2, NOW.date())
