"""Load performance analyses made for single customers; later versions supersede earlier ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Q

from trueline.assessment.values import Verdict
from trueline.calendars.intervals import Interval
from trueline.errors import InputError
from trueline.intake.keyed_versions import Cells, KeyedVersions
from trueline.intake.ledger import Ledger, SetAsideRow
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.models import Delivery, known_at
from trueline.intake.recorded_load import Outcome, record_load, source_of
from trueline.intake.tables import TableReader, TableRow, set_aside_row
from trueline.inventory.rows import sorted_json
from trueline.problems.analysis import (
    COLUMNS,
    SHORT,
    AnalysisKind,
    PerformanceAnalysis,
    analysis_of,
)
from trueline.problems.analysis_json import SUFFIXES, read_items
from trueline.problems.analysis_words import cells_of
from trueline.problems.models import RecordedAnalysis
from trueline.settings.workspace import Workspace

_PROGRESS_ROWS = 5_000
_TEXTS = (*SHORT, "description")
_NUMBERS = ("value", "target", "numerator", "denominator")
_VALUES = (
    "product_id",
    "kind",
    "start_s",
    "end_s",
    "verdict",
    *_TEXTS,
    *_NUMBERS,
    "attributes",
)


def load_analyses(workspace: Workspace, path: Path, options: LoadOptions) -> LoadReport:
    """Load analyses, violations, degradation reports and tickets from CSV, Parquet or JSON."""
    source = source_of("analyses", path, options)
    total = path.stat().st_size

    def write(delivery: Delivery) -> Outcome:
        ledger = Ledger()
        versions = KeyedVersions(RecordedAnalysis, ("analysis_id",), _VALUES, ledger)
        rows = _Rows(path)
        for number, row in enumerate(rows, start=1):
            try:
                analysis = analysis_of(row.cells)
                versions.take((analysis.id,), _values_of(analysis))
            except InputError as error:
                rows.set_aside.append(set_aside_row(row, error))
            if options.progress and number % _PROGRESS_ROWS == 0:
                options.progress.advance(min(rows.done_bytes, total), total, number)
        versions.write(delivery)
        ledger.set_aside = len(rows.set_aside)
        return Outcome(ledger, rows.set_aside)

    return record_load(workspace, source, options, write)


def analyses_of(delivery: int, period: Interval) -> list[PerformanceAnalysis]:
    """Those of [start, end) (UTC seconds), at least in part, as known once `delivery` was
    recorded; by id."""
    start, end = period
    at_all = Q(end_s__isnull=True) | Q(end_s__gt=start) | Q(start_s__gte=start)
    rows = RecordedAnalysis.objects.filter(known_at(delivery), at_all, start_s__lt=end)
    return [
        PerformanceAnalysis(
            id=row.analysis_id,
            kind=AnalysisKind(row.kind),
            product_id=row.product_id,
            start_s=row.start_s,
            end_s=row.end_s,
            verdict=Verdict(row.verdict),
            attributes=json.loads(row.attributes),
            **_texts(row),
            **_numbers(row),
        )
        for row in rows.order_by("analysis_id").iterator(chunk_size=10_000)
    ]


def _texts(row: RecordedAnalysis) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _TEXTS}


def _numbers(row: RecordedAnalysis) -> dict[str, Any]:
    texts = {name: getattr(row, name) for name in _NUMBERS}
    return {name: Decimal(text) if text else None for name, text in texts.items()}


@dataclass
class _Rows:
    """Rows of either kind of file; `set_aside` fills up with what could not be read as one."""

    path: Path
    set_aside: list[SetAsideRow] = field(default_factory=list)
    done_bytes: int = 0

    def __iter__(self) -> Iterator[TableRow]:
        if self.path.suffix.lower() in SUFFIXES:
            yield from self._of_json()
            return
        reader = TableReader(self.path, COLUMNS)
        for row in reader:
            self.done_bytes = reader.done_bytes
            yield row
        self.set_aside += reader.set_aside

    def _of_json(self) -> Iterator[TableRow]:
        for line, item in read_items(self.path):
            try:
                rows = [TableRow(line, cells) for cells in cells_of(item)]
            except InputError as error:
                told = TableRow(line, {"": json.dumps(item, ensure_ascii=False)})
                self.set_aside.append(set_aside_row(told, error))
                continue
            yield from rows


def _values_of(analysis: PerformanceAnalysis) -> Cells:
    """The columns `_VALUES`."""
    numbers = [getattr(analysis, name) for name in _NUMBERS]
    return (
        analysis.product_id,
        analysis.kind.value,
        analysis.start_s,
        analysis.end_s,
        analysis.verdict.value,
        *(getattr(analysis, name) for name in _TEXTS),
        *("" if number is None else str(number) for number in numbers),
        sorted_json(analysis.attributes),
    )
