"""The synthetic operator on disk: plain long Parquet, and a Trueline workspace. Made once, kept."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.catalogue import (
    Questions,
    customers_csv,
    exclusions_csv,
    groups_csv,
    offerings_yaml,
    products_csv,
)
from bench.process import job

NOW = datetime(2026, 10, 1, 6, tzinfo=UTC)
VERSION = 1  # of the generated data: another one is made anew


@dataclass(frozen=True)
class Operator:
    """A size and what it is asked. `any_loss` and so on say what its records hold."""

    products: int
    questions: Questions = Questions.ALL
    loss_is_ratio: bool = True
    with_exclusions: bool = True

    @property
    def folder(self) -> Path:
        kind = "ratio" if self.loss_is_ratio else "sampled"
        works = "works" if self.with_exclusions else "plain"
        name = f"v{VERSION}-{self.products}-{self.questions.value}-{kind}-{works}"
        return bench_dir() / name

    @property
    def home(self) -> Path:
        return self.folder / "workspace"


def bench_dir() -> Path:
    """TRUELINE_BENCH_DIR, else a folder below the system's folder for temporary files."""
    named = os.environ.get("TRUELINE_BENCH_DIR")
    return Path(named) if named else Path(tempfile.gettempdir()) / "trueline-bench"


def long_file(products: int) -> Path:
    """product_id, param, ts, value as plain long Parquet, sorted so."""
    path = bench_dir() / f"v{VERSION}-long-{products}.parquet"
    if not path.exists():
        job("bench.storage", "write_long", products=products, path=str(path))
    return path


def workspace_of(operator: Operator) -> Path:
    """The home of a workspace with the operator loaded and compacted."""
    done = operator.folder / "done.json"
    if not done.exists():
        shutil.rmtree(operator.folder, ignore_errors=True)
        job(
            "bench.storage",
            "write_workspace",
            products=operator.products,
            questions=operator.questions.value,
            loss_is_ratio=operator.loss_is_ratio,
            with_exclusions=operator.with_exclusions,
        )
    return operator.home


def facts_of(operator: Operator) -> dict[str, float]:
    """samples, bytes and seconds of the loaded workspace."""
    workspace_of(operator)
    found: dict[str, float] = json.loads((operator.folder / "done.json").read_text())
    return found


def write_long(products: int, path: str) -> dict[str, float]:
    import pyarrow.parquet as pq

    from bench.samples import blocks
    from bench.tables import LONG_SCHEMA, long_table

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    draft = Path(path).with_suffix(".draft")
    rows, pending = 0, []
    with pq.ParquetWriter(
        draft,
        LONG_SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=["product_id", "param"],
        column_encoding={"ts": "DELTA_BINARY_PACKED"},
    ) as writer:
        for block in blocks(products):
            pending.append(long_table(block))
            if sum(t.num_rows for t in pending) >= 1_000_000:
                rows += _flush(writer, pending)
        if pending:
            rows += _flush(writer, pending)
    os.replace(draft, path)
    return {"rows": rows, "bytes": Path(path).stat().st_size}


def _flush(writer: object, pending: list[object]) -> int:
    import pyarrow as pa

    table = pa.concat_tables(pending)
    writer.write_table(table, row_group_size=1_000_000)
    pending.clear()
    return int(table.num_rows)


def write_workspace(
    products: int, questions: int, loss_is_ratio: bool, with_exclusions: bool
) -> dict[str, float]:
    """Records by their loaders, granules by `append_granules`, then compacted."""
    import time

    operator = Operator(products, Questions(questions), loss_is_ratio, with_exclusions)
    from trueline.settings.workspace import use_workspace

    workspace = use_workspace(operator.home)
    from trueline.intake.load import LoadOptions
    from trueline.intake.record import DeliverySource
    from trueline.measurement.append import append_granules
    from trueline.measurement.lake import open_lake

    load_records(workspace, operator)
    began = time.perf_counter()
    source = DeliverySource("measurements", "bench")
    report = append_granules(workspace, _batches(operator), source, LoadOptions(NOW))
    appended = time.perf_counter()
    with open_lake(workspace) as lake:
        compaction = lake.compact()
    facts = {
        "samples": report.ledger.accepted,
        "bytes": compaction.size,
        "append_s": appended - began,
        "compact_s": time.perf_counter() - appended,
    }
    (operator.folder / "done.json").write_text(json.dumps(facts))
    return facts


def load_records(workspace: object, operator: Operator) -> None:
    from trueline.intake.load import LoadOptions
    from trueline.inventory.load import load_customers, load_groups, load_products
    from trueline.offerings.load import load_offerings
    from trueline.outages.load import load_exclusions

    options = LoadOptions(NOW)
    yaml = offerings_yaml(operator.questions, loss_is_ratio=operator.loss_is_ratio)
    files = [
        ("offerings.yaml", yaml, load_offerings),
        ("customers.csv", customers_csv(operator.products), load_customers),
        ("products.csv", products_csv(operator.products), load_products),
        ("groups.csv", groups_csv(), load_groups),
    ]
    if operator.with_exclusions:
        files.append(("exclusions.csv", exclusions_csv(operator.products), load_exclusions))
    for name, text, load in files:
        path = operator.folder / name
        path.write_text(text, encoding="utf-8")
        load(workspace, path, options)


def _batches(operator: Operator) -> Iterator[object]:
    from bench.samples import blocks
    from bench.tables import granule_table
    from trueline.measurement.granules import GranuleBatch

    for block in blocks(operator.products):
        yield GranuleBatch(granule_table(block, loss_is_ratio=operator.loss_is_ratio))
