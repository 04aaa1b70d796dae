"""`trueline feeds`: how fresh and complete what measures is, held against what is asked of it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.known import what_was_known
from trueline.calendars.instants import seconds
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import unknown_name
from trueline.inventory.values import InventorySnapshot
from trueline.measurement.lake import open_lake
from trueline.sourcing.feed_file import read_feed_objectives
from trueline.sourcing.feeds import FeedHealth, feed_health, told_by
from trueline.sourcing.read import what_was_sourced

FEED = "feed"


def feeds(
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    by: Annotated[str, typer.Option(help="the characteristic that names a product's feed")] = FEED,
) -> None:
    """Freshness and completeness of every feed. `feeds.yaml` in the workspace says what is asked of
    each; without it a day of age and 95 % of the time in service."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace)
    _refuse_unknown(by, known.snapshot)
    objectives = read_feed_objectives(workspace.home / "feeds.yaml")
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    with open_lake(workspace) as lake:
        sourced = what_was_sourced(engine, workspace, lake, known, asked)
    found = feed_health(sourced, by, objectives, now_s=seconds(console.now()))
    console.out.print(f"{period}: {told_by(Counter(one.state for one in found))}", markup=False)
    table = Table("feed", "state", "products", "series", "silent", "complete", "asked", "age")
    for one in found:
        table.add_row(
            one.feed,
            one.state.value,
            f"{one.products:,}",
            f"{one.series:,}",
            f"{one.silent_series:,}",
            _share(one),
            f"{one.objective.min_completeness * 100:f} %, {_hours(one.objective.max_age_s)}",
            "-" if one.age_s is None else _hours(one.age_s),
        )
    console.print_listing(
        table, f"No feed owed a measurement in {period}: nothing with one was in service"
    )


def _refuse_unknown(characteristic: str, snapshot: InventorySnapshot) -> None:
    """A characteristic that no product carries names no feed; where nobody named one, all stand
    together."""
    carried = {c for p in snapshot.products.values() for c in p.characteristics}
    if characteristic != FEED and characteristic not in carried:
        raise unknown_name("characteristic", characteristic, carried)


def _share(one: FeedHealth) -> str:
    """Floored: 100 % is printed only if exact."""
    share = one.completeness
    return "-" if share is None else f"{int(share * 10_000) / 100:.2f} %"


def _hours(age_s: int) -> str:
    return f"{age_s / 3600:.1f} h"
