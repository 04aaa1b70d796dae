"""Combinations and amounts in words, the same on paper, on pages and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trueline.problems.impact import AllowanceLeft, Money

LEAST_TOLD = 1e-300


def in_words(named: Mapping[str, str]) -> str:
    """`firmware=X & region=north`."""
    return " & ".join(f"{key}={value}" for key, value in named.items())


def told_chance(chance: float) -> str:
    """`3.2e-07`; one that is too small to be worked out is not called 0."""
    return f"{chance:.1e}" if chance >= LEAST_TOLD else f"below {LEAST_TOLD:.0e}"


def told_money(money: Money | None) -> str:
    """`1,200.50 EUR and 300.00 USD; of 2 not known`; amounts exact."""
    if money is None:
        return "not known"
    told = " and ".join(
        f"{amount:,f}{f' {currency}' if currency else ''}"
        for currency, amount in money.amounts.items()
    )
    return f"{told or '0'}{f'; of {money.unknown:,} not known' if money.unknown else ''}"


def told_allowance(left: AllowanceLeft) -> str:
    """What exposed products have left, in words; percents floored."""
    if not left.products or left.least is None or left.middle is None:
        return "not known"
    seconds = "" if left.least_s is None else f", the shortest time left is {left.least_s:,} s"
    unknown = f"; of {left.unknown:,} not known" if left.unknown else ""
    return (
        f"{left.spent:,} of {left.products:,} have nothing left; the least has "
        f"{_percent(left.least)}, the middle one {_percent(left.middle)}{seconds}{unknown}"
    )


def told_rival(one: Mapping[str, Any]) -> str:
    """A kept rival in words: how it compares, and what would tell it from the finding."""
    apart = "; ".join(
        f"{side['members']:,} products have {words} ({side['bad']:,} bad"
        f"{': ' + ', '.join(side['named']) if side['named'] else ''})"
        for words, side in (
            ("the finding and not this", one["only_finding"]),
            ("this and not the finding", one["only_rival"]),
        )
    )
    return (
        f"{in_words(one['attributes'])}: {one['bad']:,} of {one['members']:,} bad; the data are "
        f"{one['times']:.2g} times likelier under the finding. {apart}"
    )


def _percent(share: float) -> str:
    return f"{int(max(share, 0.0) * 1000) / 10:.1f} %"
