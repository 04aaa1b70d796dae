"""Corrections of what closed periods were made of: proposed, countersigned by another person and,
where the agreement says so, by the customer, then applied and restated.

An outage that was forgotten, an exclusion that was entered late: one bad row in the past changes a
figure that somebody has already been told. So a correction is a file of such rows, kept as it was
proposed; it goes through the same loader as any other, and each closed period that it touches is
restated with the correction as its reason."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path

from django.db import transaction

from trueline.calendars.periods import parse_period
from trueline.engine import Engine
from trueline.errors import InputError, Place
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import latest_delivery
from trueline.intake.tables import Columns, TableReader
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.values import InventorySnapshot
from trueline.measurement.events import COLUMNS as EVENT_COLUMNS
from trueline.measurement.events import load_events
from trueline.outages.load import COLUMNS as EXCLUSION_COLUMNS
from trueline.outages.load import load_exclusions
from trueline.people.people import may_where_known
from trueline.people.roles import Role
from trueline.results.close import Act, restate_period
from trueline.results.log import closed_periods
from trueline.results.models import Correction, CorrectionStep
from trueline.results.values import Closing
from trueline.settings.workspace import Workspace

CONSENT = "correction_consent"  # a characteristic of a product or a customer
CUSTOMER = "customer"  # its value where the customer has to agree
MAX_BYTES = 1 << 20
KINDS = ("events", "exclusions")
_COLUMNS: Mapping[str, Columns] = {"events": EVENT_COLUMNS, "exclusions": EXCLUSION_COLUMNS}


PROPOSERS = frozenset({Role.SERVICE_LEVEL_MANAGER, Role.PRODUCT_MANAGER, Role.OUTAGE_COORDINATOR})
SIGNERS = frozenset({Role.SERVICE_LEVEL_MANAGER, Role.PROCESS_OWNER})


class State(StrEnum):
    PROPOSED = "proposed"
    COUNTERSIGNED = "countersigned"
    APPLIED = "applied"
    REJECTED = "rejected"


class Deed(StrEnum):
    """What somebody did to a correction."""

    PROPOSE = "propose"
    COUNTERSIGN = "countersign"
    AGREE = "agree"  # on behalf of a customer
    APPLY = "apply"
    REJECT = "reject"


@dataclass(frozen=True)
class Proposal:
    kind: str
    path: Path
    reason: str
    evidence: str = ""


def propose(proposal: Proposal, *, by: str, now: datetime) -> Correction:
    """Keep a proposal; InputError where a row of it could not be loaded, or names a sold offering
    that is not known."""
    if not proposal.reason.strip():
        raise InputError("A correction needs a reason", mend="Say why: --reason TEXT")
    may_where_known(by, PROPOSERS, "propose a correction")
    content, products = _read(proposal)
    snapshot = snapshot_at(latest_delivery())
    unknown = sorted(products - snapshot.products.keys())
    if unknown:
        raise InputError(
            f"There is no sold offering {unknown[0]!r}",
            place=Place(str(proposal.path), field="product_id"),
        )
    with transaction.atomic():
        correction, is_new = Correction.objects.get_or_create(
            state=State.PROPOSED,
            kind=proposal.kind,
            content=content,
            reason=proposal.reason,
            evidence=proposal.evidence,
            proposed_by=by,
            defaults={
                "file_name": proposal.path.name[:255],
                "product_ids": sorted(products),
                "proposed_at": now,
                "customers": _who_must_agree(sorted(products), snapshot),
            },
        )
        if not is_new:  # sent twice, by a double click or a page loaded again
            return correction
        _step(correction, Deed.PROPOSE, _Signature(by, now, note=proposal.reason))
    return correction


def _read(proposal: Proposal) -> tuple[bytes, set[str]]:
    if proposal.kind not in KINDS:
        raise InputError(f"{proposal.kind!r} is not one of {', '.join(KINDS)}")
    try:
        with open(proposal.path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror}", place=Place(str(proposal.path))
        ) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"The file is over {MAX_BYTES:,} bytes", place=Place(str(proposal.path)))
    reader = TableReader(proposal.path, _COLUMNS[proposal.kind])
    products = {row.cells["product_id"] for row in reader}
    for row in reader.set_aside:
        raise InputError(row.reason, place=Place(str(proposal.path), row.line, row.field))
    if not products:
        raise InputError("The file holds no row", place=Place(str(proposal.path)))
    return content, products


def _who_must_agree(products: Sequence[str], snapshot: InventorySnapshot) -> list[str]:
    """Customers whose product, or who themselves, ask to agree to corrections."""
    wanted = set()
    for product_id in products:
        product = snapshot.products[product_id]
        customer = snapshot.customers.get(product.customer_id)
        own = product.characteristics.get(CONSENT)
        said = own or (customer.characteristics.get(CONSENT) if customer else None)
        if said == CUSTOMER:
            wanted.add(product.customer_id)
    return sorted(wanted)


@dataclass(frozen=True)
class _Signature:
    by: str
    at: datetime
    on_behalf_of: str = ""
    note: str = ""


def countersign(number: int, *, by: str, now: datetime, note: str = "") -> Correction:
    """A second person says that it is right; InputError for the one who proposed it."""
    may_where_known(by, SIGNERS, "countersign a correction")
    correction = correction_of(number)
    if _same_person(by, correction.proposed_by):
        raise InputError(
            f"{by} proposed correction {number} and cannot countersign it",
            mend="Have another person countersign",
        )
    signature = _Signature(by, now, note=note)
    return _move(correction, Deed.COUNTERSIGN, (State.PROPOSED, State.COUNTERSIGNED), signature)


def agree(number: int, customer_id: str, *, by: str, now: datetime, note: str = "") -> Correction:
    """Record that a customer agrees; `by` is who recorded it, `note` the evidence."""
    may_where_known(by, PROPOSERS | SIGNERS, "record a customer's agreement")
    correction = correction_of(number)
    if customer_id not in correction.customers:
        raise InputError(f"Correction {number} does not wait for customer {customer_id!r}")
    if not note.strip():
        raise InputError(
            "A customer's agreement needs its evidence", mend="Say how it was given: --note TEXT"
        )
    if State(correction.state) not in (State.PROPOSED, State.COUNTERSIGNED):
        raise InputError(f"Correction {number} is {correction.state}: it is too late to agree")
    if customer_id not in agreed(correction):
        _step(correction, Deed.AGREE, _Signature(by, now, customer_id, note))
    return correction


def reject(number: int, *, by: str, now: datetime, note: str) -> Correction:
    """Somebody says that it is wrong, and why."""
    may_where_known(by, PROPOSERS | SIGNERS, "reject a correction")
    if not note.strip():
        raise InputError("A rejection needs a reason", mend="Say why: --reason TEXT")
    correction = correction_of(number)
    was = State(correction.state)
    if was not in (State.PROPOSED, State.COUNTERSIGNED):
        raise InputError(f"Correction {number} is {was}: it cannot be rejected any more")
    return _move(correction, Deed.REJECT, (was, State.REJECTED), _Signature(by, now, note=note))


@dataclass(frozen=True)
class Applied:
    """What a correction changed: its load, and each closed period that was restated."""

    correction: Correction
    load: LoadReport
    restated: Sequence[Closing]


def apply(engine: Engine, workspace: Workspace, number: int, *, by: str, now: datetime) -> Applied:
    """Load its rows and restate every closed period. InputError until it is countersigned and
    every customer concerned has agreed.

    Applying again after a crash is safe: rows that were loaded are duplicates, and a period that
    was restated does not differ any more."""
    may_where_known(by, SIGNERS, "apply a correction")
    correction = correction_of(number)
    missing = sorted(set(correction.customers) - agreed(correction))
    if State(correction.state) is not State.COUNTERSIGNED:
        raise InputError(f"Correction {number} is {correction.state}, not countersigned")
    if missing:
        raise InputError(
            f"Correction {number} waits for the agreement of {', '.join(missing)}",
            mend=f"Record it: trueline corrections agree {number} --customer {missing[0]} ...",
        )
    report = _load(workspace, correction, LoadOptions(now=now, recorded_by=by))
    act = Act(by, f"correction {number}: {correction.reason}", correction.pk)
    restated = [
        closing
        for label in closed_periods()
        if (closing := restate_period(engine, workspace, parse_period(label), act, now=now))
    ]
    signature = _Signature(by, now, note=f"delivery {report.delivery}")
    applied = _move(correction, Deed.APPLY, (State.COUNTERSIGNED, State.APPLIED), signature)
    return Applied(applied, report, restated)


@contextmanager
def _file_of(workspace: Workspace, correction: Correction) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=workspace.home) as folder:
        path = Path(folder) / correction.file_name
        path.write_bytes(bytes(correction.content))
        yield path


def rows_of(workspace: Workspace, correction: Correction, most: int) -> list[dict[str, str]]:
    """The first rows of its file by column, as the loader will read them."""
    with _file_of(workspace, correction) as path:
        reader = TableReader(path, _COLUMNS[correction.kind])
        return [dict(row.cells) for row in islice(reader, most)]


def _load(workspace: Workspace, correction: Correction, options: LoadOptions) -> LoadReport:
    with _file_of(workspace, correction) as path:
        load = load_events if correction.kind == "events" else load_exclusions
        return load(workspace, path, options)


def correction_of(number: int) -> Correction:
    found = Correction.objects.filter(pk=number).first()
    if found is None:
        raise InputError(f"There is no correction {number}", mend="trueline corrections list")
    return found


def agreed(correction: Correction) -> set[str]:
    """Customers whose agreement is recorded."""
    steps = correction.steps.filter(act=Deed.AGREE)
    return set(steps.values_list("on_behalf_of", flat=True))


def steps_of(correction: Correction) -> Iterator[CorrectionStep]:
    yield from correction.steps.order_by("pk")


def _move(
    correction: Correction, deed: Deed, change: tuple[State, State], signature: _Signature
) -> Correction:
    """One guarded write that leaves a row: of two who act at once, one is told."""
    was, becomes = change
    with transaction.atomic():
        moved = Correction.objects.filter(pk=correction.pk, state=was).update(state=becomes)
        if not moved:
            now_is = Correction.objects.values_list("state", flat=True).get(pk=correction.pk)
            raise InputError(f"Correction {correction.pk} is {now_is}, not {was}")
        _step(correction, deed, signature)
    correction.state = becomes
    return correction


def _step(correction: Correction, deed: Deed, signature: _Signature) -> None:
    CorrectionStep.objects.create(
        correction=correction,
        act=deed,
        by=signature.by,
        on_behalf_of=signature.on_behalf_of,
        at=signature.at,
        note=signature.note,
    )


def _same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
