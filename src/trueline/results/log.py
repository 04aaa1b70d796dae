"""The result log: write-once files of figures, chained in the database, read as of any instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from trueline.assessment.store import row_values, rows_table
from trueline.calendars.instants import render_instant
from trueline.errors import InputError
from trueline.intake.record import write_lock
from trueline.measurement.segments import write_parquet
from trueline.results.chain import merkle_root
from trueline.results.models import ResultBatch
from trueline.results.values import (
    METHOD,
    Batch,
    BatchKind,
    Belief,
    FigureKey,
    LoggedFigure,
    Restated,
)
from trueline.settings.workspace import Workspace

_OWN = ("inputs_hash", "retracted")


@dataclass(frozen=True)
class Entry:
    """What is to be appended: figures of one period from what was known at one delivery."""

    kind: BatchKind
    period: str
    delivery: int
    as_of_s: int
    by: str
    reason: str = ""
    correction: int | None = None


def append(
    workspace: Workspace, entry: Entry, figures: Sequence[LoggedFigure], *, head: int, now: datetime
) -> Batch:
    """Add one link behind link `head`; InputError where another was added meanwhile. The file is
    on disk before the link names it, so a crash leaves the log as it was."""
    with write_lock(workspace), transaction.atomic():
        last = ResultBatch.objects.order_by("-sequence").first()
        if (last.sequence if last else 0) != head:
            raise InputError(
                "The result log has grown since this was computed", mend="Run the command again"
            )
        batch = Batch(
            sequence=head + 1,
            kind=entry.kind,
            period=entry.period,
            delivery=entry.delivery,
            as_of=render_instant(entry.as_of_s),
            method=METHOD,
            produced_at=now.astimezone(UTC).isoformat(),
            produced_by=entry.by,
            reason=entry.reason,
            correction=entry.correction,
            rows=len(figures),
            root=merkle_root([f.hash for f in figures]),
            previous=last.link if last else "",
        )
        path = f"{batch.sequence:08d}.parquet"
        write_parquet(workspace.result_log / path, _table(figures))
        ResultBatch.objects.create(
            sequence=batch.sequence,
            kind=batch.kind,
            period=batch.period,
            delivery_id=batch.delivery,
            as_of_s=entry.as_of_s,
            method=batch.method,
            produced_at=now,
            produced_by=batch.produced_by,
            reason=batch.reason,
            correction_id=batch.correction,
            path=path,
            rows=batch.rows,
            root=batch.root,
            previous=batch.previous,
            link=batch.link,
        )
    return batch


def head_of_log() -> int:
    """The newest link's number, 0 where nothing was logged."""
    last = ResultBatch.objects.order_by("-sequence").first()
    return last.sequence if last else 0


def batches(period: str | None = None, *, on: datetime | None = None) -> list[Batch]:
    """Links in order; of one period, and only those produced by `on`."""
    rows = ResultBatch.objects.order_by("sequence")
    if period is not None:
        rows = rows.filter(period=period)
    if on is not None:
        rows = rows.filter(produced_at__lte=on)
    return [batch_of(row) for row in rows]


def batch_of(row: ResultBatch) -> Batch:
    return Batch(
        sequence=row.sequence,
        kind=BatchKind(row.kind),
        period=row.period,
        delivery=row.delivery_id,
        as_of=render_instant(row.as_of_s),
        method=row.method,
        produced_at=row.produced_at.astimezone(UTC).isoformat(),
        produced_by=row.produced_by,
        reason=row.reason,
        correction=row.correction_id,
        rows=row.rows,
        root=row.root,
        previous=row.previous,
    )


def is_closed(period: str) -> bool:
    return ResultBatch.objects.filter(period=period, kind=BatchKind.CLOSE).exists()


def closed_periods() -> list[str]:
    closed = ResultBatch.objects.filter(kind=BatchKind.CLOSE).order_by("period")
    return list(closed.values_list("period", flat=True))


def figures_of(workspace: Workspace, sequence: int) -> list[LoggedFigure]:
    """The figures of one link, in the order in which they were logged."""
    return list(_figures(workspace.result_log / f"{sequence:08d}.parquet"))


def products_of(workspace: Workspace, sequence: int) -> set[str]:
    """Sold offerings that have a figure in one link."""
    path = workspace.result_log / f"{sequence:08d}.parquet"
    return set(pq.read_table(path, columns=["product_id"]).column(0).unique().to_pylist())


def standing(
    workspace: Workspace, period: str, *, on: datetime | None = None
) -> dict[FigureKey, tuple[LoggedFigure, Batch]]:
    """The figures of a period that stood at `on` (now when None), each with its link."""
    return _overlaid(workspace, batches(period, on=on))


def changes_of(workspace: Workspace, sequence: int) -> list[Restated]:
    """What one link changed: each of its figures with the one that stood before it."""
    row = ResultBatch.objects.filter(sequence=sequence).first()
    if row is None:
        raise InputError(f"The result log has no link {sequence}", mend="trueline results list")
    earlier = [b for b in batches(row.period) if b.sequence < sequence]
    before = _overlaid(workspace, earlier)
    changes = []
    for figure in figures_of(workspace, sequence):
        stood = before.get(figure.key)
        after = None if figure.retracted else figure
        changes.append(Restated(stood[0] if stood else None, after))
    return changes


def _overlaid(
    workspace: Workspace, links: Iterable[Batch]
) -> dict[FigureKey, tuple[LoggedFigure, Batch]]:
    """The figures that stand after these links, each with the link that brought it."""
    found: dict[FigureKey, tuple[LoggedFigure, Batch]] = {}
    for batch in links:
        for figure in figures_of(workspace, batch.sequence):
            if figure.retracted:
                found.pop(figure.key, None)
            else:
                found[figure.key] = (figure, batch)
    return found


def believed(workspace: Workspace, product_id: str, objective_id: str, period: str) -> list[Belief]:
    """Every figure ever logged for it, the oldest first: what was believed from when on. A
    retraction is a belief too."""
    return [
        Belief(figure, batch, datetime.fromisoformat(batch.produced_at))
        for batch in batches(period)
        for figure in _figures(
            workspace.result_log / f"{batch.sequence:08d}.parquet",
            [("product_id", "=", product_id), ("objective_id", "=", objective_id)],
        )
    ]


def check_log(workspace: Workspace) -> Iterator[str]:
    """Every fault of the chain: a link that does not follow, a file that was changed or is gone."""
    previous, expected = "", 1
    for row in ResultBatch.objects.order_by("sequence"):
        batch = batch_of(row)
        name = f"link {batch.sequence} ({batch.kind} of {batch.period})"
        if batch.sequence != expected:
            yield f"{name}: link {expected} is missing"
        if batch.previous != previous:
            yield f"{name}: does not follow the link before it"
        if batch.link != row.link:
            yield f"{name}: what it says of itself was changed"
        yield from _file_faults(workspace.result_log / row.path, batch, name)
        previous, expected = row.link, batch.sequence + 1


def _file_faults(path: Path, batch: Batch, name: str) -> Iterator[str]:
    try:
        hashes = [figure.hash for figure in _figures(path)]
    except (OSError, pa.ArrowException, ValueError, TypeError) as error:
        yield f"{name}: its file {path.name} cannot be read ({type(error).__name__})"
        return
    if merkle_root(hashes) != batch.root:
        yield f"{name}: its figures in {path.name} were changed"


def _table(figures: Sequence[LoggedFigure]) -> pa.Table:
    table = rows_table([f.row for f in figures])
    table = table.append_column("inputs_hash", pa.array([f.inputs_hash for f in figures], "string"))
    return table.append_column("retracted", pa.array([f.retracted for f in figures], "bool"))


def _figures(path: Path, where: list[tuple[str, str, str]] | None = None) -> Iterator[LoggedFigure]:
    table = pq.read_table(path, filters=where)
    rows = row_values(table.drop_columns(list(_OWN)))
    own: Mapping[str, list[object]] = {name: table.column(name).to_pylist() for name in _OWN}
    for row, inputs_hash, retracted in zip(rows, own["inputs_hash"], own["retracted"], strict=True):
        yield LoggedFigure(row, str(inputs_hash), bool(retracted))
