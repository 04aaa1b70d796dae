"""What the inventory is to be told: noted beside the log, told later, never lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Max

from trueline.errors import InputError
from trueline.results.log import batches, products_of
from trueline.settings.workspace import Workspace
from trueline.writeback.models import Told

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


class State(StrEnum):
    WAITING = "waiting"
    TOLD = "told"
    DEAD = "dead"  # the inventory refused it for good; somebody has to look


def queue_links(workspace: Workspace, *, now: datetime) -> int:
    """Note every sold offering of every link of the log that is not noted yet; how many. A link is
    noted as a whole or not at all, in order, so what follows the newest one noted is new."""
    newest = Told.objects.aggregate(newest=Max("wanted_link"))["newest"] or 0
    noted = 0
    for batch in batches():
        if batch.sequence > newest:
            products = products_of(workspace, batch.sequence)
            noted += _note(products, batch.period, batch.sequence, now)
    return noted


def _note(products: Iterable[str], period: str, link: int, now: datetime) -> int:
    known = dict(Told.objects.filter(period=period).values_list("product_id", "wanted_link"))
    new = [p for p in sorted(products) if p not in known]
    newer = [p for p in sorted(products) if p in known and known[p] < link]
    with transaction.atomic():
        Told.objects.bulk_create(
            (Told(product_id=p, period=period, wanted_link=link, due_at=now) for p in new),
            batch_size=1_000,
        )
        for first in range(0, len(newer), 500):
            part = Told.objects.filter(period=period, product_id__in=newer[first : first + 500])
            part.update(wanted_link=link, state=State.WAITING, attempts=0, due_at=now)
    return len(new) + len(newer)


def record_told(row: Told, link: int, *, now: datetime) -> None:
    """The inventory knows `link`; where a newer one came meanwhile the row waits on."""
    mine = Told.objects.filter(pk=row.pk)
    mine.update(told_link=link, told_at=now, attempts=0, last_answer="")
    mine.filter(wanted_link=link).update(state=State.TOLD)


def record_later(row: Told, why: str, *, now: datetime) -> None:
    """Try again, each time after twice as long, an hour at most, for as long as it takes."""
    wait = min(FIRST_WAIT * 2 ** min(row.attempts, 10), LONGEST_WAIT)
    Told.objects.filter(pk=row.pk, wanted_link=row.wanted_link).update(
        attempts=row.attempts + 1, due_at=now + wait, last_answer=why[:500]
    )


def record_dead(row: Told, why: str) -> None:
    Told.objects.filter(pk=row.pk, wanted_link=row.wanted_link).update(
        state=State.DEAD, attempts=row.attempts + 1, last_answer=why[:500]
    )


def revive(product_id: str | None, *, now: datetime) -> int:
    """Let what was refused wait again, of one sold offering or of all; how many."""
    dead = Told.objects.filter(state=State.DEAD)
    if product_id is not None:
        dead = dead.filter(product_id=product_id)
        if not dead.exists():
            raise InputError(f"Nothing of {product_id!r} was refused")
    return dead.update(state=State.WAITING, attempts=0, due_at=now)
