"""Availability in the manner of ITU-T G.826, Annex A (rule M5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.mef import availability_states

CONSECUTIVE = 10
SEVERELY_ERRORED_FROM = Decimal("0.30")


def severely_errored(
    ratios: Iterable[Fraction | Decimal], threshold: Decimal = SEVERELY_ERRORED_FROM
) -> list[bool]:
    """An interval is severely errored at the threshold and above."""
    limit = Fraction(threshold)
    return [Fraction(ratio) >= limit for ratio in ratios]


def g826_states(severe: Sequence[bool], *, available_before: bool = True) -> list[bool]:
    """Ten severely errored intervals in a row open unavailable time from the first of them; ten
    without close it, and those ten belong to available time."""
    return availability_states(severe, CONSECUTIVE, available_before=available_before)


def counted_in_available_time(events: Sequence[bool], available: Sequence[bool]) -> int:
    """Errored or severely errored intervals, counted in available time only."""
    return sum(event and up for event, up in zip(events, available, strict=True))
