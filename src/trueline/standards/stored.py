"""Stored assessments as the acts on standards need them: which periods, their rows and days."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueline.calendars.periods import Period, parse_period
from trueline.errors import InputError


def stored_periods(results: Path) -> tuple[Period, ...]:
    """Periods with a stored assessment, oldest first."""
    found = []
    for folder in results.iterdir() if results.is_dir() else ():
        if (folder / "assessment.json").is_file() and (folder / "rows.parquet").is_file():
            try:
                found.append(parse_period(folder.name))
            except InputError:
                continue  # a folder that someone else put there
    return tuple(sorted(found, key=lambda period: (period.first, period.end)))


def stored_rows(results: Path, label: str) -> pa.Table:
    """Rows of ROW_SCHEMA of one stored period."""
    return _read(results / label / "rows.parquet")


def stored_days(results: Path, label: str) -> pa.Table:
    """Daily figures of DAILY_SCHEMA of one stored period."""
    return _read(results / label / "daily.parquet")


def _read(path: Path) -> pa.Table:
    """As `read_table`, which would import what reads many files at once."""
    with pq.ParquetFile(path, memory_map=True) as file:
        return file.read()


def measured_granularity_s(results: Path, objective_ids: Sequence[str]) -> int | None:
    """The usual length of a granule behind these objectives, from the newest stored period: known
    time over samples, the median over the products. None where nothing was measured."""
    periods = stored_periods(results)
    if not periods:
        return None
    rows = stored_rows(results, periods[-1].label)
    named = [pc.equal(rows["objective_id"], pa.scalar(one, pa.string())) for one in objective_ids]
    if not named:
        return None
    rows = rows.filter(pc.and_(reduce(pc.or_, named), pc.greater(rows["samples"], 0)))
    if rows.num_rows == 0:
        return None
    known = pc.add(rows["good_s"], rows["bad_s"])
    lengths = sorted(pc.divide(known, rows["samples"]).to_pylist())
    median = int(lengths[len(lengths) // 2])
    return median or None
