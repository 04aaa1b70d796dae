"""Sums over the granules of many products at once, as table expressions.

One pass adds up every reading of every unit. A granule counts with its whole duration where its
start lies in allowed time (the base); the few granules that an edge of allowed time cuts are then
corrected to the second (the edges). So exclusions never join every granule to a window unless a
product has many windows.

One file, a little over 400 lines: base, edges and the reading back share their column names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from trueline.assessment.plan import Unit
from trueline.assessment.readings import (
    ColumnLike,
    GranulesLike,
    Reading,
    ReadingColumns,
    columns_of,
    compared,
    exact_bound,
    number_of,
)
from trueline.engine import Engine
from trueline.offerings.values import Comparator

DAY_S = 86_400
WINDOWS_PER_PRODUCT = 4  # up to so many allowed intervals are compared without a join by day
SUM_TYPE = "decimal(38, 15)"  # fixed point: a sum of doubles that no order of adding changes


@dataclass(frozen=True)
class Wanted:
    """What one unit needs of one reading."""

    thresholds: tuple[tuple[Comparator, Decimal], ...] = ()
    percentiles: tuple[Decimal, ...] = ()  # per cent
    moments: bool = False  # sum, denominator sum, min, max


@dataclass(frozen=True)
class Tally:
    """Seconds and numbers of one reading in the allowed time of one unit."""

    known_s: int = 0
    samples: int = 0  # trusted granules by start instant
    numbers: int = 0  # of those, the ones with a number (a quotient needs a denominator)
    good_s: tuple[int, ...] = ()  # by threshold, in the order they were wanted
    total: Decimal | None = None
    denominator: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    percentiles: Mapping[Decimal, Decimal | None] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Demand:
    """Units with their product keys, and what each wants."""

    units: Sequence[Unit]
    keys: Mapping[str, int]
    wanted: Mapping[int, Mapping[Reading, Wanted]]  # by unit number


def sum_granules(
    engine: Engine, granules: GranulesLike, demand: Demand, cut: GranulesLike | None = None
) -> dict[tuple[int, Reading], Tally]:
    """Tallies by unit number and reading. Units without granules have none. `cut`: a scan that
    starts early enough to hold the granules that reach into the first allowed second."""
    tallies: dict[tuple[int, Reading], Tally] = {}
    grid = _grid(engine, cut or granules)
    few = [u for u in demand.units if 0 < len(u.allowed) <= WINDOWS_PER_PRODUCT]
    many = [u for u in demand.units if len(u.allowed) > WINDOWS_PER_PRODUCT]
    for units, by_day in ((few, False), (many, True)):
        if units:
            plans = _reading_plans(granules, demand, units)
            if plans:
                part = _Pass(engine, granules, plans, demand, units, cut or granules)
                part.add_to(tallies, by_day=by_day, grid=grid)
    return tallies


def joined_to_units(
    engine: Engine, granules: GranulesLike, demand: Demand, units: Sequence[Unit]
) -> ir.Table:
    """Trusted granules that start in allowed time, each with its `unit`."""
    return _Pass(engine, granules, (), demand, units, granules).base_by_day()


@dataclass(frozen=True)
class Grid:
    """The longest granule, and a step such that an edge on it cuts no granule (None: unknown)."""

    longest_s: int
    step_s: int | None


def _grid(engine: Engine, granules: GranulesLike) -> Grid:
    table = granules.table
    off = (table.start_s % table.duration_s).max()
    found = engine.run(table.group_by("duration_s").aggregate(off=off)).to_pylist()
    if not found:
        return Grid(0, 1)
    longest = max(row["duration_s"] for row in found)
    aligned = all(row["off"] == 0 for row in found)
    step = math.lcm(*(row["duration_s"] for row in found)) if aligned else None
    return Grid(longest, step)


@dataclass(frozen=True)
class _ReadingPlan:
    """One reading in one pass: its thresholds by comparator and rank, percentiles, moments."""

    index: int
    reading: Reading
    column: ColumnLike
    comparators: tuple[Comparator, ...]  # of the stored comparison, one per threshold column
    percentiles: tuple[Decimal, ...]
    moments: bool


def _reading_plans(
    granules: GranulesLike, demand: Demand, units: Sequence[Unit]
) -> list[_ReadingPlan]:
    """The readings that the units of a pass want, each once, with enough threshold columns."""
    comparators: dict[Reading, list[Comparator]] = {}
    percentiles: dict[Reading, set[Decimal]] = {}
    moments: dict[Reading, bool] = {}
    for unit in units:
        for reading, wanted in demand.wanted[unit.number].items():
            percentiles.setdefault(reading, set()).update(wanted.percentiles)
            moments[reading] = moments.get(reading, False) or wanted.moments
            have = comparators.setdefault(reading, [])
            _place_thresholds(have, wanted, _decimals(granules, reading))
    return [
        _ReadingPlan(
            index=index,
            reading=reading,
            column=granules.columns[reading.parameter],
            comparators=tuple(comparators[reading]),
            percentiles=tuple(sorted(percentiles[reading])),
            moments=moments[reading],
        )
        for index, reading in enumerate(sorted(comparators))
        if reading.parameter in granules.columns
    ]


def _decimals(granules: GranulesLike, reading: Reading) -> int | None:
    column = granules.columns.get(reading.parameter)
    return None if column is None or reading.quotient else column.decimals


def _place_thresholds(
    have: list[Comparator], wanted: Wanted, decimals: int | None
) -> list[tuple[int, int | float]]:
    """The column and stored bound of each wanted threshold; grows `have` where one is missing."""
    placed: list[tuple[int, int | float]] = []
    used: set[int] = set()
    for comparator, bound in wanted.thresholds:
        stored, number = exact_bound(comparator, bound, decimals)
        free = next((i for i, c in enumerate(have) if c is stored and i not in used), None)
        if free is None:
            have.append(stored)
            free = len(have) - 1
        used.add(free)
        placed.append((free, number))
    return placed


@dataclass(frozen=True)
class _Pass:
    engine: Engine
    granules: GranulesLike
    plans: Sequence[_ReadingPlan]
    demand: Demand
    units: Sequence[Unit]
    cut: GranulesLike

    def add_to(
        self, tallies: dict[tuple[int, Reading], Tally], *, by_day: bool, grid: Grid
    ) -> None:
        base = self._rows(self.base_by_day() if by_day else self.base_by_window(), edges=False)
        cut = self._edge_rows(grid)
        for unit in self.units:
            row = base.get(unit.number, {})
            edge = cut.get(unit.number, {})
            if not row and not edge:
                continue
            for plan in self.plans:
                wanted = self.demand.wanted[unit.number].get(plan.reading)
                if wanted:
                    tallies[(unit.number, plan.reading)] = _tally(
                        plan, wanted, row, edge, self.granules
                    )

    def _rows(self, joined: ir.Table, *, edges: bool) -> dict[int, dict[str, object]]:
        measures: dict[str, ir.Value] = {}
        for plan in self.plans:
            measures.update(_measures(self.engine, joined, plan, edges=edges))
        result = self.engine.run(joined.group_by("unit").aggregate(**measures))
        return {row["unit"]: row for row in result.to_pylist()}

    def base_by_window(self) -> ir.Table:
        """Granules that start in allowed time of a unit with few windows, compared one by one."""
        width = max(len(u.allowed) for u in self.units)
        columns = self._unit_columns(self.units)
        for i in range(width):
            spans = [u.allowed[i] if i < len(u.allowed) else (0, 0) for u in self.units]
            columns[f"from{i}"] = pa.array([s[0] for s in spans], pa.int64())
            columns[f"to{i}"] = pa.array([s[1] for s in spans], pa.int64())
        windows = self.engine.table(pa.table(columns))
        joined = _trusted(self.granules).join(windows, "product_key")
        inside = [
            (joined.start_s >= joined[f"from{i}"]) & (joined.start_s < joined[f"to{i}"])
            for i in range(width)
        ]
        return joined.filter(ibis.or_(*inside), self._hull(joined))

    def _hull(self, table: ir.Table) -> ir.BooleanValue:
        """Allowed time of all units together, as constants that the file reader can skip by."""
        first = min(u.allowed[0][0] for u in self.units)
        last = max(u.allowed[-1][1] for u in self.units)
        return (table.start_s >= first) & (table.start_s < last)

    def base_by_day(self) -> ir.Table:
        """Granules that start in allowed time, joined to the windows of their UTC day."""
        owners, days, starts, ends = [], [], [], []
        for unit in self.units:
            for start, end in unit.allowed:
                for day in range(start // DAY_S, (end - 1) // DAY_S + 1):
                    owners.append(unit)
                    days.append(day)
                    starts.append(start)
                    ends.append(end)
        columns = self._unit_columns(owners)
        columns["day"] = pa.array(days, pa.int64())
        columns["from0"] = pa.array(starts, pa.int64())
        columns["to0"] = pa.array(ends, pa.int64())
        windows = self.engine.table(pa.table(columns))
        granules = _trusted(self.granules)
        granules = granules.mutate(day=_day(granules.start_s))
        joined = granules.join(windows, ["product_key", "day"])
        return joined.filter(
            joined.start_s >= joined.from0, joined.start_s < joined.to0, self._hull(joined)
        )

    def _edge_rows(self, grid: Grid) -> dict[int, dict[str, object]]:
        """Signed seconds of the granules that an edge cuts: `+` the part inside for one that
        starts before allowed time opens, `-` the part outside for one that runs past its close."""
        owners, days, starts, ends, opens = [], [], [], [], []
        for unit in self.units:
            for start, end in unit.allowed:
                for edge, is_open in ((start, True), (end, False)):
                    if grid.step_s is not None and edge % grid.step_s == 0:
                        continue
                    for day in range((edge - grid.longest_s) // DAY_S, edge // DAY_S + 1):
                        owners.append(unit)
                        days.append(day)
                        starts.append(start)
                        ends.append(end)
                        opens.append(is_open)
        if not owners:
            return {}
        columns = self._unit_columns(owners)
        columns["day"] = pa.array(days, pa.int64())
        columns["from0"] = pa.array(starts, pa.int64())
        columns["to0"] = pa.array(ends, pa.int64())
        columns["opens"] = pa.array(opens, pa.bool_())
        windows = self.engine.table(pa.table(columns))
        granules = _trusted(self.cut)
        granules = granules.mutate(
            day=_day(granules.start_s), end_s=granules.start_s + granules.duration_s
        )
        joined = granules.join(windows, ["product_key", "day"])
        enters = joined.opens & (joined.start_s < joined.from0) & (joined.end_s > joined.from0)
        leaves = (
            ~joined.opens
            & (joined.start_s >= joined.from0)
            & (joined.start_s < joined.to0)
            & (joined.end_s > joined.to0)
        )
        signed = ibis.ifelse(
            joined.opens,
            ibis.least(joined.end_s, joined.to0) - joined.from0,
            joined.to0 - joined.end_s,
        )
        return self._rows(joined.filter(enters | leaves).mutate(signed_s=signed), edges=True)

    def _unit_columns(self, units: Sequence[Unit]) -> dict[str, pa.Array]:
        """product_key, unit and the stored bound of every threshold column."""
        bounds: dict[str, list[int | float | None]] = {}
        for plan in self.plans:
            for i in range(len(plan.comparators)):
                bounds[f"t{plan.index}_{i}"] = [None] * len(units)
        for position, unit in enumerate(units):
            for plan in self.plans:
                wanted = self.demand.wanted[unit.number].get(plan.reading)
                if wanted:
                    for column, number in _bounds_of(plan, wanted, self.granules):
                        bounds[f"t{plan.index}_{column}"][position] = number
        columns = {
            "product_key": pa.array([self.demand.keys[u.product_id] for u in units], pa.int32()),
            "unit": pa.array([u.number for u in units], pa.int32()),
        }
        for plan in self.plans:
            whole = _decimals(self.granules, plan.reading) is not None
            for i in range(len(plan.comparators)):
                name = f"t{plan.index}_{i}"
                columns[name] = pa.array(bounds[name], pa.int64() if whole else pa.float64())
        return columns


def _trusted(granules: GranulesLike) -> ir.Table:
    return granules.table.filter(~granules.table.suspect)


def _day(start_s: ir.IntegerValue) -> ir.IntegerValue:
    return (start_s // DAY_S).cast("int64")


def _bounds_of(
    plan: _ReadingPlan, wanted: Wanted, granules: GranulesLike
) -> list[tuple[int, int | float]]:
    """Threshold columns and stored bounds of one unit, in the order its thresholds were wanted."""
    return _place_thresholds(list(plan.comparators), wanted, _decimals(granules, plan.reading))


def _measures(
    engine: Engine, joined: ir.Table, plan: _ReadingPlan, *, edges: bool
) -> dict[str, ir.Value]:
    """Aggregates of one reading; over `edges` only the signed seconds."""
    i = plan.index
    columns = columns_of(joined, plan.column, plan.reading)
    span = joined.signed_s if edges else joined.duration_s
    measures: dict[str, ir.Value] = {f"k{i}": span.sum(where=columns.known)}
    for rank, comparator in enumerate(plan.comparators):
        good = columns.known & compared(columns.number, comparator, joined[f"t{i}_{rank}"])
        measures[f"g{i}_{rank}"] = span.sum(where=good)
    if edges:
        return measures
    measures[f"n{i}"] = columns.present.sum()
    if plan.reading.quotient:
        measures[f"m{i}"] = columns.known.sum()
    number = (
        ibis.ifelse(columns.known, columns.number, None)
        if plan.reading.quotient
        else (columns.number)
    )
    for p in plan.percentiles:
        measures[_percentile_column(i, p)] = engine.percentile(number, p / 100)
    if plan.moments:
        measures.update(_moments(columns, number, i))
    return measures


def _moments(columns: ReadingColumns, number: ir.NumericValue, index: int) -> dict[str, ir.Value]:
    measures = {
        f"s{index}": _exact_sum(number),
        f"lo{index}": number.min(),
        f"hi{index}": number.max(),
    }
    if columns.denominator is not None:
        measures[f"d{index}"] = _exact_sum(columns.denominator)
    return measures


def _exact_sum(number: ir.NumericValue) -> ir.Value:
    return number.sum() if number.type().is_integer() else number.cast(SUM_TYPE).sum()


def _percentile_column(index: int, percentile: Decimal) -> str:
    return f"q{index}_{str(percentile).replace('.', '_')}"


def _tally(
    plan: _ReadingPlan,
    wanted: Wanted,
    row: Mapping[str, object],
    edge: Mapping[str, object],
    granules: GranulesLike,
) -> Tally:
    i = plan.index
    decimals = _decimals(granules, plan.reading)
    placed = _bounds_of(plan, wanted, granules)
    scale = plan.column.decimals if not plan.reading.quotient else None
    total = row.get(f"s{i}")
    denominator = row.get(f"d{i}")
    return Tally(
        known_s=_whole(row, f"k{i}") + _whole(edge, f"k{i}"),
        samples=_whole(row, f"n{i}"),
        numbers=_whole(row, f"m{i}" if plan.reading.quotient else f"n{i}"),
        good_s=tuple(
            _whole(row, f"g{i}_{column}") + _whole(edge, f"g{i}_{column}") for column, _ in placed
        ),
        total=_summed(total, scale),
        denominator=_summed(denominator, plan.column.decimals),
        minimum=number_of(row.get(f"lo{i}"), decimals),  # type: ignore[arg-type]  # from Arrow
        maximum=number_of(row.get(f"hi{i}"), decimals),  # type: ignore[arg-type]  # from Arrow
        percentiles={
            p: number_of(row.get(_percentile_column(i, p)), decimals)  # type: ignore[arg-type]  # too
            for p in wanted.percentiles
        },
    )


def _whole(row: Mapping[str, object], name: str) -> int:
    return int(row.get(name) or 0)  # type: ignore[call-overload,no-any-return]  # from Arrow


def _summed(stored: object, decimals: int | None) -> Decimal | None:
    """A sum of stored numbers: scaled integers are brought back to their decimals."""
    if stored is None:
        return None
    number = Decimal(stored)  # type: ignore[arg-type]  # an int or Decimal from Arrow
    return number.scaleb(-decimals) if decimals is not None else number
