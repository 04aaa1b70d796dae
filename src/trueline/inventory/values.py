"""What was sold to whom, as frozen values (TMF637 Product, TMF651 Agreement)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Customer:
    id: str
    name: str = ""
    segment: str = ""
    characteristics: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Product:
    """A sold offering. Active over [start, end); `end` None = still active. Times are UTC.
    `characteristics` holds every further column: region, access_technology, firmware ..."""

    id: str
    offering_id: str
    customer_id: str
    status: str
    start: datetime
    end: datetime | None = None
    time_zone: str = "UTC"
    agreement_id: str | None = None
    characteristics: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class AgreementTerm:
    """One negotiated change of one objective: `changes` holds objective keys as in
    offerings.yaml (conformance_target, threshold_target, ...). None for `product_ids` = every
    product of the customer (or, where products name the agreement, of the agreement)."""

    objective_id: str
    changes: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Agreement:
    id: str
    customer_id: str
    name: str = ""
    product_ids: tuple[str, ...] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    terms: tuple[AgreementTerm, ...] = ()


@dataclass(frozen=True)
class Group:
    """Similar sold offerings by rule, for example
    `offering = eline-gold and region in (north, south) and customer.segment != test`."""

    id: str
    name: str
    rule: str


@dataclass(frozen=True)
class InventorySnapshot:
    """The product inventory as known after one delivery."""

    delivery: int
    products: Mapping[str, Product]
    customers: Mapping[str, Customer]
    agreements: Mapping[str, Agreement]
    groups: Mapping[str, Group]
