"""`trueline credits`: what the contracts would give back; billing decides."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.advised_credits import CreditAdvice, pooled_credits, totals
from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.credits_run import credits_of_period, credits_table
from trueline.assessment.known import what_was_known
from trueline.assessment.run import Selection, select_products
from trueline.assessment.store import render_table, write_whole
from trueline.calendars.instants import parse_as_of
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.engine.duckdb import DuckDBEngine

PRINTED_ROWS = 20


class By(StrEnum):
    CUSTOMER = "customer"
    OFFERING = "offering"


def credits(
    period: Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")],
    by: Annotated[By, typer.Option(help="what the sums are for")] = By.CUSTOMER,
    offering: Annotated[str | None, typer.Option(help="only this offering")] = None,
    customer: Annotated[str | None, typer.Option(help="only this customer")] = None,
    product: Annotated[str | None, typer.Option(help="only this sold offering")] = None,
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="write all advice to a .json, .csv or .parquet file",
            callback=console.results_file,
        ),
    ] = None,
) -> None:
    """Credit advice by the terms of each objective: per sold offering and summed, with rights to
    leave. Advice only: billing decides."""
    asked = parse_period(period)
    workspace = console.workspace()
    known = what_was_known(workspace, parse_as_of(as_of) if as_of else None)
    chosen = select_products(known, Selection(None, offering, customer, product))
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    request = AssessmentRequest(asked, product_ids=chosen)
    advice = credits_of_period(engine, known, request, workspace.results)
    if output is not None:
        write_whole(output, render_table(credits_table(advice), output.suffix))
        console.out.print(f"advice written to {output}", markup=False)
    _print(advice, by)


def _print(advice: Sequence[CreditAdvice], by: By) -> None:
    owed = [one for one in advice if one.percent]
    sums_of_all = totals(advice) or {"": Decimal(0)}
    total = ", ".join(f"{amount:,f} {name}".rstrip() for name, amount in sums_of_all.items())
    open_ = sum(one.percent is None for one in advice)
    console.out.print(
        f"{len(advice):,} figures with credit terms, {len(owed):,} give a credit, {open_:,} leave "
        f"it open; advised together: {total}",
        markup=False,
    )
    rows = Table("product", "objective", "period", "percent", "amount", "counts", "why")
    for one in sorted(owed, key=lambda a: (-(a.amount or 0), a.product_id))[:PRINTED_ROWS]:
        rows.add_row(
            one.product_id,
            one.objective_id,
            one.period,
            f"{float(one.percent or 0):.6g}",
            "not known" if one.amount is None else f"{one.amount:,f} {one.currency}".rstrip(),
            "yes" if one.counted else "same downtime",
            one.why,
        )
    if owed:
        console.out.print(rows)
        console.out.print(_sums(owed, by))
    for one in advice:
        if one.leave:
            console.out.print(
                f"right to leave: {one.product_id} {one.objective_id}: {one.leave}", markup=False
            )


def _sums(owed: Sequence[CreditAdvice], by: By) -> Table:
    sums = Table(by.value, "products", "amount", "not known")
    for pooled in pooled_credits(owed, f"{by.value}_id")[:PRINTED_ROWS]:
        sums.add_row(
            pooled.key,
            f"{pooled.products:,}",
            f"{pooled.amount:,f} {pooled.currency}".rstrip(),
            f"{pooled.unknown:,}",
        )
    return sums
