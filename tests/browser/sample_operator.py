"""A small operator with trouble in it, loaded through the ordinary loaders, and a stored
assessment of October 2026 in the schemas of assessment/values.py, drawn from a seed.

The figures are made up: pages are tested for showing what is stored, never for the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from trueline.assessment.aggregate import memberships
from trueline.assessment.known import what_was_known
from trueline.assessment.store import ResultHeader, StoredAssessment, store_assessment
from trueline.assessment.values import (
    AGGREGATE_SCHEMA,
    DAILY_SCHEMA,
    AssessmentRow,
    Verdict,
)
from trueline.assessment.wilson import wilson_interval
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.inventory.load import load_customers, load_groups, load_products
from trueline.inventory.snapshot import snapshot_at
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.monitoring.acts import Act, approve_regime, draft_regimes, move_regime
from trueline.monitoring.parse import parse_regimes
from trueline.monitoring.run import run_regime
from trueline.monitoring.values import RegimeState
from trueline.offerings.catalog import catalog_at
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace
from trueline.trends.ask_workspace import WorkspaceScan, scan_workspace
from trueline.trends.record_scan import OnRecord, record_scan

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
START_S = 1_790_812_800  # 2026-10-01T00:00:00Z
DAYS = 31
HOSTILE = '<script>alert("x")</script> & Söhne'
MEASURED = "p00003"  # the product that has granules, an exclusion and a gap
OFFERINGS = ("eline-gold", "eline-silver", "ip-vpn", "dia")
OBJECTIVES = ("delay-p95", "delay-conformance", "loss-ratio", "availability", "repair-mean")
_CATALOGUE = """\
apiVersion: trueline/v1
parameters:
  - {id: frame_delay, name: Frame delay, unit: ms, family: technical, kind: sampled}
  - {id: frame_loss, name: Frame loss, unit: ratio, family: technical, kind: ratio}
  - {id: service_outage, family: technical, kind: event, event_kinds: [outage]}
  - {id: repair, unit: s, family: time, kind: event, event_kinds: [ticket]}
offerings:
"""
_OFFERING = """\
  - id: {id}
    name: {name}
    objectives:
      - {{id: delay-p95, parameter: frame_delay, basis: agreed, statistic: percentile,
         percentile: 95, comparator: LE, conformance_target: 20, threshold_target: 18,
         conformance_period: P1M}}
      - {{id: delay-conformance, parameter: frame_delay, statistic: conformance, comparator: GE,
         threshold: {{comparator: LE, value: 18}}, conformance_target: 0.95,
         conformance_period: P1M}}
      - {{id: loss-ratio, parameter: frame_loss, statistic: ratio, comparator: LE,
         conformance_target: 0.001, conformance_period: P1M}}
      - {{id: availability, parameter: service_outage, statistic: availability_outage,
         comparator: GE, conformance_target: 0.999, threshold_target: 0.9992,
         conformance_period: P1M}}
      - {{id: repair-mean, parameter: repair, statistic: time_to_repair, of: mean, comparator: LE,
         conformance_target: 14400, conformance_period: P1M}}
"""


@dataclass(frozen=True)
class Draw:
    """One product and objective, day by day."""

    product_id: str
    objective_id: str
    value: np.ndarray
    good_s: np.ndarray
    bad_s: np.ndarray
    excluded_s: np.ndarray
    unknown_s: np.ndarray


def build_operator(workspace: Workspace, *, products: int = 120, granules: bool = True) -> None:
    """Load the operator and store its assessment of 2026-10."""
    folder = workspace.home / "sample-files"
    folder.mkdir()
    options = LoadOptions(now=NOW, recorded_by="test")
    load_offerings(workspace, _written(folder, "offerings.yaml", _catalogue()), options)
    load_customers(workspace, _written(folder, "customers.csv", _customers(products)), options)
    load_products(workspace, _written(folder, "products.csv", _products(products)), options)
    load_groups(workspace, _written(folder, "groups.csv", _groups()), options)
    load_exclusions(workspace, _written(folder, "exclusions.csv", _exclusions()), options)
    if granules:
        path = _written(folder, "measurements.csv", _granules())
        load_measurements(workspace, [path], MeasurementOptions(options))
    store_sample(workspace, products=products)
    if granules:
        _watch(workspace)
        _scan(workspace)


def _scan(workspace: Workspace) -> None:
    """A scan of trends over the stored month, on record."""
    found = scan_workspace(workspace, what_was_known(workspace), WorkspaceScan())
    record_scan(workspace, found, OnRecord(assessed_at="2026-11-02T06:05:00Z"), by="desk", now=NOW)


def _watch(workspace: Workspace) -> None:
    """A regime over the measured product and its like, run for two days."""
    text = f"regimes:\n  - {{id: daily, name: '{HOSTILE}', group: microwave, owner: desk}}\n"
    draft_regimes(workspace, parse_regimes(text.encode(), "r.yaml"), Act("author", NOW))
    approve_regime(workspace, "daily", Act("approver", NOW))
    move_regime(workspace, "daily", RegimeState.ACTIVE, Act("author", NOW))
    engine = DuckDBEngine(threads=1)
    for day in (9, 10):
        run_regime(workspace, engine, "daily", START_S + day * 86_400, now=NOW)
    engine.close()


def store_sample(workspace: Workspace, *, products: int, period: str = "2026-10") -> None:
    """Store figures for every product and objective as if they had been assessed."""
    random = np.random.default_rng(20261101)
    draws = [
        _draw(random, f"p{i:05}", objective, i) for i in range(products) for objective in OBJECTIVES
    ]
    rows = [_row(draw, i // len(OBJECTIVES)) for i, draw in enumerate(draws)]
    delivery = latest_delivery()
    store_assessment(
        workspace.results,
        StoredAssessment(
            header=ResultHeader(period, START_S + DAYS * 86_400),
            delivery=delivery,
            assessed_at="2026-11-02T06:05:00Z",
            data_until_s=START_S + DAYS * 86_400,
            rows=sorted(rows, key=lambda row: (row.product_id, row.objective_id)),
            daily=_daily(draws),
            aggregates=_aggregates(rows, delivery),
            set_aside=(),
        ),
    )


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _catalogue() -> str:
    names = ("E-Line Gold", "E-Line Silver", "IP-VPN", "Dedicated Internet Access")
    pairs = zip(OFFERINGS, names, strict=True)
    return _CATALOGUE + "".join(_OFFERING.format(id=id, name=name) for id, name in pairs)


def _customers(products: int) -> str:
    lines = ["customer_id,name,segment"]
    for i in range(max(4, products // 5)):
        name = '"<script>alert(""x"")</script> & Söhne"' if i == 1 else f"Customer {i}"
        lines.append(f"c{i:04},{name},{('gold', 'silver', 'public')[i % 3]}")
    return "\n".join(lines) + "\n"


def _products(products: int) -> str:
    zones = ("Europe/Lisbon", "Europe/Madrid", "Europe/Helsinki")
    lines = [
        "product_id,offering_id,customer_id,status,start,end,time_zone,region,access_technology"
    ]
    customers = max(4, products // 5)
    for i in range(products):
        offering = OFFERINGS[i % len(OFFERINGS)]
        region = ("north", "south", "islands", "inland")[i // 3 % 4]
        technology = ("fibre", "microwave", "copper")[i % 3]
        lines.append(
            f"p{i:05},{offering},c{i % customers:04},active,2025-03-01T00:00:00Z,,"
            f"{zones[i % 3]},{region},{technology}"
        )
    return "\n".join(lines) + "\n"


def _groups() -> str:
    return (
        "group_id,name,rule\n"
        "gold-north,E-Line Gold in the north,offering = eline-gold and region = north\n"
        "microwave,Everything on microwave,access_technology = microwave\n"
        "public-sector,Public sector,customer.segment = public\n"
        "islands,The islands,region = islands\n"
    )


def _exclusions() -> str:
    return (
        "product_id,start,end,reason\n"
        f"{MEASURED},2026-10-12T22:00:00Z,2026-10-13T04:00:00Z,agreed work <b>17</b>\n"
    )


def _granules() -> str:
    """Fifteen-minute delay of one product: a daily wave, a bad evening, a gap of a day."""
    random = np.random.default_rng(7)
    lines = ["product_id,parameter,start,duration_s,value,denominator,suspect"]
    for n in range(DAYS * 96):
        at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=15 * n)
        if at.day == 20:
            continue
        wave = 13 + 2.5 * np.sin((at.hour - 8) / 24 * 2 * np.pi) + random.normal(0, 0.7)
        wave += 9 if at.day == 8 and 17 <= at.hour < 22 else 0
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"{MEASURED},frame_delay,{stamp},900,{wave:.3f},,false")
        lost = int(random.poisson(6 if at.day == 8 else 1))
        lines.append(f"{MEASURED},frame_loss,{stamp},900,{lost},{4000 + n % 700},false")
    return "\n".join(lines) + "\n"


def _trouble(objective: str, i: int) -> float:
    """How badly off a product is: microwave suffers in delay, a few in everything."""
    trouble = 2.2 if i % 3 == 1 and objective.startswith("delay") and i % 5 else 0.4
    return trouble + (6.0 if i % 41 == 7 else 0.0)


def _draw(random: np.random.Generator, product_id: str, objective: str, i: int) -> Draw:
    whole = np.full(DAYS, 86_400)
    excluded = np.where(np.arange(DAYS) == 12, 21_600, 0) if i % 4 == 3 else np.zeros(DAYS)
    unknown = np.where(random.random(DAYS) < 0.08, random.integers(900, 20_000, DAYS), 0)
    if objective.startswith(("delay", "loss")):
        if i % 37 == 5:
            unknown[-4:] = whole[-4:]  # stopped sending
        if i % 53 == 9:
            unknown[:25] = whole[:25]  # too little to say
    else:
        unknown[:] = 0
    unknown = np.minimum(unknown, whole - excluded)
    free = whole - excluded - unknown
    share = np.clip(random.exponential(0.012 * _trouble(objective, i), DAYS), 0, 1)
    share *= random.random(DAYS) < 0.5
    bad = np.minimum((free * share).astype(np.int64) // 60 * 60, free)
    value = _values(random, objective, share)
    value[free == 0] = np.nan
    parts = (value, free - bad, bad, excluded, unknown)
    return Draw(product_id, objective, *(np.asarray(part) for part in parts))


def _values(random: np.random.Generator, objective: str, share: np.ndarray) -> np.ndarray:
    match objective:
        case "delay-p95":
            return 15 + 60 * share + random.normal(0, 0.8, DAYS)
        case "loss-ratio":
            return 0.0003 + share / 60 + random.random(DAYS) / 8_000
        case "repair-mean":
            return np.round(3_600 + 90_000 * share)
        case _:
            return 1 - share


def _row(draw: Draw, i: int) -> AssessmentRow:
    good, bad = int(draw.good_s.sum()), int(draw.bad_s.sum())
    unknown, excluded = int(draw.unknown_s.sum()), int(draw.excluded_s.sum())
    coverage = (good + bad) / (good + bad + unknown)
    value, margin, allowance = _figures(draw, good, bad)
    verdict = Verdict.MET if margin >= 0 else Verdict.VIOLATED
    if verdict is Verdict.MET and allowance < 0.2:
        verdict = Verdict.AT_RISK
    if verdict is Verdict.VIOLATED and allowance > -0.15:
        verdict = Verdict.WITHIN_TOLERANCE
    none = coverage < 0.5 or (draw.objective_id == "repair-mean" and i % 11 == 0)
    if none:
        verdict = Verdict.NOT_ASSESSABLE if coverage < 0.5 else Verdict.NOT_APPLICABLE
    return AssessmentRow(
        product_id=draw.product_id,
        objective_id=draw.objective_id,
        standard_version=1,
        period_start=START_S,
        period_end=START_S + DAYS * 86_400,
        verdict=verdict,
        value=None if none else value,
        margin=None if none else margin,
        good_s=good,
        bad_s=bad,
        excluded_s=excluded,
        unknown_s=unknown,
        coverage=coverage,
        samples=int((good + bad) // 900),
        allowance_left=None if none else allowance,
        best_case=None if none or value > 1 else (good + unknown) / (good + bad + unknown),
        worst_case=None if none or value > 1 else good / (good + bad + unknown),
    )


def _figures(draw: Draw, good: int, bad: int) -> tuple[float, float, float]:
    share = bad / max(1, good + bad)
    match draw.objective_id:
        case "delay-p95":
            value = float(np.nanquantile(draw.value, 0.95, method="inverted_cdf"))
            return value, 20 - value, 1 - share / 0.02
        case "loss-ratio":
            value = float(np.nanmean(draw.value))
            return value, 0.001 - value, 1 - value / 0.001
        case "repair-mean":
            value = float(np.nanmax(draw.value)) / 6
            return value, 14_400 - value, 1 - value / 14_400
        case "availability":
            return 1 - share / 12, 0.001 - share / 12, 1 - share / 12 / 0.001
        case _:
            return 1 - share, 0.05 - share, 1 - share / 0.05


def _daily(draws: list[Draw]) -> pa.Table:
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(DAYS)]
    each = len(draws) * DAYS
    value = np.concatenate([draw.value for draw in draws])
    columns = {
        "product_id": np.repeat([draw.product_id for draw in draws], DAYS),
        "objective_id": np.repeat([draw.objective_id for draw in draws], DAYS),
        "day": days * len(draws),
        "value": pa.array(value, pa.float64(), from_pandas=True),
        **{
            name: np.concatenate([getattr(draw, name) for draw in draws]).astype(np.int64)
            for name in ("good_s", "bad_s", "excluded_s", "unknown_s")
        },
        "samples": np.full(each, 96),
    }
    arrays = [pa.array(columns[f.name], f.type) for f in DAILY_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=DAILY_SCHEMA)


def _aggregates(rows: list[AssessmentRow], delivery: int) -> pa.Table:
    found: list[dict[str, object]] = []
    by_product: dict[str, list[AssessmentRow]] = {}
    for row in rows:
        by_product.setdefault(row.product_id, []).append(row)
    for members in memberships(snapshot_at(delivery), catalog_at(delivery), ("access_technology",)):
        own = [row for id in sorted(members.product_ids) for row in by_product.get(id, ())]
        for objective in OBJECTIVES:
            chosen = [row for row in own if row.objective_id == objective]
            for rule in ("pooled", "customer_weighted", "worst"):
                found.append(_aggregate(members.dimension, members.key, rule, chosen))
    return pa.Table.from_pylist(found, schema=AGGREGATE_SCHEMA)


def _aggregate(dimension: str, key: str, rule: str, rows: list[AssessmentRow]) -> dict[str, object]:
    count = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    kept = count[Verdict.MET] + count[Verdict.AT_RISK] + count[Verdict.WITHIN_TOLERANCE]
    assessed = kept + count[Verdict.VIOLATED]
    low, high = wilson_interval(kept, assessed) if assessed else (None, None)
    values = [row.value for row in rows if row.value is not None]
    times = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("good_s", "bad_s", "excluded_s", "unknown_s")
    }
    known = times["good_s"] + times["bad_s"]
    worst = sorted((r for r in rows if r.margin is not None), key=lambda r: r.margin or 0)[:5]
    return {
        "dimension": dimension,
        "key": key,
        "objective_id": rows[0].objective_id,
        "rule": rule,
        "value": float(np.median(values)) if values else None,
        "members": len(rows),
        "assessed": assessed,
        "met": kept,
        "at_risk": count[Verdict.AT_RISK],
        "violated": count[Verdict.VIOLATED],
        "not_assessable": count[Verdict.NOT_ASSESSABLE],
        "not_applicable": count[Verdict.NOT_APPLICABLE],
        "share_met": kept / assessed if assessed else None,
        "share_low": low,
        "share_high": high,
        "coverage": known / (known + times["unknown_s"]),
        **times,
        "worst_members": [row.product_id for row in worst],
    }
