"""Members unlike their own peers: by a deviation that no outlier can hide, and, for shares of
samples, only where the member's own interval leaves the group's share out (O-19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from trueline.assessment.wilson import wilson_interval

LEAST_PEERS = 8  # fewer members make no crowd to be unlike
_TO_SIGMA = 0.6745  # of a normal distribution: median absolute deviation / standard deviation
_FUNNEL = 0.998  # limits of a funnel plot, about three standard deviations


@dataclass(frozen=True)
class MemberValue:
    """A figure. `good` of `samples` where it is a share of them."""

    value: float
    good: int | None = None
    samples: int | None = None


@dataclass(frozen=True)
class Unlike:
    """`deviations` from the median of all, above 0 when it is worse than its peers."""

    product_id: str
    value: float
    median: float
    deviations: float


def unlike_peers(
    members: Mapping[str, MemberValue], *, higher_is_better: bool
) -> list[Unlike] | None:
    """Every member with how far it is from its peers, farthest first; those that their few samples
    may explain stand at 0. None: too few members, or all alike."""
    if len(members) < LEAST_PEERS:
        return None
    middle = median(m.value for m in members.values())
    spread = _spread([m.value for m in members.values()], middle)
    if spread == 0:
        return None
    pooled = _pooled(members)
    found = []
    for product_id, member in members.items():
        away = _TO_SIGMA * (member.value - middle) / spread
        if not _beyond_chance(member, pooled):
            away = 0.0
        found.append(Unlike(product_id, member.value, middle, -away if higher_is_better else away))
    return sorted(found, key=lambda one: (-abs(one.deviations), one.product_id))


def _spread(values: Sequence[float], middle: float) -> float:
    """Median absolute deviation; where most are equal, the mean one (scaled alike)."""
    away = [abs(value - middle) for value in values]
    # 1.2533 * mean deviation and 1.4826 * median deviation both estimate a standard deviation.
    return median(away) or sum(away) / len(away) * 1.2533 * _TO_SIGMA


def _pooled(members: Mapping[str, MemberValue]) -> float | None:
    shares = [m for m in members.values() if m.good is not None and m.samples]
    samples = sum(m.samples or 0 for m in shares)
    return sum(m.good or 0 for m in shares) / samples if samples else None


def _beyond_chance(member: MemberValue, pooled: float | None) -> bool:
    if pooled is None or member.good is None or not member.samples:
        return True
    interval = wilson_interval(member.good, member.samples, _FUNNEL)
    return interval is None or not interval[0] <= pooled <= interval[1]
