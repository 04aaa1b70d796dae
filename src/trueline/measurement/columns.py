"""What is asked of the lake, and in which columns the answer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.measurement.decimals import MAX_INTEGER
from trueline.measurement.manifest import ManifestEntry


@dataclass(frozen=True)
class ScanRequest:
    """Granules with start_s <= start < end_s, as known once `delivery` was recorded, of products
    lo <= key < hi of `product_keys` (all when None)."""

    start_s: int
    end_s: int
    parameters: tuple[str, ...]
    delivery: int
    product_keys: tuple[int, int] | None = None


@dataclass(frozen=True)
class GranuleColumn:
    """Where a parameter is in the scan. `decimals` k: value and denominator are integers, each
    the number times 10**k; None: float64."""

    value: str
    denominator: str | None
    decimals: int | None


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
