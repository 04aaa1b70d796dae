"""Append granules to the lake: checked, de-duplicated, durable, visible as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa
from django.db import transaction

from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.record import DeliverySource, close_delivery, reserve_delivery, write_lock
from trueline.intake.set_aside import SetAside
from trueline.measurement.arrivals import Granules, settle
from trueline.measurement.comparison import Comparison
from trueline.measurement.granules import GranuleBatch
from trueline.measurement.keying import Fault, keyed, set_aside_table
from trueline.measurement.lake import Lake, open_lake
from trueline.measurement.manifest import (
    ManifestEntry,
    forget_files,
    record_files,
)
from trueline.measurement.names import KnownNames
from trueline.measurement.segments import write_mapped, write_unknown
from trueline.measurement.staging import Staging
from trueline.measurement.translation import translated
from trueline.settings.workspace import Workspace

# A batch in no order is compared with whatever is held of its whole span. Such batches are put
# together, so that a file of them is compared a few times and not once for every million rows.
_BIG = 200_000
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class AppendOptions:
    """`known` None: every product and parameter is accepted."""

    load: LoadOptions
    known: KnownNames | None = None
    lake: Lake | None = None  # kept open by a server, so that its caches stay warm
    wait_s: float = 30.0  # for the workspace, when another load holds it
    sha256: Callable[[], str] | None = None  # of the source, where it takes as long as reading it
    beside: Callable[[], Iterable[ManifestEntry]] | None = None  # files to become visible with it


def append_granules(
    workspace: Workspace,
    batches: Iterable[GranuleBatch],
    source: DeliverySource,
    options: AppendOptions | LoadOptions,
    *,
    consumed: tuple[ManifestEntry, ...] = (),
) -> LoadReport:
    """Record all batches as one delivery, or nothing when reading them fails. `consumed`: files
    that leave the manifest with it."""
    if isinstance(options, LoadOptions):
        options = AppendOptions(options)
    lake = options.lake or open_lake(workspace)
    try:
        with write_lock(workspace, wait_s=options.wait_s):
            return _append(lake, batches, source, options, consumed)
    finally:
        if options.lake is None:
            lake.close()


def _append(
    lake: Lake,
    batches: Iterable[GranuleBatch],
    source: DeliverySource,
    options: AppendOptions,
    consumed: tuple[ManifestEntry, ...],
) -> LoadReport:
    began = time.monotonic()
    lake.sweep()
    lake.marks.begin()
    delivery = reserve_delivery(source)
    with (
        SetAside(lake.workspace, delivery.id) as aside,
        Staging(lake.root, delivery.id) as staging,
    ):
        appending = Appending(lake, delivery, aside, staging, options.known)
        try:
            for batch in batches:
                appending.add(batch)
            if options.sha256 is not None:
                delivery.sha256 = options.sha256()
        except BaseException:
            appending.abandon()
            raise
        path = aside.close()
        delivery.set_aside_file = path.name if path else ""
        for entry in options.beside() if options.beside else ():
            staging.add(entry)
        appending.record(options.load, consumed)
    return LoadReport(
        delivery=delivery.id,
        ledger=appending.ledger,
        set_aside=path,
        seconds=time.monotonic() - began,
        messages=appending.messages(),
    )


@dataclass
class Appending:
    """One delivery on its way into the lake."""

    lake: Lake
    delivery: Delivery
    aside: SetAside
    staging: Staging
    known: KnownNames | None
    ledger: Ledger = field(default_factory=Ledger)
    comparison: Comparison = field(init=False)
    _scattered: list[Granules] = field(default_factory=list)
    _unknown: int = 0
    _mapped: int = 0

    def __post_init__(self) -> None:
        self.comparison = Comparison(self.lake, self.staging, self.ledger, self.delivery.id)

    def add(self, batch: GranuleBatch) -> None:
        self.aside.add(batch.set_aside)
        self.ledger.set_aside += len(batch.set_aside)
        if batch.table.num_rows == 0:
            return
        table = self._known_by_name(batch)
        checked = keyed(table, self.lake.lookups, self.known)
        for fault in checked.faults:
            self._put_aside(table, fault, batch)
        if len(checked.granules) >= _BIG and checked.granules.is_scattered():
            self._scattered.append(checked.granules)
            if sum(map(len, self._scattered)) < _AT_ONCE:
                return
            self._take_scattered()
        else:
            self._take_scattered()
            self._take(checked.granules)

    def _known_by_name(self, batch: GranuleBatch) -> pa.Table:
        """The batch with product ids for names that stand for them; what came is kept beside."""
        if self.known is None:
            return batch.table
        right = translated(batch.table, self.known)
        if right.mapped is not None:
            deliveries = (batch.origin or self.delivery.id, self.delivery.id)
            self.staging.add(write_mapped(self.lake.root, right.mapped, deliveries))
            self._mapped += right.mapped.num_rows
        return right.table

    def _take_scattered(self) -> None:
        if self._scattered:
            granules = Granules.joined(self._scattered)
            self._scattered.clear()
            self._take(granules)

    def _take(self, granules: Granules) -> None:
        settled = settle(granules)
        granules = self.comparison.kept(settled)
        if len(granules) == 0:
            return
        self.staging.segment(granules, overlapping=settled.overlapping)
        self.lake.marks.staged(granules)

    def record(self, options: LoadOptions, consumed: tuple[ManifestEntry, ...]) -> None:
        """Make everything visible at once."""
        self._take_scattered()
        self.comparison.finish()
        files = [entry for entry in self.staging.files() if entry.rows]
        with transaction.atomic():
            forget_files(consumed)
            newest = record_files(files)
            close_delivery(self.delivery, self.ledger, now=options.now)
        self.lake.marks.recorded(self.delivery.id, newest)
        if consumed:
            self.lake.remove_unnamed()

    def abandon(self) -> None:
        """Leave no trace of a delivery that failed."""
        self.aside.close()
        self.aside.path.unlink(missing_ok=True)
        self.staging.abandon()

    def messages(self) -> tuple[str, ...]:
        said = []
        if self._mapped:
            said.append(
                f"{self._mapped} rows were taken in for the sold offerings that their names were "
                "accepted for"
            )
        if self._unknown:
            said.append(
                f"{self._unknown} rows name a product or parameter that is not known yet; they are "
                "kept and can be replayed once it is loaded"
            )
        return tuple(said)

    def _put_aside(self, table: pa.Table, fault: Fault, batch: GranuleBatch) -> None:
        count = int(fault.rows.sum())
        if fault.replayable:
            self._unknown += count
            rows = table.filter(pa.array(fault.rows))
            deliveries = (batch.origin or self.delivery.id, self.delivery.id)
            self.staging.add(write_unknown(self.lake.root, rows, deliveries))
            if batch.counted:
                return
        self.aside.add_table(set_aside_table(table, fault))
        self.ledger.set_aside += count
