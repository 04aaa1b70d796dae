"""What was sold to whom, as frozen values (TMF637 Product, TMF651 Agreement)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Contact:
    """Whom to tell, by role (noc, service-manager, billing ...) rather than by person."""

    role: str
    address: str


@dataclass(frozen=True)
class Customer:
    id: str
    name: str = ""
    segment: str = ""
    contacts: tuple[Contact, ...] = ()
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
    offerings.yaml, dotted where nested (conformance_target, threshold.value ...), with their
    values as text. None for `product_ids` = every product under the agreement. In force over
    local days [valid_from, valid_to) of the objective's zone."""

    objective_id: str
    changes: Mapping[str, str] = field(hash=False)
    product_ids: tuple[str, ...] | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Agreement:
    """Negotiated terms with one customer. They hold for the products that name the agreement or,
    where none does, for every product of the customer."""

    id: str
    customer_id: str
    name: str = ""
    terms: tuple[AgreementTerm, ...] = ()


@dataclass(frozen=True)
class Group:
    """Similar sold offerings by rule, for example
    `offering = eline-gold and region in (north, south) and customer.segment != test`."""

    id: str
    name: str
    rule: str


@dataclass(frozen=True)
class Identity:
    """`name`, as feeds spell it, stands for `product_id` in granules that start in [valid_from_s,
    valid_to_s) (None: without that end). `confidence` and `reasons` as they were proposed."""

    name: str
    product_id: str
    valid_from_s: int | None = None
    valid_to_s: int | None = None
    confidence: str = ""
    reasons: tuple[str, ...] = ()

    def holds_at(self, start_s: int) -> bool:
        after = self.valid_from_s is None or self.valid_from_s <= start_s
        return after and (self.valid_to_s is None or start_s < self.valid_to_s)

    def meets(self, other: Identity) -> bool:
        """Whether both hold at some time."""
        starts_before = _before(other.valid_to_s, self.valid_from_s)
        return not starts_before and not _before(self.valid_to_s, other.valid_from_s)


def _before(end_s: int | None, start_s: int | None) -> bool:
    return end_s is not None and start_s is not None and end_s <= start_s


@dataclass(frozen=True)
class InventorySnapshot:
    """The product inventory as known after one delivery."""

    delivery: int
    products: Mapping[str, Product]
    customers: Mapping[str, Customer]
    agreements: Mapping[str, Agreement]
    groups: Mapping[str, Group]
