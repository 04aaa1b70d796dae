"""Jobs of the summaries section: the month from summaries and from granules, and live batches."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.loads import _live_tables
from bench.process import Stopwatch, job
from bench.samples import PARAMETERS, PERIOD, product_id
from bench.storage import NOW, Operator, bench_dir, load_records

SHARES = frozenset(f"{name}-share" for name in PARAMETERS)
WHICH = {
    "shares": SHARES,
    "percentiles": SHARES | {f"{name}-p" for name in PARAMETERS},
    "all": None,
}
DAY_SLOTS = 288


def build(home: str) -> dict:
    """All summaries of the workspace, from nothing."""
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(home))
    from trueline.assessment.summaries.parts import SummaryStore
    from trueline.assessment.summed import summarise
    from trueline.engine.duckdb import DuckDBEngine

    shutil.rmtree(workspace.summaries, ignore_errors=True)
    watch = Stopwatch()
    summarise(workspace, DuckDBEngine(spill_dir=workspace.home / "spill"))
    spent = watch.read()
    parts = SummaryStore(workspace).index().parts
    return {**spent, "bytes": sum(p.size for p in parts), "rows": sum(p.rows for p in parts)}


def month(home: str, way: str, later_exclusions: bool = False) -> dict:
    """Seconds, samples and good seconds of every share of good time in the month, once the plan is
    made. `way`: granules | summaries (first read from disk) | again (as a server has them) |
    columns (the same, as columns, not as the evidence of each task).
    `later_exclusions`: other exclusions than those that were known when summaries were built."""
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(home))
    from trueline.assessment.evidence import gather_evidence
    from trueline.assessment.known import what_was_known
    from trueline.assessment.side_by_side import side_by_side
    from trueline.assessment.summed import with_summaries
    from trueline.engine.duckdb import DuckDBEngine

    known = what_was_known(workspace)
    if later_exclusions:
        known = replace(known, exclusions=_moved(known.exclusions))
    if way != "granules":
        known = with_summaries(workspace, known).known
    chunks = _planned(known)
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")

    def once() -> list[tuple[object, ...]]:
        found = []

        def work(own: object, part: list[object]) -> list[object]:
            return gather_evidence(own, known.evidence_request(), part)

        for evidence in side_by_side(engine, chunks, work):
            found += [
                (
                    e.task.product_id,
                    e.task.objective.id,
                    e.tally.known_s,
                    e.tally.samples,
                    *e.tally.good_s[e.threshold : e.threshold + 1],
                )
                for e in evidence
            ]
        return found

    if way == "columns":
        return _columns(known, [task for chunk in chunks for task in chunk])
    if way == "again":
        once()
    watch = Stopwatch()
    found = once()
    return {**watch.read(), "figures": len(found), "digest": _digest(repr(sorted(found)).encode())}


def _planned(known: Any) -> list[list[Any]]:
    """The tasks of every share of the month, by chunks of products."""
    from trueline.assessment.assess import AssessmentRequest, chunks_of
    from trueline.assessment.plan import PlanRequest, plan_assessment
    from trueline.calendars.periods import parse_period

    request = PlanRequest(parse_period(PERIOD))
    return [
        [
            task
            for task in plan_assessment(
                chunk, known.catalog, known.snapshot, known.exclusions, request
            ).tasks
            if task.objective.id in SHARES
        ]
        for chunk in chunks_of(known, AssessmentRequest(request.period))
    ]


def _columns(known: Any, tasks: list[Any]) -> dict:
    from trueline.assessment.summaries.answer import Questions
    from trueline.assessment.summaries.evidence import asked_of

    keys = known.lake.product_keys(sorted({t.product_id for t in tasks}))
    by_answers: dict[int, list[Any]] = {}
    for one in asked_of(known.summed.summaries, keys, tasks):
        by_answers.setdefault(id(one.answers), []).append(one)
    asked = [(mine, Questions.of([one.question for one in mine])) for mine in by_answers.values()]
    for mine, questions in asked:
        mine[0].answers.figures(questions)  # reads what a server has at hand
    watch = Stopwatch()
    figures = [mine[0].answers.figures(questions) for mine, questions in asked]
    spent = watch.read()
    found = [
        (one.task.product_id, one.task.objective.id, *row)
        for (mine, _), told in zip(asked, figures, strict=True)
        for one, *row in zip(
            mine, *(c.tolist() for c in (told.known_s, told.samples, told.good_s)), strict=True
        )
    ]
    return {**spent, "figures": len(found), "digest": _digest(repr(sorted(found)).encode())}


def _moved(exclusions: Any) -> Any:
    """Every exclusion 67 minutes and 7 seconds later, so that edges cut granules."""
    later = 4_027
    return {
        product: [(start + later, end + later) for start, end in mine]
        for product, mine in exclusions.items()
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def assess(home: str, way: str, which: str = "shares", later_exclusions: bool = False) -> dict:
    """Whole rows with their verdicts, planned and decided. `way`: granules | summaries (from
    disk) | columns (the same, before an object is made of each row). `which`: shares | percentiles
    (and shares) | all."""
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(home))
    from trueline.assessment.assess import AssessmentRequest, decided_rows
    from trueline.assessment.assess import assess as assess_rows
    from trueline.assessment.at_once import in_order
    from trueline.assessment.known import what_was_known
    from trueline.assessment.store import rows_table
    from trueline.assessment.summed import with_summaries
    from trueline.calendars.periods import parse_period
    from trueline.engine.duckdb import DuckDBEngine

    known = what_was_known(workspace)
    if later_exclusions:
        known = replace(known, exclusions=_moved(known.exclusions))
    if way != "granules":
        known = with_summaries(workspace, known).known
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    request = AssessmentRequest(parse_period(PERIOD), objective_ids=WHICH[which])
    watch = Stopwatch()
    if way == "columns":
        found = decided_rows(known, request)
        assert found is not None
        table = in_order(found.rows)
        spent = watch.read()
    else:
        rows = assess_rows(engine, known, request).rows
        spent = watch.read()
        table = rows_table(rows)
    return {**spent, "rows": table.num_rows, "digest": _digest(repr(table.to_pylist()).encode())}


def one_more_day(products: int) -> dict:
    """29 days summed up and merged; another day taken in: summed up, as a load does it, and merged;
    then the month assessed again from summaries and from granules."""
    home = Path(tempfile.mkdtemp(prefix="day-", dir=bench_dir()))
    try:
        from trueline.settings.workspace import use_workspace

        workspace = use_workspace(home)
        from trueline.assessment.summed import summarise
        from trueline.engine.duckdb import DuckDBEngine
        from trueline.intake.load import LoadOptions
        from trueline.intake.record import DeliverySource
        from trueline.measurement.append import append_granules
        from trueline.measurement.lake import open_lake

        operator = Operator(products)
        operator.folder.mkdir(parents=True, exist_ok=True)
        load_records(workspace, operator)
        engine = DuckDBEngine(spill_dir=workspace.home / "spill")
        spent = {}
        for name, slots in (("days", slice(0, -DAY_SLOTS)), ("day", slice(-DAY_SLOTS, None))):
            source = DeliverySource("measurements", name)
            append_granules(workspace, _slots(operator, slots), source, LoadOptions(NOW))
            watch = Stopwatch()
            summarise(workspace, engine)
            spent[name] = watch.read()
            with open_lake(workspace) as lake:
                lake.compact()
        for which in WHICH:
            for way in ("granules", "summaries"):
                spent[f"{which} {way}"] = job(
                    "bench.summing", "assess", home=str(home), way=way, which=which
                )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return spent


def _slots(operator: Operator, slots: slice) -> Iterator[Any]:
    """The granules of some of the intervals only."""
    from bench.samples import blocks
    from bench.tables import granule_table
    from trueline.measurement.granules import GranuleBatch

    for block in blocks(operator.products):
        present = np.zeros_like(block.present)
        present[:, slots] = block.present[:, slots]
        part = replace(block, present=present)
        yield GranuleBatch(granule_table(part, loss_is_ratio=operator.loss_is_ratio))


def live(products: int, batches: int) -> dict:
    """A batch of every product and parameter each 5 minutes: taken in, summarised, and seen in the
    answer for one product's day. One process that keeps the lake and the summaries open."""
    home = Path(tempfile.mkdtemp(prefix="summed-", dir=bench_dir()))
    try:
        from trueline.settings.workspace import use_workspace

        workspace = use_workspace(home)
        from trueline.assessment.known import what_was_known
        from trueline.assessment.summaries.wishes import Standards
        from trueline.assessment.summed import builder_of
        from trueline.engine.duckdb import DuckDBEngine
        from trueline.intake.load import LoadOptions
        from trueline.intake.record import DeliverySource
        from trueline.measurement.append import AppendOptions, append_granules
        from trueline.measurement.granules import GranuleBatch
        from trueline.measurement.keying import KnownNames
        from trueline.measurement.lake import open_lake

        operator = Operator(products, loss_is_ratio=False, with_exclusions=False)
        operator.folder.mkdir(parents=True, exist_ok=True)
        load_records(workspace, operator)
        ids = [product_id(n) for n in range(products)]
        names = KnownNames(frozenset(ids), frozenset(PARAMETERS))
        source = DeliverySource("measurements", "live")
        taken, summed, seen = [], [], []
        engine = DuckDBEngine(spill_dir=workspace.home / "spill")
        with open_lake(workspace) as lake:
            builder = builder_of(workspace, lake, engine)

            def standards() -> Standards:
                known = what_was_known(workspace)
                return Standards(known.catalog, known.snapshot)

            options = AppendOptions(LoadOptions(NOW), names, lake)
            for table in _live_tables(ids, batches):
                watch = Stopwatch()
                append_granules(workspace, [GranuleBatch(table)], source, options)
                taken.append(watch.read()["seconds"])
                builder.bring_up_to_date(standards)
                summed.append(watch.read()["seconds"])
                assert _latest_s(builder, lake.product_keys([ids[0]])[ids[0]])
                seen.append(watch.read()["seconds"])
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return {"seconds": sum(seen), "taken": taken, "summed": summed, "seen": seen}


def _latest_s(builder: Any, key: int) -> int:
    """The end of the newest granule of a product that the summaries know of."""
    from trueline.assessment.summaries.parts import KEYS_PER_PART

    index = builder.store.index()
    lo = key // KEYS_PER_PART * KEYS_PER_PART
    newest = [part for part in index.parts if part.lo == lo][-1]
    return int(newest.reach_s)
