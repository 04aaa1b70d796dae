"""`trueline problems ...`: what bad products share, raised once and followed to its close."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from trueline.assessment.store import write_whole
from trueline.calendars.instants import instant
from trueline.calendars.periods import parse_period
from trueline.cli import console
from trueline.errors import InputError
from trueline.intake.record import latest_delivery
from trueline.problems import before_after, life
from trueline.problems.dossier import Dossier, claim_of_problem, dossier_of
from trueline.problems.found import found_in
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.judged import Judged, judged_period
from trueline.problems.measure import Measure
from trueline.problems.models import ProductProblem
from trueline.problems.pack import render_pack
from trueline.problems.phrases import told_allowance, told_chance, told_money, told_rival
from trueline.problems.scan import ANY, Shared
from trueline.problems.states import ProblemState
from trueline.settings.workspace import Workspace

app = typer.Typer(no_args_is_help=True, help="What many products in trouble share.")

Period = Annotated[str, typer.Option(help="a stored period, as 2026-10")]
By = Annotated[str | None, typer.Option(help="who does it (default: the user of this machine)")]
Although = Annotated[
    str, typer.Option(help="why it is closed although the before/after test shows no improvement")
]
ByMeasure = Annotated[
    Measure,
    typer.Option(
        help="violated products, counts of reports against what is usual, ratios, or levels"
    ),
]
Of = Annotated[str, typer.Option(help="one objective or parameter (default: all together)")]
COUNTS = ("members", "violated", "expected", "design", "p", "q", "scanned")
Number = Annotated[int, typer.Argument(help="number of the problem")]


@app.command()
def scan(period: Period, measure: ByMeasure = Measure.VIOLATED, of: Of = ANY) -> None:
    """Combinations of attributes with more trouble than chance gives. Nothing is kept."""
    found, _ = _scanned(period, measure, of)
    table = Table(title=f"{len(found)} findings of {period}")
    for heading in (
        "",
        "objective",
        "shared",
        "bad",
        "expected",
        "lift",
        "q",
        "exposed",
        "told by",
    ):
        table.add_column(heading)
    for place, shared in enumerate(found, 1):
        one = shared.enrichment
        table.add_row(
            str(place),
            shared.objective_id,
            _names(shared.names),
            shared.told or f"{len(shared.affected)} of {len(one.members)}",
            f"{one.expected * one.design:.1f}",
            f"{one.lift:.2f}",
            told_chance(one.q),
            str(len(shared.exposed)),
            ", ".join(f"{name} {count}" for name, count in shared.sources),
        )
    console.out.print(table)
    for place, shared in enumerate(found, 1):
        for before in shared.before:
            console.out.print(f"{place}  {_told_before(before)}", markup=False)
        for rival in shared.rivals:
            console.out.print(f"{place}  rival: {told_rival(asdict(rival))}", markup=False)


@app.command(name="raise")
def raise_findings(
    period: Period,
    only: Annotated[int | None, typer.Option(help="the finding of this place in the scan")] = None,
    measure: ByMeasure = Measure.VIOLATED,
    of: Of = ANY,
    by: By = None,
) -> None:
    """Raise findings as product problems, or add their members to the open problem of the same."""
    workspace = console.workspace()
    found, judged = _scanned(period, measure, of)
    if only is not None and not 1 <= only <= len(found):
        raise InputError(
            f"The scan of {judged.period} has no finding {only}",
            mend=f"It has {len(found)}: trueline problems scan --period {judged.period}",
        )
    chosen = found if only is None else found[only - 1 : only]
    signed, now = console.signed_by(by), console.now()
    for shared in chosen:
        raised = life.raise_problem(workspace, shared, judged.snapshot, by=signed, now=now)
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
    """Problems and their states, or one with its evidence, impact, members and steps."""
    workspace = console.workspace()
    if number is not None:
        _show_one(workspace, life.problem_numbered(number))
        return
    problems = list(ProductProblem.objects.order_by("pk"))
    for problem in problems:
        console.out.print(
            f"{problem.pk}  {problem.state}  {problem.objective_id}  {_names(problem.names)}",
            markup=False,
        )
    if not problems:
        console.out.print(
            "no problem was raised yet; see what a period's products share: trueline problems scan "
            "--period PERIOD, and raise it: trueline problems raise --period PERIOD"
        )


@app.command()
def pack(
    number: Number,
    output: Annotated[Path, typer.Option(help="the .zip file to write")],
) -> None:
    """Write the hand-over pack: evidence rows, lift, impact, timeline, methods, hashes."""
    workspace = console.workspace()
    problem = life.problem_numbered(number)
    content = render_pack(workspace, problem, _dossier(workspace, problem))
    write_whole(output, content)
    console.out.print(f"pack of problem {number} written to {output}", markup=False)


@app.command()
def note(
    number: Number,
    what: Annotated[life.NoteAct, typer.Argument(help="what the note is")],
    note: Annotated[
        str,
        typer.Option(help="the cause, how customers are helped, to whom it went, what they said"),
    ],
    by: By = None,
) -> None:
    """Note a known error, a workaround, a hand-over or the response to it; the board shows the
    newest of each."""
    workspace = console.workspace()
    signed, now = console.signed_by(by), console.now()
    life.note_problem(workspace, number, life.Noted(what, note), by=signed, now=now)
    console.out.print(f"noted: {what} of problem {number}")


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


def _scanned(period: str, measure: Measure, of: str) -> tuple[list[Shared], Judged]:
    workspace = console.workspace()
    label = parse_period(period).label
    judged = judged_period(workspace, label, delivery=latest_delivery())
    return life.most_trusted_first(found_in(workspace, judged, measure=measure, of=of)), judged


def _dossier(workspace: Workspace, problem: ProductProblem) -> Dossier:
    claim = claim_of_problem(problem)
    judged = judged_period(workspace, claim.period, delivery=latest_delivery())
    return dossier_of(workspace, claim, judged, problem=problem)


def _told(key: str, value: float) -> str:
    return told_chance(value) if key in ("p", "q") else f"{value:.6g}"


def _told_before(one: HappenedBefore) -> str:
    """What happened before, and of how many; never as a cause."""
    times = sorted({f"{instant(at):%Y-%m-%d}" for at in (one.first_s, one.last_s)})
    return (
        f"happened before (not shown to be the cause): {one.what}, {' to '.join(times)}, "
        f"{one.affected} of {one.members} affected, {one.expected:.1f} expected, "
        f"q {told_chance(one.q)}"
    )


def _names(names: object) -> str:
    """`a=1&b=2`, and after "or" what the data cannot tell from it."""
    combinations = names if isinstance(names, list | tuple) else []
    shown = ["&".join(f"{key}={value}" for key, value in name.items()) for name in combinations]
    return " or ".join(shown)


def _show_one(workspace: Workspace, problem: ProductProblem) -> None:
    dossier = _dossier(workspace, problem)
    claim, impact = dossier.claim, dossier.impact
    counts = {key: _told(key, claim.evidence[key]) for key in COUNTS if key in claim.evidence}
    noted = life.noted_of(problem)
    for line in (
        f"problem {problem.pk}: {problem.state}, {problem.objective_id}",
        f"  shared: {_names(problem.names)}",
        f"  first alert: {problem.first_alert}, raised by {problem.raised_by}",
        f"  evidence of {claim.period}: "
        + ", ".join(f"{key} {value}" for key, value in counts.items()),
        *(f"  {act}: {text}" for act, text in noted.items()),
        f"  affected: {impact.affected} products of {impact.customers} customers, "
        f"monthly charge {told_money(impact.revenue)}",
        f"  exposed, not yet affected: {impact.exposed} products of {impact.customers_exposed} "
        f"customers, monthly charge {told_money(impact.revenue_exposed)}",
        f"  allowance left to the exposed: {told_allowance(impact.allowance)}",
        f"  credits advised to the affected: {told_money(impact.advised)}",
        f"  credits at risk of the exposed: {told_money(impact.risk_least)} if just missed, "
        f"{told_money(impact.risk_most)} at most",
        *(f"  rival: {told_rival(one)}" for one in claim.rivals),
        *(f"  {_told_before(one)}" for one in claim.before),
    ):
        console.out.print(line, markup=False)
    for step in problem.steps.order_by("pk"):
        told = f"  {step.at:%Y-%m-%d %H:%M} {step.act} by {step.by}: {step.note}"
        console.out.print(told, markup=False)
        if step.result is not None:
            console.out.print(f"    test: {before_after.told(step.result)}", markup=False)
            if step.result.get("although"):
                console.out.print(f"    although: {step.result['although']}", markup=False)
