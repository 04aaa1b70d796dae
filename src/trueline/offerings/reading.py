"""Reading and writing mappings by a table of keys, and describing them by JSON Schema.

Every error names file, line and field, and the mend; an unknown key names the nearest known one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Protocol

from trueline.errors import InputError, Place
from trueline.errors import nearest as nearest
from trueline.intake.yaml_tree import Listing, Node, Scalar, Table

MAX_TEXT = 2000


@dataclass(frozen=True)
class Site:
    """Which field of which file is being read."""

    file: str
    path: str = ""

    def child(self, name: str) -> Site:
        return Site(self.file, f"{self.path}.{name}" if self.path else name)

    def error(self, line: int, what: str, mend: str = "") -> InputError:
        return InputError(what, place=Place(self.file, line or None, self.path or None), mend=mend)


class Kind(Protocol):
    def read(self, node: Node, site: Site) -> Any: ...

    def plain(self, value: Any) -> object:
        """The value as it is written: mappings, lists, text, Decimal or int."""
        ...

    def schema(self) -> dict[str, object]: ...


@dataclass(frozen=True)
class Key:
    """One key of a mapping in the catalogue file."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: object = None  # what absence means; a value equal to it is not written
    only_for: tuple[str, ...] = ()  # statistics that use it; () = all


def scalar_text(node: Node, site: Site) -> str:
    if not isinstance(node, Scalar):
        found = "a list" if isinstance(node, Listing) else "a mapping"
        raise site.error(node.line, f"One value belongs here, not {found}")
    if node.is_null:
        raise site.error(node.line, "The value is empty", "Write a value or leave the key out")
    if len(node.text) > MAX_TEXT:
        raise site.error(node.line, f"The text is longer than {MAX_TEXT} characters")
    return node.text


def read_keys(node: Node, keys: Sequence[Key], site: Site, noun: str = "entry") -> dict[str, Any]:
    """The values of a mapping by key name; unknown and missing keys are refused."""
    if not isinstance(node, Table):
        raise site.error(node.line, f"A mapping of keys belongs here, for one {noun}")
    by_name = {key.name: key for key in keys}
    for name in node.entries:
        if name not in by_name:
            raise site.child(name).error(
                node.lines[name], f"{name!r} is not a key of one {noun}", nearest(name, by_name)
            )
    values: dict[str, Any] = {}
    for key in keys:
        child = node.entries.get(key.name)
        if child is None or (isinstance(child, Scalar) and child.is_null):
            if key.required:
                raise site.child(key.name).error(
                    node.line, f"The {noun} has no {key.name}", f"Add {key.name}: {key.meaning}"
                )
            continue
        values[key.name] = key.kind.read(child, site.child(key.name))
    return values


def write_keys(values: Mapping[str, Any], keys: Sequence[Key]) -> dict[str, object]:
    """The inverse of `read_keys`; what equals its default is left out."""
    return {
        key.name: key.kind.plain(values[key.name])
        for key in keys
        if values.get(key.name) is not None and (key.required or values[key.name] != key.default)
    }


def keys_schema(keys: Sequence[Key]) -> dict[str, object]:
    properties: dict[str, object] = {}
    for key in keys:
        described = key.kind.schema() | {"description": key.meaning}
        if key.default is not None:
            described["default"] = schema_number(key.kind.plain(key.default))
        properties[key.name] = described
    schema: dict[str, object] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = [key.name for key in keys if key.required]
    return schema | ({"required": required} if required else {})


def fields_of(value: Any) -> Mapping[str, Any]:
    """The fields of a dataclass by name, nested values as they are."""
    return {f.name: getattr(value, f.name) for f in fields(value)}


def schema_number(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
