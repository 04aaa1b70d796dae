"""SQL of the embedded engine that reads files of either layout as long rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from trueline.measurement.manifest import ColumnFacts, FileKind, ManifestEntry

LONG_COLUMNS = (
    "product_key, parameter_key, start_s, duration_s, value, denominator, suspect, delivery"
)


def long_sql(lake: Path, entries: Iterable[ManifestEntry], where: str = "true") -> str:
    """LONG_COLUMNS of all `entries`; `where` may use product_key, start_s and delivery."""
    entries = list(entries)
    parts = []
    segments = [e for e in entries if e.kind in (FileKind.SEGMENT, FileKind.HISTORY)]
    if segments:
        parts.append(f"SELECT {LONG_COLUMNS} FROM {files_sql(lake, segments)} WHERE {where}")
    for entry in entries:
        if entry.kind is FileKind.BLOCK:
            parts.extend(_unpivoted(lake, entry, facts, where) for facts in entry.columns)
    return " UNION ALL ".join(parts) or f"{_EMPTY} WHERE false"


def files_sql(lake: Path, entries: Sequence[ManifestEntry]) -> str:
    names = ", ".join(quoted(str(lake / e.path)) for e in entries)
    return f"read_parquet([{names}])"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _unpivoted(lake: Path, entry: ManifestEntry, facts: ColumnFacts, where: str) -> str:
    value = _number(facts.value_column, facts.decimals)
    denominator = "NULL::DOUBLE"
    if facts.denominator_column is not None:
        denominator = _number(facts.denominator_column, facts.denominator_decimals)
    return (
        f"SELECT product_key, {facts.parameter}::INTEGER AS parameter_key, start_s, duration_s, "
        f"{value} AS value, {denominator} AS denominator, suspect, delivery "
        f"FROM {files_sql(lake, [entry])} WHERE {facts.value_column} IS NOT NULL AND ({where})"
    )


def _number(column: str, decimals: int | None) -> str:
    if not decimals:
        return f"{column}::DOUBLE"
    return f"({column}::DOUBLE / {10**decimals}.0::DOUBLE)"


_EMPTY = (
    "SELECT 0::INTEGER AS product_key, 0::INTEGER AS parameter_key, 0::BIGINT AS start_s, "
    "0::INTEGER AS duration_s, 0::DOUBLE AS value, NULL::DOUBLE AS denominator, "
    "false AS suspect, 0::INTEGER AS delivery"
)
