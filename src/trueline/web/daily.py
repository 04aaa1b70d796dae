"""Daily figures as matrices product x day per objective: sparklines, bands, heat, data age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

IntMatrix = npt.NDArray[np.int64]
FloatMatrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
STALE_DAYS = 2  # a product whose last days in service, this many or more, brought no data


@dataclass(frozen=True)
class ObjectiveDays:
    """One objective: row i is product code `products[i]`, column j is `days[j]`."""

    products: IntMatrix
    days: tuple[date, ...]
    value: FloatMatrix
    good_s: IntMatrix
    bad_s: IntMatrix
    excluded_s: IntMatrix
    unknown_s: IntMatrix

    def of(self, members: Mask) -> ObjectiveDays:
        """The same for the products whose code is set in `members`."""
        chosen = members[self.products]
        return ObjectiveDays(
            self.products[chosen],
            self.days,
            self.value[chosen],
            self.good_s[chosen],
            self.bad_s[chosen],
            self.excluded_s[chosen],
            self.unknown_s[chosen],
        )

    def share_good(self) -> FloatMatrix:
        """Pooled share of good in known time per day; NaN where nothing is known."""
        good = self.good_s.sum(axis=0).astype(np.float64)
        known = good + self.bad_s.sum(axis=0)
        share = np.full(len(self.days), np.nan)
        np.divide(good, known, out=share, where=known > 0)
        return share

    def stale_days(self) -> IntMatrix:
        """Per product, days in service at the end of its data without a known second."""
        known = (self.good_s + self.bad_s) > 0
        due = known | (self.unknown_s > 0)
        after_last_known = np.cumsum(known[:, ::-1], axis=1)[:, ::-1] == 0
        return np.asarray((due & after_last_known).sum(axis=1), dtype=np.int64)

    def last_known_day(self) -> date | None:
        """The newest day on which any of the products has known time."""
        known = ((self.good_s + self.bad_s) > 0).any(axis=0)
        found = np.flatnonzero(known)
        return self.days[int(found[-1])] if len(found) else None


@dataclass(frozen=True)
class DailyFigures:
    product_ids: tuple[str, ...]  # sorted; a product's code is its place here
    codes: Mapping[str, int]
    objectives: Mapping[str, ObjectiveDays]

    def mask(self, product_ids: Iterable[str]) -> Mask:
        """Which product codes are among `product_ids`."""
        members = np.zeros(len(self.product_ids), dtype=np.bool_)
        codes = self.codes
        found = [codes[p] for p in product_ids if p in codes]
        members[found] = True
        return members

    def stale_products(self, objective_id: str) -> frozenset[str]:
        """Products that stopped sending for this objective."""
        days = self.objectives.get(objective_id)
        if days is None:
            return frozenset()
        late = days.products[days.stale_days() >= STALE_DAYS]
        return frozenset(self.product_ids[int(code)] for code in late)


def daily_figures(table: pa.Table) -> DailyFigures:
    """Matrices from rows of DAILY_SCHEMA, whatever their order."""
    product, product_ids = _coded(table["product_id"])
    objective, objective_ids = _coded(table["objective_id"])
    day, day_ids = _coded(table["day"])
    names = ("good_s", "bad_s", "excluded_s", "unknown_s")
    columns = [np.asarray(table[name].to_numpy(), dtype=np.int64) for name in names]
    value = np.asarray(table["value"].to_numpy(), dtype=np.float64)
    found = {}
    for code, name in enumerate(objective_ids):
        at = np.flatnonzero(objective == code)
        found[name] = _matrices(product[at], day[at], value[at], [c[at] for c in columns])
    return DailyFigures(
        tuple(product_ids),
        {p: i for i, p in enumerate(product_ids)},
        {
            name: ObjectiveDays(products, tuple(day_ids[d] for d in days), *matrices)
            for name, (products, days, matrices) in found.items()
        },
    )


def _matrices(
    product: IntMatrix, day: IntMatrix, value: FloatMatrix, columns: list[IntMatrix]
) -> tuple[IntMatrix, IntMatrix, tuple[FloatMatrix, IntMatrix, IntMatrix, IntMatrix, IntMatrix]]:
    products, row = np.unique(product, return_inverse=True)
    days, column = np.unique(day, return_inverse=True)
    shape = (len(products), len(days))
    values = np.full(shape, np.nan)
    values[row, column] = value
    spread = []
    for cells in columns:
        matrix = np.zeros(shape, dtype=np.int64)
        matrix[row, column] = cells
        spread.append(matrix)
    return products, days, (values, spread[0], spread[1], spread[2], spread[3])


def _coded(column: pa.ChunkedArray) -> tuple[IntMatrix, list[Any]]:
    """Codes by sorted order of the distinct values, and those values."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    names = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda i: names[i])
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return rank[codes], [names[i] for i in order]
