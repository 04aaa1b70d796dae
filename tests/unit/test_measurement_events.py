"""Events and granules of unknown products: versions, stop clocks, replay."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.measurement_builders import LOAD, OCTOBER, G, content, deliver

from trueline.errors import InputError
from trueline.intake.ledger import Ledger
from trueline.intake.set_aside import read_set_aside
from trueline.inventory.load import load_products
from trueline.measurement.events import Event, events_at, load_events, parse_stop_clock
from trueline.measurement.lake import open_lake
from trueline.measurement.names import KnownNames
from trueline.measurement.unknown import replay_unknown, unknown_rows
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

HEADER = "event_id,product_id,kind,start,end,impact,cause,source,stop_clock\n"


def _load(workspace: Workspace, tmp_path: Path, rows: str) -> Ledger:
    path = tmp_path / "events.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return load_events(workspace, path, LOAD).ledger


def test_event_comes_back_and_a_later_version_supersedes_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    open_row = "t1,p1,ticket,2026-10-01T00:00:00Z,,outage,fibre cut,desk,\n"
    closed = open_row.replace("Z,,outage", "Z,2026-10-01T02:00:00Z,outage")
    assert _load(workspace, tmp_path, open_row) == Ledger(accepted=1)
    assert _load(workspace, tmp_path, open_row) == Ledger(duplicate=1)
    assert _load(workspace, tmp_path, closed) == Ledger(accepted=1, corrected=1)
    first = Event("t1", "p1", "ticket", OCTOBER, None, "outage", "fibre cut", "desk")
    assert events_at(1) == {"p1": (first,)}
    assert events_at(3)["p1"][0].end_s == OCTOBER + 7_200


def test_stop_clock_segments_are_joined_and_sorted() -> None:
    text = "2026-10-01T01:00:00Z/2026-10-01T02:00:00Z;2026-10-01T00:30:00Z/2026-10-01T01:30:00Z"
    assert parse_stop_clock(text) == ((OCTOBER + 1_800, OCTOBER + 7_200),)
    for bad in ("soon", "2026-10-01T02:00:00Z/2026-10-01T02:00:00Z", "a/b"):
        with pytest.raises(InputError):
            parse_stop_clock(bad)


def test_bad_event_rows_are_set_aside(workspace: Workspace, tmp_path: Path) -> None:
    rows = (
        "t1,p1,outage,2026-10-01T02:00:00Z,2026-10-01T01:00:00Z,,,,\n"
        "t2,p1,outage,yesterday,,,,,\n"
        ",p1,outage,2026-10-01T02:00:00Z,,,,,\n"
        "t3,p1,outage,2026-10-01T02:00:00Z,,,,,x\n"
        "t4,p1,outage,2026-10-01T02:00:00Z,,,,,\n"
    )
    assert _load(workspace, tmp_path, rows) == Ledger(accepted=1, set_aside=4)
    (path,) = workspace.set_aside.iterdir()
    assert [(r.line, r.field) for r in read_set_aside(path)] == [
        (2, "end"),
        (3, "start"),
        (4, "event_id"),
        (5, "stop_clock"),
    ]


def test_unknown_product_is_kept_and_replayed_once_known(
    workspace: Workspace, tmp_path: Path
) -> None:
    granules = [G("p1", "delay", OCTOBER, 1.5), G("p2", "delay", OCTOBER, 2.5)]
    report = deliver(workspace, granules, known=KnownNames(frozenset(), frozenset({"delay"})))
    assert report.ledger == Ledger(set_aside=2)
    assert report.set_aside is not None
    assert all(row.replayable for row in read_set_aside(report.set_aside))
    offerings, products = tmp_path / "offerings.yaml", tmp_path / "products.csv"
    offerings.write_text(
        "apiVersion: trueline/v1\n"
        "parameters:\n  - {id: delay, unit: ms, family: technical, kind: sampled}\n"
        "offerings:\n  - {id: eline, name: E-Line, objectives: []}\n"
    )
    load_offerings(workspace, offerings, LOAD)
    products.write_text(
        "product_id,offering_id,customer_id,status,start,end,time_zone\n"
        "p1,eline,c1,active,2026-01-01T00:00:00Z,,UTC\n"
    )
    load_products(workspace, products, LOAD)
    assert unknown_rows() == 2
    replayed = replay_unknown(workspace, LOAD)
    assert replayed.ledger == Ledger(accepted=1, set_aside=1)
    assert unknown_rows() == 1
    with open_lake(workspace) as lake:
        assert content(lake, replayed.delivery) == {
            ("p1", "delay", OCTOBER): (900, 1.5, None, False)
        }
