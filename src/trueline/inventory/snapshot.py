"""The inventory as known after one delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from trueline.calendars.instants import instant
from trueline.intake.models import known_at
from trueline.inventory.models import (
    AgreementVersion,
    CustomerVersion,
    GroupVersion,
    ProductVersion,
)
from trueline.inventory.values import (
    Agreement,
    AgreementTerm,
    Contact,
    Customer,
    Group,
    InventorySnapshot,
    Product,
)

_CHUNK = 10_000


def snapshot_at(delivery: int) -> InventorySnapshot:
    """Products, customers, agreements and groups as known once `delivery` was recorded."""
    return InventorySnapshot(
        delivery,
        products=_products(delivery),
        customers=_customers(delivery),
        agreements=_agreements(delivery),
        groups=_groups(delivery),
    )


def product_ids_at(delivery: int) -> frozenset[str]:
    """Ids of all products as known once `delivery` was recorded."""
    rows = ProductVersion.objects.filter(known_at(delivery))
    return frozenset(rows.values_list("product_id", flat=True))


def _products(delivery: int) -> dict[str, Product]:
    rows = (
        ProductVersion.objects.filter(known_at(delivery))
        .order_by("product_id")
        .values_list(
            "product_id",
            "offering_id",
            "customer_id",
            "status",
            "start_s",
            "end_s",
            "time_zone",
            "agreement_id",
            "characteristics",
        )
    )
    when = lru_cache(maxsize=100_000)(instant)
    found: dict[str, Product] = {}
    for key, offering, customer, status, start_s, end_s, zone, agreement, free in rows.iterator(
        chunk_size=_CHUNK
    ):
        end: datetime | None = None if end_s is None else when(end_s)
        found[key] = Product(
            key, offering, customer, status, when(start_s), end, zone, agreement, _free(free)
        )
    return found


def _customers(delivery: int) -> dict[str, Customer]:
    rows = (
        CustomerVersion.objects.filter(known_at(delivery))
        .order_by("customer_id")
        .values_list("customer_id", "name", "segment", "contacts", "characteristics")
    )
    return {
        key: Customer(
            key,
            name,
            segment,
            tuple(Contact(*pair) for pair in json.loads(contacts or "[]")),
            _free(free),
        )
        for key, name, segment, contacts, free in rows.iterator(chunk_size=_CHUNK)
    }


def _agreements(delivery: int) -> dict[str, Agreement]:
    rows = (
        AgreementVersion.objects.filter(known_at(delivery))
        .order_by("agreement_id")
        .values_list("agreement_id", "customer_id", "name", "terms")
    )
    return {
        key: Agreement(key, customer, name, terms_of(terms))
        for key, customer, name, terms in rows.iterator(chunk_size=_CHUNK)
    }


def _groups(delivery: int) -> dict[str, Group]:
    rows = GroupVersion.objects.filter(known_at(delivery)).order_by("group_id")
    return {
        key: Group(key, name, rule)
        for key, name, rule in rows.values_list("group_id", "name", "rule")
    }


def terms_of(text: str) -> tuple[AgreementTerm, ...]:
    """Terms from the JSON that `terms_text` writes."""
    return tuple(
        AgreementTerm(
            term["objective"],
            term["changes"],
            None if term["products"] is None else tuple(term["products"]),
            date.fromisoformat(term["valid_from"]) if term["valid_from"] else None,
            date.fromisoformat(term["valid_to"]) if term["valid_to"] else None,
        )
        for term in json.loads(text)
    )


def terms_text(terms: tuple[AgreementTerm, ...]) -> str:
    """Terms as JSON, for keeping."""
    return json.dumps(
        [
            {
                "objective": term.objective_id,
                "changes": dict(term.changes),
                "products": None if term.product_ids is None else list(term.product_ids),
                "valid_from": term.valid_from.isoformat() if term.valid_from else None,
                "valid_to": term.valid_to.isoformat() if term.valid_to else None,
            }
            for term in terms
        ],
        ensure_ascii=False,
        sort_keys=True,
    )


@lru_cache(maxsize=100_000)
def _free(text: str) -> Mapping[str, str]:
    """Characteristics; products of one place and make share one text, hence the cache."""
    found: dict[str, str] = json.loads(text)
    return found
