"""Daily figures of all stored assessments as matrices, members x days, per objective."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.trends.observations import Floats

COLUMNS = ("product_id", "objective_id", "day", "value", "good_s", "bad_s", "samples")


@dataclass(frozen=True)
class ObjectiveHistory:
    """Per member and day, (members, days); seconds are 0 where nothing is known on a day."""

    objective_id: str
    product_ids: tuple[str, ...]
    bad_s: Floats
    known_s: Floats
    value: Floats
    """The objective's own figure of the day, NaN where there is none."""
    samples: Floats
    """Granules that were counted, 0 where none was; outages and tickets have none."""

    def rows_of(self, product_ids: Iterable[str]) -> list[int]:
        """Rows of those products that have the objective."""
        return [row for product in product_ids if (row := self._places.get(product)) is not None]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {product: row for row, product in enumerate(self.product_ids)}


@dataclass(frozen=True)
class DailyHistory:
    """All objectives over the same days, the first of which is `first`; or over as many weeks,
    where a point spans `step_days` of 7."""

    first: date
    days: int
    objectives: tuple[ObjectiveHistory, ...]
    step_days: int = 1

    def day(self, at: int) -> date:
        """The date of a 0-based point."""
        return self.first + timedelta(days=at * self.step_days)

    @property
    def newest(self) -> date:
        """The last day of the last point."""
        return self.first + timedelta(days=self.days * self.step_days - 1)

    def at(self, day: date) -> int:
        """The point that holds a date, or that it would have beyond the ends."""
        return (day - self.first).days // self.step_days


@dataclass(frozen=True)
class Wanted:
    """Only these products and this objective are read."""

    objective_id: str
    product_ids: frozenset[str]


def stored_history(results: Path, *, last_days: int, wanted: Wanted | None = None) -> DailyHistory:
    """The newest `last_days` days of the stored assessments; a day assessed twice counts once, as
    it was assessed last. Raises InputError where nothing is stored."""
    folders = [one for one in _by_time_assessed(results) if (one / "daily.parquet").is_file()]
    asked = _asked(wanted)
    tables = [
        pq.read_table(one / "daily.parquet", columns=list(COLUMNS), filters=asked)
        for one in folders
    ]
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


def _asked(wanted: Wanted | None) -> pc.Expression | None:
    if wanted is None:
        return None
    products = pa.array(sorted(wanted.product_ids), pa.string())
    return (pc.field("objective_id") == wanted.objective_id) & pc.field("product_id").isin(products)


@dataclass(frozen=True)
class StoredAssessment:
    """Which period was assessed, and when."""

    period: str
    assessed_at: str


def newest_assessment(results: Path) -> StoredAssessment | None:
    """The assessment that was made last, of those with daily figures; None where there is none."""
    folders = [one for one in _by_time_assessed(results) if (one / "daily.parquet").is_file()]
    if not folders:
        return None
    told = json.loads((folders[-1] / "assessment.json").read_text(encoding="utf-8"))
    return StoredAssessment(folders[-1].name, str(told.get("assessed_at", "")))


def newest_period(results: Path) -> StoredAssessment | None:
    """The assessment of the newest month, or of the period that ends last where no month is stored;
    None where nothing is."""
    stored = [(parse_period(folder.name), folder) for folder in _by_time_assessed(results)]
    if not stored:
        return None
    months = [one for one in stored if one[0].length == "P1M"]
    period, folder = max(months or stored, key=lambda one: (one[0].end, one[0].first))
    told = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
    return StoredAssessment(period.label, str(told.get("assessed_at", "")))


def stored_days(results: Path) -> int:
    """Days from the first to the newest that is stored, 0 where none is; told by the files' own
    statistics, so that no figure is read."""
    ends: list[date] = []
    for path in results.glob("*/daily.parquet"):
        about = pq.ParquetFile(path).metadata
        column = about.schema.names.index("day")
        for group in range(about.num_row_groups):
            told = about.row_group(group).column(column).statistics
            if told is not None and told.has_min_max:
                ends += [told.min, told.max]
    return (max(ends) - min(ends)).days + 1 if ends else 0


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
    samples = np.zeros((len(names), days))
    counted = table["samples"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    samples[row, column] = np.nan_to_num(counted)
    return ObjectiveHistory(objective_id, names, bad, good + bad, value, samples)
