"""`trueline results ...`: close periods, restate them, ask what was believed when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import parse_as_of, render_instant, seconds
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.errors import InputError

if TYPE_CHECKING:  # what assesses is imported by the commands that do
    from trueline.assessment.values import AssessmentRow
    from trueline.results.values import Closing, Restated

app = typer.Typer(
    no_args_is_help=True, help="Closed periods, restatements, what was believed when."
)
PRINTED_CHANGES = 20

Asked = Annotated[str, typer.Option("--period", help="2026-10, 2026-Q4, 2026-W40 or 2026")]
By = Annotated[str | None, typer.Option(help="who does it (default: the user of this machine)")]


@app.command()
def close(period: Asked, by: By = None) -> None:
    """Assess a period that is over and log its figures: from then on they only change by
    restatement."""
    workspace = console.workspace()
    from trueline.engine.duckdb import DuckDBEngine
    from trueline.results.close import Act, close_period

    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    act = Act(console.signed_by(by))
    closing = close_period(engine, workspace, parse_period(period), act, now=console.now())
    console.out.print(
        f"{closing.batch.period} is closed with {closing.figures:,} figures; link "
        f"{closing.batch.sequence} of the result log, {closing.batch.link}",
        markup=False,
    )
    _print_running(closing)


@app.command()
def restate(
    period: Asked,
    reason: Annotated[str, typer.Option(help="why it is restated; kept with every figure")],
    by: By = None,
) -> None:
    """Assess a closed period again from all that is known now; before and after both stay."""
    workspace = console.workspace()
    from trueline.engine.duckdb import DuckDBEngine
    from trueline.results.close import Act, restate_period

    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    act = Act(console.signed_by(by), reason)
    closing = restate_period(engine, workspace, parse_period(period), act, now=console.now())
    if closing is None:
        console.out.print(f"Nothing differs: {period} stands as it was logged", markup=False)
        return
    print_restatement(closing)
    _print_running(closing)


def print_restatement(closing: Closing) -> None:
    """Each figure that changed, before and after."""
    changed = [change for change in closing.restated if change.figure_changed]
    console.out.print(
        f"{closing.batch.period} is restated: {len(changed):,} figures changed, "
        f"{len(closing.restated) - len(changed):,} stayed though their inputs changed; link "
        f"{closing.batch.sequence} of the result log",
        markup=False,
    )
    if changed:
        console.out.print(_changes_table(changed))


def _changes_table(changed: Sequence[Restated]) -> Table:
    shown = changed[:PRINTED_CHANGES]
    table = Table(title=f"{len(shown)} of {len(changed):,} figures that changed")
    for name in ("product", "objective", "from", "before", "after", "bad s", "excluded s"):
        table.add_column(name, overflow="fold")
    for change in shown:
        product, objective, start_s = change.key
        before = change.before.row if change.before else None
        after = change.after.row if change.after else None
        table.add_row(
            product,
            objective,
            render_instant(start_s),
            _figure(before),
            _figure(after),
            f"{before.bad_s if before else '-'} → {after.bad_s if after else '-'}",
            f"{before.excluded_s if before else '-'} → {after.excluded_s if after else '-'}",
        )
    return table


def _figure(row: AssessmentRow | None) -> str:
    if row is None:
        return "none"
    return row.verdict.value if row.value is None else f"{row.verdict.value} {row.value:.6g}"


def _print_running(closing: Closing) -> None:
    if closing.running:
        console.out.print(
            f"{closing.running:,} figures are left open: their own conformance period is not over"
        )


@app.command(name="list")
def list_batches(
    period: Annotated[str | None, typer.Option(help="only this period")] = None,
) -> None:
    """The links of the result log: every closing and every restatement."""
    label = None if period is None else parse_period(period).label
    console.workspace()
    from trueline.results.log import batches, closed_periods

    found = batches(label)
    if not found:
        closed = ", ".join(closed_periods()) or "nothing yet"
        console.out.print(
            f"{label or 'No period'} was never closed; closed is {closed}. "
            "trueline results close --period PERIOD logs a period that is over",
            markup=False,
        )
        return
    table = Table("link", "kind", "period", "figures", "produced", "by", "reason", "hash")
    for batch in found:
        table.add_row(
            str(batch.sequence),
            batch.kind,
            batch.period,
            f"{batch.rows:,}",
            produced_text(datetime.fromisoformat(batch.produced_at)),
            batch.produced_by,
            batch.reason,
            batch.link[:16],
        )
    console.out.print(table)


@app.command(name="believed")
def believed_when(
    product: Annotated[str, typer.Argument(help="sold offering")],
    objective: Annotated[str, typer.Argument(help="objective id")],
    period: Asked,
    on: Annotated[
        str | None, typer.Option("--on", help="what stood at this time (default: every change)")
    ] = None,
) -> None:
    """What was believed about a figure, from when on, and why it changed."""
    workspace = console.workspace()
    from trueline.results.log import believed

    beliefs = believed(workspace, product, objective, parse_period(period).label)
    if on is not None:
        until = parse_as_of(on)
        beliefs = [b for b in beliefs if b.produced_at <= until]
        newest = {b.figure.key: b for b in beliefs}
        beliefs = [newest[key] for key in sorted(newest)]
    if not beliefs:
        raise InputError(
            f"Nothing was logged about {product} {objective} in {period}"
            + (f" by {on}" if on else ""),
            mend="Close the period first, or look at trueline results list",
        )
    table = Table("believed from", "figure", "bad s", "excluded s", "link", "by", "reason")
    moments = believed_from([belief.produced_at for belief in beliefs])
    for belief, moment in zip(beliefs, moments, strict=True):
        row = belief.figure.row
        table.add_row(
            moment,
            "retracted" if belief.figure.retracted else _figure(row),
            f"{row.bad_s:,}",
            f"{row.excluded_s:,}",
            str(belief.batch.sequence),
            belief.batch.produced_by,
            belief.batch.reason or belief.batch.kind,
        )
    console.out.print(table)


def believed_from(moments: Sequence[datetime]) -> list[str]:
    """Each to the second; those that would be printed alike to the microsecond."""
    texts = [produced_text(moment) for moment in moments]
    return [
        text if texts.count(text) == 1 else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
        for text, moment in zip(texts, moments, strict=True)
    ]


def produced_text(moment: datetime) -> str:
    """To the second, the next one where it is broken: `--on` that instant knows of it."""
    return render_instant(seconds(moment) + (moment.microsecond > 0))


@app.command()
def check() -> None:
    """Prove that nobody edited the log: every file, every link. Exit code 2 where one did."""
    workspace = console.workspace()
    from trueline.results.log import check_log, head_of_log

    faults = list(check_log(workspace))
    if faults:
        raise InputError("; ".join(faults), mend="Restore the file or the database from a copy")
    console.out.print(f"{head_of_log():,} links, every one sound")
