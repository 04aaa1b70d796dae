"""A receipt: one figure with everything it was made of, in one file that stands for itself.

A zip of the standard, the sold offering, exclusions, events and measurements in the formats that
`trueline load` reads, and `receipt.json`, which names the figure, why the standard applied, the
hash of every file and, where the period is closed, the figure's place in the result log. Equal
inputs give equal bytes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from trueline import __version__
from trueline.assessment.assess import AssessmentRequest, DecidedTask, Known, decide_products
from trueline.assessment.granule_search import STATE_HISTORY_S, needs_order
from trueline.assessment.plan import Task
from trueline.assessment.readings import number_of
from trueline.assessment.statistics import RULES
from trueline.assessment.statistics.rule import Source
from trueline.assessment.store import row_dict
from trueline.calendars.instants import render_instant
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.errors import InputError, nearest, unknown_name
from trueline.measurement.columns import ScanRequest
from trueline.measurement.values import Event
from trueline.offerings.render import render_catalogue
from trueline.offerings.values import ProductOffering, ServiceLevelObjective
from trueline.results.chain import merkle_path
from trueline.results.inputs import inputs_hashes
from trueline.results.log import figures_of, standing
from trueline.results.values import METHOD, Batch, LoggedFigure
from trueline.settings.workspace import Workspace

FORMAT = "trueline-receipt/1"
WITHHELD = "withheld"  # whose the sold offering is does not enter the figure
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # of every entry: equal inputs, equal bytes


@dataclass(frozen=True)
class Subject:
    """The figures that a receipt is asked for."""

    product_id: str
    objective_id: str
    period: Period


def build_receipt(engine: Engine, workspace: Workspace, known: Known, subject: Subject) -> bytes:
    """The receipt as bytes; InputError where there is no such figure."""
    product = known.snapshot.products.get(subject.product_id)
    if product is None:
        raise unknown_name("sold offering", subject.product_id, known.snapshot.products)
    request = AssessmentRequest(subject.period, [product.id])
    decided, _ = decide_products(engine, known, request, [product])
    mine = [d for d in decided if d.task.objective.id == subject.objective_id]
    if not mine:
        raise InputError(
            f"{subject.objective_id!r} gives no figure of {product.id!r} in {subject.period.label}",
            mend=nearest(subject.objective_id, {d.task.objective.id for d in decided}),
        )
    mine += _qualifying(decided, mine)
    hashes = inputs_hashes(engine, known, request)
    figures = [
        LoggedFigure(d.row, hashes[d.row.product_id, d.row.objective_id, d.row.period_start])
        for d in mine
        if d.task.objective.id == subject.objective_id
    ]
    files = _input_files(engine, known, mine)
    about = _about(known, subject, mine, figures)
    about["log"] = [_place_in_log(workspace, subject.period.label, f) for f in figures]
    return _zipped(files, about)


def _qualifying(decided: Sequence[DecidedTask], mine: Sequence[DecidedTask]) -> list[DecidedTask]:
    """M6: the availability that says when the figure counts is part of its inputs."""
    named = {d.task.objective.qualified_by for d in mine} - {None}
    return [d for d in decided if d.task.objective.id in named and d not in mine]


def _about(
    known: Known,
    subject: Subject,
    mine: Sequence[DecidedTask],
    figures: Sequence[LoggedFigure],
) -> dict[str, object]:
    shown = next(d for d in mine if d.task.objective.id == subject.objective_id)
    rule = RULES[shown.task.objective.statistic]
    return {
        "format": FORMAT,
        "trueline": __version__,
        "method": METHOD,
        "product_id": subject.product_id,
        "objective_id": subject.objective_id,
        "period": subject.period.label,
        "as_of": render_instant(known.as_of_s),
        "versions": {d.task.objective.id: d.task.objective.version for d in mine},
        "applies": list(shown.task.applied.reasons),
        "formula": rule.formula,
        "clause": rule.clause,
        "figures": [
            {"row": row_dict(f.row), "inputs": f.inputs_hash, "hash": f.hash} for f in figures
        ],
    }


def _place_in_log(
    workspace: Workspace, period: str, figure: LoggedFigure
) -> dict[str, object] | None:
    """The link that holds exactly this figure, and the way to its root; None where none does."""
    stood = standing(workspace, period).get(figure.key)
    if stood is None or stood[0].hash != figure.hash:
        return None
    batch: Batch = stood[1]
    hashes = [f.hash for f in figures_of(workspace, batch.sequence)]
    path = merkle_path(hashes, hashes.index(figure.hash))
    return {"link": asdict(batch), "hash": batch.link, "path": [asdict(step) for step in path]}


def _input_files(engine: Engine, known: Known, mine: Sequence[DecidedTask]) -> dict[str, bytes]:
    task = mine[0].task
    product = known.snapshot.products[task.product_id]
    columns = ("product_id", "offering_id", "customer_id", "status", "start", "end", "time_zone")
    sold = (
        product.id,
        task.applied.offering_id,
        WITHHELD,
        product.status,
        product.start.isoformat(),
        product.end.isoformat() if product.end else "",
        product.time_zone,
    )
    return {
        "standard.yaml": _standard(mine),
        "products.csv": _csv(columns, [sold]),
        "exclusions.csv": _exclusions(known, product.id, mine),
        "events.csv": _events(known, product.id, mine),
        "measurements.csv": _measurements(engine, known, mine),
    }


def _standard(mine: Sequence[DecidedTask]) -> bytes:
    """The objectives as they applied, an agreement's terms worked in."""
    objectives: dict[str, ServiceLevelObjective] = {}
    for decided in mine:
        objectives[decided.task.objective.id] = replace(decided.task.objective, annotations={})
    offering = ProductOffering(
        mine[0].task.applied.offering_id, objectives=tuple(objectives.values())
    )
    parameters = {d.task.parameter.id: d.task.parameter for d in mine}
    return render_catalogue(parameters.values(), [offering]).encode()


def _exclusions(known: Known, product_id: str, mine: Sequence[DecidedTask]) -> bytes:
    start_s, end_s = _reach(mine)
    rows = [
        (product_id, render_instant(a), render_instant(b), "")
        for a, b in sorted(known.exclusions.get(product_id, ()))
        if a < end_s and b > start_s
    ]
    return _csv(("product_id", "start", "end", "reason"), rows)


def _reach(mine: Sequence[DecidedTask]) -> tuple[int, int]:
    return (
        min(d.task.unit.period_start for d in mine),
        max(d.task.unit.period_end for d in mine),
    )


def _events(known: Known, product_id: str, mine: Sequence[DecidedTask]) -> bytes:
    start_s, end_s = _reach(mine)
    wanted = [d.task.parameter for d in mine if _source(d.task) is Source.EVENTS]
    rows = [
        _event_row(e)
        for e in known.events.get(product_id, ())
        if e.start_s < end_s
        and (e.end_s is None or e.end_s >= start_s)
        and any(not p.event_kinds or e.kind in p.event_kinds for p in wanted)
    ]
    columns = ("event_id", "product_id", "kind", "start", "end", "source", "stop_clock")
    return _csv(columns, rows)


def _event_row(event: Event) -> tuple[str, ...]:
    stops = ";".join(f"{render_instant(a)}/{render_instant(b)}" for a, b in event.stop_clock)
    return (
        event.event_id,
        event.product_id,
        event.kind,
        render_instant(event.start_s),
        "" if event.end_s is None else render_instant(event.end_s),
        event.source,
        stops,
    )


def _source(task: Task) -> Source:
    return RULES[task.objective.statistic].source


def _measurements(engine: Engine, known: Known, mine: Sequence[DecidedTask]) -> bytes:
    columns = ("product_id", "parameter", "start", "duration_s", "value", "denominator", "suspect")
    rows: list[tuple[str, ...]] = []
    reaches: dict[str, tuple[int, int]] = {}
    for task in (d.task for d in mine if _source(d.task) is not Source.EVENTS):
        start_s, end_s = _measured_reach(known, task)
        known_reach = reaches.get(task.parameter.id, (start_s, end_s))
        reaches[task.parameter.id] = min(start_s, known_reach[0]), max(end_s, known_reach[1])
    keys = known.lake.product_keys([mine[0].task.product_id])
    for parameter, reach in sorted(reaches.items()):
        for key in keys.values():
            rows += _granule_rows(engine, known, mine[0].task.product_id, (parameter, reach, key))
    return _csv(columns, rows)


def _measured_reach(known: Known, task: Task) -> tuple[int, int]:
    """When the granules start that a figure may depend on: for a state machine, also those around
    that decide its state; for a value that is held, also those before."""
    unit = task.unit
    if _source(task) is Source.STATES:
        return unit.period_start - STATE_HISTORY_S, unit.period_end + STATE_HISTORY_S
    if needs_order(task.objective):
        first, _ = known.lake.extent([task.parameter.id]) or (unit.period_start, 0)
        return min(first, unit.period_start), unit.period_end
    return unit.period_start, unit.period_end


def _granule_rows(
    engine: Engine, known: Known, product_id: str, of: tuple[str, tuple[int, int], int]
) -> Iterable[tuple[str, ...]]:
    parameter, (start_s, end_s), key = of
    request = ScanRequest(start_s, end_s, (parameter,), known.delivery, (key, key + 1))
    longest = known.lake.scan(engine, request).max_duration_s
    scan = known.lake.scan(engine, replace(request, start_s=start_s - longest))
    column = scan.columns[parameter]
    table = scan.table.filter(scan.table[column.value].notnull())
    rows = engine.run(table).sort_by([("start_s", "ascending"), ("duration_s", "ascending")])
    for row in rows.to_pylist():
        denominator = row[column.denominator] if column.denominator else None
        yield (
            product_id,
            parameter,
            render_instant(row["start_s"]),
            str(row["duration_s"]),
            _number(row[column.value], column.decimals),
            "" if denominator is None else _number(denominator, column.decimals),
            "true" if row["suspect"] else "",
        )


def _number(stored: int | float, decimals: int | None) -> str:
    """A stored number as text that reads back to it."""
    number = number_of(stored, decimals)
    assert number is not None
    return f"{number:f}"


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def _zipped(files: Mapping[str, bytes], about: dict[str, object]) -> bytes:
    about["files"] = {name: sha256(content).hexdigest() for name, content in files.items()}
    manifest = json.dumps(about, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in {"receipt.json": manifest, **files}.items():
            bundle.writestr(zipfile.ZipInfo(name, _TIMESTAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
