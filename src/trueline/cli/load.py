"""`trueline load KIND FILE...`: everything that comes in as a file.

Each command imports its own loader only, so that a small load starts quickly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from trueline.cli import console
from trueline.intake.load import LoadOptions, LoadReport
from trueline.settings.workspace import Workspace, current_workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Load offerings, inventory, measurements, events, exclusions, analyses.",
)

Files = Annotated[list[Path], typer.Argument(help="Files, each loaded as one delivery.")]
Loader = Callable[[Workspace, Path, LoadOptions], LoadReport]


def _load_each(files: list[Path], loader: Loader, what: str) -> None:
    workspace = console.workspace()
    for file in files:
        with console.load_options(f"{what} {file.name}") as options:
            report = loader(workspace, file, options)
        console.print_report(report, f"{what} {file}")


def keep_summaries() -> None:
    """What was just loaded is summed up too, where the workspace keeps summaries."""
    workspace = current_workspace()
    if not workspace.summaries.is_dir():
        return
    from trueline.assessment.summed import kept_up
    from trueline.engine.duckdb import DuckDBEngine

    report = kept_up(workspace, lambda: DuckDBEngine(spill_dir=workspace.home / "spill"))
    if report is not None and report.product_days:
        days = report.product_days
        console.out.print(f"Summed up {days:,} days of a product and parameter", markup=False)


def _replay_what_waits() -> None:
    """Measurements that came before their product or parameter was known are taken in now."""
    folder = current_workspace().lake / "unknown"
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    from trueline.measurement.unknown import replay_unknown

    with console.load_options("measurements that waited") as options:
        report = replay_unknown(console.workspace(), options)
    if report is not None:
        console.print_report(report, "measurements that waited")
        apply_certain_names()
        keep_summaries()


def apply_certain_names() -> None:
    """Take in what waits under names that the operator's file makes certain."""
    if not (current_workspace().home / "identities.yaml").exists():
        return
    from trueline.sourcing.identities import Decision, apply_certain

    decided = apply_certain(console.workspace(), Decision("identities.yaml", console.now()))
    for one in decided.identities:
        console.out.print(f"{one.name} stands for {one.product_id}: certain", markup=False)
    if decided.load is not None:
        console.print_report(decided.load, "what waited")


@app.command()
def offerings(files: Files) -> None:
    """Parameters, offerings and objectives: YAML, or OpenSLO v1."""
    from trueline.offerings.load import load_offerings

    _load_each(files, load_offerings, "offerings")
    _replay_what_waits()


@app.command()
def customers(files: Files) -> None:
    """Customers: CSV or Parquet."""
    from trueline.inventory.load import load_customers

    _load_each(files, load_customers, "customers")


@app.command()
def products(files: Files) -> None:
    """Sold offerings: CSV or Parquet."""
    from trueline.inventory.load import load_products

    _load_each(files, load_products, "products")
    _replay_what_waits()


@app.command()
def agreements(files: Files) -> None:
    """Negotiated objectives that override the offering's: CSV, Parquet or YAML."""
    from trueline.inventory.load import load_agreements

    _load_each(files, load_agreements, "agreements")


@app.command()
def groups(files: Files) -> None:
    """Groups of similar sold offerings by rule: CSV, Parquet or YAML."""
    from trueline.inventory.load import load_groups

    _load_each(files, load_groups, "groups")


@app.command()
def suppliers(files: Files) -> None:
    """Suppliers, OLAs and underpinning contracts, and what rests on them by rule: YAML."""
    from trueline.inventory.load_suppliers import load_suppliers

    _load_each(files, load_suppliers, "suppliers")


@app.command()
def events(files: Files) -> None:
    """Outages and tickets: CSV or Parquet."""
    from trueline.measurement.events import load_events

    _load_each(files, load_events, "events")


@app.command()
def exclusions(files: Files) -> None:
    """Agreed intervals that do not count: CSV or Parquet."""
    from trueline.outages.load import load_exclusions

    _load_each(files, load_exclusions, "exclusions")


@app.command()
def analyses(files: Files) -> None:
    """Performance analyses, violations, degradation reports, tickets: CSV, Parquet or JSON."""
    from trueline.problems.load_analyses import load_analyses

    _load_each(files, load_analyses, "analyses")


@app.command()
def measurements(
    files: Annotated[list[Path], typer.Argument(help="Files, together one delivery.")],
    format: Annotated[
        str | None, typer.Option(help="csv, parquet, jsonl, 3gpp ... (default: by the name)")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML: objects to products, counters to parameters")
    ] = None,
) -> None:
    """Granules: CSV, Parquet, JSON lines, 3GPP XML, remote write or OTLP captures."""
    from trueline.measurement.formats.mapping import read_mapping
    from trueline.measurement.load import MeasurementOptions, load_measurements

    workspace = console.workspace()
    with console.load_options("measurements") as load:
        options = MeasurementOptions(
            load=load, format=format, mapping=read_mapping(mapping) if mapping else {}
        )
        report = load_measurements(workspace, files, options)
    console.print_report(report, "measurements")
    apply_certain_names()
    keep_summaries()
