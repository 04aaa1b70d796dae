"""`trueline identities ...`: what names in feeds stand for, decided by a person and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import parse_instant, render_instant, seconds
from trueline.cli import console
from trueline.intake.record import latest_delivery
from trueline.inventory.identities import identities_at, identity_of
from trueline.inventory.values import Identity
from trueline.sourcing import identities as rules
from trueline.sourcing.effects import periods_touched
from trueline.sourcing.identity_table import put_table
from trueline.sourcing.matching import IdentityProposal

app = typer.Typer(no_args_is_help=True, help="What names in feeds stand for.")

Name = Annotated[str, typer.Argument(help="the name as the feed spells it")]
ProductId = Annotated[str, typer.Argument(help="id of the sold offering")]
By = Annotated[str | None, typer.Option(help="who decides (default: the user of this machine)")]
Note = Annotated[str, typer.Option(help="kept with the decision")]
From = Annotated[
    str | None, typer.Option("--from", help="first instant, such as 2026-10-01T00:00Z")
]
To = Annotated[str | None, typer.Option("--to", help="first instant no longer")]


@app.command(name="list")
def list_identities(
    every: Annotated[bool, typer.Option("--all", help="every decision ever made")] = False,
) -> None:
    """What names stand for now, or every decision with who made it."""
    console.workspace()
    if every:
        _print_decisions()
        return
    table = Table("name", "sold offering", "from", "to", "confidence", "why")
    for own in identities_at(latest_delivery()).values():
        for one in own:
            why = "; ".join(one.reasons) or "set by hand"
            table.add_row(one.name, one.product_id, *_validity(one), one.confidence, why)
    console.out.print(table)


@app.command()
def propose(
    apply: Annotated[
        bool, typer.Option("--apply", help="accept what identities.yaml lets decide by itself")
    ] = False,
    by: By = None,
) -> None:
    """Names that wait, and which sold offering each may stand for: how sure, and why."""
    workspace = console.workspace()
    if apply:
        decided = rules.apply_certain(workspace, _decision(by, ""))
        _print_decided(decided, "stands for")
        if not decided.identities:
            console.out.print("nothing is certain enough to be applied by itself")
    found = rules.proposals(workspace)
    table = Table("name", "rows", "measured", "sold offering", "confidence", "why", "against it")
    for proposal in found:
        for cells in _proposal_rows(proposal):
            table.add_row(*cells)
    if found:
        console.out.print(table)
    console.out.print(f"{len(found):,} names wait", markup=False)


@app.command()
def accept(
    name: Name,
    product: Annotated[
        str | None, typer.Option(help="of several proposed in time, this one")
    ] = None,
    by: By = None,
    note: Note = "",
) -> None:
    """Accept what is proposed for a name; what waited under it is taken in."""
    workspace = console.workspace()
    _print_decided(rules.accept(workspace, name, _decision(by, note), product), "stands for")


@app.command()
def reject(name: Name, product: ProductId, by: By = None, note: Note = "") -> None:
    """Say that a name does not stand for a sold offering; it is not proposed again."""
    workspace = console.workspace()
    rules.reject(workspace, name, product, _decision(by, note))
    console.out.print(f"{name} is not proposed for {product} again", markup=False)


@app.command(name="set")
def put(
    name: Name,
    product: ProductId,
    valid_from: From = None,
    valid_to: To = None,
    by: By = None,
    note: Note = "",
) -> None:
    """Set by hand what a name stands for, whatever is proposed."""
    workspace = console.workspace()
    identity = Identity(name, product, _instant(valid_from), _instant(valid_to))
    _print_decided(rules.put(workspace, identity, _decision(by, note)), "stands for")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="CSV: name, product_id, valid_from, valid_to")],
    by: By = None,
    note: Note = "",
) -> None:
    """Set what many names stand for, from a table; a row that cannot be is set aside."""
    workspace = console.workspace()
    decided = put_table(workspace, file, _decision(by, note))
    if decided.recorded is not None:
        console.print_report(decided.recorded, "names")
    if decided.load is not None:
        console.print_report(decided.load, "what waited")


@app.command()
def end(name: Name, valid_from: From = None, by: By = None, note: Note = "") -> None:
    """A name no longer stands for anything, from an instant on or, without one, never did: what
    came in under it since then is taken back and waits again."""
    workspace = console.workspace()
    decided = rules.end(workspace, name, _decision(by, note), _instant(valid_from))
    for one in decided.series:
        console.out.print(
            f"{one.granules:,} granules of {one.parameter} of {one.product_id} rested on {name}, "
            f"{render_instant(one.first_s)} to {render_instant(one.last_s)}",
            markup=False,
        )
    if decided.load is not None:
        console.print_report(decided.load, "taken back")
    for touched in periods_touched(workspace.results, decided.series):
        console.out.print(
            f"  figures of {touched}: trueline assess --period {touched}", markup=False
        )
    console.out.print(f"{name} has ended", markup=False)


def _decision(by: str | None, note: str) -> rules.Decision:
    return rules.Decision(console.signed_by(by), console.now(), note)


def _instant(text: str | None) -> int | None:
    return None if text is None else seconds(parse_instant(text))


def _print_decided(decided: rules.Decided, verb: str) -> None:
    for one in decided.identities:
        first, last = _validity(one)
        console.out.print(f"{one.name} {verb} {one.product_id}, {first} to {last}", markup=False)
    if decided.load is not None:
        console.print_report(decided.load, "what waited")


def _print_decisions() -> None:
    table = Table("delivery", "name", "sold offering", "state", "from", "to", "by", "why", "until")
    for row in rules.decisions():
        identity = identity_of(row)
        table.add_row(
            str(row.delivery_id),
            row.name,
            row.product_id,
            row.state,
            *_validity(identity),
            row.decided_by,
            "; ".join([*row.reasons, *([row.note] if row.note else [])]),
            str(row.superseded_by_id or ""),
        )
    console.out.print(table)


def _proposal_rows(proposal: IdentityProposal) -> list[tuple[str, ...]]:
    name = proposal.name
    measured = f"{render_instant(name.span[0])} to {render_instant(name.span[1])}"
    head = (name.name, f"{name.rows:,}", measured)
    if not proposal.candidates:
        return [(*head, "-", "", "nothing fits", "")]
    rows: list[tuple[str, ...]] = []
    for number, one in enumerate(proposal.candidates):
        grade = "ambiguous" if proposal.ambiguous and one.in_service else one.confidence.value
        rows.append(
            (
                *(head if number == 0 else ("", "", "")),
                one.product_id,
                grade,
                "; ".join(one.reasons),
                "; ".join(one.objections),
            )
        )
    return rows


def _validity(one: Identity) -> tuple[str, str]:
    return (
        "the start" if one.valid_from_s is None else render_instant(one.valid_from_s),
        "open" if one.valid_to_s is None else render_instant(one.valid_to_s),
    )
