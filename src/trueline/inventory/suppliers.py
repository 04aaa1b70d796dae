"""Suppliers, and what they and other teams promise us: the keys of a suppliers file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trueline.errors import InputError
from trueline.intake.ledger import SetAsideRow
from trueline.intake.yaml_tree import Node, tree_of
from trueline.inventory.rules import parse_rule
from trueline.offerings.document import each_definition, read_documents
from trueline.offerings.keys import SERVICE_HOURS
from trueline.offerings.kinds import (
    ZONE,
    Choice,
    Day,
    Duration,
    Identifier,
    Number,
    Text,
)
from trueline.offerings.meaning import canonical
from trueline.offerings.reading import Key, Site, fields_of, read_keys, write_keys
from trueline.offerings.values import ServiceHours


class SupportKind(StrEnum):
    """What a promise rests on: another team's, or a supplier's."""

    OPERATIONAL_LEVEL_AGREEMENT = "ola"
    UNDERPINNING_CONTRACT = "underpinning"


class SupplierKind(StrEnum):
    SUPPLIER = "supplier"
    TEAM = "team"  # of our own


@dataclass(frozen=True)
class Supplier:
    id: str
    name: str = ""
    kind: SupplierKind = SupplierKind.SUPPLIER


@dataclass(frozen=True)
class Commitment:
    """What a supplier or team promises for the sold offerings of `products`, a rule as of groups,
    over local days [valid_from, valid_to) of `time_zone`. Shares 0 to 1, seconds. Parts of the same
    `alternative` stand in for each other; that they fail independently has to be asserted."""

    id: str
    supplier_id: str
    kind: SupportKind
    products: str
    name: str = ""
    availability: Decimal | None = None
    repair_s: int | None = None
    service_hours: ServiceHours | None = None
    time_zone: str = "UTC"
    alternative: str | None = None
    independent: bool = False
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def title(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Suppliers:
    """Everything known of suppliers after one delivery, by id."""

    suppliers: Mapping[str, Supplier] = field(default_factory=dict)
    commitments: Mapping[str, Commitment] = field(default_factory=dict)


SUPPORT_KIND_KEY = Key(
    "kind",
    Choice(SupportKind),
    "ola: another team's operational level agreement; underpinning: a supplier's contract",
    required=True,
)
CARRYING_KEYS = (
    Key("availability", Number(Decimal(0), Decimal(1)), "availability promised there, a share"),
    Key("repair", Duration(), "time to repair promised there"),
    Key("alternative", Identifier(), "parts that name the same one stand in for each other"),
    Key(
        "independent",
        Choice(("yes", "no")),
        "whether the alternatives are known to fail independently",
        default="no",
    ),
)
SUPPLIER_KEYS = (
    Key("id", Identifier(), "name of the supplier or team", required=True),
    Key("name", Text(500), "title for people", default=""),
    Key(
        "kind",
        Choice(SupplierKind),
        "supplier: a company; team: our own",
        default=SupplierKind.SUPPLIER,
    ),
)
COMMITMENT_KEYS = (
    Key("id", Identifier(), "name of the commitment", required=True),
    Key("supplier", Identifier(), "id of the supplier or team", required=True),
    SUPPORT_KIND_KEY,
    Key("products", Text(), "rule: the sold offerings that rest on it", required=True),
    Key("name", Text(500), "title for people", default=""),
    *CARRYING_KEYS,
    Key("service_hours", SERVICE_HOURS, "hours in which it holds; else always"),
    Key("time_zone", ZONE, "zone of hours and days", default="UTC"),
    Key("valid_from", Day(), "first local day in force"),
    Key("valid_to", Day(), "first local day no longer in force"),
)


def carried(*, independent: str = "no", repair: int | None = None, **named: Any) -> dict[str, Any]:
    """Values of CARRYING_KEYS as the fields that hold them."""
    return {**named, "repair_s": repair, "independent": independent == "yes"}


def carried_apart(value: Any) -> dict[str, Any]:
    """The inverse of `carried`, of a value with those fields."""
    values = dict(fields_of(value))
    values["repair"] = values.pop("repair_s")
    values["independent"] = "yes" if values["independent"] else "no"
    return values


def read_supplier(node: Node, site: Site) -> Supplier:
    return Supplier(**read_keys(node, SUPPLIER_KEYS, site, "supplier"))


def read_commitment(node: Node, site: Site) -> Commitment:
    values = carried(**read_keys(node, COMMITMENT_KEYS, site, "commitment"))
    commitment = Commitment(supplier_id=values.pop("supplier"), **values)
    try:
        parse_rule(commitment.products)
    except InputError as error:
        raise site.child("products").error(node.line, error.what, error.mend) from None
    start, end = commitment.valid_from, commitment.valid_to
    if start is not None and end is not None and start >= end:
        raise site.child("valid_to").error(
            node.line, f"valid_to {end} is not after valid_from {start}"
        )
    if commitment.availability is None and commitment.repair_s is None:
        raise site.error(
            node.line,
            "It promises neither availability nor a time to repair",
            "Give availability or repair",
        )
    return commitment


def supplier_text(supplier: Supplier) -> str:
    """Canonical text, for keeping and comparing."""
    return canonical(write_keys(dict(fields_of(supplier)), SUPPLIER_KEYS))


def commitment_text(commitment: Commitment) -> str:
    values = carried_apart(commitment)
    values["supplier"] = values.pop("supplier_id")
    return canonical(write_keys(values, COMMITMENT_KEYS))


def supplier_of(text: str) -> Supplier:
    """The inverse of `supplier_text`."""
    return read_supplier(tree_of(json.loads(text)), Site("suppliers"))


def commitment_of(text: str) -> Commitment:
    return read_commitment(tree_of(json.loads(text)), Site("suppliers"))


def parse_suppliers(
    data: bytes, name: str
) -> tuple[list[Supplier], list[Commitment], list[SetAsideRow]]:
    """What a suppliers file holds, and the broken definitions with their reasons."""
    suppliers: list[Supplier] = []
    commitments: list[Commitment] = []
    set_aside: list[SetAsideRow] = []
    for table in read_documents(data, name, ("suppliers", "commitments")):
        set_aside += each_definition(
            table, "suppliers", name, lambda n, site: suppliers.append(read_supplier(n, site))
        )
        set_aside += each_definition(
            table, "commitments", name, lambda n, site: commitments.append(read_commitment(n, site))
        )
    return suppliers, commitments, set_aside
