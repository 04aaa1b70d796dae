"""`trueline deliveries`: what was loaded, when, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from trueline.cli import console


def deliveries(last: Annotated[int, typer.Option(help="how many", min=1)] = 20) -> None:
    """The newest deliveries with their ledgers."""
    workspace = console.workspace()
    from trueline.intake.models import Delivery

    table = Table(
        "delivery",
        "recorded",
        "kind",
        "source",
        "accepted",
        "duplicate",
        "corrected",
        "late",
        "set aside",
    )
    for delivery in Delivery.objects.filter(recorded_at__isnull=False).order_by("-id")[:last]:
        recorded = delivery.recorded_at
        counts = delivery.counts
        table.add_row(
            str(delivery.id),
            recorded.strftime("%Y-%m-%dT%H:%M:%SZ") if recorded else "",
            delivery.kind,
            delivery.source,
            *(
                f"{counts.get(name, 0):,}"
                for name in ("accepted", "duplicate", "corrected", "late", "set_aside")
            ),
        )
    console.print_listing(
        table,
        f"Nothing was loaded into {workspace.home} yet; start with `trueline load offerings FILE`, "
        "or look at the demo operator: `trueline demo`",
    )
