"""Credit advice of a stored period: by sold offering, summed by customer or offering."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.advised_credits import CreditAdvice, PooledCredits, pooled_credits, totals
from trueline.assessment.credits_run import read_credits
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.wording import STATES, StateWord

ON_A_PAGE = 100
SUMS = 50
WAYS = {"customer": "customer_id", "offering": "offering_id"}


@dataclass(frozen=True)
class ShownAdvice:
    advice: CreditAdvice
    customer: str
    percent: str
    amount: str
    state: StateWord


def credits(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    stored = sight.assessed
    by = request.GET.get("by", "customer")
    if by not in WAYS:
        raise Http404("Sums are by customer or by offering")
    every = _stored(stored.folder, _stamps(stored.folder.parent))
    owed = [one for one in every or () if one.percent]
    owed.sort(key=lambda a: (-(a.amount or 0), a.product_id, a.objective_id))
    pages = max(1, -(-len(owed) // ON_A_PAGE))
    page = min(page_number(request), pages)
    names = sight.records

    def name(pooled: PooledCredits) -> str:
        return names.customer_name(pooled.key) if by == "customer" else pooled.key

    first = (page - 1) * ON_A_PAGE
    pooled = pooled_credits(owed, WAYS[by])
    context = {
        "stored": every is not None,
        "shown": [
            _shown(one, names.customer_name(one.customer_id)) for one in owed[first:][:ON_A_PAGE]
        ],
        "sums": [(name(one), one) for one in pooled[:SUMS]],
        "sums_left_out": max(0, len(pooled) - SUMS),
        "totals": list((totals(owed) or {"": Decimal(0)}).items()),
        "figures": len(every or ()),
        "owed": len(owed),
        "open": sum(one.percent is None for one in every or ()),
        "leaving": [one for one in every or () if one.leave][:SUMS],
        "by": by,
        "page": page,
        "pages": pages,
    }
    return show(request, sight, "web/credits.html", context)


@lru_cache(maxsize=4)
def _stored(folder: Path, stamps: tuple[tuple[str, int], ...]) -> list[CreditAdvice] | None:
    return read_credits(folder)


def _stamps(results: Path) -> tuple[tuple[str, int], ...]:
    """Of every stored period: rights to leave hang on earlier ones."""
    headers = sorted(results.glob("*/assessment.json"))
    return tuple((one.parent.name, one.stat().st_mtime_ns) for one in headers)


def _shown(one: CreditAdvice, customer: str) -> ShownAdvice:
    percent = "" if one.percent is None else f"{float(one.percent):.6g} %"
    amount = "not known" if one.amount is None else f"{one.amount:,f} {one.currency}".rstrip()
    return ShownAdvice(one, customer, percent, amount, STATES[one.verdict])
