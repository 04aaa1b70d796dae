"""Agreed intervals that do not count, as known after one delivery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from trueline.intake.models import known_at
from trueline.outages.models import ExclusionVersion

AGREED = "agreed"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, order=True)
class Exclusion:
    """Time of one product over [start_s, end_s) that both sides agreed not to count."""

    product_id: str
    start_s: int
    end_s: int
    reason: str = ""
    exclusion_id: str = ""


def exclusions_at(delivery: int) -> Mapping[str, tuple[Exclusion, ...]]:
    """Exclusions by product as known once `delivery` was recorded, in order of time."""
    rows = (
        ExclusionVersion.objects.filter(known_at(delivery), status=AGREED)
        .order_by("product_id", "start_s", "end_s", "exclusion_id")
        .values_list("product_id", "start_s", "end_s", "reason", "exclusion_id")
    )
    found: dict[str, list[Exclusion]] = defaultdict(list)
    for row in rows.iterator(chunk_size=10_000):
        found[row[0]].append(Exclusion(*row))
    return {product: tuple(exclusions) for product, exclusions in found.items()}
