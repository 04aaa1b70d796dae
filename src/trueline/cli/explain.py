"""`trueline explain PRODUCT OBJECTIVE`: one figure opened up."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.explain import Explanation
from trueline.assessment.explain import explain as explain_figure
from trueline.assessment.known import what_was_known
from trueline.assessment.store import row_dict
from trueline.calendars.instants import instant, parse_as_of, render_instant, zone
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine

PRINTED_SPANS = 60


def explain(
    product: Annotated[str, typer.Argument(help="sold offering")],
    objective: Annotated[str, typer.Argument(help="objective id")],
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    all_intervals: Annotated[
        bool, typer.Option("--all", help="print every interval, not the first 60")
    ] = False,
) -> None:
    """Objective and version, why it applies, every interval with its reason, formula, clause."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    for found in explain_figure(engine, known, product, objective, asked):
        _print(found, None if all_intervals else PRINTED_SPANS)


def _print(found: Explanation, limit: int | None) -> None:
    objective = found.objective
    say = console.out.print
    say(f"{found.row.product_id} · {objective.id} · version {objective.version}", markup=False)
    for reason in found.reasons:
        say(f"  applies: {reason}", markup=False)
    target = f"{objective.comparator.value} {objective.conformance_target}"
    warning = (
        f", warning {objective.threshold_target}" if objective.threshold_target is not None else ""
    )
    say(
        f"  promise: {objective.statistic.value} of {objective.parameter} {target}{warning}",
        markup=False,
    )
    say(f"  formula: {found.formula}", markup=False)
    say(f"  clause:  {found.clause}", markup=False)
    for name, value in row_dict(found.row).items():
        if value is not None and name not in ("product_id", "objective_id", "standard_version"):
            say(f"  {name}: {value}", markup=False)
    if found.high_loss_intervals is not None:
        say(
            f"  high loss intervals (HLI): {found.high_loss_intervals}, "
            f"runs (CHLI): {found.consecutive_high_loss}",
            markup=False,
        )
    for event in found.events:
        end = "open" if event.end_s is None else render_instant(event.end_s)
        say(
            f"  event {event.event_id}: {render_instant(event.start_s)} to {end} {event.kind}",
            markup=False,
        )
    say(_span_table(found, limit))


def _span_table(found: Explanation, limit: int | None) -> Table:
    tz = zone(found.zone_name)
    shown = found.spans if limit is None else found.spans[:limit]
    table = Table(title=f"{len(shown)} of {len(found.spans)} intervals, {found.zone_name}")
    for name in ("from", "to", "seconds", "state", "reason"):
        table.add_column(name)
    for span in shown:
        table.add_row(
            instant(span.start_s).astimezone(tz).isoformat(),
            instant(span.end_s).astimezone(tz).isoformat(),
            f"{span.end_s - span.start_s:,}",
            span.state.value,
            span.reason,
        )
    return table
