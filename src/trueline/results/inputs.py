"""What each figure was made of, as one hash: two figures with equal hashes had equal inputs.

Covered are the objective as it applied, the time in scope and excluded, the events, and every
granule that touches the period, in the version known then. A double is hashed as its eight bytes,
so that it does not matter how the lake stores it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.assess import AssessmentRequest, Known, chunks_of
from trueline.assessment.plan import PlanRequest, Task, plan_assessment
from trueline.assessment.side_by_side import side_by_side
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Source
from trueline.engine import Engine
from trueline.inventory.values import Product
from trueline.measurement.scan import GranuleColumn, GranuleScan, ScanRequest
from trueline.measurement.values import Event
from trueline.offerings.meaning import canonical, objective_meaning, parameter_plain
from trueline.results.chain import hash_of
from trueline.results.values import FigureKey

NO_GRANULES = hashlib.sha256(b"").hexdigest()
SeriesKey = tuple[str, str, int, int]  # product, parameter, period start and end


def inputs_hashes(engine: Engine, known: Known, request: AssessmentRequest) -> dict[FigureKey, str]:
    """The hash of each figure's inputs, for every figure that an assessment would give."""

    def of_chunk(own: Engine, chunk: list[Product]) -> dict[FigureKey, str]:
        plan = plan_assessment(
            chunk, known.catalog, known.snapshot, known.exclusions, PlanRequest(request.period)
        )
        measured = [t for t in plan.tasks if _is_measured(t)]
        digests = series_digests(own, known, measured)
        own_hashes = {_key(t): _own_hash(known, t, digests) for t in plan.tasks}
        return {key: _qualified(t, own_hashes) for t in plan.tasks for key in [_key(t)]}

    found: dict[FigureKey, str] = {}
    for part in side_by_side(engine, chunks_of(known, request), of_chunk):
        found.update(part)
    return found


def _key(task: Task) -> FigureKey:
    return task.product_id, task.objective.id, task.unit.period_start


def _is_measured(task: Task) -> bool:
    return RULES[task.objective.statistic].source is not Source.EVENTS


def _own_hash(known: Known, task: Task, digests: Mapping[SeriesKey, str]) -> str:
    events = [] if _is_measured(task) else _events(known, task)
    measurements = digests.get(_series(task), NO_GRANULES) if _is_measured(task) else None
    return hash_of(
        {
            "objective": objective_meaning(task.objective),
            "version": task.objective.version,
            "parameter": canonical(parameter_plain(task.parameter)),
            "scope": [list(i) for i in task.unit.scope],
            "excluded": [list(i) for i in task.unit.excluded],
            "events": events,
            "open_until": known.as_of_s if any(e[3] is None for e in events) else None,
            "measurements": measurements,
        }
    )


def _events(known: Known, task: Task) -> list[list[object]]:
    """Events of the parameter's kinds that touch the period."""
    kinds = task.parameter.event_kinds
    unit = task.unit
    mine: Iterable[Event] = known.events.get(task.product_id, ())
    return [
        [e.event_id, e.kind, e.start_s, e.end_s, [list(stop) for stop in e.stop_clock]]
        for e in mine
        if (not kinds or e.kind in kinds)
        and e.start_s < unit.period_end
        and (e.end_s is None or e.end_s > unit.period_start or e.start_s >= unit.period_start)
    ]


def _qualified(task: Task, own: Mapping[FigureKey, str]) -> str:
    """M6: the figure also depends on the availability that says when it counts."""
    mine = own[_key(task)]
    if task.objective.qualified_by is None:
        return mine
    by = own.get((task.product_id, task.objective.qualified_by, task.unit.period_start), "")
    return hash_of({"own": mine, "qualified_by": by})


def _series(task: Task) -> SeriesKey:
    return task.product_id, task.parameter.id, task.unit.period_start, task.unit.period_end


def series_digests(engine: Engine, known: Known, tasks: Sequence[Task]) -> dict[SeriesKey, str]:
    """SHA-256 of the granules that touch each task's period: start, duration, suspect, value and
    denominator, in order of start. A series without granules is left out."""
    wanted = {_series(t) for t in tasks}
    keys = known.lake.product_keys(sorted({name for name, _, _, _ in wanted}))
    found: dict[SeriesKey, str] = {}
    for parameter, start_s, end_s in sorted({(p, a, b) for _, p, a, b in wanted}):
        mine = {
            keys[name]: name
            for name, p, a, b in wanted
            if (p, a, b) == (parameter, start_s, end_s) and name in keys
        }
        if not mine:
            continue
        for key, digest in _digests(engine, known, _Stretch(parameter, start_s, end_s), mine):
            found[mine[key], parameter, start_s, end_s] = digest
    return found


@dataclass(frozen=True)
class _Stretch:
    parameter: str
    start_s: int
    end_s: int


def _digests(
    engine: Engine, known: Known, of: _Stretch, names: Mapping[int, str]
) -> Iterable[tuple[int, str]]:
    scan = _reaching_into(engine, known, of, (min(names), max(names) + 1))
    column = scan.columns[of.parameter]
    table = scan.table
    present = table.filter(
        table[column.value].notnull(), table.start_s + table.duration_s > of.start_s
    )
    names_of = ["product_key", "start_s", "duration_s", "suspect", column.value]
    if column.denominator is not None:
        names_of.append(column.denominator)
    rows = engine.run(present.select(*names_of)).sort_by(
        [("product_key", "ascending"), ("start_s", "ascending")]
    )
    owner = rows.column("product_key").to_numpy()
    if not len(owner):
        return
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    for first, last in zip(starts, [*starts[1:], len(owner)], strict=True):
        if int(owner[first]) in names:
            yield int(owner[first]), _digest(rows.slice(first, last - first), column)


def _reaching_into(
    engine: Engine, known: Known, of: _Stretch, keys: tuple[int, int]
) -> GranuleScan:
    """Granules that start in the stretch, or before it and reach into it."""
    request = ScanRequest(of.start_s, of.end_s, (of.parameter,), known.delivery, keys)
    longest = known.lake.scan(engine, request).max_duration_s
    wider = ScanRequest(of.start_s - longest, of.end_s, (of.parameter,), known.delivery, keys)
    return known.lake.scan(engine, wider)


def _digest(rows: pa.Table, column: GranuleColumn) -> str:
    hashed = hashlib.sha256()
    hashed.update(rows.column("start_s").to_numpy().astype("<i8").tobytes())
    hashed.update(rows.column("duration_s").to_numpy().astype("<i4").tobytes())
    hashed.update(rows.column("suspect").to_numpy().astype("u1").tobytes())
    for name in (column.value, column.denominator):
        if name is not None:
            hashed.update(_doubles(rows.column(name), column.decimals).tobytes())
    return hashed.hexdigest()


def _doubles(numbers: pa.ChunkedArray, decimals: int | None) -> npt.NDArray[np.float64]:
    """Stored numbers as doubles: a scaled integer divided once is the double nearest to it. None
    is NaN."""
    values: npt.NDArray[np.float64] = numbers.cast(pa.float64()).to_numpy().astype("<f8")
    return values if decimals is None else values / 10.0**decimals
