"""What a definition means, as canonical text: equal text = nothing of substance changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from trueline.offerings.keys import NOT_MEANING, OBJECTIVE, OFFERING_KEYS, PARAMETER_KEYS
from trueline.offerings.reading import write_keys
from trueline.offerings.values import PerformanceParameter, ProductOffering, ServiceLevelObjective


def objective_plain(objective: ServiceLevelObjective) -> Mapping[str, object]:
    """The objective in the keys of the catalogue file, defaults left out."""
    plain = OBJECTIVE.plain(objective)
    assert isinstance(plain, dict)
    return plain


def objective_meaning(objective: ServiceLevelObjective) -> str:
    """Canonical text of what is promised, without titles and notes."""
    plain = objective_plain(objective)
    return canonical({key: plain[key] for key in plain if key not in NOT_MEANING})


def parameter_plain(parameter: PerformanceParameter) -> Mapping[str, object]:
    return write_keys(_fields(parameter, [key.name for key in PARAMETER_KEYS]), PARAMETER_KEYS)


def offering_plain(offering: ProductOffering) -> Mapping[str, object]:
    """The offering in the keys of the catalogue file, objectives included."""
    return write_keys(_fields(offering, [key.name for key in OFFERING_KEYS]), OFFERING_KEYS)


def canonical(value: object) -> str:
    """JSON with sorted keys and numbers as exact decimal text: 20 and 20.0 are the same."""
    return json.dumps(_text(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _text(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _text(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_text(child) for child in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return None if value is None else str(value)


def _fields(value: object, names: list[str]) -> dict[str, object]:
    return {name: getattr(value, name) for name in names}
