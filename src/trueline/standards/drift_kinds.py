"""Kinds of drift, with severity and mend; what is compared, and what a finding says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from trueline.inventory.resolve import AppliedObjective, objectives_of
from trueline.inventory.suppliers import Suppliers
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import Catalog, ServiceLevelObjective
from trueline.standards.life_cycle import Exposure
from trueline.standards.proposed import exposure_of


class Drift(StrEnum):
    """What has come apart; the order is that of the report."""

    OFFERING_GONE = "offeringGone"
    PROMISE_ENDED = "promiseEnded"
    FILE_OVER_APPROVED = "fileOverApproved"
    TERM_BROKEN = "termBroken"
    SUPPLIER_ENDED = "supplierEnded"
    OFFERING_RETIRED = "offeringRetired"
    TERM_LOOSER = "termLooser"
    TERM_OTHER = "termOther"
    VERSION_OLD = "versionOld"
    SUPPLIER_ENDING = "supplierEnding"
    PRICE_DIFFERS = "priceDiffers"
    TERM_SAME = "termSame"
    TERM_STRICTER = "termStricter"


class DriftSeverity(StrEnum):
    SEVERE = "severe"  # a promise is not what its parties think it is
    WARNING = "warning"  # somebody has to decide
    NOTICE = "notice"  # as agreed, and worth knowing


SEVERITIES = {
    Drift.OFFERING_GONE: DriftSeverity.SEVERE,
    Drift.OFFERING_RETIRED: DriftSeverity.WARNING,
    Drift.PROMISE_ENDED: DriftSeverity.SEVERE,
    Drift.FILE_OVER_APPROVED: DriftSeverity.SEVERE,
    Drift.TERM_BROKEN: DriftSeverity.SEVERE,
    Drift.TERM_LOOSER: DriftSeverity.WARNING,
    Drift.TERM_OTHER: DriftSeverity.WARNING,
    Drift.SUPPLIER_ENDED: DriftSeverity.SEVERE,
    Drift.SUPPLIER_ENDING: DriftSeverity.WARNING,
    Drift.VERSION_OLD: DriftSeverity.WARNING,
    Drift.PRICE_DIFFERS: DriftSeverity.NOTICE,
    Drift.TERM_SAME: DriftSeverity.NOTICE,
    Drift.TERM_STRICTER: DriftSeverity.NOTICE,
}
MENDS = {
    Drift.OFFERING_GONE: "load the offering, or move the products to one that is sold",
    Drift.OFFERING_RETIRED: "agree a migration with the customers, or prolong the offering",
    Drift.PROMISE_ENDED: "publish a successor, or end the products: nothing is promised any more",
    Drift.FILE_OVER_APPROVED: "draft the change as a standard, or put the file back",
    Drift.TERM_BROKEN: "correct the agreement: the term is not applied",
    Drift.TERM_LOOSER: "offer the customer today's standard, or note why the term stays",
    Drift.TERM_OTHER: "compare term and standard: they promise different things",
    Drift.SUPPLIER_ENDED: "renew the contract, or promise less: nothing carries this promise",
    Drift.SUPPLIER_ENDING: "renew the contract before it ends",
    Drift.VERSION_OLD: "propose a migration: trueline standards migrate",
    Drift.PRICE_DIFFERS: "correct the charge, or the list price",
    Drift.TERM_SAME: "drop the term: it says what the standard says",
    Drift.TERM_STRICTER: "none needed; many of them make the exception the standard",
}


@dataclass(frozen=True)
class DriftFinding:
    """One thing that has come apart. `since`: the day from which it holds; None: not known."""

    kind: Drift
    subject: str
    detail: str
    products: tuple[str, ...]
    exposure: Exposure
    since: date | None

    @property
    def severity(self) -> DriftSeverity:
        return SEVERITIES[self.kind]

    @property
    def mend(self) -> str:
        return MENDS[self.kind]


@dataclass(frozen=True)
class FileChange:
    """A catalogue file that brought a version after one that was approved, with other content."""

    offering_id: str
    objective: ServiceLevelObjective
    approved: ServiceLevelObjective
    approved_by: str
    file_name: str


@dataclass(frozen=True)
class Compared:
    """What is compared at `at_s`. `recorded`: the day on which the newest version of something was
    recorded: `offering ID`, `objective ID`, `agreement ID`. `old_after`: so many versions behind
    the newest count as old."""

    catalog: Catalog
    snapshot: InventorySnapshot
    suppliers: Suppliers
    at_s: int
    file_changes: tuple[FileChange, ...] = ()
    recorded: Mapping[str, date] = field(default_factory=dict)
    old_after: int = 1

    @cached_property
    def standard_only(self) -> InventorySnapshot:
        """The inventory as if nobody had negotiated anything."""
        return replace(self.snapshot, agreements={})


def finding(
    kind: Drift, subject: str, detail: str, products: Iterable[Product], since: date | None
) -> DriftFinding:
    touched = sorted(products, key=lambda product: product.id)
    ids = tuple(product.id for product in touched)
    return DriftFinding(kind, subject, detail, ids, exposure_of(touched), since)


def held(
    product: Product, compared: Compared, snapshot: InventorySnapshot
) -> Mapping[str, AppliedObjective]:
    """What a product is held to at the time compared, by id of the objective."""
    applied = objectives_of(product, compared.catalog, snapshot, compared.at_s)
    return {one.objective.id: one for one in applied}
