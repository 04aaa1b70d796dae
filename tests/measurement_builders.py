"""Small measurement loads and what a lake gives back, as plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import DeliverySource
from trueline.measurement.append import AppendOptions, append_granules
from trueline.measurement.columns import ScanRequest
from trueline.measurement.granules import GRANULE_SCHEMA, GranuleBatch
from trueline.measurement.lake import Lake
from trueline.measurement.names import KnownNames
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER = 1_790_812_800  # 2026-10-01T00:00:00Z
NOVEMBER = 1_793_491_200  # 2026-11-01T00:00:00Z
LOAD = LoadOptions(now=NOW)


@dataclass(frozen=True)
class G:
    """One granule in a test."""

    product: str
    parameter: str
    start_s: int
    value: float
    denominator: float | None = None
    suspect: bool = False
    duration_s: int = 900


def batch(granules: Sequence[G], *, first_line: int = 2) -> GranuleBatch:
    columns = [
        pa.array([g.product for g in granules], pa.string()).dictionary_encode(),
        pa.array([g.parameter for g in granules], pa.string()).dictionary_encode(),
        [g.start_s for g in granules],
        [g.duration_s for g in granules],
        [g.value for g in granules],
        [g.denominator for g in granules],
        [g.suspect for g in granules],
        list(range(first_line, first_line + len(granules))),
    ]
    return GranuleBatch(pa.table(columns, schema=GRANULE_SCHEMA))


def deliver(
    workspace: Workspace,
    *batches: Sequence[G],
    known: KnownNames | None = None,
    lake: Lake | None = None,
) -> LoadReport:
    """Append the batches as one delivery."""
    made = []
    line = 2
    for granules in batches:
        made.append(batch(granules, first_line=line))
        line += len(granules)
    source = DeliverySource("measurements", "test")
    return append_granules(workspace, made, source, AppendOptions(LOAD, known, lake))


Content = dict[tuple[str, str, int], tuple[int, float, float | None, bool]]


def content(
    lake: Lake,
    delivery: int,
    parameters: Iterable[str] = ("delay", "loss"),
    *,
    during: tuple[int, int] = (0, 4_000_000_000),
    keys: tuple[int, int] | None = None,
) -> Content:
    """What a scan gives, by product, parameter and start; fails when a granule comes twice."""
    engine = DuckDBEngine(threads=1)
    try:
        request = ScanRequest(*during, tuple(parameters), delivery, keys)
        scan = lake.scan(engine, request)
        rows = engine.run(scan.table).to_pylist()
    finally:
        engine.close()
    products = lake.product_ids()
    out: Content = {}
    for row in rows:
        for name, column in scan.columns.items():
            value = row[column.value]
            if value is None:
                continue
            denominator = row[column.denominator] if column.denominator else None
            scale = 1 if column.decimals is None else 10**column.decimals
            if denominator is not None:
                denominator = denominator / scale
            granule = (products[row["product_key"]], name, row["start_s"])
            assert granule not in out, f"{granule} comes twice"
            out[granule] = (row["duration_s"], value / scale, denominator, row["suspect"])
    arrays = content_of_arrays(lake, request)
    if arrays is not None:
        trusted = {granule: kept for granule, kept in out.items() if not kept[3]}
        assert arrays == trusted, "whole columns say something else than the scan"
    return out


def content_of_arrays(lake: Lake, request: ScanRequest) -> Content | None:
    """What the lake gives as whole columns, None where it needs an engine."""
    found = lake.arrays(request)
    if found is None:
        return None
    products = lake.product_ids()
    out: Content = {}
    for name, column in found.columns.items():
        scale = 1 if column.decimals is None else 10**column.decimals
        value = found.numbers[column.value]
        below = found.numbers[column.denominator] if column.denominator else None
        for at in range(len(found.start_s)):
            if value.present is not None and not value.present[at]:
                continue
            denominator = None
            if below is not None and (below.present is None or below.present[at]):
                denominator = below.numbers[at].item() / scale
            granule = (products[found.product_key[at].item()], name, found.start_s[at].item())
            number = value.numbers[at].item() / scale
            out[granule] = (found.duration_s[at].item(), number, denominator, False)
    return out


def expected(granules: Iterable[G]) -> Content:
    """Of each granule the last one given."""
    return {
        (g.product, g.parameter, g.start_s): (g.duration_s, g.value, g.denominator, g.suspect)
        for g in granules
    }
