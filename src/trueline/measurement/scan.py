"""The lake as one wide table expression: what an assessment reads.

Clean compacted files become a plain read of the columns asked for. Hot segments are long and come
as wide rows with one value each. Corrections cost something only where files name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from trueline.measurement.columns import GranuleColumn, ScanRequest
from trueline.measurement.manifest import ColumnFacts, FileKind, ManifestEntry
from trueline.measurement.wanted import WantedColumn


class ParquetEngine(Protocol):
    """What a scan needs of an engine (engine/)."""

    def read_parquet(self, files: Sequence[Path | str]) -> ir.Table: ...


@dataclass(frozen=True)
class GranuleScan:
    """`table`: product_key, start_s, duration_s, suspect and the `columns`, by parameter; a row
    need not hold every parameter. `overlapping`: trusted granules of one product and parameter
    may overlap; when False they do not."""

    table: ir.Table
    columns: Mapping[str, GranuleColumn]
    overlapping: bool
    max_duration_s: int


def scan_files(
    engine: ParquetEngine,
    lake: Path,
    request: ScanRequest,
    wanted: Sequence[WantedColumn],
    entries: Sequence[ManifestEntry],
) -> ir.Table:
    """The union of what all files give; an empty table when there are none."""
    corrections = [e for e in entries if e.kind is FileKind.SUPERSESSION]
    parts: list[ir.Table] = []
    for group in _alike(entries, corrections, request, wanted):
        table = engine.read_parquet([lake / e.path for e in group])
        table = _in_request(table, group, request)
        replaced = [c for c in corrections if any(c.meets(e) for e in group)]
        gone = engine.read_parquet([lake / c.path for c in replaced]) if replaced else None
        if group[0].kind is FileKind.BLOCK:
            parts.append(_from_blocks(table, group, wanted, gone))
        else:
            parts.append(_from_long(table, wanted, gone))
    if not parts:
        return _nothing(wanted)
    return ibis.union(*map(_widened, parts)) if len(parts) > 1 else parts[0]


def _alike(
    entries: Sequence[ManifestEntry],
    corrections: Sequence[ManifestEntry],
    request: ScanRequest,
    wanted: Sequence[WantedColumn],
) -> list[list[ManifestEntry]]:
    """Files that one read can serve: same kind, same physical columns, equally corrected."""
    groups: dict[object, list[ManifestEntry]] = {}
    for entry in entries:
        if entry.kind is FileKind.SUPERSESSION:
            continue
        facts = [entry.facts(w.parameter_key) for w in wanted if w.parameter_key is not None]
        names = [(f.value_column, f.denominator_column) if f else None for f in facts]
        key = (
            entry.kind,
            tuple(names) if entry.kind is FileKind.BLOCK else (),
            any(c.meets(entry) for c in corrections),
            entry.max_delivery > request.delivery,
            _inside(entry, request),
        )
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def _inside(entry: ManifestEntry, request: ScanRequest) -> bool:
    lo, hi = request.product_keys or (entry.min_product_key, entry.max_product_key + 1)
    return (
        request.start_s <= entry.min_start_s
        and entry.max_start_s < request.end_s
        and lo <= entry.min_product_key
        and entry.max_product_key < hi
    )


def _in_request(table: ir.Table, group: Sequence[ManifestEntry], request: ScanRequest) -> ir.Table:
    if not _inside(group[0], request):
        table = table.filter(table.start_s >= request.start_s, table.start_s < request.end_s)
        if request.product_keys is not None:
            lo, hi = request.product_keys
            table = table.filter(table.product_key >= lo, table.product_key < hi)
    if group[0].max_delivery > request.delivery:
        table = table.filter(table.delivery <= request.delivery)
        if group[0].kind is FileKind.HISTORY:
            table = table.filter(table.superseded_by > request.delivery)
    elif group[0].kind is FileKind.HISTORY:
        table = table.filter(ibis.literal(False))
    return table


def _from_blocks(
    table: ir.Table,
    group: Sequence[ManifestEntry],
    wanted: Sequence[WantedColumn],
    gone: ir.Table | None,
) -> ir.Table:
    columns: dict[str, ir.Value] = {}
    for want in wanted:
        facts = None if want.parameter_key is None else group[0].facts(want.parameter_key)
        kept: ir.BooleanValue | None = None
        if gone is not None and facts is not None:
            table, kept = _marked(table, gone, facts.parameter)
        columns.update(_block_columns(table, want, facts, kept))
    fixed = {n: table[n] for n in ("product_key", "start_s", "duration_s", "suspect")}
    return table.select(**fixed, **columns)


def _marked(table: ir.Table, gone: ir.Table, parameter: int) -> tuple[ir.Table, ir.BooleanValue]:
    """`table` with a column that is null unless this parameter of the row was replaced."""
    mark = f"replaced_{parameter}"
    mine = gone.filter(gone.parameter_key == parameter)
    mine = mine.select(
        **{
            f"k{parameter}": mine.product_key,
            f"s{parameter}": mine.start_s,
            f"d{parameter}": mine.delivery,
            mark: ibis.literal(True),
        }
    )
    joined = table.left_join(
        mine,
        [
            table.product_key == mine[f"k{parameter}"],
            table.start_s == mine[f"s{parameter}"],
            table.delivery == mine[f"d{parameter}"],
        ],
    )
    joined = joined.drop(f"k{parameter}", f"s{parameter}", f"d{parameter}")
    return joined, joined[mark].isnull()


def _block_columns(
    table: ir.Table, want: WantedColumn, facts: ColumnFacts | None, kept: ir.BooleanValue | None
) -> dict[str, ir.Value]:
    column = want.column
    null = _null(column.decimals)
    value = denominator = null
    if facts is not None:
        value = _rescaled(table[facts.value_column], facts.decimals, column.decimals)
        if facts.denominator_column is not None:
            denominator = _rescaled(
                table[facts.denominator_column], facts.denominator_decimals, column.decimals
            )
        if kept is not None:
            value = ibis.ifelse(kept, value, null)
            denominator = ibis.ifelse(kept, denominator, null)
    out = {column.value: value}
    if column.denominator is not None:
        out[column.denominator] = denominator
    return out


def _from_long(table: ir.Table, wanted: Sequence[WantedColumn], gone: ir.Table | None) -> ir.Table:
    keys = [w.parameter_key for w in wanted if w.parameter_key is not None]
    table = table.filter(table.parameter_key.isin(keys))
    if gone is not None:
        same = ["product_key", "parameter_key", "start_s", "delivery"]
        table = table.anti_join(gone, same)
    columns: dict[str, ir.Value] = {}
    for want in wanted:
        column, null = want.column, _null(want.column.decimals)
        here = table.parameter_key == (-1 if want.parameter_key is None else want.parameter_key)
        value = _to_scale(table.value, column.decimals)
        columns[column.value] = ibis.ifelse(here, value, null)
        if column.denominator is not None:
            denominator = _to_scale(table.denominator, column.decimals)
            columns[column.denominator] = ibis.ifelse(here, denominator, null)
    fixed = {n: table[n] for n in ("product_key", "start_s", "duration_s", "suspect")}
    return table.select(**fixed, **columns)


def _null(decimals: int | None) -> ir.Value:
    return ibis.null("float64" if decimals is None else "int64")


def _rescaled(value: ir.NumericValue, held: int | None, wanted: int | None) -> ir.NumericValue:
    """A stored column at the scale of the scan."""
    if wanted is None:
        number = value.cast("float64")
        return number / float(10**held) if held else number
    if held == wanted:
        return value
    return value.cast("int64") * 10 ** (wanted - (held or 0))


def _to_scale(value: ir.FloatingValue, wanted: int | None) -> ir.NumericValue:
    if wanted is None:
        return value
    return (value * float(10**wanted)).round().cast("int64")


def _widened(part: ir.Table) -> ir.Table:
    """Parts of a union agree in types."""
    integers = [n for n, kind in part.schema().items() if str(kind) == "int32"]
    keep = ("product_key", "duration_s")
    return part.mutate(**{n: part[n].cast("int64") for n in integers if n not in keep})


def _nothing(wanted: Sequence[WantedColumn]) -> ir.Table:
    """A table of no rows."""
    fields = [
        ("product_key", pa.int32()),
        ("start_s", pa.int64()),
        ("duration_s", pa.int32()),
        ("suspect", pa.bool_()),
    ]
    for want in wanted:
        kind = pa.float64() if want.column.decimals is None else pa.int64()
        names = (want.column.value, want.column.denominator)
        fields.extend((name, kind) for name in names if name is not None)
    return ibis.memtable(pa.schema(fields).empty_table())
