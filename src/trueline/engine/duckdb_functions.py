"""Functions of DuckDB that Ibis has no operation for."""

from __future__ import annotations

from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

_SHARE = dt.Decimal(12, 11)  # a decimal share keeps the rank ceil(share * n) exact


@ibis.udf.agg.builtin(name="quantile_disc", signature=((dt.float64, _SHARE), dt.float64))
def _quantile_disc(value, share):  # type: ignore[no-untyped-def]  # the signature says the types
    """Smallest sample x with F(x) >= share: DuckDB's discrete quantile."""


@ibis.udf.agg.builtin(name="quantile_disc", signature=((dt.int64, _SHARE), dt.int64))
def _quantile_disc_integer(value, share):  # type: ignore[no-untyped-def]  # as above
    """The same over integers."""


def quantile_disc(value: ir.NumericValue, share: Decimal) -> ir.Value:
    """The smallest sample whose share is reached, exactly; nulls are no samples."""
    exact = ibis.literal(share, _SHARE)
    if value.type().is_integer():
        return _quantile_disc_integer(value, exact)
    return _quantile_disc(value, exact)
