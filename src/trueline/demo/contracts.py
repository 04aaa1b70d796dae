"""Agreements that negotiate objectives, and groups of similar sold offerings by rule."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from trueline.demo.population import Population
from trueline.inventory.values import Agreement, AgreementTerm, Group

GRANDFATHERED_TARGET = "42"  # ms, the p95 of the standard before
_SINCE = date(2025, 1, 1)

GROUPS = (
    Group("premium", "Premium SLA types", "sla_type = premium"),
    Group("eline-gold", "E-Line Gold", "offering = eline-gold"),
    Group(
        "eline-south",
        "E-Line in the south",
        "offering in (eline-gold, eline-silver, eline-bronze) and region = south",
    ),
    Group("eline-microwave", "E-Line over microwave", "access_technology = microwave"),
    Group("vpn-north", "IP-VPN in the north", "offering = ip-vpn and region = north"),
    Group("vpn-rest", "IP-VPN in the other regions", "offering = ip-vpn and region != north"),
    Group("dia-centre", "Internet access in the centre", "offering = dia and region = centre"),
    Group("wavelengths", "Protected wavelengths", "offering = wavelength-protected"),
    Group(
        "broadband-small",
        "Broadband of small businesses",
        "offering = broadband-business and customer.segment = smallBusiness",
    ),
    Group(
        "broadband-enterprise",
        "Broadband of enterprises",
        "offering = broadband-business and customer.segment = enterprise",
    ),
    Group("slices", "5G slices", "offering = slice-5g"),
    Group("cx-210", "Sites with a CX-210", "cpe_model = CX-210"),
    Group("public-sector", "Public sector", "customer.segment = public"),
    Group("health", "Hospitals and clinics", "customer.industry = health"),
    Group("carrier-a", "On circuits of carrier A", "supplier = carrier-a"),
)


def grandfathered(population: Population) -> npt.NDArray[np.bool_]:
    """E-Line Silver sold longest ago: about one in six."""
    silver = population.sold_as("eline-silver")
    old = np.sort(population.start_s[silver])
    before: npt.NDArray[np.bool_] = population.start_s <= old[max(0, old.size // 6 - 1)]
    return silver & before


def agreements_of(population: Population) -> tuple[Agreement, ...]:
    return (*_grandfathering(population), *_negotiated(population))


def _grandfathering(population: Population) -> tuple[Agreement, ...]:
    by_customer: dict[str, list[str]] = {}
    for i in np.flatnonzero(grandfathered(population)).tolist():
        product = population.products[i]
        by_customer.setdefault(product.customer_id, []).append(product.id)
    changes = {"conformance_target": GRANDFATHERED_TARGET, "threshold_target": "39"}
    return tuple(
        Agreement(
            id=f"AG-{customer}-2024",
            customer_id=customer,
            name="Standard of 2024 kept",
            terms=(AgreementTerm("silver-delay-p95", changes, tuple(sorted(products)), _SINCE),),
        )
        for customer, products in sorted(by_customer.items())
    )


def _negotiated(population: Population) -> tuple[Agreement, ...]:
    """The largest buyers of three offerings negotiated stricter targets."""
    found = []
    for offering, objective, target, warning in (
        ("eline-gold", "gold-availability", "0.9995", "0.9998"),
        ("ip-vpn", "vpn-delay", "0.97", "0.98"),
        ("dia", "dia-delay-mean", "26", "24"),
    ):
        for rank, customer in enumerate(_largest_buyers(population, offering, 3)):
            changes = {"conformance_target": target, "threshold_target": warning}
            found.append(
                Agreement(
                    id=f"AG-{customer}-{offering}",
                    customer_id=customer,
                    name=f"Framework agreement {rank + 1} on {offering}",
                    terms=(AgreementTerm(objective, changes, valid_from=_SINCE),),
                )
            )
    return tuple(found)


def _largest_buyers(population: Population, offering: str, count: int) -> tuple[str, ...]:
    bought: dict[str, int] = {}
    for i in np.flatnonzero(population.sold_as(offering)).tolist():
        customer = population.products[i].customer_id
        bought[customer] = bought.get(customer, 0) + 1
    ranked = sorted(bought, key=lambda customer: (-bought[customer], customer))
    return tuple(ranked[:count])
