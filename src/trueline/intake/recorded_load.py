"""One load of records: lock, delivery, rows, set-aside file, ledger; whole or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.db import models, transaction

from trueline.errors import InputError, Place
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, RecordedVersion
from trueline.intake.record import DeliverySource, close_delivery, open_delivery, write_lock
from trueline.intake.set_aside import SetAside
from trueline.settings.workspace import Workspace

_CHUNK = 500  # below SQLite's limit of parameters in one statement
_Version = TypeVar("_Version", bound=RecordedVersion)


@dataclass
class Outcome:
    """What became of the rows of one load."""

    ledger: Ledger = field(default_factory=Ledger)
    set_aside: Sequence[SetAsideRow] = ()
    messages: Sequence[str] = ()


def record_load(
    workspace: Workspace,
    source: DeliverySource,
    options: LoadOptions,
    write: Callable[[Delivery], Outcome],
) -> LoadReport:
    """Call `write` under the workspace's lock in one transaction with the delivery it records."""
    started = time.monotonic()
    with write_lock(workspace), transaction.atomic():
        delivery = open_delivery(source)
        outcome = write(delivery)
        with SetAside(workspace, delivery.id) as aside:
            aside.add(outcome.set_aside)
            path = aside.close()
        if path is not None:
            delivery.set_aside_file = path.name
        close_delivery(delivery, outcome.ledger, now=options.now)
    return LoadReport(
        delivery=delivery.id,
        ledger=outcome.ledger,
        set_aside=path,
        seconds=time.monotonic() - started,
        messages=tuple(outcome.messages),
    )


def source_of(kind: str, path: Path, options: LoadOptions) -> DeliverySource:
    """The delivery source of a file; InputError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}", place=Place(str(path))
        ) from None
    return DeliverySource(kind, path.name, digest, options.recorded_by)


def record_versions(rows: Sequence[_Version]) -> None:
    """Write new versions in few statements."""
    if rows:
        model: type[models.Model] = type(rows[0])
        model._default_manager.bulk_create(rows, batch_size=_CHUNK)


def supersede(model: type[RecordedVersion], keys: Sequence[int], delivery: Delivery) -> None:
    """Mark versions as superseded by `delivery`; the one change a version ever sees."""
    for first in range(0, len(keys), _CHUNK):
        model._default_manager.filter(pk__in=keys[first : first + _CHUNK]).update(
            superseded_by=delivery
        )
