"""Sums over the granules of many products at once, as table expressions.

One pass counts every reading of every unit by duration: a granule counts with its whole duration
where its start lies in allowed time. The few granules that an edge of allowed time cuts are then
corrected to the second, so exclusions never join every granule to a window unless a product has
many windows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from trueline.assessment.allowed_time import (
    Grid,
    UnitTable,
    compares_windows,
    cut_by_edges,
    starts_in_days,
    starts_in_windows,
)
from trueline.assessment.plan import Unit
from trueline.assessment.reading_columns import columns_of, compared
from trueline.assessment.readings import (
    GranulesLike,
    Reading,
    exact_bound,
    number_of,
)
from trueline.assessment.tallies import Demand, Tally, Wanted
from trueline.engine import Engine
from trueline.measurement.columns import GranuleColumn
from trueline.offerings.values import Comparator

SUM_TYPE = "decimal(38, 15)"  # fixed point: a sum of doubles that no order of adding changes

Row = dict[str, Any]  # column name to number, as Arrow gives it


def sum_granules(
    engine: Engine, granules: GranulesLike, demand: Demand, cut: GranulesLike | None = None
) -> dict[tuple[int, Reading], Tally]:
    """Tallies by unit number and reading. Units without granules have none. `cut`: a scan that
    starts early enough to hold the granules that reach into the first allowed second."""
    tallies: dict[tuple[int, Reading], Tally] = {}
    grid = _grid(engine, cut or granules)
    for units, by_day in _by_way(demand.units):
        plans = _reading_plans(granules, demand, units)
        if plans:
            part = _Pass(engine, granules, cut or granules, plans, demand)
            part.add_to(tallies, units, by_day=by_day, grid=grid)
    return tallies


def _by_way(units: Sequence[Unit]) -> list[tuple[list[Unit], bool]]:
    """Units whose windows are compared, and units that are joined by day."""
    by_product: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.allowed:
            by_product.setdefault(unit.product_id, []).append(unit)
    compared_units: list[Unit] = []
    joined_units: list[Unit] = []
    for mine in by_product.values():
        (compared_units if compares_windows(mine) else joined_units).extend(mine)
    return [(u, by_day) for u, by_day in ((compared_units, False), (joined_units, True)) if u]


def joined_to_units(
    engine: Engine, granules: GranulesLike, demand: Demand, units: Sequence[Unit]
) -> ir.Table:
    """Trusted granules that start in allowed time, each with its `unit`."""
    return starts_in_days(granules, UnitTable(engine, demand.keys, units))


def _grid(engine: Engine, granules: GranulesLike) -> Grid:
    table = granules.table
    off = (table.start_s % table.duration_s).max()
    found = engine.run(table.group_by("duration_s").aggregate(off=off)).to_pylist()
    if not found:
        return Grid(0, 1)
    aligned = all(row["off"] == 0 for row in found)
    step = math.lcm(*(row["duration_s"] for row in found)) if aligned else None
    return Grid(max(row["duration_s"] for row in found), step)


@dataclass(frozen=True)
class _ReadingPlan:
    """One reading in one pass: its columns are named by `index`."""

    index: int
    reading: Reading
    column: GranuleColumn
    comparators: tuple[Comparator, ...]  # of the stored comparison, one per threshold column
    percentiles: tuple[Decimal, ...]
    moments: bool

    @property
    def decimals(self) -> int | None:
        return None if self.reading.quotient else self.column.decimals


def _reading_plans(
    granules: GranulesLike, demand: Demand, units: Sequence[Unit]
) -> list[_ReadingPlan]:
    """The readings that the units of a pass want, each once, with enough threshold columns."""
    comparators: dict[Reading, list[Comparator]] = {}
    percentiles: dict[Reading, set[Decimal]] = {}
    moments: dict[Reading, bool] = {}
    for unit in units:
        for reading, wanted in demand.wanted[unit.number].items():
            column = granules.columns.get(reading.parameter)
            if column is None:
                continue
            percentiles.setdefault(reading, set()).update(wanted.percentiles)
            moments[reading] = moments.get(reading, False) or wanted.moments
            have = comparators.setdefault(reading, [])
            place_thresholds(have, wanted, None if reading.quotient else column.decimals)
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
    ]


def place_thresholds(
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
    cut: GranulesLike
    plans: Sequence[_ReadingPlan]
    demand: Demand

    def add_to(
        self,
        tallies: dict[tuple[int, Reading], Tally],
        units: Sequence[Unit],
        *,
        by_day: bool,
        grid: Grid,
    ) -> None:
        table = UnitTable(self.engine, self.demand.keys, units, self._bounds(units))
        joined = (starts_in_days if by_day else starts_in_windows)(self.granules, table)
        base = self._base_rows(joined)
        edges = self._edge_rows(cut_by_edges(self.cut, table, grid))
        for unit in units:
            row, edge = base.get(unit.number, {}), edges.get(unit.number, {})
            if row or edge:
                for plan in self.plans:
                    wanted = self.demand.wanted[unit.number].get(plan.reading)
                    if wanted is not None:
                        tallies[(unit.number, plan.reading)] = _tally(plan, wanted, row, edge)

    def _bounds(self, units: Sequence[Unit]) -> dict[str, pa.Array]:
        """The stored bound of every threshold column, by unit."""
        columns: dict[str, pa.Array] = {}
        for plan in self.plans:
            bounds: list[list[int | float | None]] = [[None] * len(units) for _ in plan.comparators]
            for position, unit in enumerate(units):
                wanted = self.demand.wanted[unit.number].get(plan.reading)
                if wanted is not None:
                    for at, number in place_thresholds(
                        list(plan.comparators), wanted, plan.decimals
                    ):
                        bounds[at][position] = number
            kind = pa.float64() if plan.decimals is None else pa.int64()
            for at, values in enumerate(bounds):
                columns[f"t{plan.index}_{at}"] = pa.array(values, kind)
        return columns

    def _base_rows(self, joined: ir.Table) -> dict[int, Row]:
        """Counts and numbers by unit. Counting by duration gives seconds without adding them up
        granule by granule."""
        measures: dict[str, ir.Value] = {}
        for plan in self.plans:
            measures.update(_measures(self.engine, joined, plan))
        grouped = joined.group_by(["unit", "duration_s"]).aggregate(**measures)
        rows: dict[int, list[Row]] = {}
        for row in self.engine.run(grouped).to_pylist():
            rows.setdefault(row["unit"], []).append(row)
        merged = {unit: _merged(mine, self.plans) for unit, mine in rows.items()}
        self._percentiles_of_mixed(joined, rows, merged)
        return merged

    def _percentiles_of_mixed(
        self, joined: ir.Table, rows: Mapping[int, Sequence[Row]], merged: dict[int, Row]
    ) -> None:
        """A percentile of granules of several durations is taken over them all."""
        for plan in self.plans:
            mixed = [
                u for u, mine in rows.items() if sum(r[f"n{plan.index}"] > 0 for r in mine) > 1
            ]
            if plan.percentiles and mixed:
                few = joined.filter(joined.unit.isin(mixed))
                found = few.group_by("unit").aggregate(**_percentiles(self.engine, few, plan))
                for row in self.engine.run(found).to_pylist():
                    merged[row["unit"]].update(row)

    def _edge_rows(self, joined: ir.Table | None) -> dict[int, Row]:
        if joined is None:
            return {}
        measures: dict[str, ir.Value] = {}
        for plan in self.plans:
            columns = columns_of(joined, plan.column, plan.reading)
            measures[f"k{plan.index}"] = joined.signed_s.sum(where=columns.known)
            for name, good in _good(joined, plan).items():
                measures[name] = joined.signed_s.sum(where=columns.known & good)
        result = self.engine.run(joined.group_by("unit").aggregate(**measures))
        return {row["unit"]: row for row in result.to_pylist()}


def _good(joined: ir.Table, plan: _ReadingPlan) -> dict[str, ir.BooleanValue]:
    """By column name, whether a granule keeps each threshold; null where it has no number."""
    number = columns_of(joined, plan.column, plan.reading).number
    return {
        f"g{plan.index}_{at}": compared(number, comparator, joined[f"t{plan.index}_{at}"])
        for at, comparator in enumerate(plan.comparators)
    }


def _measures(engine: Engine, joined: ir.Table, plan: _ReadingPlan) -> dict[str, ir.Value]:
    i = plan.index
    columns = columns_of(joined, plan.column, plan.reading)
    measures: dict[str, ir.Value] = {f"n{i}": columns.numerator.count()}
    if plan.reading.quotient:
        measures[f"m{i}"] = columns.number.count()
    for name, good in _good(joined, plan).items():
        measures[name] = joined.count(where=good)
    measures.update(_percentiles(engine, joined, plan))
    if plan.moments:
        measures[f"s{i}"] = _exact_sum(columns.number)
        measures[f"lo{i}"] = columns.number.min()
        measures[f"hi{i}"] = columns.number.max()
        if columns.denominator is not None:
            measures[f"d{i}"] = _exact_sum(columns.denominator)
    return measures


def _percentiles(engine: Engine, joined: ir.Table, plan: _ReadingPlan) -> dict[str, ir.Value]:
    number = columns_of(joined, plan.column, plan.reading).number
    return {
        _percentile_column(plan.index, p): engine.percentile(number, p / 100)
        for p in plan.percentiles
    }


def _exact_sum(number: ir.NumericValue) -> ir.Value:
    return number.sum() if number.type().is_integer() else number.cast(SUM_TYPE).sum()


def _percentile_column(index: int, percentile: Decimal) -> str:
    return f"q{index}_{str(percentile).replace('.', '_')}"


def _merged(rows: Sequence[Row], plans: Sequence[_ReadingPlan]) -> Row:
    """The rows of one unit, one per duration, as one: counts become seconds too."""
    out: Row = {}
    for plan in plans:
        i = plan.index
        count = f"m{i}" if plan.reading.quotient else f"n{i}"
        out[f"n{i}"] = sum(r[f"n{i}"] for r in rows)
        out[f"m{i}"] = sum(r[count] for r in rows)
        out[f"k{i}"] = sum(r[count] * r["duration_s"] for r in rows)
        for at in range(len(plan.comparators)):
            name = f"g{i}_{at}"
            # An engine may count to null where no comparison had a number.
            out[name] = sum((r[name] or 0) * r["duration_s"] for r in rows)
        for p in plan.percentiles:
            name = _percentile_column(i, p)
            out[name] = next((r[name] for r in rows if r[name] is not None), None)
        if plan.moments:
            for name, add in ((f"s{i}", sum), (f"d{i}", sum), (f"lo{i}", min), (f"hi{i}", max)):
                held = [r[name] for r in rows if r.get(name) is not None]
                out[name] = add(held) if held else None
    return out


def _tally(plan: _ReadingPlan, wanted: Wanted, row: Row, edge: Row) -> Tally:
    i = plan.index
    placed = place_thresholds(list(plan.comparators), wanted, plan.decimals)

    def seconds(name: str) -> int:
        return (row.get(name) or 0) + (edge.get(name) or 0)

    return Tally(
        known_s=seconds(f"k{i}"),
        samples=row.get(f"n{i}", 0),
        numbers=row.get(f"m{i}", 0),
        good_s=tuple(seconds(f"g{i}_{at}") for at, _ in placed),
        total=_summed(row.get(f"s{i}"), plan.decimals),
        denominator=_summed(row.get(f"d{i}"), plan.column.decimals),
        minimum=number_of(row.get(f"lo{i}"), plan.decimals),
        maximum=number_of(row.get(f"hi{i}"), plan.decimals),
        percentiles={
            p: number_of(row.get(_percentile_column(i, p)), plan.decimals)
            for p in wanted.percentiles
        },
    )


def _summed(stored: int | Decimal | None, decimals: int | None) -> Decimal | None:
    """A sum of stored numbers: scaled integers are brought back to their decimals."""
    if stored is None:
        return None
    number = Decimal(stored)
    return number.scaleb(-decimals) if decimals is not None else number
