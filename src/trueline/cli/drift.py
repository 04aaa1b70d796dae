"""`trueline drift`: where contracts, products and suppliers have come apart from the catalogue."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from trueline.assessment.store import render_table, write_whole
from trueline.calendars.instants import parse_as_of, parse_instant, seconds
from trueline.cli import console
from trueline.intake.record import delivery_as_of
from trueline.standards.drift import drift
from trueline.standards.drift_kinds import MENDS, SEVERITIES, Drift, DriftFinding
from trueline.standards.drifted import compared_at

PRINTED = 20  # of each kind
_COLUMNS = (
    "kind",
    "severity",
    "subject",
    "detail",
    "since",
    "products",
    "customers",
    "monthly_charge",
    "mend",
    "product_ids",
)


def report_drift(
    at: Annotated[str | None, typer.Option(help="compare at this instant (default: now)")] = None,
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    old_after: Annotated[
        int, typer.Option(help="a kept version is old when so many newer ones are sold", min=1)
    ] = 1,
    output: Annotated[
        Path | None, typer.Option(help="write every finding to a .json, .csv or .parquet file")
    ] = None,
) -> None:
    """What was agreed, sold and bought against what the catalogue says now: retired offerings,
    terms that are looser, the same or broken, versions that are kept, ended suppliers."""
    console.workspace()
    at_s = seconds(parse_instant(at) if at else console.now())
    delivery = delivery_as_of(parse_as_of(as_of)) if as_of else None
    found = drift(compared_at(at_s, delivery, old_after))
    if output is not None:
        schema = pa.schema([(name, pa.string()) for name in _COLUMNS])
        table = pa.Table.from_pylist([_plain(one) for one in found], schema=schema)
        write_whole(output, render_table(table, output.suffix))
        console.out.print(f"findings written to {output}", markup=False)
    counts = Counter(one.kind for one in found)
    if not found:
        console.out.print("Contracts, products, suppliers and the catalogue say the same")
    for kind in Drift:
        if counts[kind]:
            _print(kind, [one for one in found if one.kind is kind])


def _print(kind: Drift, found: list[DriftFinding]) -> None:
    title = f"{kind.value} ({SEVERITIES[kind].value}): {len(found):,}; {MENDS[kind]}"
    table = Table(title=title)
    for name in ("subject", "detail", "since", "products", "customers", "monthly"):
        table.add_column(name, overflow="fold")
    for one in found[:PRINTED]:
        plain = _plain(one)
        table.add_row(
            one.subject,
            one.detail,
            plain["since"],
            plain["products"],
            plain["customers"],
            plain["monthly_charge"],
        )
    if len(found) > PRINTED:
        table.add_row("...", f"{len(found) - PRINTED:,} more", "", "", "", "")
    console.out.print(table)


def _plain(one: DriftFinding) -> dict[str, str]:
    charge = one.exposure.monthly_charge
    return {
        "kind": one.kind.value,
        "severity": one.severity.value,
        "subject": one.subject,
        "detail": one.detail,
        "since": "" if one.since is None else one.since.isoformat(),
        "products": str(one.exposure.products),
        "customers": str(one.exposure.customers),
        "monthly_charge": "" if charge is None else f"{charge:f}",
        "mend": one.mend,
        "product_ids": " ".join(one.products),
    }
