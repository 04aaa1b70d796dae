"""Whether one version promises more or less than another, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueline.offerings.meaning import objective_plain
from trueline.offerings.values import Comparator, ServiceLevelObjective


class Strictness(StrEnum):
    """Of a later version against an earlier one, seen by the customer."""

    SAME = "same"
    STRICTER = "stricter"
    LOOSER = "looser"
    OTHER = "other"  # neither can be said: the promise is of another kind


@dataclass(frozen=True)
class Difference:
    """One key that changed; texts as written in a catalogue file, empty for a key left out."""

    key: str
    before: str
    after: str
    strictness: Strictness


# What a customer is not promised: titles, our own warnings, validity.
_OWN = frozenset(
    ("name", "annotations", "threshold_target", "valid_from", "valid_to", "version", "basis")
)


def differences(
    before: ServiceLevelObjective, after: ServiceLevelObjective
) -> tuple[Difference, ...]:
    """Keys that differ, in the order of their names, nested keys dotted."""
    one, other = flat(objective_plain(before)), flat(objective_plain(after))
    return tuple(
        Difference(
            key,
            one.get(key, ""),
            other.get(key, ""),
            _strictness(key, (one.get(key), other.get(key)), after),
        )
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    )


def strictness(before: ServiceLevelObjective, after: ServiceLevelObjective) -> Strictness:
    """Looser as soon as one key is looser; stricter only when nothing else than that is so."""
    found = {difference.strictness for difference in differences(before, after)}
    for kind in (Strictness.LOOSER, Strictness.OTHER, Strictness.STRICTER):
        if kind in found:
            return kind
    return Strictness.SAME


def promises_less(before: ServiceLevelObjective, after: ServiceLevelObjective) -> bool:
    """Whether a customer would have to agree: less, or something of another kind, is promised."""
    return strictness(before, after) in (Strictness.LOOSER, Strictness.OTHER)


def flat(plain: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Dotted keys to exact text; items of lists by their number."""
    found: dict[str, str] = {}
    for key, value in plain.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{name}.")
        elif isinstance(value, (list, tuple)) and any(isinstance(v, Mapping) for v in value):
            for number, item in enumerate(value, 1):
                nested = item if isinstance(item, Mapping) else {"": item}
                found |= flat(nested, f"{name}.{number}.")
        elif isinstance(value, (list, tuple)):
            found[name] = " ".join(str(item) for item in value)
        else:
            found[name] = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
    return found


def _strictness(
    key: str, values: tuple[str | None, str | None], after: ServiceLevelObjective
) -> Strictness:
    head = key.partition(".")[0]
    if key in _OWN or head == "annotations":
        return Strictness.SAME
    if key == "conformance_target":
        return _by_comparator(values, after.comparator)
    if key == "threshold.value" and after.threshold is not None:
        return _by_comparator(values, after.threshold.comparator)
    if key == "percentile":
        # more of the samples have to keep an upper bound
        higher = not after.comparator.higher_is_better
        return _by_comparator(values, Comparator.GE if higher else Comparator.LE)
    if key in ("within_s", "threshold_c"):
        return _by_comparator(values, Comparator.LE)
    if head == "tolerance":
        return _tolerance(key, values, after.comparator)
    if head == "credits":
        return _credits(key.removeprefix("credits."), values, after.comparator)
    return Strictness.OTHER


# Credit terms that give the customer more when they are larger, and when they are smaller.
_MORE = ("flat_percent", "cap_percent", "claim_days", "days.max_days", "steps.credit_percent")
_LESS = ("missed_periods", "steps.step", "chronic.max_outages")


def _credits(key: str, values: tuple[str | None, str | None], comparator: Comparator) -> Strictness:
    if key in _MORE:
        return _by_comparator(values, Comparator.GE)
    if key in _LESS and None not in values:
        return _by_comparator(values, Comparator.LE)
    if key == "steps.target":
        return _by_comparator(values, comparator)
    if None in values and not key.startswith(("bands.", "cap_percent")):
        return _added(values, Strictness.STRICTER)
    return Strictness.OTHER


def _by_comparator(values: tuple[str | None, str | None], comparator: Comparator) -> Strictness:
    before, after = values
    if before is None or after is None or comparator in (Comparator.EQ, Comparator.NEQ):
        return Strictness.OTHER
    higher = Decimal(after) > Decimal(before)
    return Strictness.STRICTER if higher == comparator.higher_is_better else Strictness.LOOSER


def _tolerance(
    key: str, values: tuple[str | None, str | None], comparator: Comparator
) -> Strictness:
    if None in values:
        return _added(values, Strictness.LOOSER)
    if key == "tolerance.target":
        return _by_comparator(values, comparator)
    if key == "tolerance.allowed_crossings":
        return _by_comparator(values, Comparator.LE)
    return Strictness.OTHER


def _added(values: tuple[str | None, str | None], kind: Strictness) -> Strictness:
    """`kind` when the key is new, the opposite when it went away."""
    if values[0] is None:
        return kind
    return Strictness.LOOSER if kind is Strictness.STRICTER else Strictness.STRICTER
