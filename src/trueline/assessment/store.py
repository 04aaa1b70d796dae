"""Results as files: what `--output` writes, and the stored assessment that the pages read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from trueline.assessment.values import DAILY_SCHEMA, ROW_SCHEMA, AssessmentRow, Verdict
from trueline.calendars.instants import render_instant
from trueline.errors import InputError

_TIMES = ("period_start", "period_end")
SUFFIXES = (".json", ".csv", ".parquet")


@dataclass(frozen=True)
class ResultHeader:
    period: str
    as_of_s: int


def rows_table(rows: Sequence[AssessmentRow]) -> pa.Table:
    """Rows as ROW_SCHEMA."""
    columns = {
        name: pa.array([getattr(r, name) for r in rows], _plain(ROW_SCHEMA.field(name).type))
        for name in ROW_SCHEMA.names
    }
    return pa.table(columns).cast(ROW_SCHEMA)


def row_values(table: pa.Table) -> list[AssessmentRow]:
    """Rows of ROW_SCHEMA as values; pages ask for few at a time."""
    rows = []
    for kept in table.to_pylist():
        kept["verdict"] = Verdict(kept["verdict"])
        kept["period_start"] = int(kept["period_start"].timestamp())
        kept["period_end"] = int(kept["period_end"].timestamp())
        rows.append(AssessmentRow(**kept))
    return rows


def _plain(kind: pa.DataType) -> pa.DataType:
    """Instants are integer seconds in a row."""
    return pa.int64() if pa.types.is_timestamp(kind) else kind


def row_dict(row: AssessmentRow) -> dict[str, object]:
    """A row as the contract's JSON: instants as text, the verdict as its word."""
    out: dict[str, object] = {name: getattr(row, name) for name in ROW_SCHEMA.names}
    for name in _TIMES:
        out[name] = render_instant(getattr(row, name))
    out["verdict"] = row.verdict.value
    return out


def render_result(rows: Sequence[AssessmentRow], header: ResultHeader, suffix: str) -> bytes:
    """The result file as bytes, by the suffix .json, .csv or .parquet. Equal rows, equal bytes."""
    if suffix == ".json":
        body = {
            "period": header.period,
            "as_of": render_instant(header.as_of_s),
            "rows": [row_dict(r) for r in rows],
        }
        return (json.dumps(body, indent=1, allow_nan=False) + "\n").encode()
    return render_table(rows_table(rows), suffix)


def render_table(table: pa.Table, suffix: str) -> bytes:
    """A table as bytes, by the suffix .json, .csv or .parquet."""
    refuse_suffix(suffix)
    sink = pa.BufferOutputStream()
    match suffix:
        case ".json":
            return (json.dumps(table.to_pylist(), indent=1, allow_nan=False) + "\n").encode()
        case ".csv":
            pa_csv.write_csv(_as_text(table), sink, pa_csv.WriteOptions(quoting_style="needed"))
        case ".parquet":
            pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _as_text(table: pa.Table) -> pa.Table:
    """Instants as ISO 8601 with Z and lists joined by spaces, for CSV."""
    import pyarrow.compute as pc

    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            texts = pc.strftime(table.column(at), format="%Y-%m-%dT%H:%M:%SZ")
            table = table.set_column(at, field.name, texts)
        elif pa.types.is_list(field.type):
            joined = pa.array([" ".join(v or ()) for v in table.column(at).to_pylist()])
            table = table.set_column(at, field.name, joined)
    return table


def refuse_suffix(suffix: str) -> None:
    """InputError where results are not written in files that end so."""
    if suffix not in SUFFIXES:
        raise InputError(
            f"Results are not written as {suffix!r}",
            mend=f"Name an output file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}",
        )


def write_whole(path: Path, content: bytes) -> None:
    """The file appears whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


@dataclass(frozen=True)
class StoredAssessment:
    """One period's results for the pages; see values.py for the files."""

    header: ResultHeader
    delivery: int
    assessed_at: str
    data_until_s: int | None
    rows: Sequence[AssessmentRow]
    daily: pa.Table
    aggregates: pa.Table
    set_aside: Sequence[str]


def store_assessment(results: Path, stored: StoredAssessment) -> Path:
    """Write results/<period>/ file by file; assessment.json last, which makes it count."""
    folder = results / stored.header.period
    tables = {
        "rows.parquet": rows_table(stored.rows),
        "daily.parquet": stored.daily,
        "aggregates.parquet": stored.aggregates,
    }
    for name, table in tables.items():
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        write_whole(folder / name, bytes(sink.getvalue().to_pybytes()))
    about = {
        "period": stored.header.period,
        "as_of": render_instant(stored.header.as_of_s),
        "delivery": stored.delivery,
        "assessed_at": stored.assessed_at,
        "data_until": None if stored.data_until_s is None else render_instant(stored.data_until_s),
        "set_aside": list(stored.set_aside),
    }
    write_whole(folder / "assessment.json", (json.dumps(about, indent=1) + "\n").encode())
    return folder


class DailyFigure(NamedTuple):
    """One figure of one local day: the columns of DAILY_SCHEMA."""

    product_id: str
    objective_id: str
    day: date
    value: float | None
    good_s: int
    bad_s: int
    excluded_s: int
    unknown_s: int
    samples: int | None


def daily_table(figures: Sequence[DailyFigure]) -> pa.Table:
    """Daily figures as DAILY_SCHEMA."""
    columns = list(zip(*figures, strict=True)) or [()] * len(DAILY_SCHEMA)
    return pa.table(
        {
            field.name: pa.array(column, field.type)
            for field, column in zip(DAILY_SCHEMA, columns, strict=True)
        }
    )
