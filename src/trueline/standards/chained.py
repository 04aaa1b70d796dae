"""Chains of everything sold, and of one sold offering, from what is known after a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from trueline.calendars.periods import Period
from trueline.errors import InputError
from trueline.intake.record import latest_delivery
from trueline.inventory.load_suppliers import suppliers_at
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.snapshot import snapshot_at
from trueline.inventory.suppliers import Commitment, Suppliers
from trueline.offerings.catalog import catalog_at
from trueline.standards.chains import (
    ProductChain,
    PromiseChain,
    chains_of,
    in_force,
    in_service,
)
from trueline.standards.life_cycle import Exposure
from trueline.standards.proposed import exposure_of


@dataclass(frozen=True)
class LargestGap:
    """Over all sold of an offering: how many hold such a promise, of how many it is not known what
    carries it, and the largest gap known, in seconds."""

    promised: int
    unknown: int
    gap_s: Fraction | None


@dataclass(frozen=True)
class OfferingChains:
    """One offering: how many sold, how many of them rest on nothing recorded, or on too little, and
    the largest gaps."""

    offering_id: str
    sold: int
    unsupported: int
    open: int
    availability: LargestGap
    repair: LargestGap
    hours_gap_s: int


@dataclass(frozen=True)
class CommitmentLine:
    """A commitment, who gives it, and what rests on it while it is in force in the period."""

    commitment: Commitment
    supplier_name: str
    exposure: Exposure
    holds: bool


@dataclass(frozen=True)
class Chained:
    chains: tuple[ProductChain, ...]
    suppliers: Suppliers
    commitments: tuple[CommitmentLine, ...]

    @property
    def offerings(self) -> list[OfferingChains]:
        ids = dict.fromkeys(one.offering_id for one in self.chains)
        return [
            _offering(name, [one for one in self.chains if one.offering_id == name]) for name in ids
        ]


def chained(period: Period, delivery: int | None = None) -> Chained:
    """Everything in service in the period, as known after `delivery` (the newest)."""
    known = latest_delivery() if delivery is None else delivery
    catalog, snapshot, suppliers = catalog_at(known), snapshot_at(known), suppliers_at(known)
    lines = []
    for one in suppliers.commitments.values():
        ids = members(parse_rule(one.products), snapshot, catalog=catalog)
        supplier = suppliers.suppliers.get(one.supplier_id)
        lines.append(
            CommitmentLine(
                one,
                supplier.name or supplier.id if supplier else one.supplier_id,
                exposure_of(
                    snapshot.products[product_id]
                    for product_id in ids
                    if in_service(snapshot.products[product_id], period.bounds("UTC"))
                ),
                bool(in_force(one, period.bounds(one.time_zone))),
            )
        )
    chains = chains_of(catalog, snapshot, suppliers, period)
    return Chained(tuple(chains), suppliers, tuple(lines))


def chain_for(found: Chained, product_id: str) -> ProductChain:
    """The chain that a sold offering is part of."""
    for chain in found.chains:
        if any(product.id == product_id for product in chain.products):
            return chain
    raise InputError(
        f"{product_id!r} is not in service in this period",
        mend="Name a sold offering that is, or another period",
    )


def _offering(name: str, chains: Sequence[ProductChain]) -> OfferingChains:
    promises = [(chain, one) for chain in chains for one in chain.promises]
    return OfferingChains(
        name,
        sum(len(chain.products) for chain in chains),
        sum(len(c.products) for c in chains if not any(one.links for one in c.promises)),
        sum(len(chain.products) for chain in chains if chain.is_open),
        _largest([(c, one) for c, one in promises if one.is_availability]),
        _largest([(c, one) for c, one in promises if not one.is_availability]),
        max((hours.uncovered_s for _, one in promises for hours in one.hours), default=0),
    )


def _largest(promises: Sequence[tuple[ProductChain, PromiseChain]]) -> LargestGap:
    return LargestGap(
        sum(len(chain.products) for chain, _ in promises),
        sum(len(chain.products) for chain, one in promises if one.gap_s is None),
        max((one.gap_s for _, one in promises if one.gap_s is not None), default=None),
    )
