"""The catalogue as known after one delivery."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace

from trueline.intake.models import known_at
from trueline.intake.yaml_tree import tree_of
from trueline.offerings.keys import OBJECTIVE, OFFERING_KEYS, PARAMETER_KEYS
from trueline.offerings.models import ObjectiveVersion, OfferingVersion, ParameterVersion
from trueline.offerings.reading import Site, read_keys
from trueline.offerings.values import (
    Catalog,
    PerformanceParameter,
    ProductOffering,
    ServiceLevelObjective,
)

_STORE = Site("catalogue")


def catalog_at(delivery: int) -> Catalog:
    """Parameters and offerings with their objectives, as known once `delivery` was recorded."""
    known = known_at(delivery)
    parameters = {
        name: PerformanceParameter(**read_keys(tree_of(json.loads(text)), PARAMETER_KEYS, _STORE))
        for name, text in ParameterVersion.objects.filter(known)
        .order_by("id")
        .values_list("parameter_id", "definition")
    }
    objectives: dict[str, list[ServiceLevelObjective]] = defaultdict(list)
    rows = ObjectiveVersion.objects.filter(known).order_by("position", "id")
    for offering_id, version, text in rows.values_list("offering_id", "version", "definition"):
        objective = OBJECTIVE.read(tree_of(json.loads(text)), _STORE)
        objectives[offering_id].append(replace(objective, version=version))
    offerings = {
        name: replace(
            ProductOffering(**read_keys(tree_of(json.loads(text)), OFFERING_KEYS, _STORE)),
            objectives=tuple(objectives[name]),
        )
        for name, text in OfferingVersion.objects.filter(known)
        .order_by("delivery_id", "position", "id")
        .values_list("offering_id", "definition")
    }
    return Catalog(delivery, parameters, offerings)
