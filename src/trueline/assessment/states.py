"""Availability states over many products (M4, M5), without looking at every granule in order.

High-loss granules are rare. The engine filters them; the granules in between are fetched only
where a run of n could exist. A product whose high-loss granules nowhere come close enough for a
run was available throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trueline.assessment.mef import availability_states, hli_chli
from trueline.assessment.plan import Unit
from trueline.assessment.readings import GranulesLike, Reading, columns_of
from trueline.assessment.statistics.rule import UnavailableGranules
from trueline.calendars.intervals import Interval, intersect, total
from trueline.engine import Engine

DAY_S = 86_400


@dataclass(frozen=True)
class StateRule:
    """n consecutive known granules decide a change; high loss is ratio > c, or >= c (G.826)."""

    parameter: str
    threshold_c: Decimal
    n: int
    at_or_above: bool = False
    chli_p: int | None = None

    @property
    def shortest_run(self) -> int:
        """Runs of high loss shorter than this change nothing that is reported."""
        return min(self.n, self.chli_p or self.n)


@dataclass(frozen=True)
class Granule:
    start_s: int
    duration_s: int
    high_loss: bool


@dataclass
class StateEvidence:
    """By product key: the granules among which the state may change, in order of time; where high
    loss was at all; and the products for which a wider scan could change the answer."""

    granules: dict[int, list[Granule]] = field(default_factory=dict)
    high_loss: dict[int, npt.NDArray[np.int64]] = field(default_factory=dict)
    open_ended: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)  # products with any known granule in the scan

    def update(self, wider: StateEvidence) -> None:
        """Take over what a wider scan says of its products."""
        self.granules.update(wider.granules)
        self.high_loss.update(wider.high_loss)
        self.seen |= wider.seen


@dataclass(frozen=True)
class _Extent:
    """Known granules of a product over the whole scan."""

    known: int
    first_s: int
    last_s: int
    shortest_s: int
    longest_s: int

    @property
    def missing(self) -> int:
        """Places on the grid without a known granule: what a run may bridge at the most."""
        return (self.last_s - self.first_s) // self.shortest_s + 1 - self.known

    def certain_others(self, from_s: int, to_s: int) -> int:
        """Known granules that lie strictly between two for certain."""
        return (to_s - from_s) // self.longest_s - 1 - self.missing


def find_states(
    engine: Engine, granules: GranulesLike, rule: StateRule, keys: Sequence[int]
) -> StateEvidence:
    """Evidence for `cut_to` from one scan; `open_ended` names products to scan more widely."""
    table = _known(granules, rule, _relation(engine, keys))
    high = _sorted(
        engine.run(table.filter(table.high).select("product_key", "start_s", "duration_s"))
    )
    products, first, counts = np.unique(
        high["product_key"].to_numpy(), return_index=True, return_counts=True
    )
    starts = high["start_s"].to_numpy()
    evidence = StateEvidence()
    for key, position, count in zip(products, first, counts, strict=True):
        evidence.high_loss[int(key)] = starts[position : position + count]
    extents = _extents(engine, table)
    evidence.seen = set(extents)
    stretches = []
    for key, extent in extents.items():
        times = evidence.high_loss.get(key)
        found, open_ended = _stretches_of(key, extent, times, rule)
        stretches += found
        if open_ended:
            evidence.open_ended.add(key)
    evidence.granules = _fetch(engine, table, stretches)
    return evidence


def _relation(engine: Engine, keys: Sequence[int]) -> ir.Table:
    return engine.table(pa.table({"product_key": pa.array(keys, pa.int32())}))


def _sorted(rows: pa.Table) -> pa.Table:
    return rows.sort_by([("product_key", "ascending"), ("start_s", "ascending")])


def _known(granules: GranulesLike, rule: StateRule, wanted: ir.Table) -> ir.Table:
    """product_key, start_s, duration_s, high of the known granules of the wanted products. A zero
    denominator is known, and no loss."""
    table = granules.table
    column = granules.columns[rule.parameter]
    present = columns_of(table, column, Reading(rule.parameter)).present
    quotient = columns_of(table, column, Reading(rule.parameter, quotient=True)).number
    limit = float(rule.threshold_c)
    high = quotient >= limit if rule.at_or_above else quotient > limit
    known = table.filter(~table.suspect, present).mutate(high=high.fill_null(False))
    return known.semi_join(wanted, "product_key").select(
        "product_key", "start_s", "duration_s", "high"
    )


def _extents(engine: Engine, table: ir.Table) -> dict[int, _Extent]:
    rows = engine.run(
        table.group_by("product_key").aggregate(
            known=table.count(),
            first_s=table.start_s.min(),
            last_s=table.start_s.max(),
            shortest_s=table.duration_s.min(),
            longest_s=table.duration_s.max(),
        )
    ).to_pylist()
    return {row.pop("product_key"): _Extent(**row) for row in rows}


def _stretches_of(
    key: int, extent: _Extent, times: npt.NDArray[np.int64] | None, rule: StateRule
) -> tuple[list[tuple[int, int, int]], bool]:
    """(product key, from, to) around high-loss granules that have no certain n others between
    them, where they are enough for a run; and whether the scan's ends leave the state open."""
    if times is None:
        return [], extent.known < rule.n
    places = np.diff(times) // extent.longest_s - 1
    breaks = np.flatnonzero(places - extent.missing >= rule.n)
    firsts = np.concatenate(([0], breaks + 1))
    lasts = np.concatenate((breaks, [len(times) - 1]))
    reach = (rule.n + extent.missing + 1) * extent.longest_s
    found = [
        (key, int(times[a]), int(times[b]) + reach)
        for a, b in zip(firsts, lasts, strict=True)
        if b - a + 1 >= rule.shortest_run
    ]
    # One more place on either side stands for the granule just outside the scan.
    before = extent.certain_others(extent.first_s - extent.longest_s, int(times[0]))
    after = extent.certain_others(int(times[-1]), extent.last_s + extent.longest_s)
    return found, before < rule.n or after < rule.n


def _fetch(
    engine: Engine, table: ir.Table, stretches: Sequence[tuple[int, int, int]]
) -> dict[int, list[Granule]]:
    if not stretches:
        return {}
    days = {
        (key, day)
        for key, start, end in stretches
        for day in range(start // DAY_S, end // DAY_S + 1)
    }
    wanted = engine.table(
        pa.table(
            {
                "product_key": pa.array([k for k, _ in days], pa.int32()),
                "day": pa.array([d for _, d in days], pa.int64()),
            }
        )
    )
    by_day = table.mutate(day=(table.start_s // DAY_S).cast("int64"))
    rows = _sorted(engine.run(by_day.semi_join(wanted, ["product_key", "day"]).drop("day")))
    bounds: dict[int, list[Interval]] = {}
    for key, start, end in stretches:
        bounds.setdefault(key, []).append((start, end))
    found: dict[int, list[Granule]] = {}
    columns = (rows[name].to_pylist() for name in rows.column_names)
    for key, start_s, duration_s, high in zip(*columns, strict=True):
        if any(a <= start_s <= b for a, b in bounds[key]):
            found.setdefault(key, []).append(Granule(start_s, duration_s, high))
    return found


def cut_to(unit: Unit, key: int, evidence: StateEvidence, rule: StateRule) -> UnavailableGranules:
    """Unavailable granules of one product, counted by start and cut to the second. States evolve
    underneath excluded time; granules that start there do not count."""
    granules = evidence.granules.get(key, [])
    high = [g.high_loss for g in granules]
    available = availability_states(high, rule.n)
    counted = [_starts_in(unit, g.start_s) for g in granules]
    down = [g for g, up in zip(granules, available, strict=True) if not up]
    lost = [h and c for h, c in zip(high, counted, strict=True)]
    _, runs = hli_chli(lost, available, rule.shortest_run)
    lost_while_down = sum(h and not up for h, up in zip(lost, available, strict=True))
    all_lost = sum(_starts_in(unit, int(t)) for t in evidence.high_loss.get(key, ()))
    intervals = [(g.start_s, g.start_s + g.duration_s) for g in down]
    return UnavailableGranules(
        count=sum(_starts_in(unit, g.start_s) for g in down),
        seconds=sum(total(intersect(unit.allowed, [i])) for i in intervals),
        high_loss=all_lost - lost_while_down,
        runs=runs,
        intervals=tuple(intervals),
    )


def _starts_in(unit: Unit, instant: int) -> bool:
    return any(start <= instant < end for start, end in unit.allowed)
