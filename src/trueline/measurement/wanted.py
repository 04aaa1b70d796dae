"""Which column of the lake answers for a parameter, and at which scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.measurement.columns import GranuleColumn
from trueline.measurement.decimals import MAX_INTEGER
from trueline.measurement.manifest import ManifestEntry


@dataclass(frozen=True)
class WantedColumn:
    """A column of the scan and the parameter key it is read from (None: never measured)."""

    parameter_key: int | None
    column: GranuleColumn


def harmonised(
    name: str, key: int | None, number: int, entries: Sequence[ManifestEntry]
) -> WantedColumn:
    """One scale for a parameter over all files: the finest, unless that overflows."""
    found = [f for e in entries if key is not None and (f := e.facts(key)) is not None]
    ratio = any(f.has_denominator for f in found)
    scales = [scale for f in found for scale in f.scales]
    exact = [(k, magnitude) for k, magnitude in scales if k is not None]
    decimals: int | None = None
    if len(exact) == len(scales):
        decimals = max((k for k, _ in exact), default=0)
        if any(magnitude * 10 ** (decimals - k) >= MAX_INTEGER for k, magnitude in exact):
            decimals = None
    column = GranuleColumn(f"value_{number}", f"denominator_{number}" if ratio else None, decimals)
    return WantedColumn(key, column)
