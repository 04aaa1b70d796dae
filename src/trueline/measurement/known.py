"""The names that the records know: what arrives under another name is kept aside."""

from __future__ import annotations

from functools import lru_cache

from trueline.intake.models import Delivery
from trueline.inventory.identities import identities_at
from trueline.inventory.snapshot import product_ids_at
from trueline.measurement.names import KnownNames
from trueline.offerings.catalog import catalog_at
from trueline.offerings.values import ParameterKind

_CHANGING = ("offerings", "products", "identities")  # kinds of deliveries that bring new names


def recorded_names() -> KnownNames:
    """Products and parameters as known now."""
    recorded = Delivery.objects.filter(kind__in=_CHANGING, recorded_at__isnull=False)
    newest = recorded.order_by("-id").first()
    if newest is None:
        return KnownNames(frozenset(), frozenset())
    # What was recorded, and when, tells workspaces apart in a process that serves several (tests).
    return _names_at(newest.id, str(newest.recorded_at), newest.sha256, newest.source)


@lru_cache(maxsize=2)
def _names_at(delivery: int, recorded_at: str, sha256: str, source: str) -> KnownNames:
    parameters = catalog_at(delivery).parameters
    return KnownNames(
        products=product_ids_at(delivery),
        parameters=frozenset(parameters),
        ratios=frozenset(n for n, p in parameters.items() if p.kind is ParameterKind.RATIO),
        identities=identities_at(delivery),
    )
