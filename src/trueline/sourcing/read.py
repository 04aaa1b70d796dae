"""What a reconciliation compares, read from every room as known after one delivery."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from trueline.assessment.assess import Known
from trueline.calendars.intervals import Interval
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.measurement.columns import ScanRequest
from trueline.measurement.lake import Lake
from trueline.measurement.unknown import waiting_names
from trueline.settings.workspace import Workspace
from trueline.sourcing.reconcile import MeasuredSeries, Sourced


def what_was_sourced(
    engine: Engine, workspace: Workspace, lake: Lake, known: Known, period: Period
) -> Sourced:
    """Calendar days in UTC: a mismatch of some hours at an edge is no matter of zones."""
    bounds = period.bounds("UTC")
    exclusions = {product: len(mine) for product, mine in known.exclusions.items()}
    return Sourced(
        catalog=known.catalog,
        snapshot=known.snapshot,
        period=bounds,
        measured=measured_series(engine, lake, known, bounds),
        waiting=waiting_names(workspace),
        events={product: len(events) for product, events in known.events.items()},
        excluded=exclusions,
    )


def measured_series(
    engine: Engine, lake: Lake, known: Known, period: Interval
) -> dict[tuple[str, str], MeasuredSeries]:
    """How much was measured of every product and parameter, in one pass over the lake."""
    parameters = tuple(sorted(known.catalog.parameters))
    if not parameters:
        return {}
    scan = lake.scan(engine, ScanRequest(*period, parameters, known.delivery))
    sums: dict[str, ir.Value] = {}
    for number, parameter in enumerate(parameters):
        value = scan.table[scan.columns[parameter].value]
        there = value.notnull()
        sums[f"n{number}"] = there.sum()
        sums[f"a{number}"] = ibis.ifelse(there, scan.table.start_s, None).min()
        sums[f"b{number}"] = ibis.ifelse(there, scan.table.start_s, None).max()
        ends = scan.table.start_s + scan.table.duration_s
        sums[f"e{number}"] = ibis.ifelse(there, ends, None).max()
        sums[f"s{number}"] = ibis.ifelse(there, scan.table.duration_s, 0).cast("int64").sum()
    rows = engine.run(scan.table.group_by("product_key").aggregate(**sums)).to_pylist()
    names = lake.product_ids()
    return {
        (names[row["product_key"]], parameter): MeasuredSeries(
            *(int(row[f"{name}{number}"]) for name in "nabes")
        )
        for row in rows
        for number, parameter in enumerate(parameters)
        if row[f"n{number}"]
    }
