"""`trueline corrections ...`: change a closed period with a second signature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.cli import console
from trueline.cli.results import print_restatement
from trueline.results.models import Correction

app = typer.Typer(no_args_is_help=True, help="Corrections of closed periods, by two persons.")

Number = Annotated[int, typer.Argument(help="number of the correction")]
By = Annotated[str | None, typer.Option(help="who does it (default: the user of this machine)")]
Note = Annotated[str, typer.Option(help="kept with the step")]


@app.command()
def propose(
    kind: Annotated[str, typer.Argument(help="events or exclusions")],
    file: Annotated[Path, typer.Argument(help="the rows to add or correct, as for trueline load")],
    reason: Annotated[str, typer.Option(help="why the past was told wrong")],
    evidence: Annotated[str, typer.Option(help="where it can be seen: a ticket, a mail")] = "",
    by: By = None,
) -> None:
    """Propose rows that change what closed periods were made of. Nothing changes yet."""
    console.workspace()
    from trueline.results import corrections as rules

    proposal = rules.Proposal(kind, file, reason, evidence)
    found = rules.propose(proposal, by=console.signed_by(by), now=console.now())
    console.out.print(f"correction {found.pk} is proposed; it waits for another person's signature")
    if found.customers:
        console.out.print(f"  and for the agreement of {', '.join(found.customers)}", markup=False)


@app.command()
def countersign(number: Number, by: By = None, note: Note = "") -> None:
    """Say, as another person, that a proposed correction is right."""
    console.workspace()
    from trueline.results import corrections as rules

    rules.countersign(number, by=console.signed_by(by), now=console.now(), note=note)
    console.out.print(f"correction {number} is countersigned")


@app.command()
def agree(
    number: Number,
    customer: Annotated[str, typer.Option(help="the customer who agrees")],
    note: Annotated[str, typer.Option(help="how the agreement was given")],
    by: By = None,
) -> None:
    """Record a customer's agreement and its evidence."""
    console.workspace()
    from trueline.results import corrections as rules

    rules.agree(number, customer, by=console.signed_by(by), now=console.now(), note=note)
    console.out.print(f"the agreement of {customer} to correction {number} is recorded")


@app.command()
def reject(
    number: Number,
    reason: Annotated[str, typer.Option(help="why it is wrong")],
    by: By = None,
) -> None:
    """Reject a correction; it stays on record."""
    console.workspace()
    from trueline.results import corrections as rules

    rules.reject(number, by=console.signed_by(by), now=console.now(), note=reason)
    console.out.print(f"correction {number} is rejected")


@app.command()
def apply(number: Number, by: By = None) -> None:
    """Load a countersigned correction and restate every closed period that it changes."""
    workspace = console.workspace()
    from trueline.engine.duckdb import DuckDBEngine
    from trueline.results import corrections as rules

    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    applied = rules.apply(engine, workspace, number, by=console.signed_by(by), now=console.now())
    console.print_report(applied.load, applied.correction.kind)
    for closing in applied.restated:
        print_restatement(closing)
    if not applied.restated:
        console.out.print("No figure of a closed period changed")


@app.command(name="list")
def list_corrections() -> None:
    """Every correction and its state."""
    console.workspace()
    table = Table("number", "state", "kind", "sold offerings", "proposed", "by", "reason")
    for one in Correction.objects.order_by("pk"):
        named = ", ".join(one.product_ids[:3])
        more = len(one.product_ids) - 3
        table.add_row(
            str(one.pk),
            one.state,
            one.kind,
            named + (f" and {more} more" if more > 0 else ""),
            one.proposed_at.isoformat(timespec="seconds"),
            one.proposed_by,
            one.reason,
        )
    console.print_listing(
        table,
        "No corrections; `trueline corrections propose events FILE --reason TEXT` proposes one",
    )


@app.command()
def show(number: Number) -> None:
    """A correction's rows, and every step of it."""
    console.workspace()
    from trueline.results import corrections as rules

    found = rules.correction_of(number)
    say = console.out.print
    say(f"correction {number}: {found.state}, {found.kind} from {found.file_name}", markup=False)
    say(f"  reason: {found.reason}", markup=False)
    if found.evidence:
        say(f"  evidence: {found.evidence}", markup=False)
    if waiting := sorted(set(found.customers) - rules.agreed(found)):
        say(f"  waits for the agreement of {', '.join(waiting)}", markup=False)
    for step in rules.steps_of(found):
        behalf = f" for {step.on_behalf_of}" if step.on_behalf_of else ""
        at = step.at.isoformat(timespec="seconds")
        say(f"  {at} {step.act}{behalf} by {step.by}: {step.note}", markup=False)
