"""Jobs of the studio section: a year of one parameter, and drafts replayed over it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.catalogue import customers_csv
from bench.process import Stopwatch
from bench.samples import SEED, STEP_S, product_id
from bench.storage import VERSION, bench_dir

PRODUCTS_PER_BATCH = 250
LATER = datetime(2026, 9, 1, 6, tzinfo=UTC)
OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: latency, unit: ms, kind: sampled}
offerings:
  - id: gold
    objectives:
      - {id: latency-share, parameter: latency, statistic: conformance, threshold: {comparator: LE,
         value: 5.500}, comparator: GE, conformance_target: 0.95, threshold_target: 0.97,
         credits: {flat_percent: 10}}
"""
DRAFT = """\
apiVersion: trueline/v1
standards:
  - applies_to: {offering: gold}
    objective: {id: latency-share, parameter: latency, statistic: conformance, threshold:
      {comparator: LE, value: VALUE}, comparator: GE, conformance_target: TARGET,
      threshold_target: 0.97, valid_from: 2026-10-01, credits: {flat_percent: 10}}
"""


def months(count: int) -> list[str]:
    """The labels of so many months that end with August 2026."""
    every = [f"{year}-{month:02d}" for year in range(2020, 2027) for month in range(1, 13)]
    end = every.index("2026-08") + 1
    return every[end - count : end]


def year_of(products: int, count: int) -> Path:
    """A workspace with so many months of 5 minutes, summed up and assessed."""
    folder = bench_dir() / f"v{VERSION}-studio-{products}-{count}"
    if not (folder / "done.json").exists():
        from bench.process import job

        shutil.rmtree(folder, ignore_errors=True)
        job("bench.studio", "make", folder=str(folder), products=products, count=count)
    return folder


def make(folder: str, products: int, count: int) -> dict:
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(folder) / "workspace")
    from trueline.assessment.summed import summarise
    from trueline.engine.duckdb import DuckDBEngine
    from trueline.intake.load import LoadOptions
    from trueline.intake.record import DeliverySource
    from trueline.measurement.append import append_granules
    from trueline.measurement.lake import open_lake

    _load_records(workspace, Path(folder), products, count)
    samples = 0
    for label in months(count):
        source = DeliverySource("measurements", f"bench {label}")
        report = append_granules(workspace, _batches(label, products), source, LoadOptions(LATER))
        samples += report.ledger.accepted
        with open_lake(workspace) as lake:
            lake.compact()
    watch = Stopwatch()
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    summarise(workspace, engine)
    facts = {"samples": samples, "summed_s": watch.read()["seconds"]}
    for label in months(count):
        _store(workspace, engine, label)
    (Path(folder) / "done.json").write_text(json.dumps(facts))
    return facts


def _load_records(workspace: object, folder: Path, products: int, count: int) -> None:
    from trueline.calendars.instants import render_instant
    from trueline.calendars.periods import parse_period
    from trueline.intake.load import LoadOptions
    from trueline.inventory.load import load_customers, load_products
    from trueline.offerings.load import load_offerings
    from trueline.outages.load import load_exclusions

    random = np.random.default_rng([SEED, 12])
    starts = [parse_period(label).bounds("UTC")[0] for label in months(count)]
    works = [
        (number, start + 60 * int(random.integers(28 * 1440)), 60 * int(random.integers(30, 360)))
        for start in starts
        for number in range(products)
        for _ in range(int(random.poisson(1.5)))
    ]
    head = "product_id,offering_id,customer_id,status,start,end,time_zone,monthly_recurring_charge"
    texts = {
        "offerings.yaml": (OFFERINGS, load_offerings),
        "customers.csv": (customers_csv(products), load_customers),
        "products.csv": (
            "\n".join(
                [head]
                + [
                    f"{product_id(n)},gold,c{n // 5:05d},active,2019-01-01T00:00:00Z,,UTC,{100 + n}"
                    for n in range(products)
                ]
            ),
            load_products,
        ),
        "exclusions.csv": (
            "\n".join(
                ["product_id,start,end,reason"]
                + [
                    f"{product_id(n)},{render_instant(at)},{render_instant(at + long)},works"
                    for n, at, long in works
                ]
            ),
            load_exclusions,
        ),
    }
    for name, (text, load) in texts.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
        load(workspace, folder / name, LoadOptions(LATER))


def _batches(label: str, products: int) -> Iterator[object]:
    """Granules of one month, a few in a thousand missing."""
    import pyarrow as pa

    from trueline.calendars.periods import parse_period
    from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch

    start, end = parse_period(label).bounds("UTC")
    slots = (end - start) // STEP_S
    busy = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(slots) / 288 - 0.3))
    for first in range(0, products, PRODUCTS_PER_BATCH):
        here = min(PRODUCTS_PER_BATCH, products - first)
        random = np.random.default_rng([SEED, start, first])
        usual = 4.0 * random.uniform(0.8, 1.1, here)[:, None]
        noise = np.exp(0.12 * random.standard_normal((here, slots)))
        values = np.rint(usual * (1 + 0.2 * busy) * noise * 1000) / 1000
        rows, at = np.nonzero(random.random((here, slots)) >= 0.003)
        size = len(rows)
        ids = pa.array([product_id(first + n) for n in range(here)])
        yield GranuleBatch(
            pa.table(
                [
                    pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), ids),
                    pa.DictionaryArray.from_arrays(
                        pa.array(np.zeros(size, np.int32)), pa.array(["latency"])
                    ),
                    start + STEP_S * at,
                    np.full(size, STEP_S, np.int32),
                    values[rows, at],
                    pa.nulls(size, pa.float64()),
                    np.zeros(size, np.bool_),
                    np.arange(1, size + 1),
                ],
                schema=GRANULE_SCHEMA,
            )
        )


def _store(workspace: object, engine: object, label: str) -> None:
    """The rows of one month as stored for the pages; the studio asks for nothing else of it."""
    from trueline.assessment.assess import AssessmentRequest, assess
    from trueline.assessment.known import what_was_known
    from trueline.assessment.store import ResultHeader, StoredAssessment, store_assessment
    from trueline.assessment.summed import with_summaries
    from trueline.assessment.values import AGGREGATE_SCHEMA, DAILY_SCHEMA
    from trueline.calendars.periods import parse_period

    known = with_summaries(workspace, what_was_known(workspace)).known
    rows = assess(engine, known, AssessmentRequest(parse_period(label))).rows
    store_assessment(
        workspace.results,
        StoredAssessment(
            header=ResultHeader(label, known.as_of_s),
            delivery=known.delivery,
            assessed_at="2026-09-01T06:00:00Z",
            data_until_s=None,
            rows=rows,
            daily=DAILY_SCHEMA.empty_table(),
            aggregates=AGGREGATE_SCHEMA.empty_table(),
            set_aside=[],
        ),
    )


def replayed(folder: str, value: str, target: str, count: int, exact: bool = False) -> dict:
    """A draft of the standard, examined, replayed and told as the page does; and its figures."""
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(Path(folder) / "workspace")
    from trueline.assessment.known import what_was_known
    from trueline.engine.duckdb import DuckDBEngine
    from trueline.standards.document import parse_standards
    from trueline.standards.facts import examine
    from trueline.standards.replay import replay_exactly
    from trueline.standards.replay_summed import replay_quickly
    from trueline.standards.replay_told import tell_replay

    code = DRAFT.replace("VALUE", value).replace("TARGET", target)
    watch = Stopwatch()
    [draft], _ = parse_standards(code.encode(), "draft.yaml")
    examined = examine(workspace, draft)
    if exact:
        engine = DuckDBEngine(spill_dir=workspace.home / "spill")
        known = what_was_known(workspace)
        found = replay_exactly(engine, known, examined, workspace.results, count)
    else:
        found = replay_quickly(workspace, examined, count)
        assert found is not None
    told = tell_replay(found)
    spent = watch.read()
    return {
        **spent,
        "source": found.source.value,
        "figures": len(found.figures),
        "unsure": told.unsure,
        "widest": 0.0 if found.bounds is None else found.bounds.widest,
        "usual": 0.0 if found.bounds is None else found.bounds.usual,
        "verdicts": [
            [one.product.id, one.period, one.draft.verdict.value, one.sure] for one in found.figures
        ],
    }
