"""`trueline demo`: a synthetic operator with known truths."""

from __future__ import annotations

from typing import Annotated

import typer

from trueline.cli import console
from trueline.errors import InputError
from trueline.settings.workspace import Workspace


def demo(
    products: Annotated[int, typer.Option(min=1, help="sold offerings")] = 2000,
    months: Annotated[int, typer.Option(min=1, help="months of 15-minute data")] = 3,
    seed: Annotated[int, typer.Option(help="equal seeds give equal operators")] = 1,
) -> None:
    """Build the demo operator into this workspace, which must be empty."""
    workspace = console.workspace()
    if has_deliveries():
        raise InputError(
            f"The workspace {workspace.home} already holds data",
            mend="Set TRUELINE_HOME to a new folder",
        )
    build(workspace, products, months, seed)


def has_deliveries() -> bool:
    from trueline.intake.record import latest_delivery

    return latest_delivery() > 0


def build(workspace: Workspace, products: int, months: int, seed: int) -> None:
    """Build the operator and say what was built."""
    from trueline.demo.accounts import add_demo_accounts
    from trueline.demo.build import DemoScale, build_demo

    with console.load_options("demo operator") as options:
        report = build_demo(workspace, DemoScale(products, months, seed), options)
    accounts = add_demo_accounts(workspace)
    console.out.print(
        f"demo operator: {report.products:,} sold offerings, {report.samples:,} samples, "
        f"{report.seconds:.0f} s; planted truths in {report.truths}",
        markup=False,
    )
    console.out.print(f"accounts named by role, their password in {accounts}", markup=False)
