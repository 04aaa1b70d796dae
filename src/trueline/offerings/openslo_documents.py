"""OpenSLO v1 documents as plain mappings, with their names and lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from trueline.errors import InputError, Place
from trueline.intake.yaml_tree import Node, Table, plain_of

API_VERSION = "openslo/v1"
ANNOTATION = "trueline/"
Plain = Mapping[str, object]


@dataclass(frozen=True)
class Unmapped:
    """A part of an OpenSLO document that has no place here, and why."""

    line: int
    document: str  # "SLO search-slo"
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.document}, {self.field}: {self.reason}"


@dataclass(frozen=True)
class Document:
    kind: str
    name: str
    line: int
    metadata: Plain
    spec: Plain

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"

    def annotation(self, name: str) -> dict[str, object]:
        """A `trueline/...` annotation, {} where there is none."""
        text = text_at(self.metadata, "annotations", ANNOTATION + name)
        return _json_object(text, self) if text else {}


def document_of(node: Node, name: str) -> Document:
    plain = plain_of(node)
    if not isinstance(node, Table) or not isinstance(plain, dict):
        raise InputError("This is no OpenSLO document", place=Place(name, node.line))
    version = plain.get("apiVersion")
    if version != API_VERSION:
        raise InputError(
            f"The apiVersion is {version!r}",
            place=Place(name, node.lines.get("apiVersion", node.line), "apiVersion"),
            mend=f"Only {API_VERSION} is read; convert older documents first",
        )
    kind, label = str(plain.get("kind")), text_at(plain, "metadata", "name")
    if not label:
        raise InputError(
            f"The {kind} has no metadata.name", place=Place(name, node.line, "metadata.name")
        )
    return Document(
        kind, label, node.line, mapping_at(plain, "metadata"), mapping_at(plain, "spec")
    )


def _json_object(text: str, document: Document) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{document.title}: an annotation of Trueline is no JSON object")
    return found


def mapping_at(value: object, *path: str) -> Plain:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text_at(value: object, *path: str) -> str:
    *head, last = path
    found = mapping_at(value, *head).get(last)
    return found if isinstance(found, str) else ""


def list_at(value: object, *path: str) -> list[object]:
    *head, last = path
    found = mapping_at(value, *head).get(last)
    return found if isinstance(found, list) else []


def decimal_of(text: str) -> Decimal | None:
    try:
        value = Decimal(text) if text and len(text) < 40 else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
