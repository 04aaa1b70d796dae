"""Granules as whole columns in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from trueline.measurement.columns import GranuleColumn

Integers = npt.NDArray[np.integer[Any]]
Numbers = npt.NDArray[np.number[Any]]
Flags = npt.NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class NumberArray:
    """One column of a scan; 0 where nothing is present. `present` None: present in every row."""

    numbers: Numbers
    present: Flags | None


@dataclass(frozen=True)
class GranuleArrays:
    """Trusted granules, one row each; `numbers` by the names that `columns` give. A column of one
    value throughout may take the room of one."""

    columns: Mapping[str, GranuleColumn]
    product_key: Integers
    start_s: Integers
    duration_s: Integers
    numbers: Mapping[str, NumberArray]

    def taken(self, order: Integers) -> GranuleArrays:
        """The rows in another order."""
        return GranuleArrays(
            self.columns,
            self.product_key[order],
            self.start_s[order],
            taken(self.duration_s, order),
            {
                name: NumberArray(
                    taken(column.numbers, order),
                    None if column.present is None else column.present[order],
                )
                for name, column in self.numbers.items()
            },
        )


def taken(numbers: npt.NDArray[Kind], order: Integers) -> npt.NDArray[Kind]:
    """Numbers in another order; where one stands for all, nothing is moved."""
    return numbers[: len(order)] if numbers.strides == (0,) else numbers[order]
