"""Which products and parameters the records know, so that measurements of others are kept aside."""

from __future__ import annotations

from functools import lru_cache

from trueline.intake.models import Delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.measurement.names import KnownNames
from trueline.offerings.catalog import catalog_at
from trueline.offerings.values import ParameterKind
from trueline.settings.workspace import Workspace

_RECORDS = ("offerings", "products")


def known_names(workspace: Workspace) -> KnownNames:
    """As of the newest load of offerings or products."""
    recorded = Delivery.objects.filter(recorded_at__isnull=False, kind__in=_RECORDS)
    newest = recorded.order_by("-id").values_list("id", flat=True).first()
    return _known_at(str(workspace.home), newest or 0)


@lru_cache(maxsize=2)
def _known_at(home: str, delivery: int) -> KnownNames:
    parameters = catalog_at(delivery).parameters
    ratios = (name for name, p in parameters.items() if p.kind is ParameterKind.RATIO)
    return KnownNames(
        products=frozenset(snapshot_at(delivery).products),
        parameters=frozenset(parameters),
        ratios=frozenset(ratios),
    )
