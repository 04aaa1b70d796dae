"""Recording: one writer at a time, one delivery number per load, committed as a whole."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trueline.errors import BusyError, InputError
from trueline.intake.ledger import Ledger
from trueline.intake.models import Delivery
from trueline.settings.workspace import Workspace


@dataclass(frozen=True)
class DeliverySource:
    kind: str  # offerings | customers | products | agreements | groups | events | ...
    source: str  # file name or endpoint
    sha256: str = ""
    recorded_by: str = ""


@contextmanager
def write_lock(workspace: Workspace, *, wait_s: float = 30.0) -> Iterator[None]:
    """Hold the workspace for writing; raises BusyError after `wait_s` seconds."""
    workspace.home.mkdir(parents=True, exist_ok=True)
    busy = "Another load is writing to this workspace"
    with locked(workspace.write_lock, busy, wait_s=wait_s):
        yield


@contextmanager
def locked(path: Path, busy: str, *, wait_s: float = 30.0) -> Iterator[None]:
    """Hold the lock file alone; BusyError with the text `busy` after `wait_s` seconds."""
    with open(path, "a", encoding="ascii") as file:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise BusyError(busy) from None
                time.sleep(0.02)
        yield


def reserve_delivery(source: DeliverySource) -> Delivery:
    """The next delivery number, to write files under; call inside `write_lock`. Nothing is in the
    database until `close_delivery`: a load that fails leaves no trace."""
    newest = Delivery.objects.order_by("-id").values_list("id", flat=True).first()
    return Delivery(
        id=(newest or 0) + 1,
        kind=source.kind,
        source=source.source,
        sha256=source.sha256,
        recorded_by=source.recorded_by,
    )


def open_delivery(source: DeliverySource) -> Delivery:
    """A delivery that rows can refer to; call inside `write_lock`. It counts for nothing until
    `close_delivery` gives it a record time."""
    delivery = reserve_delivery(source)
    delivery.save(force_insert=True)
    return delivery


def close_delivery(delivery: Delivery, ledger: Ledger, *, now: datetime) -> None:
    """Give the delivery its record time; call in the transaction that makes its rows visible."""
    delivery.recorded_at = now
    delivery.counts = ledger.as_dict()
    if delivery._state.adding:
        delivery.save(force_insert=True)
    else:
        delivery.save(update_fields=["recorded_at", "counts", "set_aside_file"])


def latest_delivery() -> int:
    """The newest recorded delivery, 0 when nothing was recorded."""
    newest = Delivery.objects.filter(recorded_at__isnull=False).order_by("-id").first()
    return newest.id if newest else 0


def kinds_between(since: int, upto: int) -> set[str]:
    """Kinds of what was recorded in deliveries since < number <= upto."""
    between = Delivery.objects.filter(recorded_at__isnull=False, id__gt=since, id__lte=upto)
    return set(between.values_list("kind", flat=True).distinct())


def delivery_as_of(as_of: datetime) -> int:
    """The newest delivery before the first that was recorded after `as_of`. Where the clock went
    back between two deliveries, what was answered before it did is answered still."""
    recorded = Delivery.objects.filter(recorded_at__isnull=False)
    later = recorded.filter(recorded_at__gt=as_of).order_by("id").first()
    before = recorded if later is None else recorded.filter(id__lt=later.id)
    known = before.order_by("-id").first()
    if known:
        return known.id
    first = recorded.order_by("id").first()
    if first is None:
        raise InputError(
            "Nothing has been loaded into this workspace",
            mend="Load offerings, products and measurements first (trueline load --help)",
        )
    raise InputError(
        f"Nothing was known at {as_of.isoformat()}: the first load was recorded at "
        f"{first.recorded_at.isoformat() if first.recorded_at else '?'}",
        mend="--as-of is a record time: name an instant at or after the first load",
    )


def recorded_at(delivery: int) -> datetime:
    """When `delivery` was recorded."""
    found = Delivery.objects.get(id=delivery).recorded_at
    if found is None:
        raise InputError(f"Delivery {delivery} was never recorded")
    return found
