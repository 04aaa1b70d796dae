"""Contractual rounding (rule M2), and percentages that never flatter."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

from trueline.errors import InputError
from trueline.offerings.values import Rounding


def rounded(value: Fraction, rounding: Rounding) -> Fraction:
    """The value as the contract says it is compared. Both modes work on the magnitude: truncate
    drops digits, half_up rounds a half away from zero."""
    scale = 10**rounding.decimals
    units = abs(value) * scale
    match rounding.mode:
        case "none":
            return value
        case "truncate":
            whole = floor(units)
        case "half_up":
            whole = floor(units + Fraction(1, 2))
        case _:
            raise InputError(
                f"{rounding.mode!r} is not a rounding", mend="Use none, truncate or half_up"
            )
    return Fraction(whole if value >= 0 else -whole, scale)


def printed_percent(share: Fraction, decimals: int = 2) -> str:
    """`99.99`: a share as a percentage, floored, so that 100.00 appears only when it is exact."""
    return printed_floor(share * 100, decimals)


def printed_floor(value: Fraction, decimals: int) -> str:
    """The decimal at or below the value."""
    units = floor(value * 10**decimals)
    return f"{Decimal(units).scaleb(-decimals):.{decimals}f}"


def printed_half_up(value: Decimal, decimals: int) -> str:
    """For quantities that are no promise, such as a delay in milliseconds."""
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
