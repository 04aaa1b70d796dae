"""Find a product, customer, group, offering or objective by id or name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from trueline.web.records import Records
from trueline.web.shell import show
from trueline.web.sight import look

SHOWN = 100


@dataclass(frozen=True)
class Find:
    page: str  # name of the page's address
    kind: str
    id: str
    name: str


def find(request: HttpRequest) -> HttpResponse:
    """A single exact id opens its page; anything else lists what contains the words."""
    sight = look(request)
    words = request.GET.get("q", "").strip()[:200]
    found = list(_matching(sight.records, words.casefold())) if words else []
    exact = [entry for entry in found if entry.id == words]
    if len(exact) == 1:
        address = reverse(exact[0].page, args=[exact[0].id])
        query = urlencode({"period": sight.period}) if sight.period else ""
        return HttpResponseRedirect(f"{address}?{query}" if query else address)
    context = {"words": words, "found": found[:SHOWN], "total": len(found)}
    return show(request, sight, "web/find.html", context)


def _matching(records: Records, words: str) -> Iterable[Find]:
    inventory, catalog = records.inventory, records.catalog
    kinds: tuple[tuple[str, str, Iterable[tuple[str, str]]], ...] = (
        ("group", "group", ((g.id, g.name) for g in inventory.groups.values())),
        ("offering", "offering", ((o.id, o.name) for o in catalog.offerings.values())),
        ("objective", "objective", ((id, o[0].name) for id, o in records.objectives.items())),
        ("customer", "customer", ((c.id, c.name) for c in inventory.customers.values())),
        ("product", "product", ((p, "") for p in inventory.products)),
    )
    for page, kind, entries in kinds:
        for entry_id, name in entries:
            if words in entry_id.casefold() or words in name.casefold():
                yield Find(page, kind, entry_id, name)
