"""The catalogue as known after one delivery."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, replace

from django.db.models import Max

from trueline.intake.models import known_at
from trueline.intake.yaml_tree import tree_of
from trueline.offerings.keys import OBJECTIVE, OFFERING_KEYS, PARAMETER_KEYS
from trueline.offerings.models import (
    MigrationVersion,
    ObjectiveVersion,
    OfferingVersion,
    ParameterVersion,
    PublishedStandard,
)
from trueline.offerings.reading import Site, read_keys
from trueline.offerings.scope import Level, StandardScope
from trueline.offerings.values import (
    Catalog,
    Migration,
    PerformanceParameter,
    ProductOffering,
    Rollout,
    ScopedObjective,
    ServiceLevelObjective,
)

_STORE = Site("catalogue")


def catalog_at(delivery: int) -> Catalog:
    """What was promised, as known once `delivery` was recorded. An approved standard of one
    offering stands among its objectives too, after those of the catalogue files."""
    catalog = loaded_catalog(delivery)
    standards = published_standards(delivery)
    offerings = dict(catalog.offerings)
    for one in standards:
        if one.scope.level is Level.OFFERING and one.scope.offering in offerings:
            own = offerings[one.scope.offering]
            offerings[own.id] = replace(own, objectives=(*own.objectives, one.objective))
    beside = tuple(one for one in standards if one.scope.level is not Level.OFFERING)
    return replace(catalog, offerings=offerings, standards=beside, migrations=_migrations(delivery))


def loaded_catalog(delivery: int) -> Catalog:
    """Parameters and offerings with their objectives as catalogue files define them."""
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


def published_standards(delivery: int) -> tuple[ScopedObjective, ...]:
    """Approved versions known once `delivery` was recorded, in the order of their publication."""
    rows = PublishedStandard.objects.filter(known_at(delivery)).order_by("id")
    return tuple(
        ScopedObjective(
            scope_of(row.scope),
            replace(
                OBJECTIVE.read(tree_of(json.loads(row.definition)), _STORE),
                version=row.version,
                rollout=Rollout(row.rollout),
            ),
        )
        for row in rows
    )


def _migrations(delivery: int) -> tuple[Migration, ...]:
    rows = MigrationVersion.objects.filter(known_at(delivery)).order_by("id")
    return tuple(
        Migration(
            scope_of(row.scope),
            row.objective_id,
            row.version,
            row.valid_from,
            frozenset(json.loads(row.product_ids)),
            row.agreement,
        )
        for row in rows
    )


def scope_text(scope: StandardScope) -> str:
    """A scope as it is kept."""
    named = {key: value for key, value in asdict(scope).items() if value is not None}
    return json.dumps(named, sort_keys=True, ensure_ascii=False)


def scope_of(text: str) -> StandardScope:
    """The inverse of `scope_text`."""
    return StandardScope(**json.loads(text))


def highest_version(scope: StandardScope, objective_id: str) -> int:
    """The last number that a version of this standard was given, by a file or by approval; 0."""
    published = PublishedStandard.objects.filter(
        scope=scope_text(scope), objective_id=objective_id
    ).aggregate(highest=Max("version"))["highest"]
    loaded = None
    if scope.level is Level.OFFERING:
        loaded = ObjectiveVersion.objects.filter(
            offering_id=scope.offering or "", objective_id=objective_id
        ).aggregate(highest=Max("version"))["highest"]
    return max(published or 0, loaded or 0)
