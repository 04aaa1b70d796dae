"""An honest interval for a share of few members (Wilson's score interval)."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson_interval(met: int, members: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Lower and upper bound of the share `met` / `members`; None without members."""
    if not 0 <= met <= members:
        raise ValueError(f"{met} of {members} is no share")
    if members == 0:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = met / members
    scale = 1 + z * z / members
    centre = (share + z * z / (2 * members)) / scale
    half = z / scale * sqrt(share * (1 - share) / members + z * z / (4 * members * members))
    return (0.0 if met == 0 else centre - half), (1.0 if met == members else centre + half)
