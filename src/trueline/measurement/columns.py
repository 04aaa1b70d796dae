"""What is asked of the lake, and in which columns the answer stands."""

from __future__ import annotations

from dataclasses import dataclass


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
