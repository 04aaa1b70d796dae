"""Which names in feeds stand for which sold offerings, as decided up to a delivery."""

from __future__ import annotations

from collections.abc import Mapping

from trueline.intake.models import known_at
from trueline.inventory.models import IdentityVersion
from trueline.inventory.values import Identity

ACCEPTED, REJECTED, ENDED = "accepted", "rejected", "ended"


def identities_at(delivery: int) -> Mapping[str, tuple[Identity, ...]]:
    """What held once `delivery` was recorded, by name, each name's in order of time."""
    found: dict[str, list[Identity]] = {}
    for row in IdentityVersion.objects.filter(known_at(delivery), state=ACCEPTED):
        found.setdefault(row.name, []).append(identity_of(row))
    return {
        name: tuple(sorted(own, key=lambda one: one.valid_from_s or 0))
        for name, own in sorted(found.items())
    }


def rejected_at(delivery: int) -> frozenset[tuple[str, str]]:
    """Names and the products that somebody said they do not stand for."""
    rows = IdentityVersion.objects.filter(known_at(delivery), state=REJECTED)
    return frozenset(rows.values_list("name", "product_id"))


def identity_of(row: IdentityVersion) -> Identity:
    return Identity(
        row.name,
        row.product_id,
        row.valid_from_s,
        row.valid_to_s,
        row.confidence,
        tuple(row.reasons),
    )
