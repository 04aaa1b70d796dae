"""Customers and sold products of the demo operator, drawn from its seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trueline.calendars.instants import instant
from trueline.demo.draws import Integers, choose, draw, lognormal
from trueline.demo.portfolio import (
    BANDWIDTHS,
    CPE_MODELS,
    CPE_WEIGHTS,
    FAULTY_CPE,
    FAULTY_FIRMWARE,
    FIRMWARES,
    INDUSTRIES,
    PORTFOLIO,
    REGIONS,
    SEGMENT_WEIGHTS,
    SEGMENTS,
    SUPPLIER_CIRCUITS,
    SUPPLIER_WEIGHTS,
    SUPPLIERS,
    Sold,
    products_of,
)
from trueline.demo.scale import DAY_S, DemoScale, random_source
from trueline.inventory.values import Contact, Customer, Product

STILL_ACTIVE_S = 1 << 40
_FIRST = (
    *("Amber", "Birch", "Cedar", "Cobalt", "Copper", "Coral", "Cypress", "Delta", "Ember"),
    *("Falcon", "Fjord", "Granite", "Harbour", "Heron", "Indigo", "Iron", "Ivory", "Lantern"),
    *("Larch", "Lunar", "Maple", "Marble", "Meadow", "Meridian", "Nimbus", "Opal", "Orchard"),
    *("Osprey", "Pearl", "Pine", "Quartz", "Raven", "Ridge", "River", "Sable", "Saffron"),
    *("Silver", "Solar", "Summit", "Thistle", "Tidal", "Umber", "Vale", "Violet", "Willow"),
)
_SECOND = {
    "finance": "Bank Insurance Mutual Trust Leasing",
    "manufacturing": "Works Motors Plastics Machines Foods",
    "retail": "Stores Market Outfitters Books Bakery",
    "logistics": "Freight Lines Storage Couriers Ports",
    "media": "Press Studios Radio Pictures Games",
    "hospitality": "Hotels Inns Kitchens Cafe Travel",
    "crafts": "Joinery Glass Ceramics Tiles Roofing",
    "services": "Accounting Cleaning Design Legal Security",
    "health": "Clinics Hospital Laboratory Pharmacy Care",
    "education": "College University Schools Library Academy",
    "administration": "Council Port-Authority Water Transit Registry",
    "carrier": "Networks Carrier Telecom Connect Exchange",
    "cloud": "Cloud Hosting Datacentre Compute Edge",
}


@dataclass(frozen=True)
class Population:
    """Who bought what. Arrays run along `products`, which is ordered by offering."""

    customers: tuple[Customer, ...]
    products: tuple[Product, ...]
    offering: Integers  # index into PORTFOLIO
    region: Integers  # index into REGIONS
    node: Integers
    charge: Integers  # monthly recurring charge, EUR
    start_s: Integers
    end_s: Integers  # STILL_ACTIVE_S when not terminated

    def where(self, characteristic: str, value: str) -> npt.NDArray[np.bool_]:
        return np.array(
            [p.characteristics.get(characteristic) == value for p in self.products], dtype=bool
        )

    def sold_as(self, offering: str) -> npt.NDArray[np.bool_]:
        index = next(i for i, sold in enumerate(PORTFOLIO) if sold.offering == offering)
        return np.equal(self.offering, index)

    def in_region(self, name: str) -> npt.NDArray[np.bool_]:
        index = next(i for i, region in enumerate(REGIONS) if region.name == name)
        return np.equal(self.region, index)

    def ids(self, mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(self.products[i].id for i in np.flatnonzero(mask).tolist())


def draw_population(scale: DemoScale) -> Population:
    customers = _draw_customers(scale)
    offering = np.repeat(np.arange(len(PORTFOLIO)), products_of(scale.products))
    placing = _Placing.draw(scale, offering)
    buyers = _buyers(scale, placing, customers)
    start_s, end_s = _active_spans(scale)
    products = tuple(_products(placing, buyers, start_s, end_s))
    return Population(
        customers=customers,
        products=products,
        offering=offering,
        region=placing.region,
        node=placing.node,
        charge=placing.charge,
        start_s=start_s,
        end_s=end_s,
    )


def _draw_customers(scale: DemoScale) -> tuple[Customer, ...]:
    random = random_source(scale.seed, 1)
    segments = choose(random, SEGMENT_WEIGHTS, scale.customers)
    segments[: len(SEGMENTS)] = range(len(SEGMENTS))  # every segment occurs at any scale
    found: list[Customer] = []
    used: set[str] = set()
    for index, segment in enumerate(SEGMENTS[s] for s in segments.tolist()):
        industry = INDUSTRIES[segment][int(random.integers(len(INDUSTRIES[segment])))]
        second = _SECOND[industry].split()
        name = f"{_FIRST[int(random.integers(len(_FIRST)))]} {second[int(random.integers(5))]}"
        name = name.replace("-", " ")
        while name in used:
            name = f"{_FIRST[int(random.integers(len(_FIRST)))]} {name}"
        used.add(name)
        customer_id = f"C{index + 1:04}"
        found.append(
            Customer(
                id=customer_id,
                name=name,
                segment=segment,
                contacts=(Contact("service-desk", f"service-desk@{customer_id.lower()}.example"),),
                characteristics={"industry": industry},
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Placing:
    """Where each product is and on what it runs; arrays along the products."""

    offering: Integers
    serial: Integers  # from 1 within the offering
    region: Integers
    node: Integers
    cpe: Integers
    faulty_firmware: npt.NDArray[np.bool_]
    firmware: Integers
    supplier: Integers
    circuit: Integers
    bandwidth: Integers
    access: Integers
    charge: Integers

    @staticmethod
    def draw(scale: DemoScale, offering: Integers) -> _Placing:
        random = random_source(scale.seed, 2)
        size = offering.size
        counts = np.bincount(offering, minlength=len(PORTFOLIO))
        serial = np.arange(size) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        region = choose(random, tuple(r.weight for r in REGIONS), size)
        nodes = max(2, scale.products // 100)  # of each region
        node = region * nodes + random.integers(0, nodes, size=size)
        _pair_legs(offering, serial, region, node)
        cpe = choose(random, CPE_WEIGHTS, size)
        affected = np.flatnonzero(cpe == CPE_MODELS.index(FAULTY_CPE))
        faulty = np.zeros(size, dtype=bool)
        faulty[affected[4::10]] = True  # exactly one in ten, in every offering and region
        bandwidth = choose(random, (0.3, 0.3, 0.2, 0.15, 0.05), size)
        charges = np.array([sold.charge for sold in PORTFOLIO])[offering]
        return _Placing(
            offering=offering,
            serial=serial,
            region=region,
            node=node,
            cpe=cpe,
            faulty_firmware=faulty,
            firmware=random.integers(0, 2, size=size),
            supplier=choose(random, SUPPLIER_WEIGHTS, size),
            circuit=random.integers(1, SUPPLIER_CIRCUITS + 1, size=size),
            bandwidth=bandwidth,
            access=random.integers(0, 6, size=size),
            charge=charges * (10 + 4 * bandwidth) // 10,
        )


def _pair_legs(offering: Integers, serial: Integers, region: Integers, node: Integers) -> None:
    """The legs of a protected wavelength lie in one region on two different nodes."""
    wave = [i for i, sold in enumerate(PORTFOLIO) if sold.prefix == "WL"]
    first = np.flatnonzero(np.isin(offering, wave) & (serial % 2 == 1))
    region[first + 1] = region[first]
    nodes = int(node.max()) // len(REGIONS) + 1
    node[first + 1] = region[first] * nodes + (node[first] - region[first] * nodes + 1) % nodes


def _buyers(scale: DemoScale, placing: _Placing, customers: tuple[Customer, ...]) -> list[Customer]:
    """Who bought each product: a few customers buy much, and nearly every one buys something.
    Broadband alternates its two segments, so that both are large; both legs of a protected
    wavelength belong to one customer."""
    random = random_source(scale.seed, 3)
    weight = draw(random, lognormal(0.9), len(customers))
    eligible = {
        segments: [i for i, customer in enumerate(customers) if customer.segment in segments]
        for sold in PORTFOLIO
        for segments in (sold.segments, *((segment,) for segment in sold.segments))
    }
    edges = {segments: np.cumsum(weight[found]) for segments, found in eligible.items()}
    without = set(range(len(customers)))
    buyers: list[Customer] = []
    for offering, serial in zip(placing.offering.tolist(), placing.serial.tolist(), strict=True):
        sold = PORTFOLIO[offering]
        if sold.prefix == "WL" and serial % 2 == 0:
            buyers.append(buyers[-1])
            continue
        segments = sold.segments
        if sold.prefix == "BB":
            segments = (segments[serial % len(segments)],)
        found = eligible[segments]
        fair = [i for i in found if i in without] if random.random() < 0.45 else []
        if fair:
            buyer = fair[int(random.integers(len(fair)))]
        else:
            total = random.random() * float(edges[segments][-1])
            at = int(np.searchsorted(edges[segments], total, side="right"))
            buyer = found[min(at, len(found) - 1)]
        without.discard(buyer)
        buyers.append(customers[buyer])
    return buyers


def _active_spans(scale: DemoScale) -> tuple[Integers, Integers]:
    """Most products were sold long ago; a few join late or leave early, within the months."""
    random = random_source(scale.seed, 4)
    months = scale.months_of_data()
    first, last = months[0].start_s, months[-1].end_s
    size = scale.products
    start = first - DAY_S * random.integers(30, 1500, size=size)
    joins = random.random(size) < 0.05
    start[joins] = first + random.integers(0, (last - first) // 3600, size=int(joins.sum())) * 3600
    end = np.full(size, STILL_ACTIVE_S, dtype=np.int64)
    leaves = (random.random(size) < 0.02) & ~joins
    end[leaves] = first + random.integers(1, (last - first) // 60, size=int(leaves.sum())) * 60
    return start.astype(np.int64), end


def _products(
    placing: _Placing, buyers: list[Customer], start_s: Integers, end_s: Integers
) -> list[Product]:
    found = []
    for i, buyer in enumerate(buyers):
        sold = PORTFOLIO[int(placing.offering[i])]
        region = REGIONS[int(placing.region[i])]
        ended = int(end_s[i]) < STILL_ACTIVE_S
        found.append(
            Product(
                id=f"{sold.prefix}-{int(placing.serial[i]):05}",
                offering_id=sold.offering,
                customer_id=buyer.id,
                status="terminated" if ended else "active",
                start=instant(int(start_s[i])),
                end=instant(int(end_s[i])) if ended else None,
                time_zone=region.time_zone,
                characteristics=_characteristics(placing, i, buyer),
            )
        )
    return found


def _characteristics(placing: _Placing, i: int, buyer: Customer) -> dict[str, str]:
    sold = PORTFOLIO[int(placing.offering[i])]
    region = REGIONS[int(placing.region[i])].name
    cpe = CPE_MODELS[int(placing.cpe[i])]
    supplier = SUPPLIERS[int(placing.supplier[i])]
    serial, node = int(placing.serial[i]), int(placing.node[i])
    firmware = FIRMWARES[cpe][int(placing.firmware[i])]
    return {
        "region": region,
        "node": f"{region}-n{node + 1:03}",
        "access_technology": _access(sold, serial, int(placing.access[i]), buyer.segment),
        "cpe_model": cpe,
        "firmware": FAULTY_FIRMWARE if placing.faulty_firmware[i] else firmware,
        "supplier": supplier,
        "supplier_circuit": "" if supplier == "own" else f"SC-{int(placing.circuit[i]):03}",
        "sla_type": sold.sla_type,
        "tier": sold.tier,
        "bandwidth_mbit": str(BANDWIDTHS[int(placing.bandwidth[i])]),
        "monthly_recurring_charge": str(int(placing.charge[i])),
        "probe": f"probe-{region}-{node % 4 + 1}",
        "feed": f"pm-{region}-{node % 3 + 1}",
        "protection_pair": f"PP-{(serial + 1) // 2:04}" if sold.prefix == "WL" else "",
    }


def _access(sold: Sold, serial: int, drawn: int, segment: str) -> str:
    """Small businesses mostly sit on copper and enterprises on fibre: the mix behind the planted
    Simpson reversal."""
    if sold.prefix != "BB":
        return sold.access[drawn % len(sold.access)]
    on_copper = (serial // 2) % 5 != 0 if segment == "smallBusiness" else (serial // 2) % 5 == 0
    return "copper" if on_copper else "fibre"
