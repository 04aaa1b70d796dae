"""`trueline lineage PRODUCT OBJECTIVE`: from a figure to the rows it was made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.explain import explain
from trueline.assessment.known import what_was_known
from trueline.assessment.store import row_dict, write_whole
from trueline.calendars.instants import parse_as_of, render_instant
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.measurement.lake import open_lake
from trueline.sourcing.lineage import DeliveryFact, Lineage, lineage_of
from trueline.sourcing.trace import Check, TracedGranule, worst_first


def lineage(
    product: Annotated[str, typer.Argument(help="sold offering")],
    objective: Annotated[str, typer.Argument(help="objective id")],
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    worst: Annotated[bool, typer.Option("--worst", help="worst granules first")] = False,
    page: Annotated[int, typer.Option(help="which page of granules", min=1)] = 1,
    rows: Annotated[int, typer.Option(help="granules on a page", min=1, max=100_000)] = 20,
    output: Annotated[
        Path | None, typer.Option(help="write all of it to a .json file, every granule")
    ] = None,
) -> None:
    """What a figure was made of, down to the granules: records, deliveries, corrections, and the
    figure added up again."""
    if output is not None and output.suffix != ".json":
        raise InputError("A lineage is written as .json", mend="Name FILE.json")
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    explained = explain(engine, known, product, objective, parse_period(period))
    with open_lake(workspace) as lake:
        found = [lineage_of(lake, one, known.delivery) for one in explained]
    if output is not None:
        document = {"lineage": [_plain(one) for one in found]}
        write_whole(output, json.dumps(document, indent=1, ensure_ascii=False).encode())
        console.out.print(f"lineage written to {output}", markup=False)
    for one in found:
        _print(one, worst=worst, page=page, rows=rows)


def _print(found: Lineage, *, worst: bool, page: int, rows: int) -> None:
    say = console.out.print
    row = found.explanation.row
    value = "none" if row.value is None else f"{row.value:.9g}"
    say(
        f"{row.product_id} · {row.objective_id} · version {row.standard_version} · "
        f"{render_instant(row.period_start)} to {render_instant(row.period_end)}: "
        f"{row.verdict.value}, value {value}",
        markup=False,
    )
    say(f"  formula: {found.explanation.formula} ({found.explanation.clause})", markup=False)
    for reason in found.explanation.reasons:
        say(f"  applies: {reason}", markup=False)
    say(_records(found))
    say(_delivery_table(found))
    for check in found.checks:
        say(f"  {_told(check)}", markup=False)
    for sentence in found.untraced:
        say(f"  not traced: {sentence}", markup=False)
    if found.granules:
        say(_granule_table(found, worst=worst, page=page, rows=rows))


def _told(check: Check) -> str:
    if check.agrees:
        return f"{check.what}: {_number(check.told)}, and the same added up from the granules"
    return f"{check.what}: {_number(check.told)}, but the granules give {_number(check.added)}"


def _number(value: float | int | None) -> str:
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.9g}"


def _records(found: Lineage) -> Table:
    table = Table("record", "id", "content", "delivery", "replaced those of", title="records")
    for one in found.records:
        earlier = ", ".join(map(str, one.earlier))
        table.add_row(one.what, one.key, one.told, str(one.delivery), earlier)
    return table


def _delivery_table(found: Lineage) -> Table:
    columns = ("delivery", "recorded", "kind", "source", "by", "granules", "sha256")
    table = Table(*columns, title="deliveries")
    for fact, count in found.deliveries:
        table.add_row(*_delivery_cells(fact), f"{count:,}", fact.sha256[:16])
    return table


def _delivery_cells(fact: DeliveryFact) -> tuple[str, ...]:
    recorded = fact.recorded_at.isoformat(timespec="seconds")
    return (str(fact.number), recorded, fact.kind, fact.source, fact.recorded_by)


def _granule_table(found: Lineage, *, worst: bool, page: int, rows: int) -> Table:
    ordered = worst_first(found.explanation.objective, found.granules) if worst else found.granules
    shown = ordered[(page - 1) * rows :][:rows]
    order = "worst first" if worst else "in order of time"
    first = (page - 1) * rows + 1
    table = Table(
        title=f"granules {first:,} to {first - 1 + len(shown):,} of {len(ordered):,}, {order}; "
        f"{found.corrected:,} corrected"
    )
    for name in ("start", "seconds", "value", "denominator", "part", "delivery", "from", "before"):
        table.add_column(name)
    for one in shown:
        table.add_row(*_granule_cells(one))
    return table


def _granule_cells(one: TracedGranule) -> Iterator[str]:
    version = one.version
    yield render_instant(one.start_s)
    yield f"{one.end_s - one.start_s:,}"
    yield f"{version.value:f}"
    yield "" if version.denominator is None else f"{version.denominator:f}"
    yield one.part.value
    yield str(version.delivery) + (f", corrected by {one.later}" if one.later else "")
    source = one.source
    yield "" if source is None else f"{source.name}, line {source.line} of {source.origin}"
    yield "; ".join(f"{v.value:f} of {v.delivery}" for v in one.earlier)


def _plain(found: Lineage) -> dict[str, object]:
    return {
        "figure": row_dict(found.explanation.row),
        "formula": found.explanation.formula,
        "clause": found.explanation.clause,
        "reasons": list(found.explanation.reasons),
        "known_after_delivery": found.known,
        "records": [{**vars(one), "earlier": list(one.earlier)} for one in found.records],
        "deliveries": [
            {**vars(fact), "recorded_at": fact.recorded_at.isoformat(), "granules": count}
            for fact, count in found.deliveries
        ],
        "files": [{**vars(one), "deliveries": list(one.deliveries)} for one in found.files],
        "checks": [{**vars(one), "agrees": one.agrees} for one in found.checks],
        "untraced": list(found.untraced),
        "granules": [_plain_granule(one) for one in found.granules],
    }


def _plain_granule(one: TracedGranule) -> dict[str, object]:
    version = one.version
    return {
        "start": render_instant(one.start_s),
        "end": render_instant(one.end_s),
        "value": f"{version.value:f}",
        "denominator": None if version.denominator is None else f"{version.denominator:f}",
        "suspect": version.suspect,
        "part": one.part.value,
        "counted": one.counted,
        "good_s": one.good_s,
        "bad_s": one.bad_s,
        "delivery": version.delivery,
        "corrected_by": one.later,
        "source": None if one.source is None else vars(one.source),
        "earlier": [
            {"delivery": v.delivery, "superseded_by": v.superseded_by, "value": f"{v.value:f}"}
            for v in one.earlier
        ],
    }
