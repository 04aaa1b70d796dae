"""Rows of customers, products and groups as values; every fault names its column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from trueline.calendars.instants import parse_instant, zone
from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.intake.tables import Columns, TableRow
from trueline.intake.yaml_tree import Node
from trueline.inventory.rules import parse_rule
from trueline.inventory.values import Contact, Customer, Group, Product
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.kinds import Identifier, Text
from trueline.offerings.reading import Key, Site, read_keys

PRODUCT_COLUMNS = Columns(
    ("product_id", "offering_id", "customer_id", "start"),
    ("status", "end", "time_zone", "agreement_id"),
    open=True,
)
CUSTOMER_COLUMNS = Columns(("customer_id",), ("name", "segment", "contacts"), open=True)
GROUP_COLUMNS = Columns(("group_id", "rule"), ("name",))
MAX_ID = 200


def product_of(row: TableRow) -> Product:
    cells = row.cells
    start, end = _time(cells, "start"), None
    if cells.get("end"):
        end = _time(cells, "end")
        if end < start:
            raise fault("end", f"end {cells['end']} lies before start {cells['start']}")
    return Product(
        id=id_of(cells, "product_id"),
        offering_id=id_of(cells, "offering_id"),
        customer_id=id_of(cells, "customer_id"),
        status=_short(cells, "status", 40) or "active",
        start=start,
        end=end,
        time_zone=_zone_of(cells),
        agreement_id=_short(cells, "agreement_id", MAX_ID) or None,
        characteristics=_characteristics(cells, PRODUCT_COLUMNS),
    )


def customer_of(row: TableRow) -> Customer:
    cells = row.cells
    return Customer(
        id=id_of(cells, "customer_id"),
        name=_short(cells, "name", 500),
        segment=_short(cells, "segment", 200),
        contacts=_contacts(cells.get("contacts", "")),
        characteristics=_characteristics(cells, CUSTOMER_COLUMNS),
    )


def group_of(row: TableRow) -> Group:
    group = Group(id_of(row.cells, "group_id"), _short(row.cells, "name", 500), row.cells["rule"])
    check_rule(group.rule)
    return group


_GROUP_KEYS = (
    Key("id", Identifier(), "name of the group", required=True),
    Key("name", Text(500), "title for people"),
    Key("rule", Text(), "which sold offerings belong to it", required=True),
)


def groups_of_yaml(data: bytes, name: str) -> tuple[list[Group], list[SetAsideRow]]:
    """Groups of a trueline/v1 YAML file, and those that were set aside."""
    found: list[Group] = []

    def take(node: Node, site: Site) -> None:
        values = read_keys(node, _GROUP_KEYS, site, "group")
        try:
            check_rule(values["rule"])
        except InputError as error:
            raise site.child("rule").error(node.line, error.what, error.mend) from None
        found.append(Group(values["id"], values.get("name", ""), values["rule"]))

    set_aside: list[SetAsideRow] = []
    for table in read_documents(data, name, ("groups",)):
        set_aside += each_definition(table, "groups", name, take)
    return found, set_aside


def check_rule(rule: str) -> None:
    try:
        parse_rule(rule)
    except InputError as error:
        raise fault("rule", error.what, error.mend) from None


def id_of(cells: Mapping[str, str], column: str) -> str:
    text = cells[column]
    if not text:
        raise fault(column, f"{column} is empty")
    if len(text) > MAX_ID or not text.isprintable():
        raise fault(column, f"{text[:40]!r} is not an id: at most {MAX_ID} printable characters")
    return text


def fault(field: str, what: str, mend: str = "") -> InputError:
    return InputError(what, place=Place(field=field), mend=mend)


def digest_of(*parts: object) -> str:
    """A short digest of the values of a row; equal digests = the same row."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def sorted_json(values: Mapping[str, str]) -> str:
    return _json_of(tuple(values.items()))


@lru_cache(maxsize=50_000)
def _json_of(items: tuple[tuple[str, str], ...]) -> str:
    """Products of one place and make share their characteristics, hence the cache."""
    return json.dumps(dict(items), sort_keys=True, ensure_ascii=False)


def _time(cells: Mapping[str, str], column: str) -> datetime:
    text = cells[column]
    if not text:
        raise fault(column, f"{column} is empty", "Write a time such as 2026-10-01T00:00:00Z")
    try:
        moment = parse_instant(text)
    except InputError as error:
        raise fault(column, error.what, error.mend) from None
    except OverflowError:
        raise fault(column, f"{text!r} lies outside the calendar") from None
    return moment.replace(microsecond=0)


def _zone_of(cells: Mapping[str, str]) -> str:
    name = cells.get("time_zone") or "UTC"
    try:
        _check_zone(name)
    except InputError as error:
        raise fault("time_zone", error.what, error.mend) from None
    return name


@lru_cache(maxsize=1024)
def _check_zone(name: str) -> None:
    zone(name)


def _short(cells: Mapping[str, str], column: str, length: int) -> str:
    text = cells.get(column, "")
    if len(text) > length:
        raise fault(column, f"{column} is longer than {length} characters")
    return text


def _contacts(text: str) -> tuple[Contact, ...]:
    """`role=address; role=address`."""
    found = []
    for part in filter(None, map(str.strip, text.split(";"))):
        role, sign, address = part.partition("=")
        if not sign or not role.strip() or not address.strip():
            raise fault("contacts", f"{part[:60]!r} is no contact", "Write role=address; ...")
        found.append(Contact(role.strip(), address.strip()))
    return tuple(found)


def _characteristics(cells: Mapping[str, str], columns: Columns) -> dict[str, str]:
    known = _known_columns(columns)
    return {name: text for name, text in cells.items() if text and name not in known}


@lru_cache(maxsize=8)
def _known_columns(columns: Columns) -> frozenset[str]:
    return frozenset((*columns.required, *columns.optional))
