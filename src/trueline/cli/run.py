"""`trueline run`: demo operator, assessment, pages: what `make run` starts."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.cli import console, demo
from trueline.cli.serve import serve
from trueline.engine.duckdb import DuckDBEngine
from trueline.settings.workspace import Workspace


def run(
    port: Annotated[int, typer.Option(help="loopback port")] = 8000,
    products: Annotated[int, typer.Option(min=1, help="sold offerings of the demo")] = 2000,
    months: Annotated[int, typer.Option(min=1, help="months of the demo")] = 3,
    pages: Annotated[bool, typer.Option(help="serve the pages at the end")] = True,
) -> None:
    """Build the demo operator where the workspace is empty, assess it, serve the pages. The newest
    month is assessed first; with pages, the earlier ones and the regimes follow while they are
    served."""
    workspace = console.workspace()
    if not demo.has_deliveries():
        demo.build(workspace, products, months, seed=1)
    waiting = _unassessed(workspace)
    if waiting:
        _assess(workspace, waiting[:1])
    if pages:
        _say_how_to_sign_in(workspace)
        threading.Thread(target=_rest, args=(workspace, waiting[1:]), daemon=True).start()
        serve(port)
    else:
        _rest(workspace, waiting[1:])


def _rest(workspace: Workspace, labels: list[str]) -> None:
    """The earlier months, and the regimes of the demo for the last days of its data."""
    from trueline.demo.build import months_of
    from trueline.demo.watch import run_regimes
    from trueline.monitoring.models import RegimeRun

    _assess(workspace, labels)
    months = months_of(workspace)
    if not months or RegimeRun.objects.exists():
        return
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    for sentence in run_regimes(workspace, engine, months[-1], now=console.now()):
        console.out.print(sentence, markup=False)
    engine.close()


def _say_how_to_sign_in(workspace: Workspace) -> None:
    from trueline.demo.accounts import sign_in_file

    path = sign_in_file(workspace)
    if path.exists():
        console.out.print(
            "Reading needs no account. To act, sign in as product-manager, commercial-approver or "
            f"another role; the password is in {path}",
            markup=False,
        )


def _unassessed(workspace: Workspace) -> list[str]:
    """Months of data without a stored assessment, newest first."""
    from trueline.demo.build import months_of

    return [
        label
        for label in reversed(months_of(workspace))
        if not (workspace.results / label / "assessment.json").exists()
    ]


def _assess(workspace: Workspace, labels: list[str]) -> None:
    if not labels:
        return
    known = what_was_known(workspace)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    for label in labels:
        console.out.print(f"assessing {label} ...", markup=False)
        request = AssessmentRequest(parse_period(label))
        result = store_period(engine, workspace, known, request, now=console.now())
        console.out.print(f"{label}: {len(result.rows):,} verdicts", markup=False)
    engine.close()
