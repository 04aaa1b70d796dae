"""Chains in words, the same on the command line and on pages."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from trueline.standards.chained import LargestGap
from trueline.standards.chains import PromiseChain


def minutes_told(seconds: Fraction) -> str:
    """`64.71 min`; rounded up, so that a gap never looks smaller than it is."""
    hundredths = -(-abs(seconds) * 100 // 60)
    return f"{Decimal(int(hundredths)) / 100:,.2f} min"


def largest_told(largest: LargestGap) -> str:
    """A gap in a list: `none` only where every such promise is known to be carried."""
    if not largest.promised:
        return "not promised"
    known = "none" if largest.gap_s is None or largest.gap_s <= 0 else minutes_told(largest.gap_s)
    if not largest.unknown:
        return known
    unknown = f"{largest.unknown:,} not known"
    return unknown if largest.unknown == largest.promised else f"{known}, {unknown}"


def gap_told(chain: PromiseChain) -> str:
    """One sentence on what the chain carries of the promise, in the period."""
    if not chain.links:
        return "rests on nothing that is recorded: not known to be carried"
    gap, gap_s = chain.gap, chain.gap_s
    if gap is None or gap_s is None or gap.carried is None:
        return gap.what if gap is not None else "not compared"
    if not chain.is_availability:
        return gap.what
    carried = f"{Decimal(int(gap.carried * 10**7)) / 10**5:f} %"
    promised = f"{(gap.promised * 100).normalize():f} %"
    if gap_s <= 0:
        return f"carries {carried} of the {promised} promised"
    minutes = minutes_told(gap_s)
    return (
        f"carries at most {carried} where {promised} is promised: {minutes} of the period are "
        "promised by nobody"
    )


def hours_told(chain: PromiseChain) -> Iterator[str]:
    """A sentence for each commitment that does not hold in all of the promised time."""
    for gap in chain.hours:
        yield (
            f"{gap.commitment.title} does not hold in {minutes_told(Fraction(gap.uncovered_s))} "
            "of the promised time"
        )


def links_told(chain: PromiseChain) -> str:
    """`Access (underpinning 99.9 %), Core (ola 99.95 %)`."""
    parts = []
    for one in chain.links:
        if chain.is_availability:
            figure = f"{((one.availability or Decimal(0)) * 100).normalize():f} %"
        else:
            figure = f"{one.repair_s or 0:,} s"
        parts.append(f"{one.title} ({one.kind.value} {figure})")
    return ", ".join(parts) or "nothing recorded"
