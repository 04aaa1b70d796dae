"""The frame of every trueline/v1 YAML file: apiVersion and lists of definitions by key."""

from __future__ import annotations

from collections.abc import Callable

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import Listing, Node, Scalar, Table, parse_yaml
from trueline.offerings.keys import API_VERSION
from trueline.offerings.reading import Site, nearest


def read_documents(data: bytes, name: str, keys: tuple[str, ...]) -> list[Table]:
    """The documents of a file that may hold `keys`; InputError when it is another kind of file."""
    documents = parse_yaml(data, name)
    if not documents:
        raise InputError(
            "The file is empty", place=Place(name), mend=f"Start it with apiVersion: {API_VERSION}"
        )
    return [_checked(document, name, keys) for document in documents]


def each_definition(
    table: Table, key: str, name: str, take: Callable[[Node, Site], None]
) -> list[SetAsideRow]:
    """Take every definition under `key`; one that is broken is set aside, the rest go on."""
    node = table.entries.get(key)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return []
    if not isinstance(node, Listing):
        raise Site(name, key).error(node.line, f"A list of {key} belongs here")
    set_aside = []
    for index, item in enumerate(node.items):
        site = Site(name, f"{key}[{_id_of(item) or index}]")
        try:
            take(item, site)
        except InputError as error:
            set_aside.append(
                SetAsideRow(
                    error.place.line or item.line,
                    error.place.field or site.path,
                    f"{error.what}. {error.mend}" if error.mend else error.what,
                    _id_of(item),
                )
            )
    return set_aside


def _checked(document: Node, name: str, keys: tuple[str, ...]) -> Table:
    site = Site(name)
    if not isinstance(document, Table):
        raise site.error(
            document.line,
            f"This file holds no {keys[-1]}",
            f"Start it with apiVersion: {API_VERSION}",
        )
    version = document.entries.get("apiVersion")
    if not isinstance(version, Scalar) or version.text != API_VERSION:
        found = version.text if isinstance(version, Scalar) else "none"
        raise site.child("apiVersion").error(
            version.line if version else document.line,
            f"The apiVersion is {found!r}",
            f"Write apiVersion: {API_VERSION}",
        )
    known = ("apiVersion", *keys)
    for key in document.entries:
        if key not in known:
            raise site.child(key).error(
                document.lines[key],
                f"{key!r} is not a key of a file of {keys[-1]}",
                nearest(key, known),
            )
    return document


def _id_of(node: Node) -> str:
    found = node.entries.get("id") if isinstance(node, Table) else None
    return found.text if isinstance(found, Scalar) else ""
