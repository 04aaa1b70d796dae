"""`trueline writeback ...`: tell the operator's product inventory what was logged."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.table import Table

from trueline.cli import console
from trueline.errors import InputError
from trueline.settings.workspace import Workspace
from trueline.writeback.client import InventoryClient
from trueline.writeback.models import Told
from trueline.writeback.queue import State, queue_links, revive
from trueline.writeback.send import send_due

app = typer.Typer(no_args_is_help=True, help="Tell the product inventory (TMF637) of results.")
PRINTED = 50


@app.command()
def send(
    most: Annotated[int | None, typer.Option(min=1, help="no more than so many")] = None,
) -> None:
    """Note every new link of the result log, and tell the inventory what is due. Run it as often
    as you like; TRUELINE_INVENTORY_URL names the inventory."""
    workspace = console.workspace()
    client = _client(workspace)
    now = console.now()
    noted = queue_links(workspace, now=now)
    sent = send_due(workspace, client, now=now, most=most)
    away = "; the inventory does not answer, the rest stays due" if sent.away else ""
    console.out.print(
        f"{noted:,} noted, {sent.told:,} told, {sent.later:,} later, {sent.dead:,} refused{away}"
    )


def _client(workspace: Workspace) -> InventoryClient:
    address = os.environ.get("TRUELINE_INVENTORY_URL", "")
    if not address.startswith(("http://", "https://")):
        raise InputError(
            "No inventory is named",
            mend="Set TRUELINE_INVENTORY_URL to the root of its TMF637 API",
        )
    token = workspace.home / "inventory-token"
    return InventoryClient(address, token.read_text().strip() if token.is_file() else "")


@app.command()
def status() -> None:
    """How many sold offerings wait, were told, or were refused, and why."""
    console.workspace()
    table = Table("product", "period", "state", "link", "told", "tries", "last answer")
    for state in State:
        console.out.print(f"{state.value}: {Told.objects.filter(state=state).count():,}")
    troubled = Told.objects.exclude(last_answer="").order_by("-state", "product_id")
    for row in troubled[:PRINTED]:
        table.add_row(
            row.product_id,
            row.period,
            row.state,
            str(row.wanted_link),
            str(row.told_link or ""),
            str(row.attempts),
            row.last_answer,
        )
    if table.rows:
        console.out.print(table)


@app.command()
def again(
    product: Annotated[str | None, typer.Option(help="only this sold offering")] = None,
) -> None:
    """Let what the inventory refused wait again, once the reason is mended."""
    console.workspace()
    console.out.print(f"{revive(product, now=console.now()):,} wait again")
