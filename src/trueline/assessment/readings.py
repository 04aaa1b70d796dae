"""How a stored granule is read: which number it stands for, and which comparison is exact.

Integers in the lake hold value * 10**decimals, so a threshold is compared with them as an integer
too; nothing is lost to binary floats. Other columns are compared as the doubles they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from trueline.measurement.columns import GranuleColumn
from trueline.offerings.values import (
    Comparator,
    ParameterKind,
    PerformanceParameter,
    Statistic,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir


class GranulesLike(Protocol):
    """A scan of the lake: product_key, start_s, duration_s, suspect and value columns."""

    @property
    def table(self) -> ir.Table: ...
    @property
    def columns(self) -> Mapping[str, GranuleColumn]: ...


@dataclass(frozen=True, order=True)
class Reading:
    """A parameter read as its plain value, or as the quotient value / denominator."""

    parameter: str
    quotient: bool = False


def reading_of(parameter: PerformanceParameter, statistic: Statistic) -> Reading:
    """Sums and states need a ratio's counters as they are; every other statistic its quotient."""
    counters = (Statistic.RATIO, Statistic.AVAILABILITY_MEF, Statistic.AVAILABILITY_G826)
    return Reading(
        parameter.id, parameter.kind is ParameterKind.RATIO and statistic not in counters
    )


_NO_SUCH_INTEGER = -(1 << 62)


@lru_cache(maxsize=4_096)
def exact_bound(
    comparator: Comparator, bound: Decimal, decimals: int | None
) -> tuple[Comparator, int | float]:
    """The comparison to make with a stored number: on integers of `decimals` the bound becomes an
    integer with the same meaning (v < 2.5 is v <= 2)."""
    if decimals is None:
        return comparator, float(bound)
    scaled = Fraction(bound) * 10**decimals
    match comparator:
        case Comparator.GT:
            return Comparator.GE, math.floor(scaled) + 1
        case Comparator.GE:
            return Comparator.GE, math.ceil(scaled)
        case Comparator.LT:
            return Comparator.LE, math.ceil(scaled) - 1
        case Comparator.LE:
            return Comparator.LE, math.floor(scaled)
        case Comparator.EQ | Comparator.NEQ:
            whole = int(scaled) if scaled.denominator == 1 else _NO_SUCH_INTEGER
            return comparator, whole


def number_of(stored: int | float | Decimal | None, decimals: int | None) -> Decimal | None:
    """A stored number as the decimal it stands for: scaled integers exactly, doubles by their
    shortest text."""
    if stored is None:
        return None
    if decimals is not None:
        return Decimal(int(stored)).scaleb(-decimals)
    return Decimal(repr(float(stored)))
