"""The JSON Schema of the catalogue file, made from the same tables that read it."""

from __future__ import annotations

import json
from pathlib import Path

from trueline.offerings.keys import (
    API_VERSION,
    OBJECTIVE_KEYS,
    OFFERING_KEYS,
    PARAMETER_KEYS,
    STATISTIC_NEEDS,
)
from trueline.offerings.reading import keys_schema

PUBLISHED = Path(__file__).with_name("offerings.schema.json")


def catalogue_schema() -> dict[str, object]:
    """JSON Schema 2020-12 of `offerings.yaml`."""
    offering = keys_schema(OFFERING_KEYS)
    properties = offering["properties"]
    assert isinstance(properties, dict)
    properties["objectives"] = {
        "type": "array",
        "items": {"$ref": "#/$defs/objective"},
        "description": properties["objectives"]["description"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trueline catalogue: performance parameters and product offerings",
        "type": "object",
        "required": ["apiVersion"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "format of this file"},
            "parameters": {
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/parameter"},
                "description": "what is measured",
            },
            "offerings": {
                "type": ["array", "null"],
                "items": {"$ref": "#/$defs/offering"},
                "description": "what is sold, with what it promises",
            },
        },
        "$defs": {
            "parameter": keys_schema(PARAMETER_KEYS),
            "offering": offering,
            "objective": keys_schema(OBJECTIVE_KEYS) | {"allOf": _needs()},
        },
    }


def _needs() -> list[dict[str, object]]:
    """What each statistic cannot do without."""
    return [
        {
            "if": {"properties": {"statistic": {"const": statistic.value}}},
            "then": {"required": list(keys)},
        }
        for statistic, keys in STATISTIC_NEEDS.items()
    ]


def schema_text() -> str:
    return json.dumps(catalogue_schema(), indent=2, ensure_ascii=False) + "\n"


def publish() -> None:
    """Write the published file anew; the house does so after a change of the tables."""
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
