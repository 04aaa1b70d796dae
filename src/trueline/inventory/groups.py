"""Who is in a group at an instant, kept so that a later reader sees the same members."""

from __future__ import annotations

import json

from trueline.inventory.models import GroupSnapshot
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.values import Group, InventorySnapshot
from trueline.offerings.values import Catalog


def members_at(
    group: Group,
    snapshot: InventorySnapshot,
    instant_s: int,
    *,
    catalog: Catalog | None = None,
) -> tuple[str, ...]:
    """Product ids of `group`, active at `instant_s`, as known at the snapshot's delivery; sorted.
    The evaluation is stored: asked again, the same members come back."""
    stored = GroupSnapshot.objects.filter(
        group_id=group.id, delivery_id=snapshot.delivery, instant_s=instant_s, rule=group.rule
    ).first()
    if stored is not None:
        return tuple(json.loads(stored.members))
    found = members(parse_rule(group.rule), snapshot, catalog=catalog, at_s=instant_s)
    if snapshot.delivery:
        GroupSnapshot.objects.update_or_create(
            group_id=group.id,
            delivery_id=snapshot.delivery,
            instant_s=instant_s,
            defaults={"rule": group.rule, "members": json.dumps(found)},
        )
    return found
