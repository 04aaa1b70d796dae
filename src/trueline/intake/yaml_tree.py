"""YAML text as a tree that keeps its lines and its scalars as written.

Scalars stay text: the field that reads one decides its type. So 0.95 never passes through a binary
float, an unquoted `08:00` is no base-60 integer, `NO` is a country and not false. The tree is
bounded in size, depth and alias expansion, and no tag constructs anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from trueline.errors import InputError, Place

MAX_BYTES = 32 * 1024 * 1024
MAX_NODES = 2_000_000  # after expansion of aliases
MAX_DEPTH = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{t}"
    for t in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
)


@dataclass(frozen=True)
class Scalar:
    text: str
    line: int
    plain: bool = True  # written without quotes
    size: int = 1

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Listing:
    items: tuple[Node, ...]
    line: int
    size: int = 1


@dataclass(frozen=True)
class Table:
    entries: Mapping[str, Node]
    lines: Mapping[str, int]  # of each key
    line: int
    size: int = 1


Node = Scalar | Listing | Table


def parse_yaml(data: bytes, name: str) -> tuple[Node, ...]:
    """The documents of `data`; InputError for what is no YAML, hostile or too large."""
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file holds {len(data):,} bytes, more than {MAX_BYTES:,}",
            place=Place(name),
            mend="Split it into several files",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            "The file is not UTF-8 text", place=Place(name, line), mend="Save it as UTF-8"
        ) from None
    try:
        return _Builder(name).documents(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(
            f"Not valid YAML: {error.problem or error.context}",
            place=Place(name, mark.line + 1 if mark else None),
            mend="Check indentation, colons and quotes on this line and the one before",
        ) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"Not valid YAML: {reason}", place=Place(name)) from None


def is_yaml(path: Path) -> bool:
    """By its name; JSON is YAML too."""
    return path.suffix.lower() in (".yaml", ".yml", ".json")


def tree_of(value: object, line: int = 0) -> Node:
    """Plain mappings, lists and text as a tree (the inverse of `plain_of`); nodes inside stay."""
    if isinstance(value, (Scalar, Listing, Table)):
        return value
    if isinstance(value, Mapping):
        entries = {str(key): tree_of(child, line) for key, child in value.items()}
        return Table(entries, dict.fromkeys(entries, line), line)
    if isinstance(value, (list, tuple)):
        return Listing(tuple(tree_of(child, line) for child in value), line)
    return Scalar("" if value is None else str(value), line, plain=value is None)


def plain_of(node: Node) -> object:
    """Dicts, lists and text; an empty plain scalar is None."""
    match node:
        case Scalar():
            return None if node.is_null else node.text
        case Listing():
            return [plain_of(item) for item in node.items]
        case Table():
            return {key: plain_of(child) for key, child in node.entries.items()}


@dataclass
class _Open:
    """A collection whose end has not been read yet."""

    mapping: bool
    line: int
    anchor: str | None
    children: list[Node]


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.roots: list[Node] = []
        self.count = 0

    def documents(self, text: str) -> tuple[Node, ...]:
        for event in yaml.parse(text, Loader=_LOADER):
            self._take(event)
        return tuple(self.roots)

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
            return
        if not isinstance(event, (yaml.NodeEvent, yaml.CollectionEndEvent)):
            return
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            self._add(self._aliased(event, line), None)
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event.tag, line)
            self._add(Scalar(event.value, line, plain=not event.style), event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            opened = self.stack.pop()
            self._add(self._closed(opened), opened.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_tag(event.tag, line)
            if len(self.stack) >= MAX_DEPTH:
                raise self._error(f"Nested deeper than {MAX_DEPTH} levels", line)
            if event.anchor:
                self.anchors[event.anchor] = None
            mapping = isinstance(event, yaml.MappingStartEvent)
            self.stack.append(_Open(mapping, line, event.anchor, []))

    def _add(self, node: Node, anchor: str | None) -> None:
        self.count += 1
        if self.count > MAX_NODES or node.size > MAX_NODES:
            raise self._error(
                f"More than {MAX_NODES:,} values once aliases are expanded", node.line
            )
        if anchor:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.roots.append(node)

    def _aliased(self, event: yaml.AliasEvent, line: int) -> Node:
        found = self.anchors.get(event.anchor or "")
        if found is None:
            raise self._error(f"The alias *{event.anchor} names no finished anchor", line)
        return found

    def _closed(self, opened: _Open) -> Node:
        size = 1 + sum(child.size for child in opened.children)
        if not opened.mapping:
            return Listing(tuple(opened.children), opened.line, size)
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        merged: list[Table] = []
        pairs = zip(opened.children[::2], opened.children[1::2], strict=True)
        for key, child in pairs:
            if not isinstance(key, Scalar):
                raise self._error("A key must be plain text", key.line)
            if key.text == "<<" and key.plain:
                merged.extend(self._merged(child))
            elif key.text in entries:
                raise self._error(
                    f"The key {key.text!r} stands twice (first on line {lines[key.text]})", key.line
                )
            else:
                entries[key.text], lines[key.text] = child, key.line
        for table in merged:
            for name, child in table.entries.items():
                entries.setdefault(name, child)
                lines.setdefault(name, table.lines[name])
        return Table(entries, lines, opened.line, size)

    def _merged(self, node: Node) -> list[Table]:
        tables = list(node.items) if isinstance(node, Listing) else [node]
        found = [table for table in tables if isinstance(table, Table)]
        if len(found) != len(tables):
            raise self._error("The merge key << needs a mapping or a list of mappings", node.line)
        return found

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag != "!" and tag not in _STANDARD_TAGS:
            raise self._error(f"The tag {tag!r} is not accepted", line)

    def _error(self, what: str, line: int) -> InputError:
        return InputError(what, place=Place(self.name, line))
