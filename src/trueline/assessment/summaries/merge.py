"""Many small parts as one: sums of days added up, runs that follow each other joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.summaries.parts import Index, Part, SummaryStore
from trueline.assessment.summaries.schemas import (
    DAY_S,
    DAYS_SCHEMA,
    RUNS_SCHEMA,
    SCHEMAS,
    Tables,
    table_of,
)

MANY = 24  # parts of about one size are merged into one
_TIER = 4  # a tier is so many powers of two of rows wide

_DAY = ["product_key", "reading", "day"]
_KEYS = {
    "covers": _DAY,
    "watched": ["product_key", "reading", "watch", "day"],
    "buckets": [*_DAY, "bucket"],
}
_ADDED = {"covers": [], "watched": ["bad", "bad_s"], "buckets": ["count"]}


def fewer_parts(store: SummaryStore, index: Index) -> Index:
    """The index with the newest parts of each place merged where there are many of one size. What
    was known between their deliveries can no longer be told apart."""
    for place in sorted({(p.month, p.lo) for p in index.parts}):
        few = _merging(index.parts_of(*place, index.level))
        if not few:
            continue
        tables = merged_tables(store, few)
        part = replace(
            few[-1],
            name=f"p{index.made:06d}",
            overlapping=any(p.overlapping for p in few),
        )
        part = store.write(part, tables)
        gone = {p.name for p in few}
        index = replace(
            index,
            parts=(*(p for p in index.parts if p.name not in gone), part),
            made=index.made + 1,
            oldest=max(index.oldest, part.delivery),
        )
    return index


def _merging(parts: Sequence[Part]) -> Sequence[Part]:
    """The newest parts of one place that are to become one; the first part of a place stays."""
    for tier in sorted({_tier(part) for part in parts}):
        few: list[Part] = []
        for part in reversed(parts[1:]):
            if _tier(part) > tier:
                break
            few.insert(0, part)
        if len(few) >= MANY:
            return few
    return ()


def _tier(part: Part) -> int:
    return part.rows.bit_length() // _TIER


def merged_tables(store: SummaryStore, parts: Sequence[Part]) -> Tables:
    """The tables of one part that says the same as these together."""
    told = [name for name in SCHEMAS if name not in ("covers", "cuts")]
    found = {name: store.table(parts, name) for name in told}
    cuts = store.cuts(parts)
    covers = pa.concat_tables([store.read(part, "covers") for part in parts])
    merged = {
        "covers": _grouped(covers, "covers"),
        "days": added_days(found["days"]),
        "watched": _grouped(found["watched"], "watched"),
        "runs": joined_runs(found["runs"]),
        "buckets": _grouped(found["buckets"], "buckets"),
        "tails": found["tails"],
        "cuts": cuts.table(),
    }
    return as_asked_for(merged)


def _grouped(table: pa.Table, name: str) -> pa.Table:
    added = _ADDED[name]
    found = table.group_by(_KEYS[name]).aggregate([(column, "sum") for column in added])
    found = found.rename_columns([*_KEYS[name], *added])
    return found.select(SCHEMAS[name].names).cast(SCHEMAS[name])


def added_days(days: pa.Table) -> pa.Table:
    """One row per product, reading, day and number of decimals."""
    keys = [*_DAY, "decimals", "plain"]
    plain = pc.and_(pc.is_null(days["total_exact"]), pc.is_null(days["denominator_exact"]))
    sums = ["present", "numbers", "known_s", "total", "denominator"]
    few = days.append_column("plain", plain)
    found = (
        few.filter(plain)
        .group_by(keys)
        .aggregate([*((name, "sum") for name in sums), ("lowest", "min"), ("highest", "max")])
    )
    found = found.rename_columns([*keys, *sums, "lowest", "highest"])
    columns = {name: found[name] for name in found.column_names if name != "plain"}
    return pa.concat_tables(
        [table_of(columns, DAYS_SCHEMA), _added_exactly(few.filter(pc.invert(plain)))]
    )


def _added_exactly(days: pa.Table) -> pa.Table:
    """The same for rows whose sums are fractions."""
    groups: dict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    for row in days.to_pylist():
        groups[tuple(row[name] for name in (*_DAY, "decimals"))].append(row)
    rows = []
    for group in groups.values():
        row = dict(group[0])
        for name in ("present", "numbers", "known_s"):
            row[name] = sum(int(str(one[name])) for one in group)
        row["lowest"] = min(float(str(one["lowest"])) for one in group)
        row["highest"] = max(float(str(one["highest"])) for one in group)
        for name in ("total", "denominator"):
            row[f"{name}_exact"] = _fraction_text(group, name)
            row[name] = None
        rows.append({name: row[name] for name in DAYS_SCHEMA.names})
    return pa.Table.from_pylist(rows, schema=DAYS_SCHEMA)


def _fraction_text(rows: Sequence[dict[str, object]], name: str) -> str | None:
    given = [row[f"{name}_exact"] if row[name] is None else row[name] for row in rows]
    held = [Fraction(str(one)) for one in given if one is not None]
    return str(sum(held, Fraction(0))) if held else None


_ORDER = {
    "days": _DAY,
    "watched": ["product_key", "reading", "watch", "day"],
    "runs": ["product_key", "reading", "kind", "start_s"],
}


def as_asked_for(tables: Tables) -> Tables:
    """The tables of a part in the order in which they are asked: by series and time."""
    return {
        name: table if name not in _ORDER else _sorted(table, _ORDER[name])
        for name, table in tables.items()
    }


def _sorted(table: pa.Table, names: Sequence[str]) -> pa.Table:
    return table.take(pc.sort_indices(table, [(name, "ascending") for name in names]))


def joined_runs(runs: pa.Table) -> pa.Table:
    """Runs that go on where another ends are one, within a day."""
    runs = _sorted(runs, _ORDER["runs"])
    if runs.num_rows < 2:
        return runs
    columns = {name: runs[name].to_numpy() for name in runs.column_names}
    start, step = columns["start_s"], columns["step_s"].astype(np.int64)
    end = start + step * columns["count"]
    follows = (start[1:] == end[:-1]) & (step[1:] == step[:-1])
    follows &= start[1:] // DAY_S == start[:-1] // DAY_S
    for name in ("product_key", "reading", "kind"):
        follows &= columns[name][1:] == columns[name][:-1]
    heads = np.concatenate(([0], np.flatnonzero(~follows) + 1))
    counts = np.add.reduceat(columns["count"].astype(np.int64), heads)
    taken = {name: column[heads] for name, column in columns.items()}
    return table_of({**taken, "count": counts}, RUNS_SCHEMA)
