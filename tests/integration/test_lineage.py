"""From a figure to its rows: records, deliveries, corrections, names, and the second addition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.integration.test_identities import load_text

from trueline.assessment.explain import explain
from trueline.assessment.known import what_was_known
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.lake import open_lake
from trueline.measurement.load import load_measurement_file
from trueline.measurement.unknown import replay_unknown
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace
from trueline.sourcing.identities import Decision, accept
from trueline.sourcing.lineage import Lineage, lineage_of
from trueline.sourcing.trace import Part, worst_first

LATER = datetime(2026, 11, 2, 12, tzinfo=UTC)
FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
OFFERINGS = """\
apiVersion: trueline/v1
parameters:
- {id: delay, unit: ms, kind: sampled}
- {id: loss, kind: ratio}
offerings:
- id: line
  objectives:
  - {id: below-20, parameter: delay, statistic: conformance, comparator: GE,
     threshold: {comparator: LE, value: 20}, conformance_target: 0.7, conformance_period: P1D}
  - {id: lost, parameter: loss, statistic: ratio, comparator: LE, conformance_target: 0.01,
     conformance_period: P1D}
"""
PRODUCTS = """\
product_id,offering_id,customer_id,start,end,circuit_id
P-00017,line,c1,2026-01-01T00:00:00Z,,NL/4711/A
"""
HOURS = [10, 15, 25, 30, 12, 18]  # delays of the hours 0 to 5; 2 and 3 are bad
HEADER = "product_id,parameter,start,duration_s,value,denominator\n"


def rows(name: str, parameter: str, first_hour: int, *cells: str) -> str:
    start = datetime(2026, 10, 5, tzinfo=UTC)
    times = [(start + timedelta(hours=first_hour + n)).isoformat() for n in range(len(cells))]
    return "".join(f"{name},{parameter},{t},3600,{c}\n" for t, c in zip(times, cells, strict=True))


@pytest.fixture
def traced_workspace(workspace: Workspace) -> Workspace:
    """Delivery 5 measures, 6 corrects hour 1, 7 brings hour 6 under another name, 8 and 9 say whose
    it is and take it in. Hour 4 is excluded by delivery 4."""

    def put(load: object, name: str, text: str, now: datetime = FIRST) -> None:
        assert callable(load)
        load(workspace, load_text(workspace, name, text), LoadOptions(now, "anna"))

    put(load_offerings, "offerings.yaml", OFFERINGS)
    put(load_customers, "customers.csv", "customer_id,name\nc1,One\n")
    put(load_products, "products.csv", PRODUCTS)
    exclusion = "P-00017,2026-10-05T04:00:00Z,2026-10-05T05:00:00Z,works 7\n"
    put(load_exclusions, "exclusions.csv", "product_id,start,end,reason\n" + exclusion)
    delays = rows("P-00017", "delay", 0, *(f"{v}," for v in HOURS))
    losses = rows("P-00017", "loss", 0, "1,1000", "0,500", "12,500")
    put(load_measurement_file, "october.csv", HEADER + delays + losses)
    put(load_measurement_file, "late.csv", HEADER + rows("P-00017", "delay", 1, "16,"), LATER)
    put(load_measurement_file, "probe.csv", HEADER + rows("NL/4711/A", "delay", 6, "40,"), LATER)
    accept(workspace, "NL/4711/A", Decision("steward", LATER))
    return workspace


def lineage(workspace: Workspace, objective: str, as_of: datetime | None = None) -> Lineage:
    known = what_was_known(workspace, as_of)
    engine = DuckDBEngine(threads=1)
    [found] = explain(engine, known, "P-00017", objective, parse_period("2026-10-05"))
    engine.close()
    with open_lake(workspace) as lake:
        return lineage_of(lake, found, known.delivery)


def test_granules_of_a_share_of_time_add_up_to_it(traced_workspace: Workspace) -> None:
    found = lineage(traced_workspace, "below-20")
    # Good: hours 0, 1 and 5; bad: 2, 3 and 6; hour 4 is excluded, the rest unknown.
    assert sum(g.good_s for g in found.granules) == 3 * 3_600 == found.explanation.row.good_s
    assert sum(g.bad_s for g in found.granules) == 3 * 3_600 == found.explanation.row.bad_s
    assert [g.part for g in found.granules] == [
        Part.GOOD,
        Part.GOOD,
        Part.BAD,
        Part.BAD,
        Part.EXCLUDED,
        Part.GOOD,
        Part.BAD,
    ]
    assert found.agrees
    assert [(c.what, c.told) for c in found.checks][-1] == ("value", 0.5)


def test_granules_of_a_ratio_add_up_to_it(traced_workspace: Workspace) -> None:
    found = lineage(traced_workspace, "lost")
    assert sum(g.version.value for g in found.granules) == 13
    assert sum(g.version.denominator or 0 for g in found.granules) == 2_000
    assert found.agrees
    assert found.explanation.row.value == pytest.approx(0.0065)


def test_every_record_names_the_delivery_that_brought_it(traced_workspace: Workspace) -> None:
    found = lineage(traced_workspace, "below-20")
    told = {(one.what, one.delivery) for one in found.records}
    assert told == {
        ("parameter", 1),
        ("offering", 1),
        ("objective", 1),
        ("customer", 2),
        ("sold offering", 3),
        ("exclusion", 4),
        ("name in feeds", 8),
    }
    files = {fact.number: (fact.source.rsplit("/")[-1], n) for fact, n in found.deliveries}
    assert files[5] == ("october.csv", 5)
    assert files[6] == ("late.csv", 1)
    assert files[7] == ("probe.csv", 0)  # what it brought was taken in by delivery 9
    assert files[9][1] == 1
    assert all(f.recorded_by == "anna" for f, _ in found.deliveries if f.number <= 7)
    assert all(len(f.sha256) == 64 for f, _ in found.deliveries if f.number <= 7)


def test_a_correction_shows_what_it_replaced_and_the_row_of_a_name_its_line(
    traced_workspace: Workspace,
) -> None:
    found = lineage(traced_workspace, "below-20")
    corrected = found.granules[1]
    assert corrected.version.value == 16
    assert [(v.value, v.delivery, v.superseded_by) for v in corrected.earlier] == [
        (Decimal("15.0"), 5, 6)
    ]
    source = found.granules[6].source
    assert source is not None
    assert (source.name, source.line, source.origin) == ("NL/4711/A", 2, 7)
    assert [g.source for g in found.granules[:6]] == [None] * 6
    assert any("line in the source file" in sentence for sentence in found.untraced)


def test_as_of_an_earlier_time_the_correction_is_told_as_later(traced_workspace: Workspace) -> None:
    found = lineage(traced_workspace, "below-20", FIRST + timedelta(minutes=1))
    assert len(found.granules) == 6
    assert (found.granules[1].version.value, found.granules[1].later) == (15, 6)
    assert found.granules[1].earlier == ()
    assert found.agrees


def test_the_worst_come_first(traced_workspace: Workspace) -> None:
    found = lineage(traced_workspace, "below-20")
    ordered = worst_first(found.explanation.objective, found.granules)
    assert [int(g.version.value) for g in ordered] == [40, 30, 25, 18, 16, 12, 10]


def test_a_figure_without_granules_says_its_events_only(workspace: Workspace) -> None:
    text = """\
apiVersion: trueline/v1
parameters: [{id: outage, kind: event, event_kinds: [outage]}]
offerings:
- id: line
  objectives:
  - {id: up, parameter: outage, statistic: availability_outage, comparator: GE,
     conformance_target: 0.99, conformance_period: P1D}
"""
    from trueline.measurement.events import load_events

    options = LoadOptions(FIRST, "anna")
    load_offerings(workspace, load_text(workspace, "offerings.yaml", text), options)
    load_products(workspace, load_text(workspace, "products.csv", PRODUCTS), options)
    event = "E1,P-00017,outage,2026-10-05T01:00:00Z,2026-10-05T02:00:00Z,total,,noc\n"
    header = "event_id,product_id,kind,start,end,impact,cause,source\n"
    path: Path = load_text(workspace, "events.csv", header + event)
    load_events(workspace, path, options)
    found = lineage(workspace, "up")
    assert found.granules == ()
    assert [(one.key, one.delivery) for one in found.records if one.what == "event"] == [("E1", 3)]
    assert found.agrees


def test_granules_that_waited_for_their_product_lead_to_the_file_they_came_in(
    workspace: Workspace,
) -> None:
    options = LoadOptions(FIRST, "anna")
    load_offerings(workspace, load_text(workspace, "offerings.yaml", OFFERINGS), options)
    early = HEADER + rows("P-00017", "delay", 0, "10,")
    load_measurement_file(workspace, load_text(workspace, "early.csv", early), options)
    load_products(workspace, load_text(workspace, "products.csv", PRODUCTS), options)
    replay_unknown(workspace, options)
    found = lineage(workspace, "below-20")
    files = {fact.number: fact.source.rsplit("/")[-1] for fact, _ in found.deliveries}
    assert files[2] == "early.csv"
    assert files[4] == "replay of 1 rows of unknown products or parameters, of deliveries 2"
    assert any("which of the deliveries" in sentence for sentence in found.untraced)
