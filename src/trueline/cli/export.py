"""`trueline export ...`: what was loaded, given back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from trueline.assessment.store import write_whole
from trueline.calendars.instants import parse_as_of
from trueline.cli import console
from trueline.errors import unknown_name
from trueline.intake.record import delivery_as_of, latest_delivery
from trueline.offerings.catalog import catalog_at
from trueline.offerings.export import export_offerings
from trueline.offerings.openslo_export import beyond_openslo, export_openslo

app = typer.Typer(no_args_is_help=True, help="Give back what was loaded.")


@app.callback()
def export() -> None:
    """Give back what was loaded."""


@app.command()
def offerings(
    openslo: Annotated[
        str | None, typer.Option(help="write this offering as OpenSLO v1 instead")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="as known at this record time")] = None,
    output: Annotated[Path | None, typer.Option(help="a file (default: standard output)")] = None,
) -> None:
    """The catalogue as trueline/v1 YAML, or one offering as OpenSLO v1."""
    console.workspace()
    delivery = delivery_as_of(parse_as_of(as_of)) if as_of else latest_delivery()
    if openslo is None:
        content = export_offerings(delivery)
    else:
        catalog = catalog_at(delivery)
        offering = catalog.offerings.get(openslo)
        if offering is None:
            raise unknown_name("offering", openslo, catalog.offerings)
        content = export_openslo(offering, catalog.parameters).encode()
        for reason in beyond_openslo(offering, catalog.parameters):
            console.err.print(f"not in OpenSLO: {reason}", markup=False)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        write_whole(output, content)
        console.out.print(f"written to {output}", markup=False)
