"""`trueline suppliers ...`: what promises rest on, and the back-to-back gap."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.table import Table

from trueline.assessment.store import render_table, write_whole
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.standards.chained import chain_for, chained
from trueline.standards.chains import ProductChain, PromiseChain
from trueline.standards.chains_told import (
    gap_told,
    hours_told,
    largest_told,
    links_told,
    minutes_told,
)

app = typer.Typer(no_args_is_help=True, help="What promises rest on, and what is missing there.")

PeriodOption = Annotated[str, typer.Option(help="2026-10, 2026-Q4, 2026-W40, 2026-10-05 or 2026")]
_COLUMNS = (
    "offering_id",
    "products",
    "objective_id",
    "promised",
    "rests_on",
    "chain",
    "gap_s",
    "hours_uncovered_s",
)


@app.command(name="list")
def list_commitments(period: PeriodOption) -> None:
    """OLAs and underpinning contracts: who gives them, what they promise, what rests on them."""
    console.workspace()
    table = Table(
        "commitment",
        "kind",
        "given by",
        "availability",
        "repair",
        "products",
        "monthly",
        "in force",
    )
    for line in chained(parse_period(period)).commitments:
        one = line.commitment
        charge = line.exposure.monthly_charge
        table.add_row(
            one.title,
            one.kind.value,
            line.supplier_name,
            "" if one.availability is None else f"{one.availability * 100:f} %",
            "" if one.repair_s is None else f"{one.repair_s:,} s",
            f"{line.exposure.products:,}",
            "not known" if charge is None else f"{charge:,f}",
            "yes" if line.holds else "no",
        )
    console.out.print(table)


@app.command()
def gaps(
    period: PeriodOption,
    offering: Annotated[str | None, typer.Option(help="only this offering, chain by chain")] = None,
    output: Annotated[
        Path | None, typer.Option(help="write every chain to a .json, .csv or .parquet file")
    ] = None,
) -> None:
    """The back-to-back gap of each offering: promised, and carried by nobody."""
    console.workspace()
    found = chained(parse_period(period))
    if output is not None:
        rows = [_plain(chain, one) for chain in found.chains for one in chain.promises]
        schema = pa.schema([(name, pa.string()) for name in _COLUMNS])
        table = pa.Table.from_pylist(rows, schema=schema)
        write_whole(output, render_table(table, output.suffix))
        console.out.print(f"chains written to {output}", markup=False)
    if offering is not None:
        for chain in found.chains:
            if chain.offering_id == offering:
                _print(chain)
        return
    shown = Table(
        "offering", "sold", "rest on nothing", "with a gap", "availability", "repair", "hours"
    )
    for line in found.offerings:
        shown.add_row(
            line.offering_id,
            f"{line.sold:,}",
            f"{line.unsupported:,}",
            f"{line.open:,}",
            largest_told(line.availability),
            largest_told(line.repair),
            minutes_told(Fraction(line.hours_gap_s)) if line.hours_gap_s else "none",
        )
    console.out.print(shown)


@app.command()
def chain(
    product: Annotated[str, typer.Argument(help="sold offering")], period: PeriodOption
) -> None:
    """What the promises of one sold offering rest on, part by part."""
    console.workspace()
    _print(chain_for(chained(parse_period(period)), product))


def _print(chain: ProductChain) -> None:
    say = console.out.print
    named = ", ".join(product.id for product in chain.products[:3])
    more = len(chain.products) - 3
    say(f"{chain.offering_id}: {named}" + (f" and {more:,} more" if more > 0 else ""), markup=False)
    for one in chain.promises:
        objective = one.objective
        target = f"{objective.comparator.value} {objective.conformance_target}"
        say(f"  {objective.id} {target} rests on {links_told(one)}", markup=False)
        say(f"    {gap_told(one)}", markup=False)
        for sentence in hours_told(one):
            say(f"    {sentence}", markup=False)


def _plain(chain: ProductChain, one: PromiseChain) -> dict[str, str]:
    return {
        "offering_id": chain.offering_id,
        "products": " ".join(product.id for product in chain.products),
        "objective_id": one.objective.id,
        "promised": f"{one.objective.comparator.value} {one.objective.conformance_target}",
        "rests_on": " ".join(link.id for link in one.links),
        "chain": gap_told(one),
        "gap_s": "" if one.gap_s is None else f"{float(one.gap_s):.3f}",
        "hours_uncovered_s": str(max((gap.uncovered_s for gap in one.hours), default=0)),
    }
