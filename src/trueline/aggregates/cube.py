"""Counting verdicts by two dimensions: how many kept the line, weighted as told, and how deep the
misses went. Shares are sums over sums; nothing averages an average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from trueline.assessment.wilson import wilson_interval

Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Weight(StrEnum):
    """What counts once."""

    PRODUCT = "product"  # every verdict of a sold offering
    CUSTOMER = "customer"  # every customer, whatever the number of its verdicts
    REVENUE = "revenue"  # every unit of monthly recurring charge


@dataclass(frozen=True)
class Dimension:
    """One way of telling verdicts apart: `codes[i]` is the place of verdict i in `labels`."""

    name: str
    codes: Codes
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Verdicts as columns of equal length. `timed`: the objective is a share of time, so its good
    and bad seconds say how deep a miss went. `charge`: monthly recurring charge in hundredths."""

    assessed: Flags
    met: Flags
    timed: Flags
    good_s: Whole
    bad_s: Whole
    charge: Whole
    customer: Codes
    product: Codes
    dimensions: Mapping[str, Dimension]

    def __len__(self) -> int:
        return len(self.assessed)

    def only(self, keep: Flags) -> Facts:
        """The verdicts that `keep` marks."""
        return Facts(
            self.assessed[keep],
            self.met[keep],
            self.timed[keep],
            self.good_s[keep],
            self.bad_s[keep],
            self.charge[keep],
            self.customer[keep],
            self.product[keep],
            {name: Dimension(name, d.codes[keep], d.labels) for name, d in self.dimensions.items()},
        )


@dataclass(frozen=True)
class Cell:
    """One cell. `share` of the weight met, None without assessed verdicts; `low` and `high` are
    Wilson's 95 % bounds, with the effective number of verdicts where they weigh differently
    (Kish: the square of the summed weights over the summed squares)."""

    verdicts: int
    assessed: int
    met: int
    products: int
    customers: int
    share: float | None
    low: float | None
    high: float | None
    bad_share: float | None  # bad time over known time, of objectives that are shares of time
    bad_s: int

    @property
    def missed(self) -> int:
        return self.assessed - self.met


@dataclass(frozen=True)
class Pivot:
    """`cells[r][c]` beside the totals of rows, of columns and of all."""

    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    row_totals: tuple[Cell, ...]
    column_totals: tuple[Cell, ...]
    total: Cell


def pivot(facts: Facts, rows: Dimension, columns: Dimension, weight: Weight) -> Pivot:
    """Verdicts by two dimensions, in the order of their labels."""
    height, width = len(rows.labels), len(columns.labels)
    flat = cells_of(facts, rows.codes * np.int32(width) + columns.codes, height * width, weight)
    return Pivot(
        row_labels=rows.labels,
        column_labels=columns.labels,
        cells=tuple(tuple(flat[r * width : (r + 1) * width]) for r in range(height)),
        row_totals=tuple(cells_of(facts, rows.codes, height, weight)),
        column_totals=tuple(cells_of(facts, columns.codes, width, weight)),
        total=cells_of(facts, np.zeros(len(facts), np.int32), 1, weight)[0],
    )


def cells_of(facts: Facts, codes: Codes, size: int, weight: Weight) -> list[Cell]:
    """One cell for each code from 0 to `size` - 1."""

    def count(flags: Flags) -> Whole:
        return np.bincount(codes[flags], minlength=size)

    def seconds(values: Whole) -> Whole:
        return _summed(values, codes, size, facts.timed & facts.assessed)

    met_weight, all_weight, effective = _weighed(facts, codes, size, weight)
    verdicts, assessed = count(np.ones(len(facts), np.bool_)), count(facts.assessed)
    met = count(facts.assessed & facts.met)
    good_s, bad_s = seconds(facts.good_s), seconds(facts.bad_s)
    products = _distinct(codes, facts.product, size)
    customers = _distinct(codes, facts.customer, size)
    found = []
    for i in range(size):
        share = met_weight[i] / all_weight[i] if all_weight[i] > 0 else None
        low, high = _bounds(share, effective[i], int(met[i]), int(assessed[i]), weight)
        known_s = int(good_s[i] + bad_s[i])
        found.append(
            Cell(
                verdicts=int(verdicts[i]),
                assessed=int(assessed[i]),
                met=int(met[i]),
                products=int(products[i]),
                customers=int(customers[i]),
                share=None if share is None else float(share),
                low=low,
                high=high,
                bad_share=int(bad_s[i]) / known_s if known_s else None,
                bad_s=int(bad_s[i]),
            )
        )
    return found


def _summed(values: Whole, codes: Codes, size: int, keep: Flags) -> Whole:
    """Sums of whole numbers by code, exact (a bincount with weights would add doubles)."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, codes[keep], values[keep])
    return sums


def _distinct(codes: Codes, of: Codes, size: int) -> Whole:
    """How many different values `of` has for each code."""
    if not len(codes):
        return np.zeros(size, np.int64)
    pairs = np.unique(codes.astype(np.int64) * (int(of.max()) + 1) + of)
    return np.bincount(pairs // (int(of.max()) + 1), minlength=size)


_Numbers = npt.NDArray[np.float64] | Whole


def _weighed(
    facts: Facts, codes: Codes, size: int, weight: Weight
) -> tuple[_Numbers, _Numbers, npt.NDArray[np.float64]]:
    """Weight met, weight assessed, and the effective number of verdicts, by code."""
    own = facts.assessed
    if weight is Weight.PRODUCT:
        everything = np.bincount(codes[own], minlength=size)
        met = np.bincount(codes[own & facts.met], minlength=size)
        return met, everything, everything.astype(np.float64)
    if weight is Weight.REVENUE:
        squares = np.bincount(
            codes[own], weights=facts.charge[own].astype(np.float64) ** 2, minlength=size
        )
        everything = _summed(facts.charge, codes, size, own)
        met = _summed(facts.charge, codes, size, own & facts.met)
    else:
        each = _per_customer(facts, codes)
        squares = np.bincount(codes[own], weights=each**2, minlength=size)
        everything = np.bincount(codes[own], weights=each, minlength=size)
        met = np.bincount(codes[own], weights=each * facts.met[own], minlength=size)
    square_of_sum = everything.astype(np.float64) ** 2
    effective = np.divide(square_of_sum, squares, out=np.zeros(size), where=squares > 0)
    return met, everything, effective


def _per_customer(facts: Facts, codes: Codes) -> npt.NDArray[np.float64]:
    """For each assessed verdict one over the verdicts of its customer in the same cell."""
    own = facts.assessed
    pairs = codes[own].astype(np.int64) * (int(facts.customer.max(initial=0)) + 1)
    _, place, number = np.unique(
        pairs + facts.customer[own], return_inverse=True, return_counts=True
    )
    return np.asarray(1.0 / number[place], np.float64)


def _bounds(
    share: float | None, effective: float, met: int, assessed: int, weight: Weight
) -> tuple[float | None, float | None]:
    if share is None:
        return None, None
    if weight is Weight.PRODUCT:
        return wilson_interval(met, assessed) or (None, None)
    number = max(1, int(effective))
    return wilson_interval(min(number, round(share * number)), number) or (None, None)


def ranked(labels: Sequence[str], cells: Sequence[Cell]) -> list[int]:
    """Places from the worst share to the best; those without one come last."""
    return sorted(
        range(len(labels)),
        key=lambda i: (cells[i].share is None, cells[i].share or 0.0, labels[i]),
    )
