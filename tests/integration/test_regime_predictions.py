"""Every kind of objective predicted in one run, with money by the contract's own credit terms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.measurement_builders import OCTOBER, G
from tests.summaries_builders import SmallOperator, small_operator

from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_groups
from trueline.measurement.events import load_events
from trueline.monitoring.acts import Act, approve_regime, draft_regimes, move_regime
from trueline.monitoring.parse import parse_regimes
from trueline.monitoring.run import repeat_run, run_of, run_regime
from trueline.monitoring.values import RegimeState
from trueline.settings.workspace import Workspace

DAY = 86_400
SEPTEMBER = OCTOBER - 30 * DAY
CATALOGUE = """\
apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
  - {id: credit, unit: EUR, kind: amount}
  - {id: outage, kind: event, event_kinds: [outage]}
offerings:
  - id: line
    objectives:
      - {id: p95, parameter: delay, statistic: percentile, percentile: 95, comparator: LE,
         conformance_target: 20, credits: {flat_percent: 5}}
      - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20}
      - {id: largest, parameter: delay, statistic: max, comparator: LE, conformance_target: 25}
      - {id: paid, parameter: credit, statistic: sum, comparator: LE, conformance_target: 100}
      - {id: outages, parameter: outage, statistic: event_count, comparator: LE,
         conformance_target: 1}
      - {id: repair, parameter: outage, statistic: time_to_repair, of: mean, comparator: LE,
         conformance_target: 3600}
      - {id: longest, parameter: outage, statistic: longest_event, comparator: LE,
         conformance_target: 7200}
      - id: uptime
        parameter: outage
        statistic: availability_outage
        comparator: GE
        conformance_target: 0.999
        credits:
          bands: {measure: outage_s, table: [{low: 0, high: 600, credit_percent: 0},
            {low: 601, high: 2700, credit_percent: 5}, {low: 2701, credit_percent: 10}]}
          cap_percent: 8
          chronic: {max_outages: 1, window_days: 30}
"""
EVENTS = """event_id,product_id,kind,start,end,impact,cause,source
E1,p1,outage,2026-09-05T00:00:00Z,2026-09-05T00:30:00Z,,,
E2,p1,outage,2026-10-02T00:00:00Z,2026-10-02T03:00:00Z,,,
E3,p1,outage,2026-10-05T00:00:00Z,2026-10-05T02:00:00Z,,,
E4,p2,outage,2026-09-15T00:00:00Z,2026-09-15T00:20:00Z,,,
E5,p3,outage,2026-10-09T00:00:00Z,2026-10-09T00:20:00Z,,,
"""
PRODUCTS = """\
product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge,currency
p1,line,c,active,2026-01-01T00:00:00Z,,UTC,1000,EUR
p2,line,c,active,2026-01-01T00:00:00Z,,UTC,300,USD
p3,line,c,active,2026-01-01T00:00:00Z,,UTC,,EUR
p4,line,c,active,2026-01-01T00:00:00Z,,UTC,100,EUR
"""
REGIME = "regimes:\n  - {id: lines, group: lines, owner: desk}\n"


@pytest.fixture
def operator(workspace: Workspace) -> Iterator[SmallOperator]:
    with small_operator(workspace) as one:
        one.load("offerings.yaml", CATALOGUE)
        one.load("products.csv", PRODUCTS)
        for name, text, load in (
            ("groups.csv", "group_id,rule,name\nlines,offering = line,Lines\n", load_groups),
            ("events.csv", EVENTS, load_events),
        ):
            path = workspace.home / name
            path.write_text(text, encoding="utf-8")
            one.now += timedelta(minutes=1)
            load(workspace, path, LoadOptions(one.now))
        deliver(one)
        start(one)
        yield one


def deliver(operator: SmallOperator) -> None:
    """Forty days of four samples each. p2 is slow on one sample of four, p3 always; p1 is paid
    credits on the first of October; p4 is hardly measured."""
    granules = []
    for day in range(40):
        for n in range(4):
            at = SEPTEMBER + day * DAY + n * 21_600
            for product in ("p1", "p2", "p3"):
                slow = product == "p3" or (product == "p2" and n == 0)
                value = 30.0 if slow else 10.0 + (day + n) % 3
                granules.append(G(product, "delay", at, value, duration_s=21_600))
                paid = 150.0 if product == "p1" and day == 30 and n == 0 else 0.0
                granules.append(G(product, "credit", at, paid, duration_s=21_600))
    granules.append(G("p4", "delay", SEPTEMBER, 10.0, duration_s=21_600))
    operator.deliver(*granules)


def start(operator: SmallOperator) -> None:
    regimes = parse_regimes(REGIME.encode(), "r.yaml")
    draft_regimes(operator.workspace, regimes, Act("author", operator.now))
    approve_regime(operator.workspace, "lines", Act("approver", operator.now))
    move_regime(operator.workspace, "lines", RegimeState.ACTIVE, Act("author", operator.now))


def run(operator: SmallOperator) -> dict[str, Any]:
    due_s = OCTOBER + 10 * DAY
    run_regime(operator.workspace, operator.engine, "lines", due_s, now=operator.now)
    content: dict[str, Any] = json.loads(run_of("lines").content)
    return content


def test_every_kind_of_objective_is_predicted(operator: SmallOperator) -> None:
    said = {one["objective"]: one for one in run(operator)["objectives"]}
    chances = {name: one["prediction"]["members"] for name, one in said.items()}

    # 30 of 124 samples of the month are beyond 20 for p2, where 5 % may be; p1 has none at all.
    assert chances["p95"]["p2"] > 0.99
    assert chances["p95"]["p1"] < 0.05
    # p3 is at 30 all the time; p2 at (30 + 33) / 4 or about 15.75.
    assert chances["mean"]["p3"] > 0.99
    assert chances["mean"]["p2"] < 0.01
    assert chances["largest"]["p3"] == chances["largest"]["p2"] == 1.0
    # Forty days without one, in a group in which two have one a day.
    assert 0 < chances["largest"]["p1"] < 1
    # 150 were paid, and 100 may be.
    assert chances["paid"]["p1"] == 1.0
    assert chances["paid"]["p2"] < 0.5
    # Two outages of three and two hours: too many, and the one of three hours is too long.
    assert chances["outages"]["p1"] == chances["longest"]["p1"] == 1.0
    assert 0 < chances["outages"]["p2"] < chances["outages"]["p3"] < 1
    # Their mean of 2.5 h is much over one hour; few more repairs can bring it there.
    assert chances["repair"]["p1"] > 0.9
    # 5 h of 31 days are 0.67 %, where 0.1 % may be.
    assert chances["uptime"]["p1"] == 1.0
    # p4 was measured for six hours; of outages everything is known.
    assert said["p95"]["prediction"]["unknown"] == {"p4": "fewer than 3 days with data"}
    assert said["uptime"]["prediction"]["unknown"] == {}


def test_money_at_risk_follows_the_credit_table_its_cap_and_the_currency(
    operator: SmallOperator,
) -> None:
    content = run(operator)
    said = {one["objective"]: one["prediction"] for one in content["objectives"]}

    # p1: five hours are in the highest band, 10 % of 1,000, capped at 8 %.
    money = said["uptime"]["money_at_risk"]
    euro, dollar = (money["by_currency"][name] for name in ("EUR", "USD"))
    assert Decimal(euro["expected"]) >= 80
    # 8 % of 1,000 and of 100; 8 % of 300. The charge of p3 is not known.
    assert (euro["worst"], dollar["worst"], money["unknown"]) == ("88", "24", 1)
    # A flat credit: probability times 5 % of the charge.
    flat = said["p95"]["money_at_risk"]["by_currency"]
    chances = said["p95"]["members"]
    assert Decimal(flat["EUR"]["expected"]) == Decimal(str(chances["p1"])) * 50
    assert Decimal(flat["USD"]["expected"]) == Decimal(str(chances["p2"])) * 15
    # The percentile is missed by another cause than the outages: both count in the sum.
    assert Decimal(content["money_at_risk"]["EUR"]["expected"]) == Decimal(
        euro["expected"]
    ) + Decimal(flat["EUR"]["expected"])


def test_rights_to_leave_are_named_with_what_they_expose(operator: SmallOperator) -> None:
    said = {one["objective"]: one["prediction"] for one in run(operator)["objectives"]}

    leaving = said["uptime"]["leaving"]
    stands = [right for right in leaving["rights"] if right["stands"]]
    # Two outages in thirty days, where one may be: 2 and 5 October, the window from the 2nd on,
    # and before it the one of 5 September that ends on 4 October.
    assert [right["product"] for right in stands] == ["p1"]
    assert stands[0]["words"].startswith("chronic: 2 outages")
    near = {right["product"] for right in leaving["rights"] if not right["stands"]}
    assert "p3" in near
    assert Decimal(leaving["exposure"]["EUR"]) >= 1000


def test_summaries_give_the_same_predictions_and_a_run_repeats(operator: SmallOperator) -> None:
    run(operator)
    stored = run_of("lines")
    operator.summarise()

    assert repeat_run(operator.workspace, operator.engine, stored) == stored.content
