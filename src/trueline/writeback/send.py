"""Telling the inventory what is due: one product at a time, one failure never stopping the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trueline.errors import InputError
from trueline.results.log import standing
from trueline.results.values import LoggedFigure
from trueline.settings.workspace import Workspace
from trueline.writeback.client import Changed, InventoryClient, Refused, Unavailable
from trueline.writeback.document import characteristics_of, merged
from trueline.writeback.models import Told
from trueline.writeback.queue import State, record_dead, record_later, record_told

TRIES_AT_ONCE = 3  # when somebody changes the product at the same time
GIVE_UP_AFTER = 5  # products in a row: then the inventory is away, and the rest can wait


@dataclass
class Sent:
    """What became of the rows that were due."""

    told: int = 0
    later: int = 0
    dead: int = 0
    away: bool = False  # the inventory did not answer; what is left stays due


def send_due(
    workspace: Workspace, client: InventoryClient, *, now: datetime, most: int | None = None
) -> Sent:
    """Tell what is due by `now`, the oldest first."""
    sent = Sent()
    failures = 0
    due = Told.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at", "pk")
    figures: dict[str, dict[str, list[LoggedFigure]]] = {}
    for row in due[:most]:
        mine = figures.setdefault(row.period, {}) or _by_product(workspace, row.period, figures)
        try:
            _tell(client, row, mine.get(row.product_id, []))
        except Unavailable as error:
            record_later(row, str(error), now=now)
            sent.later += 1
            failures += 1
            if failures == GIVE_UP_AFTER:
                sent.away = True
                break
            continue
        except (Changed, Refused, InputError) as error:
            if isinstance(error, Changed):
                record_later(row, str(error), now=now)
                sent.later += 1
            else:
                record_dead(row, str(error))
                sent.dead += 1
        else:
            record_told(row, row.wanted_link, now=now)
            sent.told += 1
        failures = 0
    return sent


def _by_product(
    workspace: Workspace, period: str, figures: dict[str, dict[str, list[LoggedFigure]]]
) -> dict[str, list[LoggedFigure]]:
    for figure, _ in standing(workspace, period).values():
        figures[period].setdefault(figure.row.product_id, []).append(figure)
    return figures[period]


def _tell(client: InventoryClient, row: Told, mine: list[LoggedFigure]) -> None:
    """Read, change ours, write if nobody else wrote meanwhile."""
    own = characteristics_of(row.period, mine, row.wanted_link)
    for attempt in range(TRIES_AT_ONCE):
        product = client.read(row.product_id)
        wanted = merged(product.content, row.period, own)
        if wanted == product.content.get("productCharacteristic"):
            return  # told before, and the answer was lost
        try:
            client.change(row.product_id, wanted, product.etag)
        except Changed:
            if attempt + 1 == TRIES_AT_ONCE:
                raise
        else:
            return
