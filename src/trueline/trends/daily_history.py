"""Daily figures of all stored assessments as matrices, members x days, per objective."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trueline.errors import InputError
from trueline.trends.observations import Floats

COLUMNS = ("product_id", "objective_id", "day", "value", "good_s", "bad_s")


@dataclass(frozen=True)
class ObjectiveHistory:
    """Per member and day, (members, days); seconds are 0 where nothing is known on a day."""

    objective_id: str
    product_ids: tuple[str, ...]
    bad_s: Floats
    known_s: Floats
    value: Floats
    """The objective's own figure of the day, NaN where there is none."""


@dataclass(frozen=True)
class DailyHistory:
    """All objectives over the same days, the first of which is `first`."""

    first: date
    days: int
    objectives: tuple[ObjectiveHistory, ...]

    def day(self, at: int) -> date:
        """The date of a 0-based day."""
        return self.first + timedelta(days=at)


def stored_history(results: Path, *, last_days: int) -> DailyHistory:
    """The newest `last_days` days of the stored assessments; a day assessed twice counts once, as
    it was assessed last. Raises InputError where nothing is stored."""
    folders = [one for one in _by_time_assessed(results) if (one / "daily.parquet").is_file()]
    tables = [pq.read_table(one / "daily.parquet", columns=list(COLUMNS)) for one in folders]
    tables = [table for table in tables if len(table)]
    if not tables:
        raise InputError(
            "no assessment is stored", mend="Run trueline assess --period for some months first"
        )
    table = pa.concat_tables(tables)
    newest = pc.max(table["day"]).as_py()
    first = max(pc.min(table["day"]).as_py(), newest - timedelta(days=last_days - 1))
    table = table.filter(pc.greater_equal(table["day"], pa.scalar(first, pa.date32())))
    days = (newest - first).days + 1
    objectives = pc.unique(table["objective_id"]).to_pylist()
    return DailyHistory(
        first,
        days,
        tuple(
            _objective(table.filter(pc.equal(table["objective_id"], one)), one, first, days)
            for one in sorted(objectives)
        ),
    )


def _by_time_assessed(results: Path) -> list[Path]:
    """Folders of stored assessments, the one assessed last at the end."""
    found = []
    for about in results.glob("*/assessment.json"):
        told = json.loads(about.read_text(encoding="utf-8"))
        found.append((str(told.get("assessed_at", "")), about.parent))
    return [folder for _, folder in sorted(found)]


def _objective(table: pa.Table, objective_id: str, first: date, days: int) -> ObjectiveHistory:
    encoded = table["product_id"].combine_chunks().dictionary_encode()
    row = encoded.indices.to_numpy()
    start = np.datetime64(first, "D")
    column: NDArray[np.int64] = (table["day"].to_numpy() - start).astype(np.int64)
    names = tuple(encoded.dictionary.to_pylist())
    good, bad = np.zeros((len(names), days)), np.zeros((len(names), days))
    value = np.full((len(names), days), np.nan)
    good[row, column] = table["good_s"].to_numpy()
    bad[row, column] = table["bad_s"].to_numpy()
    value[row, column] = table["value"].to_numpy(zero_copy_only=False)
    return ObjectiveHistory(objective_id, names, bad, good + bad, value)
