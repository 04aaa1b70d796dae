"""Names in feeds: proposed, decided, replayed, ended; nothing lost, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trueline.errors import InputError
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.set_aside import read_set_aside
from trueline.inventory.identities import identities_at
from trueline.inventory.load import load_products
from trueline.inventory.models import IdentityVersion
from trueline.inventory.values import Identity
from trueline.measurement.lake import open_lake
from trueline.measurement.load import load_measurement_file
from trueline.measurement.mapped import mapped_granules
from trueline.measurement.unknown import replay_unknown, unknown_rows
from trueline.offerings.load import load_offerings
from trueline.people.people import add_person
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.sourcing.identities import (
    Decision,
    accept,
    apply_certain,
    end,
    proposals,
    put,
    reject,
)
from trueline.sourcing.identity_table import put_table

DAY = datetime(2026, 10, 5, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LOAD = LoadOptions(NOW)
STEWARD = Decision("steward", NOW)
OCTOBER_5 = 1_791_158_400  # 2026-10-05T00:00:00Z
OFFERINGS = """\
apiVersion: trueline/v1
parameters: [{id: delay, kind: sampled}]
offerings:
- id: line
  objectives:
  - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20}
"""
PRODUCTS = """\
product_id,offering_id,customer_id,start,end,circuit_id
P-00017,line,c1,2026-01-01T00:00:00Z,,NL/4711/A
P-00018,line,c1,2026-01-01T00:00:00Z,,NL/4712/A
P-00019,line,c1,2026-01-01T00:00:00Z,,NL/4712/A
"""


def load_text(workspace: Workspace, name: str, text: str) -> Path:
    path = workspace.home / name
    path.write_text(text)
    return path


def measured(
    workspace: Workspace, name: str, *values: float, file: str = "probe.csv"
) -> LoadReport:
    """One value for each quarter of an hour from the start of the day."""
    lines = ["product_id,parameter,start,duration_s,value"]
    for number, value in enumerate(values):
        start = (DAY + timedelta(minutes=15 * number)).isoformat()
        lines.append(f"{name},delay,{start},900,{value}")
    return load_measurement_file(
        workspace, load_text(workspace, file, "\n".join(lines) + "\n"), LOAD
    )


@pytest.fixture
def sold(workspace: Workspace) -> Workspace:
    load_offerings(workspace, load_text(workspace, "offerings.yaml", OFFERINGS), LOAD)
    load_products(workspace, load_text(workspace, "products.csv", PRODUCTS), LOAD)
    return workspace


def identifiers(workspace: Workspace, apply: str) -> None:
    text = (
        f"apiVersion: trueline/v1\nidentifiers:\n- {{characteristic: circuit_id, apply: {apply}}}\n"
    )
    load_text(workspace, "identities.yaml", text)


def held(workspace: Workspace, product: str) -> list[tuple[float, bool]]:
    """Newest value of each granule, and whether it is trusted."""
    with open_lake(workspace) as lake:
        found = lake.versions(product, "delay", (OCTOBER_5, OCTOBER_5 + 86_400))
    return [(own[-1].value, not own[-1].suspect) for own in found.values()]


def test_an_accepted_name_brings_in_what_waited_and_what_comes_later(sold: Workspace) -> None:
    assert measured(sold, "NL/4711/A", 11, 12).ledger.set_aside == 2
    [proposal] = proposals(sold)
    assert [one.product_id for one in proposal.best] == ["P-00017"]
    decided = accept(sold, "NL/4711/A", STEWARD)
    assert decided.load is not None
    assert decided.load.ledger.accepted == 2
    assert unknown_rows() == 0
    assert held(sold, "P-00017") == [(11, True), (12, True)]
    assert measured(sold, "NL/4711/A", 11, 12, 13).ledger.as_dict()["duplicate"] == 2
    assert held(sold, "P-00017") == [(11, True), (12, True), (13, True)]


def test_where_each_granule_came_from_is_kept(sold: Workspace) -> None:
    came = measured(sold, "NL/4711/A", 11, 12)
    measured(sold, "X", 5, file="other.csv")  # another name waits in a file of its own
    decided = accept(sold, "NL/4711/A", STEWARD)
    assert decided.load is not None
    found = list(mapped_granules(sold, "P-00017", (OCTOBER_5, OCTOBER_5 + 86_400)))
    told = [(one.name, one.line, one.origin, one.delivery) for one in found]
    taken = decided.load.delivery
    assert told == [("NL/4711/A", 2, came.delivery, taken), ("NL/4711/A", 3, came.delivery, taken)]
    assert unknown_rows() == 1


def test_nothing_applies_by_itself_unless_the_file_says_so(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11)
    assert apply_certain(sold, STEWARD).identities == ()
    identifiers(sold, "never")
    assert apply_certain(sold, STEWARD).identities == ()
    identifiers(sold, "certain")
    decided = apply_certain(sold, STEWARD)
    assert [(one.name, one.product_id) for one in decided.identities] == [("NL/4711/A", "P-00017")]
    assert unknown_rows() == 0


def test_an_ambiguous_name_is_never_applied_and_a_person_settles_it(sold: Workspace) -> None:
    measured(sold, "NL/4712/A", 11)
    identifiers(sold, "certain")
    assert apply_certain(sold, STEWARD).identities == ()
    with pytest.raises(InputError, match="ambiguous: it fits P-00018, P-00019"):
        accept(sold, "NL/4712/A", STEWARD)
    put(sold, Identity("NL/4712/A", "P-00019"), STEWARD)
    assert held(sold, "P-00019") == [(11, True)]


def test_only_who_may_decides_once_people_are_known(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11)
    add_person("anna", [Role.AUDITOR], None)
    add_person("bert", [Role.DATA_STEWARD], None)
    with pytest.raises(InputError, match="may not decide what a name stands for"):
        accept(sold, "NL/4711/A", Decision("anna", NOW))
    accept(sold, "NL/4711/A", Decision("bert", NOW))
    [row] = IdentityVersion.objects.all()
    assert (row.decided_by, row.state) == ("bert", "accepted")


def test_a_wrong_name_is_taken_back_and_what_came_waits_again(sold: Workspace) -> None:
    measured(sold, "P-00017", 7)  # its own, for the first quarter of an hour
    measured(sold, "NL/4711/A", 11, 12)
    accept(sold, "NL/4711/A", STEWARD)
    assert held(sold, "P-00017") == [(11, True), (12, True)]
    before = Delivery.objects.order_by("-id").first()
    decided = end(sold, "NL/4711/A", STEWARD)
    assert [(one.parameter, one.granules) for one in decided.series] == [("delay", 2)]
    # Its own value stands again; the other time is unknown: nothing trusted was measured.
    assert held(sold, "P-00017") == [(7, True), (12, False)]
    assert unknown_rows() == 2
    put(sold, Identity("NL/4711/A", "P-00018"), STEWARD)
    assert held(sold, "P-00018") == [(11, True), (12, True)]
    with open_lake(sold) as lake:
        own = lake.history("P-00017", "delay", OCTOBER_5)
    assert before is not None
    assert [one.value for one in own] == [7, 11, 7]  # what was believed stays readable
    assert own[2].delivery > before.id


def test_a_name_that_ends_on_a_day_keeps_what_came_before(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11, 12, 13)
    accept(sold, "NL/4711/A", STEWARD)
    end(sold, "NL/4711/A", STEWARD, OCTOBER_5 + 1_800)
    assert held(sold, "P-00017") == [(11, True), (12, True), (13, False)]
    assert unknown_rows() == 1
    [standing] = identities_at(Delivery.objects.count())["NL/4711/A"]
    assert standing.valid_to_s == OCTOBER_5 + 1_800


def test_ending_twice_changes_nothing_and_says_so(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11)
    accept(sold, "NL/4711/A", STEWARD)
    end(sold, "NL/4711/A", STEWARD)
    with pytest.raises(InputError, match="stands for nothing"):
        end(sold, "NL/4711/A", STEWARD)
    assert unknown_rows() == 1
    replay_unknown(sold, LOAD)
    assert unknown_rows() == 1


def test_a_name_has_one_meaning_at_a_time(sold: Workspace) -> None:
    half = OCTOBER_5 + 900
    put(sold, Identity("x", "P-00017", None, half), STEWARD)
    put(sold, Identity("x", "P-00018", half), STEWARD)
    with pytest.raises(InputError, match="stands for P-00017 already"):
        put(sold, Identity("x", "P-00019", half - 900, half), STEWARD)
    measured(sold, "x", 1, 2)
    assert held(sold, "P-00017") == [(1, True)]
    assert held(sold, "P-00018") == [(2, True)]


def test_a_rejected_pair_is_not_proposed_again(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11)
    reject(sold, "NL/4711/A", "P-00017", STEWARD)
    [proposal] = proposals(sold)
    assert proposal.candidates == ()


def test_a_table_sets_many_names_and_sets_bad_rows_aside(sold: Workspace) -> None:
    measured(sold, "x", 1, 2)
    rows = (
        "name,product_id,valid_from,valid_to\n"
        "x,P-00017,,2026-10-05T00:15:00Z\n"
        "x,P-00018,2026-10-05T00:15:00Z,\n"
        "x,P-00019,,\n"  # a second meaning
        "y,P-99999,,\n"  # nothing sold
        "z,P-00017,tomorrow,\n"
    )
    path = load_text(sold, "names.csv", rows)
    decided = put_table(sold, path, STEWARD)
    assert decided.recorded is not None
    assert decided.recorded.set_aside is not None
    reasons = [row.reason for row in read_set_aside(decided.recorded.set_aside)]
    assert [reason.partition(".")[0] for reason in reasons] == [
        "'x' stands twice in this file for the same time",
        "There is no sold offering 'P-99999'",
        "'tomorrow' is not a time",
    ]
    assert held(sold, "P-00017") == [(1, True)]
    assert held(sold, "P-00018") == [(2, True)]
    again = put_table(sold, path, STEWARD)
    assert again.identities == ()


def test_what_is_certain_goes_on_beside_a_name_that_is_taken(sold: Workspace) -> None:
    identifiers(sold, "certain")
    put(sold, Identity("NL/4711/A", "P-00018", OCTOBER_5, OCTOBER_5 + 900), STEWARD)
    measured(sold, "NL/4711/A", 1, 2)
    assert apply_certain(sold, STEWARD).identities == ()  # it would stand for two at once
    assert unknown_rows() == 1


def test_the_id_of_a_sold_offering_never_stands_for_another(sold: Workspace) -> None:
    with pytest.raises(InputError, match="itself a sold offering"):
        put(sold, Identity("P-00018", "P-00017"), STEWARD)


def test_a_row_of_its_own_in_the_same_file_outlives_a_wrong_name(sold: Workspace) -> None:
    put(sold, Identity("x", "P-00017"), STEWARD)
    text = (
        "product_id,parameter,start,duration_s,value\n"
        "x,delay,2026-10-05T00:00:00Z,900,11\n"
        "P-00017,delay,2026-10-05T00:00:00Z,900,7\n"
        "x,delay,2026-10-05T00:15:00Z,900,12\n"
    )
    load_measurement_file(sold, load_text(sold, "both.csv", text), LOAD)
    assert held(sold, "P-00017") == [(7, True), (12, True)]
    end(sold, "x", STEWARD)
    assert held(sold, "P-00017") == [(7, True), (12, False)]
    assert unknown_rows() == 2


def test_a_name_stays_right_after_a_merge_of_the_lake(sold: Workspace) -> None:
    measured(sold, "NL/4711/A", 11, 12)
    accept(sold, "NL/4711/A", STEWARD)
    with open_lake(sold) as lake:
        lake.compact()
    end(sold, "NL/4711/A", STEWARD)
    assert held(sold, "P-00017") == [(11, False), (12, False)]
    with open_lake(sold) as lake:
        lake.compact()
    assert unknown_rows() == 2
    accept(sold, "NL/4711/A", STEWARD)
    assert held(sold, "P-00017") == [(11, True), (12, True)]
