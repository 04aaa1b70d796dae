"""Negotiated changes of single keys of an objective: checked alone, and applied together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from trueline.intake.yaml_tree import Listing, Node, Scalar, tree_of
from trueline.offerings.keys import OBJECTIVE, OBJECTIVE_KEYS
from trueline.offerings.kinds import Free, ListOf, Record
from trueline.offerings.meaning import objective_plain
from trueline.offerings.reading import Key, Site, nearest
from trueline.offerings.values import ServiceLevelObjective

_FIXED = frozenset({"id", "valid_from", "valid_to"})  # the term has its own validity


@dataclass(frozen=True)
class Overridden:
    """An objective with changes applied, and what followed from them."""

    objective: ServiceLevelObjective
    notes: tuple[str, ...] = ()


def check_change(key: str, text: str, site: Site) -> None:
    """Refuse a key that objectives do not have, or a value that does not fit it. Empty text takes
    an optional key away."""
    found = _find(key, site)
    if not text:
        if found.required:
            raise site.error(0, f"{key} cannot be taken away", "Write a value")
        return
    found.kind.read(_value_node(found, text), site)


def with_changes(
    objective: ServiceLevelObjective | None, objective_id: str, changes: Mapping[str, str]
) -> Overridden:
    """`objective` with `changes` (dotted keys to text); None = the changes define a new one.
    InputError when the outcome is no objective."""
    site = Site("", f"objective {objective_id}")
    plain: dict[str, object] = {"id": objective_id}
    if objective is not None:
        plain.update(objective_plain(objective))
    for key, text in changes.items():
        found = _find(key, site.child(key))
        _set(plain, key.split("."), _value_node(found, text) if text else None)
    changed = cast(ServiceLevelObjective, OBJECTIVE.read(tree_of(plain), site))
    if objective is not None:
        changed = replace(changed, version=objective.version)
    return _with_safe_warning(changed, changes)


def _with_safe_warning(changed: ServiceLevelObjective, changes: Mapping[str, str]) -> Overridden:
    """Drop an inherited warning value that a negotiated target has overtaken."""
    warning, target = changed.threshold_target, changed.conformance_target
    if warning is None or "threshold_target" in changes or "conformance_target" not in changes:
        return Overridden(changed)
    higher = changed.comparator.higher_is_better
    if (warning > target) if higher else (warning < target):
        return Overridden(changed)
    note = f"the offering's warning value {warning} was dropped: the target is now {target}"
    return Overridden(replace(changed, threshold_target=None), (note,))


def _find(key: str, site: Site) -> Key:
    head, _, rest = key.partition(".")
    by_name = {k.name: k for k in OBJECTIVE_KEYS if k.name not in _FIXED}
    found = by_name.get(head)
    if found is None or isinstance(found.kind, Free):
        raise site.error(0, f"{key!r} cannot be negotiated", nearest(key, by_name))
    if not isinstance(found.kind, Record):
        if rest:
            raise site.error(0, f"{head} has no parts", f"Write {head}")
        return found
    parts = {k.name: k for k in found.kind.keys}
    if rest not in parts:
        mend = f"Write one of {', '.join(f'{head}.{name}' for name in parts)}"
        raise site.error(0, f"{key!r} cannot be negotiated", mend)
    return replace(parts[rest], required=False)


def _value_node(key: Key, text: str) -> Node:
    scalar = Scalar(text, 0, plain=False)
    if not isinstance(key.kind, ListOf):
        return scalar
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    return Listing(tuple(Scalar(word, 0, plain=False) for word in words), 0)


def _set(plain: dict[str, object], path: list[str], value: Node | None) -> None:
    head, *rest = path
    if rest:
        inner = plain.get(head)
        plain[head] = dict(inner) if isinstance(inner, Mapping) else {}
        _set(cast(dict[str, object], plain[head]), rest, value)
    elif value is None:
        plain.pop(head, None)
    else:
        plain[head] = value
