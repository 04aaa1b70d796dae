"""A scan reads the stored days, tests every group, and is kept for the command and the page."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from typer.testing import CliRunner

from trueline.assessment.aggregate import Membership
from trueline.assessment.store import DailyFigure, daily_table
from trueline.cli import application
from trueline.errors import InputError
from trueline.inventory.values import Customer, Group, InventorySnapshot, Product
from trueline.offerings.values import Catalog
from trueline.settings.workspace import Workspace
from trueline.trends.asking import Asking, scan_request
from trueline.trends.daily_history import stored_history
from trueline.trends.deterioration import ScanSetting
from trueline.trends.findings import TrendScan
from trueline.trends.scan_store import store_scan, stored_scan
from trueline.trends.value_index import value_index
from trueline.trends.workspace_scan import ScanRequest, scan_history

FIRST = date(2026, 7, 1)
PRODUCTS = tuple(f"P-{at}" for at in range(12))
GROUPS = [
    Membership("group", f"G-{at}", frozenset(PRODUCTS[3 * at : 3 * at + 3])) for at in range(4)
]


def _days(start: date, count: int, drifting: str = "G-2") -> pa.Table:
    """About 2 % bad time a day; that of one group grows by 1 % a day from the first of July."""
    drift = next(one.product_ids for one in GROUPS if one.key == drifting)
    rng = np.random.default_rng([1, start.toordinal()])
    rows = []
    for product in PRODUCTS:
        for at in range(count):
            day = start + timedelta(days=at)
            grown = 1.01 ** (day - FIRST).days if product in drift else 1.0
            bad = round(1728 * grown * float(np.exp(0.1 * rng.normal())))
            rows.append(DailyFigure(product, "delay", day, 20.0, 86400 - bad, bad, 0, 0, 96))
    return daily_table(rows)


def _store(results: Path, period: str, table: pa.Table, assessed_at: str) -> None:
    folder = results / period
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "daily.parquet")
    about = {"period": period, "assessed_at": assessed_at}
    (folder / "assessment.json").write_text(json.dumps(about), encoding="utf-8")


def _scan(results: Path, floor: float = 0.05) -> TrendScan:
    _store(results, "2026-07", _days(FIRST, 31), "2026-08-01T00:00:00Z")
    _store(results, "2026-08", _days(date(2026, 8, 1), 31), "2026-09-01T00:00:00Z")
    request = ScanRequest(GROUPS, {}, ScanSetting(floor=floor))
    return scan_history(stored_history(results, last_days=365), request)


def test_the_drifting_group_is_the_only_finding(tmp_path: Path) -> None:
    found = _scan(tmp_path)

    assert [(one.key, one.kind) for one in found.findings] == [("G-2", "deterioration")]
    assert (found.scanned, found.too_little_data) == (4, 0)
    assert (found.first_day, found.last_day) == ("2026-07-01", "2026-08-31")


def test_before_and_now_are_shares_of_bad_time(tmp_path: Path) -> None:
    """2 % grows by 1.01 a day: in its first four weeks 2 % * 1.01^13.5, in its last 1.01^47.5."""
    (found,) = _scan(tmp_path).findings

    assert found.since == "2026-07-01"
    assert found.before == pytest.approx(0.02 * 1.01**13.5, rel=0.06)
    assert found.now == pytest.approx(0.02 * 1.01**47.5, rel=0.06)


def test_a_day_assessed_twice_counts_as_it_was_assessed_last(tmp_path: Path) -> None:
    figure = DailyFigure("P", "delay", FIRST, None, 0, 86400, 0, 0, 1)
    _store(tmp_path, "2026-07", daily_table([figure]), "2026-08-02T00:00:00Z")
    older = figure._replace(good_s=86400, bad_s=0)
    _store(tmp_path, "2026-Q3", daily_table([older]), "2026-08-01T00:00:00Z")

    (objective,) = stored_history(tmp_path, last_days=30).objectives

    assert objective.bad_s.tolist() == [[86400.0]]


def test_only_the_newest_days_asked_for_are_read(tmp_path: Path) -> None:
    _store(tmp_path, "2026-07", _days(FIRST, 31), "2026-08-01T00:00:00Z")

    history = stored_history(tmp_path, last_days=10)

    assert (history.first, history.days) == (date(2026, 7, 22), 10)


def test_too_few_days_and_no_assessment_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no assessment is stored"):
        stored_history(tmp_path, last_days=30)
    _store(tmp_path, "2026-07", _days(FIRST, 20), "2026-08-01T00:00:00Z")
    with pytest.raises(InputError, match="only 20 days"):
        scan_history(stored_history(tmp_path, last_days=30), ScanRequest(GROUPS, {}, ScanSetting()))


def test_the_index_of_values_is_against_each_members_own_median() -> None:
    """10, 20, 40 around 20, and 1, 1, 3 around 1; a lower value is worse in the second."""
    index = value_index(np.array([[10.0, 20.0, 40.0], [1.0, 1.0, 3.0]]), 1)

    assert np.exp(index) == pytest.approx(np.array([[0.5, 1, 2], [1, 1, 3]]))
    assert value_index(np.array([[10.0, 20.0, 40.0]]), -1)[0] == pytest.approx(-index[0])


def test_values_that_grow_are_found_without_any_bad_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = []
    for product in PRODUCTS:
        growth = 1.005 if product in GROUPS[1].product_ids else 1.0
        for at in range(90):
            value = 20 * growth**at * float(np.exp(0.05 * rng.normal()))
            day = FIRST + timedelta(days=at)
            rows.append(DailyFigure(product, "p95", day, value, 86400, 0, 0, 0, 96))
    _store(tmp_path, "2026-Q3", daily_table(rows), "2026-10-01T00:00:00Z")

    found = scan_history(
        stored_history(tmp_path, last_days=90), ScanRequest(GROUPS, {"p95": 1}, ScanSetting())
    )

    assert [(one.key, one.measure, one.kind) for one in found.findings] == [
        ("G-1", "value", "deterioration")
    ]


def test_a_stored_scan_is_read_as_it_was_written(workspace: Workspace, tmp_path: Path) -> None:
    found = _scan(tmp_path / "results")
    store_scan(workspace, found)

    assert stored_scan(workspace) == found


def test_the_page_and_the_command_tell_the_newest_scan(
    workspace: Workspace, tmp_path: Path
) -> None:
    run, told = CliRunner(), application("trends")
    client = Client(HTTP_HOST="localhost")
    before = run.invoke(told, ["trends", "show"])
    empty = client.get("/trends/").content.decode()
    store_scan(workspace, _scan(tmp_path / "results"))
    page = client.get("/trends/").content.decode()
    after = run.invoke(told, ["trends", "show", "G-2"])

    assert isinstance(before.exception, InputError)
    assert "Nothing was scanned yet" in empty
    assert "G-2" in page
    assert "slowly getting worse" in page
    assert "4 series tested" in page
    assert "deterioration" in after.output
    assert "since 2026-07-01" in after.output


def test_offerings_segments_and_attributes_are_scanned_beside_groups() -> None:
    """What every product has by its own field is no characteristic of the same name."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    products = {
        f"P-{at}": Product(
            f"P-{at}", "line", f"C-{at}", "active", start, characteristics={"region": "north"}
        )
        for at in range(2)
    }
    customers = {f"C-{at}": Customer(f"C-{at}", segment="business") for at in range(2)}
    groups = {"G": Group("G", "", "offering = line")}
    snapshot = InventorySnapshot(1, products, customers, {}, groups)
    catalog = Catalog(1, {}, {})

    over = scan_request(snapshot, catalog).over

    assert sorted((one.dimension, one.key, len(one.product_ids)) for one in over) == [
        ("group", "G", 2),
        ("offering", "line", 2),
        ("region", "north", 2),
        ("segment", "business", 2),
    ]
    with pytest.raises(InputError, match="no group 'X'"):
        scan_request(snapshot, catalog, Asking(group="X"))
