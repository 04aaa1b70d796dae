"""What promises rest on: OLAs, underpinning contracts, and the back-to-back gap per offering."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.http import Http404, HttpRequest, HttpResponse

from trueline.calendars.periods import parse_period
from trueline.errors import InputError
from trueline.intake.record import latest_delivery
from trueline.settings.workspace import Workspace
from trueline.standards.chained import Chained, chain_for, chained
from trueline.standards.chains import ProductChain, PromiseChain
from trueline.standards.chains_told import (
    gap_told,
    hours_told,
    largest_told,
    minutes_told,
)
from trueline.web.kept import Kept
from trueline.web.records import Records
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import target_text

PER_PAGE = 20


@dataclass(frozen=True)
class ShownOffering:
    id: str
    name: str
    sold: int
    unsupported: int
    open: int
    availability: str
    repair: str
    hours: str


@dataclass(frozen=True)
class ShownPromise:
    chain: PromiseChain
    name: str
    target: str
    gap: str
    hours: tuple[str, ...]


@dataclass(frozen=True)
class ShownChain:
    chain: ProductChain
    named: tuple[str, ...]
    promises: tuple[ShownPromise, ...]


def suppliers(request: HttpRequest) -> HttpResponse:
    """Every offering with its gaps; `?offering=` its chains, `?product=` the one of a product."""
    sight = look(request)
    if not sight.period:
        raise Http404("Nothing is assessed yet in this workspace")
    found = _chained(sight.workspace, sight.period)
    records = sight.records
    offering, product = request.GET.get("offering", ""), request.GET.get("product", "")
    chains = _asked(found, offering, product)
    pages = max(1, -(-len(chains) // PER_PAGE))
    page = min(page_number(request), pages)
    context = {
        "offerings": _offerings(found, records),
        "commitments": found.commitments,
        "asked": product or _name(records, offering) or offering,
        "chains": [_chain(one, records) for one in chains[(page - 1) * PER_PAGE :][:PER_PAGE]],
        "page": page,
        "pages": pages,
    }
    return show(request, sight, "web/suppliers.html", context)


def _asked(found: Chained, offering: str, product: str) -> list[ProductChain]:
    if product:
        try:
            return [chain_for(found, product)]
        except InputError as error:
            raise Http404(str(error)) from None
    chains = [one for one in found.chains if one.offering_id == offering]
    if offering and not chains:
        raise Http404(f"Nothing of {offering} is in service in this period")
    return chains


def _offerings(found: Chained, records: Records) -> list[ShownOffering]:
    return [
        ShownOffering(
            line.offering_id,
            _name(records, line.offering_id) or line.offering_id,
            line.sold,
            line.unsupported,
            line.open,
            largest_told(line.availability),
            largest_told(line.repair),
            minutes_told(Fraction(line.hours_gap_s)) if line.hours_gap_s else "none",
        )
        for line in found.offerings
    ]


def _name(records: Records, offering_id: str) -> str:
    offering = records.catalog.offerings.get(offering_id)
    return offering.name if offering else ""


def _chain(chain: ProductChain, records: Records) -> ShownChain:
    return ShownChain(
        chain,
        tuple(product.id for product in chain.products[:3]),
        tuple(
            ShownPromise(
                one,
                one.objective.name or one.objective.id,
                target_text(one.objective, records.catalog.parameters.get(one.objective.parameter)),
                gap_told(one),
                tuple(hours_told(one)),
            )
            for one in chain.promises
        ),
    )


_kept: Kept[Chained] = Kept()


def _chained(workspace: Workspace, period: str) -> Chained:
    """Worked out once for each load that was recorded."""
    key = (workspace.home, period, latest_delivery())
    return _kept.get(key, lambda: chained(parse_period(period)))
