"""A TMF637 product with our figures in it: the declared extension is every characteristic whose
name starts with `trueline.`; nothing else of the product is touched.

A PATCH (RFC 7396) replaces an array as a whole, so the array sent is the one just read, with our
own entries changed; `If-Match` makes sure that nobody changed it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from trueline.assessment.store import row_dict
from trueline.errors import InputError
from trueline.results.values import LoggedFigure

PREFIX = "trueline."
CHARACTERISTICS = "productCharacteristic"
KEPT_PERIODS = 13  # a year and the same month before
_TOLD = ("verdict", "value", "margin", "good_s", "bad_s", "excluded_s", "unknown_s", "coverage")
Characteristic = Mapping[str, object]


def characteristics_of(
    period: str, figures: Sequence[LoggedFigure], link: int
) -> list[Characteristic]:
    """One characteristic an objective: `trueline.PERIOD.OBJECTIVE`, its value as JSON text. Shorter
    conformance periods of one objective follow each other in a list."""
    by_objective: dict[str, list[LoggedFigure]] = {}
    for figure in sorted(figures, key=lambda f: f.key):
        by_objective.setdefault(figure.row.objective_id, []).append(figure)
    return [
        {
            "name": f"{PREFIX}{period}.{objective_id}",
            "valueType": "string",
            "value": json.dumps([_told(f, link) for f in mine], sort_keys=True),
        }
        for objective_id, mine in by_objective.items()
    ]


def _told(figure: LoggedFigure, link: int) -> dict[str, object]:
    row = row_dict(figure.row)
    told: dict[str, object] = {name: row[name] for name in _TOLD}
    told |= {"from": row["period_start"], "to": row["period_end"], "link": link}
    return told | {"hash": figure.hash}


def merged(
    product: Mapping[str, object], period: str, own: Sequence[Characteristic]
) -> list[Characteristic]:
    """The product's characteristics with ours of `period` replaced by `own` (none: a tombstone of
    the period stays) and those of periods long past dropped. InputError for what is no TMF637
    product."""
    found = product.get(CHARACTERISTICS) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"The inventory's {CHARACTERISTICS} is no list of objects")
    theirs = [one for one in found if not _is_ours(one)]
    ours = [one for one in found if _is_ours(one) and _period(one) != period]
    added = list(own) or [
        {"name": f"{PREFIX}{period}", "valueType": "string", "value": "retracted"}
    ]
    kept = sorted({_period(one) for one in (*ours, *added)})[-KEPT_PERIODS:]
    return [*theirs, *(one for one in (*ours, *added) if _period(one) in kept)]


def _is_ours(one: Characteristic) -> bool:
    return str(one.get("name", "")).startswith(PREFIX)


def _period(one: Characteristic) -> str:
    return str(one.get("name", "")).removeprefix(PREFIX).partition(".")[0]
