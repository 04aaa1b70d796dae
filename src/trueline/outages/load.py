"""Load agreed exclusions; a withdrawn one no longer excludes, and stays on record."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from trueline.calendars.instants import parse_instant, seconds
from trueline.errors import InputError, Place
from trueline.intake.keyed_versions import KeyedVersions
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery
from trueline.intake.recorded_load import Outcome, record_load, source_of
from trueline.intake.tables import Columns, TableReader, TableRow, set_aside_row
from trueline.inventory.rows import fault, id_of
from trueline.outages.exclusions import AGREED, WITHDRAWN, Exclusion
from trueline.outages.models import ExclusionVersion
from trueline.settings.workspace import Workspace

COLUMNS = Columns(("product_id", "start", "end"), ("reason", "exclusion_id", "status"))
_PROGRESS_ROWS = 5_000
_MAX_REASON = 1000
_VALUES = ("product_id", "start_s", "end_s", "reason", "exclusion_id", "status")


def load_exclusions(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load `product_id,start,end,reason[,exclusion_id][,status]`."""
    source = source_of("exclusions", path, options)
    total = path.stat().st_size

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(ExclusionVersion, ("identity",), _VALUES, ledger)
        reader = TableReader(path, COLUMNS)
        set_aside: list[SetAsideRow] = []
        for number, row in enumerate(reader, start=1):
            try:
                exclusion, status = _exclusion_of(row)
                key = (_identity(exclusion),)
                if status == WITHDRAWN and not versions.knows(key):
                    raise fault("status", "Nothing is known that could be withdrawn")
                versions.take(key, (*astuple(exclusion), status))
            except InputError as error:
                set_aside.append(set_aside_row(row, error))
            if options.progress and number % _PROGRESS_ROWS == 0:
                options.progress.advance(min(reader.done_bytes, total), total, number)
        versions.write(delivery)
        set_aside += reader.set_aside
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def _exclusion_of(row: TableRow) -> tuple[Exclusion, str]:
    cells = row.cells
    start_s, end_s = _second(row, "start"), _second(row, "end")
    if end_s <= start_s:
        raise fault("end", f"end {cells['end']} is not after start {cells['start']}")
    status = cells.get("status") or AGREED
    if status not in (AGREED, WITHDRAWN):
        raise fault("status", f"{status!r} is not one of {AGREED}, {WITHDRAWN}")
    reason = cells.get("reason", "")
    if len(reason) > _MAX_REASON:
        raise fault("reason", f"The reason is longer than {_MAX_REASON} characters")
    exclusion_id = id_of(cells, "exclusion_id") if cells.get("exclusion_id") else ""
    return Exclusion(id_of(cells, "product_id"), start_s, end_s, reason, exclusion_id), status


def _identity(exclusion: Exclusion) -> str:
    if exclusion.exclusion_id:
        return f"#{exclusion.exclusion_id}"
    return f"{exclusion.product_id} {exclusion.start_s} {exclusion.end_s}"


def _second(row: TableRow, column: str) -> int:
    try:
        return seconds(parse_instant(row.cells[column]))
    except InputError as error:
        raise InputError(error.what, place=Place(field=column), mend=error.mend) from None
