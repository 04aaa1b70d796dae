"""Regimes as YAML, and as the canonical JSON that is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from trueline.calendars.periods import PERIODS
from trueline.errors import InputError
from trueline.intake.yaml_tree import Listing, Node, Table, parse_yaml, tree_of
from trueline.monitoring.values import (
    DEFAULT_TRIGGERS,
    SHORT_CADENCES,
    Regime,
    Trigger,
    TriggerKind,
)
from trueline.offerings.reading import Site, nearest, scalar_text

_TEXTS = ("id", "name", "purpose", "group", "owner", "cadence", "window", "charge")
_LATER = ("trends",)  # texts that older content lacks: left out where empty, so that it stays alike
_LISTS = ("objectives", "watchers")
_NUMBERS = ("cost", "credit_percent")
_WHOLES = ("stale_after_s", "least_samples")
_KEYS = (*_TEXTS, *_LATER, *_LISTS, *_NUMBERS, *_WHOLES, "triggers")
_REQUIRED = ("id", "group", "owner")
_TRIGGER_KEYS = ("kind", "raise_at", "clear_below", "allowed_crossings", "tolerance_period_s")
_ID = re.compile(r"[\w.:-]{1,200}")


def parse_regimes(data: bytes, name: str) -> list[Regime]:
    """The regimes of a file; InputError names file, line and field."""
    found: list[Regime] = []
    for document in parse_yaml(data, name):
        site = Site(name)
        entries = _table(document, site, ("apiVersion", "regimes"))
        listed = entries.get("regimes")
        if not isinstance(listed, Listing):
            raise site.error(document.line, "A list of regimes belongs here", "Add regimes:")
        for number, node in enumerate(listed.items):
            regime = parse_regime(node, site.child(f"regimes[{number}]"))
            _check_tolerance(regime, node, site.child(f"regimes[{number}]"))
            if any(other.id == regime.id for other in found):
                raise site.error(node.line, f"The regime {regime.id} stands twice in this file")
            found.append(regime)
    return found


def parse_regime(node: Node, site: Site) -> Regime:
    entries = _table(node, site, _KEYS)
    for key in _REQUIRED:
        if key not in entries:
            raise site.child(key).error(node.line, f"The regime has no {key}", f"Add {key}:")
    values: dict[str, object] = {}
    for key, child in entries.items():
        own = site.child(key)
        if key in (*_TEXTS, *_LATER):
            values[key] = scalar_text(child, own)
        elif key in _LISTS:
            values[key] = tuple(scalar_text(item, own) for item in _items(child, own))
        elif key in _NUMBERS:
            values[key] = _number(child, own)
        elif key in _WHOLES:
            values[key] = int(_number(child, own, whole=True))
        else:
            values[key] = tuple(_trigger(item, own) for item in _items(child, own))
    regime = Regime(**values)  # type: ignore[arg-type]  # every key was read by its own kind
    _check(regime, node, site)
    return regime


def _check(regime: Regime, node: Node, site: Site) -> None:
    if not _ID.fullmatch(regime.id):
        raise site.child("id").error(node.line, f"{regime.id!r} is no id", "Use letters and digits")
    for key, known in (
        ("cadence", (*SHORT_CADENCES, *PERIODS)),
        ("window", PERIODS),
        ("trends", ("", *PERIODS)),
    ):
        if getattr(regime, key) not in known:
            mend = f"Use one of {', '.join(known)}"
            what = f"{getattr(regime, key)!r} is not a {key}"
            raise site.child(key).error(node.line, what, mend)
    kinds = [trigger.kind for trigger in regime.triggers]
    if len(set(kinds)) < len(kinds):
        raise site.child("triggers").error(node.line, "A kind of trigger stands twice")
    for key in (*_NUMBERS, *_WHOLES):
        if getattr(regime, key) < 0:
            raise site.child(key).error(node.line, f"{key} is below zero")


def _check_tolerance(regime: Regime, node: Node, site: Site) -> None:
    """Of what is written from now on; regimes on record are read as they are."""
    for number, trigger in enumerate(regime.triggers):
        if trigger.allowed_crossings and not trigger.tolerance_period_s:
            what = f"{trigger.kind} tolerates crossings within a period, and none is given"
            place = site.child(f"triggers[{number}].tolerance_period_s")
            raise place.error(node.line, what, "Add tolerance_period_s:")


def _trigger(node: Node, site: Site) -> Trigger:
    entries = _table(node, site, _TRIGGER_KEYS)
    if "kind" not in entries:
        raise site.child("kind").error(node.line, "The trigger has no kind", "Add kind:")
    text = scalar_text(entries["kind"], site.child("kind"))
    if text not in list(TriggerKind):
        mend = nearest(text, [kind.value for kind in TriggerKind])
        raise site.child("kind").error(node.line, f"{text!r} is not a kind of trigger", mend)
    usual = DEFAULT_TRIGGERS[TriggerKind(text)]
    numbers = {
        key: _number(child, site.child(key), whole=key in _TRIGGER_KEYS[3:])
        for key, child in entries.items()
        if key != "kind"
    }
    raise_at = numbers.get("raise_at", usual.raise_at)
    clear_below = numbers.get("clear_below", min(usual.clear_below, raise_at))
    if clear_below > raise_at:
        what = f"It would clear below {clear_below} and raise at {raise_at}: both at once"
        raise site.child("clear_below").error(node.line, what, "Clear at or below the raise")
    period_s = numbers.get("tolerance_period_s")
    return Trigger(
        usual.kind,
        raise_at,
        clear_below,
        int(numbers.get("allowed_crossings", 0)),
        None if period_s is None else int(period_s),
    )


def _table(node: Node, site: Site, keys: tuple[str, ...]) -> Mapping[str, Node]:
    if not isinstance(node, Table):
        raise site.error(node.line, "A mapping of keys belongs here")
    for key in node.entries:
        if key not in keys:
            raise site.child(key).error(
                node.lines[key], f"{key!r} is not a key here", nearest(key, keys)
            )
    return node.entries


def _items(node: Node, site: Site) -> tuple[Node, ...]:
    if not isinstance(node, Listing):
        raise site.error(node.line, "A list belongs here")
    return node.items


def _number(node: Node, site: Site, *, whole: bool = False) -> Decimal:
    text = scalar_text(node, site)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise site.error(node.line, f"{text!r} is not a number") from None
    if not number.is_finite() or (whole and number != number.to_integral_value()):
        raise site.error(node.line, f"{text!r} is not a {'whole ' if whole else ''}number")
    return number


def content_of(regime: Regime) -> str:
    """Canonical JSON of a regime; numbers as text, so that none passes a binary float."""
    plain: dict[str, object] = {key: getattr(regime, key) for key in (*_TEXTS, *_WHOLES)}
    plain |= {key: getattr(regime, key) for key in _LATER if getattr(regime, key)}
    plain |= {key: list(getattr(regime, key)) for key in _LISTS}
    plain |= {key: str(getattr(regime, key)) for key in _NUMBERS}
    plain["triggers"] = [
        {
            "kind": trigger.kind.value,
            "raise_at": str(trigger.raise_at),
            "clear_below": str(trigger.clear_below),
            "allowed_crossings": trigger.allowed_crossings,
            "tolerance_period_s": trigger.tolerance_period_s,
        }
        for trigger in regime.triggers
    ]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def regime_of(content: str) -> Regime:
    """A regime from the JSON that is kept."""
    plain = json.loads(content)
    kept = {key: value for key, value in plain.items() if value not in ("", None)}
    for trigger in kept["triggers"]:
        if trigger["tolerance_period_s"] is None:
            del trigger["tolerance_period_s"]
    try:
        return parse_regime(tree_of(kept), Site("regime as recorded"))
    except InputError as error:
        raise InputError(f"The regime {plain.get('id')} as recorded: {error.what}") from None
