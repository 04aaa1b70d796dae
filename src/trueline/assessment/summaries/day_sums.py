"""Sums and extremes over the daily rows of one series, given as columns of DAYS_SCHEMA."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from trueline.assessment.readings import number_of

Columns = dict[str, list[object]]


def has_sum(days: Columns, name: str) -> bool:
    return any(v is not None for v in days[name]) or any(
        v is not None for v in days[f"{name}_exact"]
    )


def sum_of(days: Columns, name: str) -> Fraction:
    """An exact sum of daily sums: scaled integers by their decimals, doubles as fractions."""
    by_scale: dict[int, int] = {}
    exact = Fraction(0)
    for scale, whole, text in zip(days["decimals"], days[name], days[f"{name}_exact"], strict=True):
        decimals = max(int(str(scale)), 0)
        if whole is not None:
            by_scale[decimals] = by_scale.get(decimals, 0) + int(str(whole))
        elif text is not None:
            exact += Fraction(str(text)) / 10**decimals
    return exact + sum((Fraction(n, 10**k) for k, n in by_scale.items()), Fraction(0))


def extremes(days: Columns) -> list[Decimal | None]:
    """Lowest and highest sample of some days; None without samples, or where a day keeps none."""
    rows = [i for i, numbers in enumerate(days["numbers"]) if numbers]
    if any(days["lowest"][i] is None for i in rows):
        return [None, None]
    ends = (("lowest", min), ("highest", max))
    return [end((_number(days, name, i) for i in rows), default=None) for name, end in ends]


def _number(days: Columns, name: str, row: int) -> Decimal:
    scale, stored = int(str(days["decimals"][row])), float(str(days[name][row]))
    found = number_of(stored, None if scale < 0 else scale)
    assert found is not None
    return found
