"""Granules joined to the allowed time of their product's units, as table expressions.

Three ways: unit by unit where a product has few windows, by UTC day where it has many, and only
the granules that an edge of allowed time cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from trueline.assessment.plan import Unit
from trueline.assessment.readings import GranulesLike
from trueline.calendars.intervals import Interval
from trueline.engine import Engine

DAY_S = 86_400
WINDOWS_COMPARED = 8  # up to so many allowed intervals are compared without a join by day
PRODUCTS_NAMED = 256  # up to so many products are named to the file reader


@dataclass(frozen=True)
class UnitTable:
    """Units with the key of their product, and further columns by name: one value per unit."""

    engine: Engine
    keys: Mapping[str, int]
    units: Sequence[Unit]
    columns: Mapping[str, pa.Array] = field(default_factory=dict, hash=False)

    def relation(self, rows: Sequence[int], extra: Mapping[str, pa.Array]) -> ir.Table:
        """One row per index of `rows` into the units, with the extra columns."""
        keys = [self.keys[self.units[i].product_id] for i in rows]
        numbers = [self.units[i].number for i in rows]
        take = pa.array(rows, pa.int64())
        return self.engine.table(
            pa.table(
                {
                    "product_key": pa.array(keys, pa.int32()),
                    "unit": pa.array(numbers, pa.int32()),
                    **{name: column.take(take) for name, column in self.columns.items()},
                    **extra,
                }
            )
        )

    def trusted(self, granules: GranulesLike) -> ir.Table:
        """Granules that count as measured; of few products only where there are few."""
        table = granules.table
        table = table.filter(~table.suspect)
        keys = sorted({self.keys[u.product_id] for u in self.units})
        return table.filter(table.product_key.isin(keys)) if len(keys) <= PRODUCTS_NAMED else table

    def hull(self, table: ir.Table) -> ir.BooleanValue:
        """Allowed time of all units together, as constants that the file reader can skip by."""
        first = min(u.allowed[0][0] for u in self.units)
        last = max(u.allowed[-1][1] for u in self.units)
        return (table.start_s >= first) & (table.start_s < last)


def compares_windows(units: Sequence[Unit]) -> bool:
    """Whether one product's units are few and simple enough to compare without a join by day."""
    return len(units) <= 2 and all(len(u.allowed) <= WINDOWS_COMPARED for u in units)


def starts_in_windows(granules: GranulesLike, units: UnitTable) -> ir.Table:
    """Trusted granules that start in allowed time, each window compared one by one."""
    width = max(len(u.allowed) for u in units.units)
    extra: dict[str, pa.Array] = {}
    for i in range(width):
        spans = [u.allowed[i] if i < len(u.allowed) else (0, 0) for u in units.units]
        extra[f"from{i}"] = pa.array([s[0] for s in spans], pa.int64())
        extra[f"to{i}"] = pa.array([s[1] for s in spans], pa.int64())
    windows = units.relation(range(len(units.units)), extra)
    joined = units.trusted(granules).join(windows, "product_key")
    inside = [
        (joined.start_s >= joined[f"from{i}"]) & (joined.start_s < joined[f"to{i}"])
        for i in range(width)
    ]
    return joined.filter(ibis.or_(*inside), units.hull(joined))


@dataclass
class _WindowRows:
    """Rows of a relation: which unit, in which UTC day, which window."""

    units: list[int] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    windows: list[Interval] = field(default_factory=list)
    opens: list[bool] = field(default_factory=list)

    def add(self, unit: int, days: range, window: Interval, *, opens: bool = True) -> None:
        for day in days:
            self.units.append(unit)
            self.days.append(day)
            self.windows.append(window)
            self.opens.append(opens)

    def columns(self) -> dict[str, pa.Array]:
        return {
            "day": pa.array(self.days, pa.int64()),
            "from0": pa.array([w[0] for w in self.windows], pa.int64()),
            "to0": pa.array([w[1] for w in self.windows], pa.int64()),
            "opens": pa.array(self.opens, pa.bool_()),
        }


def starts_in_days(granules: GranulesLike, units: UnitTable) -> ir.Table:
    """Trusted granules that start in allowed time, joined to the windows of their UTC day."""
    rows = _WindowRows()
    for i, unit in enumerate(units.units):
        for start, end in unit.allowed:
            rows.add(i, range(start // DAY_S, (end - 1) // DAY_S + 1), (start, end))
    windows = units.relation(rows.units, rows.columns())
    trusted = units.trusted(granules)
    joined = trusted.mutate(day=day_of(trusted.start_s)).join(windows, ["product_key", "day"])
    return joined.filter(
        joined.start_s >= joined.from0, joined.start_s < joined.to0, units.hull(joined)
    )


@dataclass(frozen=True)
class Grid:
    """The longest granule, and a step such that an edge on it cuts no granule (None: unknown)."""

    longest_s: int
    step_s: int | None

    def spares(self, edge_s: int) -> bool:
        return self.step_s is not None and edge_s % self.step_s == 0


def cut_by_edges(granules: GranulesLike, units: UnitTable, grid: Grid) -> ir.Table | None:
    """Trusted granules that an edge of allowed time cuts, with `signed_s`: the part inside for one
    that starts before allowed time opens, minus the part outside for one that runs past its close.
    None where no edge can cut one."""
    rows = _WindowRows()
    for i, unit in enumerate(units.units):
        for window in unit.allowed:
            for edge, opens in zip(window, (True, False), strict=True):
                if not grid.spares(edge):
                    days = range((edge - grid.longest_s) // DAY_S, edge // DAY_S + 1)
                    rows.add(i, days, window, opens=opens)
    if not rows.units:
        return None
    windows = units.relation(rows.units, rows.columns())
    trusted = units.trusted(granules)
    joined = trusted.mutate(
        day=day_of(trusted.start_s), end_s=trusted.start_s + trusted.duration_s
    ).join(windows, ["product_key", "day"])
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
    return joined.filter(enters | leaves).mutate(signed_s=signed)


def day_of(start_s: ir.IntegerValue) -> ir.IntegerValue:
    """The UTC day of an instant, counted from 1970."""
    return (start_s // DAY_S).cast("int64")
