"""Events: outages and tickets, with what stopped their clock; versions by delivery."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from trueline.calendars.instants import parse_instant, seconds
from trueline.calendars.intervals import Interval, union
from trueline.errors import InputError, Place
from trueline.intake.keyed_versions import KeyedVersions
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, known_at
from trueline.intake.recorded_load import Outcome, record_load, source_of
from trueline.intake.tables import Columns, TableReader, TableRow, set_aside_row
from trueline.measurement.models import RecordedEvent
from trueline.measurement.values import Event
from trueline.settings.workspace import Workspace

COLUMNS = Columns(
    ("event_id", "product_id", "kind", "start", "end"),
    ("impact", "cause", "source", "stop_clock"),
)
MAX_ID = 200
MAX_TEXT = 1000
_PROGRESS_ROWS = 5_000
_VALUES = ("product_id", "kind", "start_s", "end_s", "impact", "cause", "source", "stop_clock")


def events_at(delivery: int) -> Mapping[str, tuple[Event, ...]]:
    """Events by product as known once `delivery` was recorded, in order of start."""
    rows = RecordedEvent.objects.filter(known_at(delivery)).order_by(
        "product_id", "start_s", "event_id"
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for row in rows.iterator(chunk_size=10_000):
        event = Event(
            event_id=row.event_id,
            product_id=row.product_id,
            kind=row.kind,
            start_s=row.start_s,
            end_s=row.end_s,
            impact=row.impact,
            cause=row.cause,
            source=row.source,
            stop_clock=tuple((start, end) for start, end in row.stop_clock),
        )
        found[event.product_id].append(event)
    return {product: tuple(events) for product, events in found.items()}


def load_events(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load `event_id,product_id,kind,start,end[,impact][,cause][,source][,stop_clock]`; a later
    version of an event supersedes the earlier one."""
    source = source_of("events", path, options)
    total = path.stat().st_size

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(RecordedEvent, ("event_id",), _VALUES, ledger)
        reader = TableReader(path, COLUMNS)
        set_aside: list[SetAsideRow] = []
        for number, row in enumerate(reader, start=1):
            try:
                versions.take((_id(row.cells, "event_id"),), _values_of(row))
            except InputError as error:
                set_aside.append(set_aside_row(row, error))
            if options.progress and number % _PROGRESS_ROWS == 0:
                options.progress.advance(min(reader.done_bytes, total), total, number)
        versions.write(delivery)
        set_aside += reader.set_aside
        ledger.set_aside = len(set_aside)
        return Outcome(ledger, set_aside)

    return record_load(workspace, source, options, write)


def parse_stop_clock(text: str) -> tuple[Interval, ...]:
    """`start/end;start/end` as sorted, disjoint intervals."""
    intervals: list[Interval] = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        start, slash, end = part.partition("/")
        if not slash:
            raise _fault("stop_clock", f"{part[:80]!r} is not start/end")
        first, last = _second("stop_clock", start), _second("stop_clock", end)
        if last <= first:
            raise _fault("stop_clock", f"{part[:80]!r} does not end after its start")
        intervals.append((first, last))
    return tuple(union(intervals))


def _values_of(row: TableRow) -> tuple[str | int | None, ...]:
    """The columns `_VALUES` of a row."""
    cells = row.cells
    start_s = _second("start", cells["start"])
    end_s = _second("end", cells["end"]) if cells["end"] else None
    if end_s is not None and end_s < start_s:
        raise _fault("end", f"end {cells['end']} lies before start {cells['start']}")
    return (
        _id(cells, "product_id"),
        _id(cells, "kind"),
        start_s,
        end_s,
        _text(cells, "impact"),
        _text(cells, "cause"),
        _text(cells, "source"),
        json.dumps(parse_stop_clock(cells.get("stop_clock", ""))),
    )


def _id(cells: Mapping[str, str], column: str) -> str:
    text = cells[column]
    if not text:
        raise _fault(column, f"{column} is empty")
    if len(text) > MAX_ID or not text.isprintable():
        raise _fault(column, f"{column} is longer than {MAX_ID} or has control characters")
    return text


def _text(cells: Mapping[str, str], column: str) -> str:
    text = cells.get(column, "")
    if len(text) > MAX_TEXT:
        raise _fault(column, f"{column} is longer than {MAX_TEXT} characters")
    return text


def _second(column: str, text: str) -> int:
    try:
        return seconds(parse_instant(text))
    except InputError as error:
        raise InputError(error.what, place=Place(field=column), mend=error.mend) from None
    except OverflowError:
        raise _fault(column, f"{text[:80]!r} is beyond the calendar") from None


def _fault(column: str, what: str) -> InputError:
    return InputError(what, place=Place(field=column))
