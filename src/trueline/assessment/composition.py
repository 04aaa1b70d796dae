"""Availability of what is made of parts (rule M9), by figures and by intervals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import prod

from trueline.calendars.intervals import Interval, intersect, union
from trueline.errors import InputError

Exact = Fraction | Decimal | int


def serial(availabilities: Sequence[Exact]) -> Fraction:
    """All parts are needed: the product of their availabilities."""
    return prod((Fraction(one) for one in availabilities), start=Fraction(1))


def redundant(availabilities: Sequence[Exact], *, shared_risk: bool) -> Fraction:
    """One part is enough: 1 - product of unavailabilities. That holds for independent parts only,
    so a shared risk (same duct, same power, same software) is refused."""
    if shared_risk:
        raise InputError(
            "parts that share a risk are not independent: their availabilities cannot be combined",
            mend="Measure the pair together, as the time in which all parts are down",
        )
    return 1 - prod((1 - Fraction(one) for one in availabilities), start=Fraction(1))


def any_down(members: Sequence[Sequence[Interval]]) -> list[Interval]:
    """Time in which at least one member is down. Each member: its down intervals."""
    return union(interval for member in members for interval in member)


def all_down(members: Sequence[Sequence[Interval]]) -> list[Interval]:
    """Time in which every member is down; none for no members."""
    if not members:
        return []
    common = union(members[0])
    for member in members[1:]:
        common = intersect(common, union(member))
    return common


def fewer_than_k_up(
    members: Sequence[Sequence[Interval]], k: int, within: Sequence[Interval]
) -> list[Interval]:
    """Time within `within` in which fewer than `k` of the members are up."""
    down_time = [interval for member in members for interval in union(member)]
    changes = sorted([(start, 1) for start, _ in down_time] + [(end, -1) for _, end in down_time])
    spare = len(members) - k
    if spare < 0:
        return union(within)
    found: list[Interval] = []
    down, since = 0, 0
    for instant, step in changes:
        if down > spare and instant > since:
            found.append((since, instant))
        down += step
        since = instant
    return intersect(union(found), union(within))
