"""The operator that the how-to pages take for granted: P-17 and its like, measured in
September and October 2026, both assessed, an alert raised."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_groups, load_products
from trueline.measurement.events import load_events
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.monitoring.acts import Act, approve_regime, draft_regimes, move_regime
from trueline.monitoring.parse import parse_regimes
from trueline.monitoring.run import run_regime
from trueline.monitoring.values import RegimeState
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MONTHS = ("2026-09", "2026-10")
PRODUCTS = ("P-17", "P-18", "P-19", "P-20")
OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: frame_delay, unit: ms, family: technical, kind: sampled}
  - {id: service_outage, unit: s, family: technical, kind: event, event_kinds: [outage]}
  - {id: setup_success, unit: ratio, family: technical, kind: ratio}
offerings:
  - id: eline-gold
    name: E-Line Gold
    objectives:
      - {id: gold-availability, parameter: service_outage, basis: agreed, comparator: GE,
         statistic: availability_outage, conformance_target: 0.999, conformance_period: P1M}
      - {id: gold-delay-share, parameter: frame_delay, basis: agreed, statistic: conformance,
         threshold: {comparator: LE, value: 30}, comparator: GE, conformance_target: 0.95,
         conformance_period: P1D}
      - {id: gold-delay-p99, parameter: frame_delay, basis: agreed, statistic: percentile,
         percentile: 99, comparator: LE, conformance_target: 25, threshold_target: 22.5,
         conformance_period: P1M}
  - id: radio-cell
    objectives:
      - {id: setup, parameter: setup_success, statistic: ratio, comparator: GE,
         conformance_target: 0.97, conformance_period: P1D, min_coverage: 0}
"""
CUSTOMERS = "customer_id,name,segment\nc1,Harbour,enterprise\nc2,Hillside,smallBusiness\n"
GROUPS = "group_id,name,rule\ngold-lines,Gold lines,offering = eline-gold\n"
EVENTS = """\
event_id,product_id,kind,start,end
O-1,P-17,outage,2026-09-12T02:00:00Z,2026-09-12T04:00:00Z
O-2,P-18,outage,2026-10-08T02:00:00Z,2026-10-08T04:00:00Z
"""
REGIME = """\
apiVersion: trueline/v1
regimes:
  - {id: gold-lines-first, group: gold-lines, objectives: [gold-availability], owner: desk,
     triggers: [{kind: violated_share, raise_at: 0.1, clear_below: 0.05}]}
"""
CELL_FILE = "A20261001.0000+0000-0015+0000_RF-1.xml.gz"
CELL_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<measCollecFile xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec">
<fileHeader fileFormatVersion="32.435 V10.0">
<measCollec beginTime="2026-10-01T00:00:00Z"/>
</fileHeader>
<measData><managedElement/><measInfo>
<granPeriod duration="PT900S" endTime="2026-10-01T00:15:00Z"/>
<measType p="1">attTCHSeizures</measType>
<measType p="2">succTCHSeizures</measType>
<measValue measObjLdn="RncFunction=RF-1,UtranCell=Gbg-997">
<r p="1">234</r>
<r p="2">230</r>
</measValue>
</measInfo></measData>
<fileFooter><measCollec endTime="2026-10-01T00:15:00Z"/></fileFooter>
</measCollecFile>
"""


def prepare(workspace: Workspace) -> None:
    """Load, assess and watch."""
    options = LoadOptions(now=NOW, recorded_by="test")
    files = workspace.home / "files"
    files.mkdir()
    for name, load, text in (
        ("offerings.yaml", load_offerings, OFFERINGS),
        ("customers.csv", load_customers, CUSTOMERS),
        ("products.csv", load_products, "\n".join(_products()) + "\n"),
        ("groups.csv", load_groups, GROUPS),
        ("events.csv", load_events, EVENTS),
    ):
        (files / name).write_text(text, encoding="utf-8")
        load(workspace, files / name, options)
    (files / "measurements.csv").write_text("\n".join(_granules()) + "\n", encoding="utf-8")
    load_measurements(workspace, [files / "measurements.csv"], MeasurementOptions(options))
    engine = DuckDBEngine(threads=1)
    for month in MONTHS:
        request = AssessmentRequest(parse_period(month))
        store_period(engine, workspace, what_was_known(workspace), request, now=NOW)
    draft_regimes(workspace, parse_regimes(REGIME.encode(), "r.yaml"), Act("author", NOW))
    approve_regime(workspace, "gold-lines-first", Act("approver", NOW))
    move_regime(workspace, "gold-lines-first", RegimeState.ACTIVE, Act("author", NOW))
    due = int(datetime(2026, 10, 20, tzinfo=UTC).timestamp())
    run_regime(workspace, engine, "gold-lines-first", due, now=NOW)
    engine.close()


def lay_out(folder: Path) -> None:
    """Files that a reader of the pages has: a catalogue, and what a network element left."""
    (folder / "offerings.yaml").write_text(OFFERINGS, encoding="utf-8")
    (folder / CELL_FILE).write_bytes(gzip.compress(CELL_XML.encode()))


def _products() -> Iterator[str]:
    yield (
        "product_id,offering_id,customer_id,start,time_zone,region,access_technology,"
        "monthly_recurring_charge,circuit_id"
    )
    for n, product in enumerate(PRODUCTS):
        region, technology = ("north", "south")[n % 2], ("fibre", "copper")[n // 2]
        sold = f"{product},eline-gold,c{n % 2 + 1},2026-01-01T00:00:00Z,UTC"
        yield f"{sold},{region},{technology},500,NL/471{n + 1}/A"
    yield "cell-Gbg-997,radio-cell,c1,2026-01-01T00:00:00Z,UTC,north,radio,,"


def _granules() -> Iterator[str]:
    yield "product_id,parameter,start,duration_s,value"
    at = datetime(2026, 9, 1, tzinfo=UTC)
    while at < datetime(2026, 11, 1, tzinfo=UTC):
        for n, product in enumerate(PRODUCTS):
            yield f"{product},frame_delay,{at:%Y-%m-%dT%H:%M:%SZ},3600,{10 + n + at.hour / 8}"
        at += timedelta(hours=1)
    for name in ("NL/4711/A", "probe3:P-17", "ge-0/0/1"):  # names that stand for no sold offering
        yield f"{name},frame_delay,2026-10-05T00:30:00Z,1800,11"
