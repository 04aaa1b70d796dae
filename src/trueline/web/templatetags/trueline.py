"""Template tags of the pages: links that keep the period, states, icons."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trueline.problems.phrases import LEAST_TOLD, told_chance
from trueline.web.version_marks import VersionMark
from trueline.web.wording import StateWord

register = template.Library()
_DIMENSIONS = {
    "group": "Groups",
    "offering": "Offerings",
    "segment": "Segments",
    "sla_type": "SLA types",
    "region": "Regions",
}
_SHORT = {"cpe": "CPE", "sla": "SLA", "ip": "IP", "id": "ID"}


@lru_cache(maxsize=16_384)  # a page holds hundreds of links
def _address(name: str, args: tuple[object, ...]) -> str:
    return reverse(name, args=args)


@register.simple_tag(takes_context=True)
def link(context: Context, name: str, *args: object, **query: object) -> str:
    """The address of a page with the period in view and the given parameters."""
    kept: dict[str, Any] = {"period": context.get("period"), **query}
    text = urlencode({key: value for key, value in kept.items() if value not in (None, "")})
    address = _address(name, args)
    return f"{address}?{text}" if text else address


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite in base.html; always beside a word, so hidden from readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="14" height="14"><use href="#i-{}"/></svg>',
        name,
    )


@register.simple_tag
def state(word: StateWord, count: int | None = None) -> SafeString:
    """A state as icon, word and colour, with how many where told."""
    number = "" if count is None else format_html('<b class="count">{}</b> ', grouped(count))
    return format_html(
        '<span class="state s-{}" title="{}: {}">{}{}{}</span>',
        word.key,
        word.word,
        word.meaning,
        icon(word.key),
        number,
        word.word,
    )


@register.filter
def grouped(number: int | str) -> str:
    """`2,653,560`."""
    return f"{int(number):,}"


@register.filter
def amount(number: Decimal) -> str:
    """`3,433.60`, exactly as it is."""
    return f"{number:,f}"


@register.filter
def percent(share: Decimal) -> str:
    """`99.95 %`, exactly as it was promised."""
    return f"{(share * 100).normalize():f} %"


@register.filter
def dimension(name: str) -> str:
    """What people call a way of putting sold offerings together: `SLA types`, `CPE model`."""
    return _DIMENSIONS.get(name) or characteristic(name)


@register.filter
def one_of(name: str) -> str:
    """The same of one set: `region`, `SLA type`, `CPE model`."""
    known = _DIMENSIONS.get(name)
    words = known.removesuffix("s") if known else characteristic(name)
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


@register.filter
def characteristic(name: str) -> str:
    """The name of one characteristic of a sold offering: `CPE model`."""
    words = " ".join(_SHORT.get(word, word) for word in name.replace(".", "_").split("_"))
    return words[:1].upper() + words[1:]


@register.filter
def tiny(number: float) -> str:
    """A chance: `0.031`, or `1.8e-06` where it is small; never 0, which no chance is."""
    return f"{number:.2g}" if number >= LEAST_TOLD else told_chance(number)


@register.filter
def item(mapping: dict[str, object], key: str) -> object:
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def set_link(context: Context, dimension: str, key: str, **query: object) -> str:
    """The address of a set's page: groups and offerings have their own, others by dimension."""
    if dimension in ("group", "offering"):
        return link(context, dimension, key, **query)
    return link(context, "aggregate", dimension, key, **query)


@register.simple_tag(takes_context=True)
def mark_link(context: Context, mark: VersionMark) -> str:
    """The address of the readable diff that a mark stands for; of the standard where there is
    only one version."""
    if mark.before is None:
        return link(context, "standard", mark.standard)
    return link(context, "standard", mark.standard, before=mark.before, after=mark.after)


@register.simple_tag(takes_context=True)
def rows_link(context: Context, dimension: str, key: str, **query: object) -> str:
    """The verdict list of a set."""
    if dimension in ("group", "offering", "customer"):
        return link(context, "rows", **{dimension: key}, **query)
    return link(context, "rows", dimension=dimension, key=key, **query)


@register.simple_tag(takes_context=True)
def sort_query(context: Context, column: str) -> str:
    """The query of this page sorted by `column`; by the same column again, the other way."""
    order = context["order"]
    same = order.column == column and not order.descending
    query = context["request"].GET.copy()
    query.pop("page", None)
    query["sort"] = f"-{column}" if same else column
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def aria_sort(context: Context, column: str) -> str:
    order = context["order"]
    if order.column != column:
        return "none"
    return "descending" if order.descending else "ascending"
