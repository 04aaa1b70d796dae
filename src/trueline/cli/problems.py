"""`trueline problems ...`: what bad products share, raised once and followed to its close."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from trueline.calendars.instants import instant
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.intake.record import latest_delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.problems import before_after, life
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.models import ProductProblem
from trueline.problems.precedence import with_precedence
from trueline.problems.scan import Shared, read_rows, scan_verdicts
from trueline.problems.states import ProblemState

app = typer.Typer(no_args_is_help=True, help="What many violated products share.")

Period = Annotated[str, typer.Option(help="a stored period, as 2026-10")]
By = Annotated[str | None, typer.Option(help="who does it (default: the user of this machine)")]
Although = Annotated[
    str, typer.Option(help="why it is closed although the before/after test shows no improvement")
]
Number = Annotated[int, typer.Argument(help="number of the problem")]


@app.command()
def scan(period: Period) -> None:
    """Combinations of product attributes with more violations than chance. Nothing is kept."""
    found = _scanned(period)
    table = Table(title=f"{len(found)} findings of {period}")
    for heading in ("", "objective", "shared", "violated", "expected", "lift", "q", "exposed"):
        table.add_column(heading)
    for place, shared in enumerate(found, 1):
        one = shared.enrichment
        table.add_row(
            str(place),
            shared.objective_id,
            _names(shared.names),
            f"{len(shared.affected)} of {len(one.members)}",
            f"{one.expected * one.design:.1f}",
            f"{one.lift:.2f}",
            f"{one.q:.1e}",
            str(len(shared.exposed)),
        )
    console.out.print(table)
    for place, shared in enumerate(found, 1):
        for before in shared.before:
            console.out.print(f"{place}  {_told_before(before)}", markup=False)


@app.command(name="raise")
def raise_findings(
    period: Period,
    only: Annotated[int | None, typer.Option(help="the finding of this place in the scan")] = None,
    by: By = None,
) -> None:
    """Raise findings as product problems, or add their members to the open problem of the same."""
    workspace = console.workspace()
    found = _scanned(period)
    chosen = found if only is None else found[only - 1 : only] if only > 0 else []
    snapshot = snapshot_at(latest_delivery())
    signed, now = console.signed_by(by), console.now()
    for shared in chosen:
        raised = life.raise_problem(workspace, shared, snapshot, by=signed, now=now)
        console.out.print(
            f"problem {raised.number} {raised.act}: {_names(shared.names)}, "
            f"{raised.joined} products joined",
            markup=False,
        )
    if not chosen:
        console.out.print("nothing to raise")


@app.command()
def show(
    number: Annotated[int | None, typer.Argument(help="number of the problem; all without")] = None,
) -> None:
    """Problems and their states, or one with its evidence, members and steps."""
    console.workspace()
    if number is not None:
        _show_one(life.problem_numbered(number))
        return
    for problem in ProductProblem.objects.order_by("pk"):
        console.out.print(
            f"{problem.pk}  {problem.state}  {problem.objective_id}  {_names(problem.names)}",
            markup=False,
        )


@app.command()
def move(
    number: Number,
    state: Annotated[ProblemState, typer.Argument(help="the state it goes to, in TMF656 words")],
    note: Annotated[str, typer.Option(help="why: the known error, the workaround, the fix")],
    although: Although = "",
    by: By = None,
) -> None:
    """Take a problem to another state, with its reason."""
    workspace = console.workspace()
    signed, now = console.signed_by(by), console.now()
    life.move_problem(workspace, number, life.Move(state, note, although), by=signed, now=now)
    console.out.print(f"problem {number} is {state}")


@app.command()
def close(
    number: Number,
    note: Annotated[str, typer.Option(help="what was seen to hold")],
    although: Although = "",
    by: By = None,
) -> None:
    """Close a resolved problem whose before/after test shows that the fix helped."""
    move(number, ProblemState.CLOSED, note, although, by)


def _scanned(period: str) -> list[Shared]:
    workspace = console.workspace()
    label = parse_period(period).label
    rows, delivery = read_rows(workspace, label), latest_delivery()
    found = scan_verdicts(rows, label, snapshot_at(delivery))
    return life.most_trusted_first(with_precedence(workspace, found, rows, delivery=delivery))


def _told_before(one: HappenedBefore) -> str:
    """What happened before, and of how many; never as a cause."""
    times = sorted({f"{instant(at):%Y-%m-%d}" for at in (one.first_s, one.last_s)})
    return (
        f"happened before (not shown to be the cause): {one.what}, {' to '.join(times)}, "
        f"{one.affected} of {one.members} affected, {one.expected:.1f} expected, q {one.q:.1e}"
    )


def _names(names: object) -> str:
    """`a=1&b=2`, and after "or" what the data cannot tell from it."""
    combinations = names if isinstance(names, list | tuple) else []
    shown = ["&".join(f"{key}={value}" for key, value in name.items()) for name in combinations]
    return " or ".join(shown)


def _show_one(problem: ProductProblem) -> None:
    affected = problem.members.filter(affected=True)
    exposed = problem.members.filter(affected=False).exclude(
        product_id__in=affected.values("product_id")
    )
    customers = affected.values("customer_id").distinct().count()
    counts = {key: value for key, value in problem.evidence.items() if key != life.BEFORE}
    for line in (
        f"problem {problem.pk}: {problem.state}, {problem.objective_id}",
        f"  shared: {_names(problem.names)}",
        f"  first alert: {problem.first_alert}, raised by {problem.raised_by}",
        f"  evidence: {', '.join(f'{key} {value}' for key, value in counts.items())}",
        f"  affected: {affected.count()} products of {customers} customers",
        f"  exposed, not yet affected: {exposed.count()} products",
    ):
        console.out.print(line, markup=False)
    for before in problem.evidence.get(life.BEFORE, []):
        console.out.print(f"  {_told_before(HappenedBefore(**before))}", markup=False)
    for step in problem.steps.order_by("pk"):
        told = f"  {step.at:%Y-%m-%d %H:%M} {step.act} by {step.by}: {step.note}"
        console.out.print(told, markup=False)
        if step.result is not None:
            console.out.print(f"    test: {before_after.told(step.result)}", markup=False)
            if step.result.get("although"):
                console.out.print(f"    although: {step.result['although']}", markup=False)
