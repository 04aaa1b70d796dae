"""Regimes: acts by several people, runs with their cohort, alerts as recorded states, worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator
from typer.testing import CliRunner

from trueline.cli import application
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_groups
from trueline.monitoring.acts import (
    Act,
    approve_regime,
    draft_regimes,
    move_regime,
    standing_regime,
)
from trueline.monitoring.alert_notes import acknowledge, assign, comment, handled
from trueline.monitoring.board import alerts_of, board, note_reading
from trueline.monitoring.models import RegimeRun
from trueline.monitoring.parse import parse_regimes
from trueline.monitoring.run import repeat_run, run_of, run_regime
from trueline.monitoring.values import RegimeState
from trueline.people.people import add_person
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.worker.due import due_instant, is_due
from trueline.worker.turn import Worker

DAY = 86_400
REGIME = """\
regimes:
  - id: lines
    group: lines
    owner: service desk
    objectives: [share]
    charge: monthly_charge
    credit_percent: 10
"""


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.offer("20")
        one.sell(*(f"p{n}" for n in range(1, 11)))
        group(one, "offering = line")
        yield one


def group(operator: SmallOperator, rule: str) -> None:
    path = operator.workspace.home / "groups.csv"
    path.write_text(f'group_id,rule,name\nlines,"{rule}",Lines\n', encoding="utf-8")
    operator.now += timedelta(minutes=1)
    load_groups(operator.workspace, path, LoadOptions(operator.now))


def act(operator: SmallOperator, by: str) -> Act:
    operator.now += timedelta(minutes=1)
    return Act(by, operator.now)


def started(operator: SmallOperator, text: str = REGIME) -> None:
    draft_regimes(
        operator.workspace, parse_regimes(text.encode(), "r.yaml"), act(operator, "author")
    )
    approve_regime(operator.workspace, "lines", act(operator, "approver"))
    move_regime(operator.workspace, "lines", RegimeState.ACTIVE, act(operator, "author"))


def day_of(product: str, day: int, value: float = 10.0) -> list[G]:
    return [G(product, "delay", OCTOBER + day * DAY + n * 900, value) for n in range(96)]


def run(operator: SmallOperator, day: int) -> dict[str, Any]:
    """The content of the run at the end of a day of October, counted from 0."""
    due_s = OCTOBER + (day + 1) * DAY
    run_regime(operator.workspace, operator.engine, "lines", due_s, now=operator.now)
    found: dict[str, Any] = json.loads(run_of("lines").content)
    return found


def deliver_day(operator: SmallOperator, day: int, bad: tuple[str, ...] = ()) -> None:
    """p10 is never measured."""
    granules = [
        g
        for n in range(1, 10)
        for g in day_of(f"p{n}", day, 30.0 if f"p{n}" in bad else 10.0 + n / 100)
    ]
    operator.deliver(*granules)


def test_the_author_does_not_approve_and_a_draft_does_not_run(operator: SmallOperator) -> None:
    draft_regimes(
        operator.workspace, parse_regimes(REGIME.encode(), "r.yaml"), act(operator, "author")
    )

    with pytest.raises(InputError, match="somebody else has to approve it"):
        approve_regime(operator.workspace, "lines", act(operator, "author"))
    with pytest.raises(InputError, match="becomes active from approved or suspended only"):
        move_regime(operator.workspace, "lines", RegimeState.ACTIVE, act(operator, "other"))
    with pytest.raises(InputError, match="only an active regime is run"):
        run(operator, 0)
    with pytest.raises(InputError, match="Nobody is named"):
        move_regime(operator.workspace, "lines", RegimeState.RETIRED, act(operator, " "))


def test_a_changed_regime_is_a_draft_again_and_the_same_one_is_left_alone(
    operator: SmallOperator,
) -> None:
    started(operator)
    again = draft_regimes(
        operator.workspace, parse_regimes(REGIME.encode(), "r.yaml"), act(operator, "author")
    )
    assert again.ledger.duplicate == 1
    assert standing_regime("lines").state is RegimeState.ACTIVE

    changed = REGIME.replace("service desk", "night shift").encode()
    draft_regimes(operator.workspace, parse_regimes(changed, "r.yaml"), act(operator, "author"))
    assert (standing_regime("lines").state, standing_regime("lines").version) == ("draft", 2)


def test_a_member_without_data_is_not_assessable_and_stale(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0)

    (share,) = run(operator, 0)["objectives"]

    verdicts = share["current"]["verdicts"]
    assert (verdicts["met"], verdicts["notAssessable"]) == (9, 1)
    assert share["current"]["share_met"] == 1.0
    raised = {(a.trigger, a.subject) for a in alerts_of("lines")}
    assert raised == {("stale", "p10"), ("thin", "p10")}


def test_a_run_is_repeated_byte_for_byte_after_everything_changed(
    operator: SmallOperator,
) -> None:
    started(operator)
    deliver_day(operator, 0)
    operator.summarise()
    run(operator, 0)
    deliver_day(operator, 0, bad=("p1", "p2"))
    operator.offer("5")
    group(operator, "product = p1")
    operator.exclude("p3,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,works")
    operator.summarise()

    stored = run_of("lines")

    assert repeat_run(operator.workspace, operator.engine, stored) == stored.content
    assert len(json.loads(stored.content)["cohort"]["current"]) == 10


def test_a_swap_of_members_moves_the_current_cohort_only(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0, bad=("p1",))
    rows = [
        f"p{n},line,c,active,2026-01-01T00:00:00Z,{end},UTC"
        for n, end in [(2, "2026-10-01T12:00:00Z")]
    ]
    new = "p11,line,c,active,2026-10-01T12:00:00Z,,UTC"
    head = "product_id,offering_id,customer_id,status,start,end,time_zone"
    operator.load("products.csv", "\n".join([head, *rows, new]) + "\n")

    content = run(operator, 0)

    cohort = content["cohort"]
    assert (cohort["joined"], cohort["left"]) == (["p11"], ["p2"])
    (share,) = content["objectives"]
    assert share["fixed"]["members"] == 10
    assert share["fixed"]["verdicts"]["violated"] == 1
    assert share["current"]["verdicts"]["violated"] == 1


def test_alerts_are_raised_once_and_cleared_once_with_evidence(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0, bad=("p1",))
    run(operator, 0)
    burning = [a for a in alerts_of("lines") if a.trigger == "burn"]
    assert [(a.subject, a.objective_id) for a in burning] == [("p1", "share")]
    # All of a day is bad where 10 % may be: a rate of 10, over 6 that six hours may burn at, and
    # over the 3 of a day; 10 times the 1 of three days.
    assert json.loads(burning[0].raised_evidence)["value"] == 10.0

    deliver_day(operator, 1, bad=("p1",))
    run(operator, 1)
    assert [a.pk for a in alerts_of("lines") if a.trigger == "burn"] == [burning[0].pk]
    for day in (2, 3, 4, 5):
        deliver_day(operator, day)
        run(operator, day)

    (alert,) = [a for a in alerts_of("lines", standing_only=False) if a.trigger == "burn"]
    assert alert.cleared_s is not None
    assert json.loads(alert.cleared_evidence)["value"] < 0.9


def test_an_alert_ends_with_the_membership_of_who_it_is_about(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0)
    run(operator, 0)
    assert {a.subject for a in alerts_of("lines")} == {"p10"}
    group(operator, "product = p1")
    deliver_day(operator, 1)
    run(operator, 1)

    assert alerts_of("lines") == []
    ended = {a.cleared_evidence for a in alerts_of("lines", standing_only=False)}
    assert ended == {'{"why": "no member of lines any more"}'}


def test_a_run_for_an_earlier_instant_alarms_nobody(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0, bad=("p1",))
    deliver_day(operator, 1)
    run(operator, 1)
    before = [(a.pk, a.cleared_s) for a in alerts_of("lines", standing_only=False)]
    run(operator, 0)

    assert [(a.pk, a.cleared_s) for a in alerts_of("lines", standing_only=False)] == before


def test_an_alert_is_acknowledged_once_and_everything_said_to_it_stays(
    operator: SmallOperator,
) -> None:
    started(operator)
    deliver_day(operator, 0)
    run(operator, 0)
    alert, other = alerts_of("lines")
    noted = acknowledge(operator.workspace, alert.pk, act(operator, "noc"))
    assign(operator.workspace, alert.pk, "field team", act(operator, "noc"))
    comment(
        operator.workspace, alert.pk, Act("field team", operator.now, "the probe lost its power")
    )

    with pytest.raises(InputError, match="noc acknowledged alert"):
        acknowledge(operator.workspace, alert.pk, act(operator, "somebody else"))
    with pytest.raises(InputError, match="says nothing"):
        comment(operator.workspace, alert.pk, act(operator, "noc"))
    with pytest.raises(InputError, match="There is no alert 999"):
        acknowledge(operator.workspace, 999, act(operator, "noc"))
    with pytest.raises(InputError, match="Nobody is named"):
        acknowledge(operator.workspace, other.pk, act(operator, " "))
    found = handled([alert, other])
    assert found[alert.pk].acknowledged == noted
    assert found[alert.pk].words == "seen by noc, owner field team"
    assert [note.kind for note in found[alert.pk].notes] == ["acknowledged", "owner", "comment"]
    assert other.pk not in found
    # Seen is not cleared: only a measure clears an alert.
    assert len(alerts_of("lines")) == 2


def test_where_people_are_known_an_auditor_handles_no_alert(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0)
    run(operator, 0)
    add_person("reader", [Role.AUDITOR], None)

    with pytest.raises(InputError, match="may not handle an alert"):
        acknowledge(operator.workspace, alerts_of("lines")[0].pk, act(operator, "reader"))


def test_a_run_of_another_method_is_not_called_different(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0)
    run(operator, 0)
    stored = run_of("lines")
    stored.content = json.dumps(json.loads(stored.content) | {"method": 1})

    with pytest.raises(InputError, match="made by method 1"):
        repeat_run(operator.workspace, operator.engine, stored)


def test_a_violation_in_sight_is_predicted_from_what_the_group_has_shown(
    operator: SmallOperator,
) -> None:
    started(operator)
    for day in range(12):
        deliver_day(operator, day, bad=("p1",) if day % 3 == 0 else ())

    (share,) = run(operator, 11)["objectives"]

    chances = share["prediction"]["members"]
    # p1 was bad on 4 of 12 days; 10 % of 31 days allow 3.1 days.
    assert chances["p1"] == 1.0
    assert 0 < chances["p2"] < 0.2
    # Nobody's charge is known, so nothing can be named, and that is said.
    assert share["prediction"]["money_at_risk"] == {"by_currency": {}, "unknown": 10}
    # p10 is never measured: nothing is said of it.
    assert len(chances) == 9
    assert share["prediction"]["unknown"] == {"p10": "fewer than 3 days with data"}


def test_the_board_tells_what_changed_since_the_day_before(operator: SmallOperator) -> None:
    started(operator)
    deliver_day(operator, 0)
    run(operator, 0)
    deliver_day(operator, 1, bad=("p4",))
    run(operator, 1)

    (line,) = board(now=operator.now)

    assert line.changed is not None
    assert line.changed.newly_violated == (("share", "p4"),)
    assert line.changed.alerts_raised > 0
    assert line.alerts == len(alerts_of("lines"))


def test_a_regime_that_nobody_reads_for_90_days_is_proposed_for_retirement(
    operator: SmallOperator,
) -> None:
    started(operator)
    later = operator.now + timedelta(days=91)

    assert [line.unread for line in board(now=operator.now)] == [False]
    assert [line.unread for line in board(now=later)] == [True]
    note_reading("lines", "owner", now=later)
    assert [line.unread for line in board(now=later)] == [False]


def test_the_newest_end_of_the_cadence_is_due_once() -> None:
    now_s = OCTOBER + 3 * DAY + 5
    assert due_instant("P1D", now_s) == OCTOBER + 3 * DAY
    assert due_instant("P1M", now_s) == OCTOBER
    assert due_instant("PT5M", now_s + 301) == OCTOBER + 3 * DAY + 300
    assert is_due("P1D", None, now_s)
    assert not is_due("P1D", OCTOBER + 3 * DAY, now_s)
    assert is_due("P1D", OCTOBER + 2 * DAY, now_s)


def test_the_worker_runs_what_is_due_and_goes_on_after_a_failure(operator: SmallOperator) -> None:
    lost = REGIME.replace("id: lines", "id: aaa").replace("group: lines", "group: nowhere")
    started(operator, REGIME + lost.partition("\n")[2])
    approve_regime(operator.workspace, "aaa", act(operator, "approver"))
    move_regime(operator.workspace, "aaa", RegimeState.ACTIVE, act(operator, "author"))
    deliver_day(operator, 0)
    now = datetime(2026, 10, 2, 3, tzinfo=UTC)

    operator.summarise()
    deliver_day(operator, 1)
    worker = Worker(operator.workspace, operator.engine)

    turn = worker.take_turn(now=now)
    again = worker.take_turn(now=now)

    assert [sentence.split(":")[0] for sentence in turn.failed] == ["aaa"]
    assert "nowhere" in turn.failed[0]
    done = [sentence.partition(": ")[0] for sentence in turn.done]
    assert done == ["summaries", "lines at 2026-10-02T00:00:00Z"]
    assert again.done == []
    assert RegimeRun.objects.count() == 1


def test_a_regime_from_its_draft_to_its_alerts_on_the_command_line(
    operator: SmallOperator, tmp_path: Path
) -> None:
    path = tmp_path / "regimes.yaml"
    path.write_text(REGIME, encoding="utf-8")
    deliver_day(operator, 0, bad=("p1",))
    invoke, app = CliRunner().invoke, application()
    said = [
        invoke(app, words)
        for words in (
            ["regimes", "draft", str(path), "--by", "author"],
            ["regimes", "approve", "lines", "--by", "approver"],
            ["regimes", "start", "lines", "--by", "author"],
            ["regimes", "run", "lines", "--at", "2026-10-02T00:00:00Z"],
            ["regimes", "show", "lines", "--by", "owner"],
            ["regimes", "repeat", "lines"],
            ["regimes", "list"],
            ["alerts", "--regime", "lines"],
        )
    ]
    number = str(alerts_of("lines")[0].pk)
    said += [
        invoke(app, ["alerts", *words])
        for words in (
            ["acknowledge", number, "--by", "noc"],
            ["comment", number, "--by", "noc", "--note", "power lost"],
            ["assign", number, "field", "--by", "noc"],
            ["show", number],
            [],
        )
    ]

    assert [one.exit_code for one in said] == [0] * 13, [one.output for one in said]
    assert "10 members" in said[4].output
    assert "the same, byte for byte" in said[5].output
    assert "active" in said[6].output
    assert "burn" in said[7].output
    assert "comment by noc power lost" in said[11].output
    assert "trueline regimes show lines --at 2026-10-02T00:00:00Z" in said[11].output
    assert "seen by noc" in " ".join(said[12].output.split())
