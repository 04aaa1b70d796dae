"""A reading of stored granules as expressions over a scan."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from trueline.assessment.readings import Reading
from trueline.measurement.columns import GranuleColumn
from trueline.offerings.values import Comparator


@dataclass(frozen=True)
class ReadingColumns:
    """Expressions of one reading over a scan. `known` is false where there is no number: no
    granule, or a zero denominator. `decimals` None = `number` is a double."""

    number: ir.NumericValue
    known: ir.BooleanValue
    present: ir.BooleanValue
    numerator: ir.NumericValue
    denominator: ir.NumericValue | None
    decimals: int | None


def columns_of(table: ir.Table, column: GranuleColumn, reading: Reading) -> ReadingColumns:
    value = table[column.value]
    present = value.notnull()
    denominator = table[column.denominator] if column.denominator else None
    if not reading.quotient:
        return ReadingColumns(value, present, present, value, denominator, column.decimals)
    if denominator is None:
        # A ratio that was never delivered with a denominator has no quotient: null in every row,
        # and still a column, which counts and percentiles ask for.
        nothing = value.cast("float64").nullif(value.cast("float64"))
        return ReadingColumns(nothing, present & False, present, value, None, None)
    known = present & (denominator != 0)
    # Both counters carry the same scale, so it cancels; the division is one correctly rounded step.
    quotient = value.cast("float64") / denominator.nullif(0).cast("float64")
    return ReadingColumns(quotient, known, present, value, denominator, None)


def compared(
    number: ir.NumericValue, comparator: Comparator, bound: ir.NumericValue
) -> ir.BooleanValue:
    match comparator:
        case Comparator.GT:
            return number > bound
        case Comparator.GE:
            return number >= bound
        case Comparator.LT:
            return number < bound
        case Comparator.LE:
            return number <= bound
        case Comparator.EQ:
            return number == bound
        case Comparator.NEQ:
            return number != bound
