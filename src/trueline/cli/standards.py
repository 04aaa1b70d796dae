"""`trueline standards ...`: threshold standards as code, from a draft to what is in force.

Each command imports what it needs only, so that a small one starts quickly."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import parse_day
from trueline.cli import console
from trueline.cli.standards_printed import (
    print_differences,
    print_examined,
    print_list,
    print_losses,
    print_proposal,
    print_proposals,
    print_reissue,
    print_replay,
    print_suggestion,
    print_versions,
)
from trueline.errors import InputError
from trueline.standards.acts import Deed, proposal_numbered
from trueline.standards.life_cycle import Part

app = typer.Typer(
    no_args_is_help=True, help="Threshold standards: draft, approve, publish, compare, replay."
)

By = Annotated[str, typer.Option(help="your name, as `trueline people list` has it")]
Number = Annotated[int, typer.Argument(help="number of the proposal")]
Note = Annotated[str, typer.Option(help="what you say to it")]


@app.callback()
def standards() -> None:
    """Threshold standards: draft, approve, publish, compare, replay."""


def _deed(by: str, note: str = "") -> Deed:
    return Deed(by, console.now(), note)


@app.command("list")
def list_standards(
    proposals: Annotated[
        bool, typer.Option("--proposals", help="proposals on their way and done")
    ] = False,
    review_debt: Annotated[
        bool, typer.Option("--review-debt", help="only those whose review is owed")
    ] = False,
) -> None:
    """Every standard with its newest version."""
    console.workspace()
    from trueline.standards.overview import standards_known

    if proposals:
        print_proposals()
        return
    today = console.now().date()
    lines = standards_known()
    shown = [line for line in lines if not review_debt or line.review_owed(today)]
    print_list(shown, today)


@app.command()
def show(
    standard: Annotated[str, typer.Argument(help="a standard by name, or a proposal by number")],
) -> None:
    """One standard with all its versions, or one proposal with everything done to it."""
    workspace = console.workspace()
    if standard.isdigit():
        print_proposal(workspace, proposal_numbered(int(standard)))
        return
    from trueline.standards.overview import standard_named

    print_versions(standard_named(standard))


@app.command()
def diff(
    standard: Annotated[str, typer.Argument(help="a standard by name, or a proposal by number")],
    versions: Annotated[
        list[int] | None, typer.Argument(help="one or two versions; default: the newest")
    ] = None,
) -> None:
    """What differs between two versions, or between a proposal and what is in force, and which
    side promises more."""
    console.workspace()
    from trueline.standards.compared import compared_proposal, compared_versions

    if standard.isdigit():
        print_differences(compared_proposal(int(standard)))
    else:
        print_differences(compared_versions(standard, tuple(versions or ())))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="standards files (YAML), or OpenSLO v1")],
) -> None:
    """Look for faults in standards files without recording anything. Exit code 1 when one has a
    fault, 2 for a broken file."""
    workspace = console.workspace()
    from trueline.offerings.load import read_bounded
    from trueline.standards.facts import examine
    from trueline.standards.files import read_standards

    faulty = broken = 0
    for file in files:
        read = read_standards(read_bounded(file), file.name)
        for row in read.set_aside:
            console.err.print(f"{file.name}:{row.line}, {row.field}: {row.reason}", markup=False)
        print_losses(file.name, read.losses)
        broken += len(read.set_aside)
        for draft in read.drafts:
            examined = examine(workspace, draft)
            print_examined(examined)
            faulty += bool(examined.faults)
    if broken or faulty:
        raise typer.Exit(2 if broken else 1)


@app.command()
def draft(
    files: Annotated[list[Path], typer.Argument(help="standards files (YAML), or OpenSLO v1")],
    by: By,
) -> None:
    """Record the standards of files as drafts; you are their author."""
    console.workspace()
    from trueline.offerings.load import read_bounded
    from trueline.standards.draft import draft_standards

    broken = 0
    for file in files:
        drafted = draft_standards(read_bounded(file), file.name, _deed(by))
        for proposal in drafted.proposals:
            console.out.print(f"proposal {proposal.pk}: {proposal.standard} drafted", markup=False)
        for proposal in drafted.known:
            console.out.print(
                f"proposal {proposal.pk}: {proposal.standard} stands already", markup=False
            )
        for row in drafted.set_aside:
            console.err.print(f"{file.name}:{row.line}, {row.field}: {row.reason}", markup=False)
        print_losses(file.name, drafted.losses)
        broken += len(drafted.set_aside)
    if broken:
        raise typer.Exit(2)


@app.command()
def submit(number: Number, by: By, note: Note = "") -> None:
    """Send a draft for approval; refused while it has faults."""
    workspace = console.workspace()
    from trueline.standards.approve import submit as submit_proposal

    proposal = submit_proposal(workspace, number, _deed(by, note))
    print_proposal(workspace, proposal)


@app.command()
def approve(
    number: Number,
    by: By,
    part: Annotated[Part, typer.Option("--as", help="the part of the approval")],
    note: Note = "",
) -> None:
    """Give one part of the approval. The author may not."""
    workspace = console.workspace()
    from trueline.standards.approve import approve as approve_proposal

    proposal, missing = approve_proposal(workspace, number, part, _deed(by, note))
    told = ", ".join(missing) or "nothing"
    console.out.print(f"proposal {number} is {proposal.state}; missing: {told}", markup=False)


@app.command("return")
def return_proposal(number: Number, by: By, note: Note = "") -> None:
    """Send a proposal back to its author, with the reason as --note."""
    console.workspace()
    from trueline.standards.approve import send_back

    proposal = send_back(number, _deed(by, note))
    console.out.print(f"proposal {number} is {proposal.state} again", markup=False)


@app.command()
def publish(number: Number, by: By, note: Note = "") -> None:
    """Put an approved standard into force from its valid_from on, and list what has to be issued
    again because it reaches into the past."""
    workspace = console.workspace()
    from trueline.standards.publish import publish as publish_proposal

    done = publish_proposal(workspace, number, _deed(by, note))
    console.out.print(
        f"{done.proposal.standard} version {done.version} published; delivery {done.delivery}",
        markup=False,
    )
    print_reissue(done.reissue)


@app.command()
def reissue(number: Number) -> None:
    """The figures that publishing a proposal would change, by assessed period and product."""
    workspace = console.workspace()
    from trueline.standards.compared import reissue_of_proposal

    print_reissue(reissue_of_proposal(workspace, number))


@app.command()
def retire(
    number: Number,
    by: By,
    last: Annotated[str, typer.Option("--from", help="first local day no longer in force")],
    note: Note = "",
) -> None:
    """End a published version; refused while products would lose what was agreed."""
    workspace = console.workspace()
    from trueline.standards.publish import retire as retire_version

    delivery = retire_version(workspace, number, day(last, "--from"), _deed(by, note))
    console.out.print(f"proposal {number} is retired; delivery {delivery}", markup=False)


@app.command()
def review(
    number: Number,
    by: By,
    next_due: Annotated[str, typer.Option("--next", help="day of the next review")],
    note: Note = "",
) -> None:
    """Record that a published standard was looked at and stands."""
    console.workspace()
    from trueline.standards.approve import record_review

    proposal = record_review(number, day(next_due, "--next"), _deed(by, note))
    console.out.print(f"{proposal.standard}: next review {proposal.review_due}", markup=False)


@app.command()
def migrate(
    number: Number,
    by: By,
    products: Annotated[str, typer.Option(help="sold offerings, parted by commas")],
    valid_from: Annotated[str, typer.Option("--from", help="first local day on the new version")],
    agreement: Annotated[
        str, typer.Option(help="where the customers agreed; needed where less is promised")
    ] = "",
) -> None:
    """Propose to move sold offerings to the version that a proposal was published as."""
    console.workspace()
    from trueline.standards.migrate import MigrationRequest, propose_migration

    ids = tuple(one.strip() for one in products.split(",") if one.strip())
    asked = MigrationRequest(number, ids, day(valid_from, "--from"), agreement)
    migration = propose_migration(asked, _deed(by))
    console.out.print(f"migration {migration.pk} proposed: {migration}", markup=False)


@app.command("approve-migration")
def approve_migration(
    migration: Annotated[int, typer.Argument(help="number of the migration")],
    by: By,
    reject: Annotated[bool, typer.Option("--reject", help="close it instead")] = False,
) -> None:
    """Put a proposed migration into force, or reject it. The author may not."""
    workspace = console.workspace()
    from trueline.standards import migrate as migrations

    if reject:
        migrations.reject_migration(migration, _deed(by))
        console.out.print(f"migration {migration} rejected", markup=False)
        return
    delivery = migrations.approve_migration(workspace, migration, _deed(by))
    console.out.print(f"migration {migration} in force; delivery {delivery}", markup=False)


@app.command()
def replay(
    number: Number,
    months: Annotated[int, typer.Option(min=1, max=120, help="newest stored periods")] = 12,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="assess from the granules, not from stored figures or summaries"
        ),
    ] = False,
) -> None:
    """What a proposal would have meant for the products that would hold it, side by side with
    today's version. A threshold that nobody was held to is answered from summaries, with bounds;
    a draft that measures something else is assessed from the granules."""
    from time import perf_counter

    started = perf_counter()
    workspace = console.workspace()
    from trueline.standards.document import draft_of
    from trueline.standards.facts import examine
    from trueline.standards.replay import replay_exactly
    from trueline.standards.replay_summed import replay_quickly
    from trueline.standards.replay_told import tell_replay

    examined = examine(workspace, draft_of(proposal_numbered(number).document))
    found = None if exact else replay_quickly(workspace, examined, months)
    if found is None:
        from trueline.assessment.known import what_was_known
        from trueline.engine.duckdb import DuckDBEngine

        engine = DuckDBEngine(spill_dir=workspace.home / "spill")
        known = what_was_known(workspace)
        found = replay_exactly(engine, known, examined, workspace.results, months)
    print_replay(found, tell_replay(found), perf_counter() - started)


@app.command()
def suggest(
    standard: Annotated[str, typer.Argument(help="a standard by name")],
    months: Annotated[int, typer.Option(min=1, max=120, help="newest stored periods")] = 12,
    share: Annotated[str, typer.Option(help="share of figures that should keep it")] = "0.95",
    confidence: Annotated[str, typer.Option(help="confidence of that")] = "0.95",
) -> None:
    """Suggest an achievable target from stored figures: a percentile with its tolerance bound. A
    suggestion, never a standard by itself."""
    workspace = console.workspace()
    from trueline.standards.overview import standard_named
    from trueline.standards.suggested import suggest_for

    found = suggest_for(
        workspace, standard_named(standard), months, (fraction(share), fraction(confidence))
    )
    print_suggestion(standard, found)


@app.command()
def support() -> None:
    """What each promise rests on, and the back-to-back gap where that cannot carry it."""
    console.workspace()
    from trueline.standards.supported import supported_standards

    table = Table("standard", "version", "state", "rests on", "gap")
    for one in supported_standards():
        table.add_row(
            one.standard,
            str(one.version or ""),
            one.state,
            ", ".join(f"{part.name} ({part.kind})" for part in one.supported_by),
            one.gap.what if one.gap else "not compared",
        )
    console.out.print(table)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="a file (default: standard output)")] = None,
    openslo: Annotated[bool, typer.Option("--openslo", help="as OpenSLO v1 instead")] = False,
) -> None:
    """Approved standards in force as a standards file, to keep beside the catalogue file."""
    console.workspace()
    from trueline.assessment.store import write_whole
    from trueline.standards.exported import export_openslo_standards, export_standards

    if openslo:
        content, losses = export_openslo_standards()
        for loss in losses:
            console.err.print(f"in annotations only: {loss}", markup=False)
    else:
        content = export_standards()
    if output is None:
        typer.echo(content, nl=False)
    else:
        write_whole(output, content.encode())
        console.out.print(f"written to {output}", markup=False)


def fraction(text: str) -> Fraction:
    """A share from the command line, exactly as written."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"{text!r} is no share", mend="Write 0.95 for 95 %") from None


def day(text: str, option: str) -> date:
    """A day from the command line."""
    try:
        return parse_day(text)
    except ValueError:
        raise InputError(f"{option} {text!r} is no day", mend="Write 2026-12-01") from None
