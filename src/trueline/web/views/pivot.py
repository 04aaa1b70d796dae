"""The pivot: verdicts by two dimensions, with fair comparison and its warnings."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from trueline.aggregates.cube import Cell, Facts, Pivot, Weight, pivot, ranked
from trueline.aggregates.facts import StoredVerdicts, facts_of
from trueline.aggregates.reversal import find_reversals
from trueline.aggregates.select import Selected, dimension_of, selected
from trueline.aggregates.sla_types import in_need_of_review, judge_by_type
from trueline.aggregates.standardise import standardised
from trueline.aggregates.suppression import DEFAULT_K, suppress, with_totals
from trueline.errors import InputError
from trueline.web.results import StoredAssessment
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.wording import floor_percent

MAX_COLUMNS = 24
MAX_ROWS = 200
MAX_WARNINGS = 5
DEFAULT_ROWS, DEFAULT_COLUMNS, DEFAULT_MIX = "segment", "region", "offering"
WEIGHTS = {
    Weight.PRODUCT: "every verdict of a sold offering counts once",
    Weight.CUSTOMER: "every customer counts once",
    Weight.REVENUE: "by monthly recurring charge",
}
_SHADES = ((0.5, 0), (0.9, 1), (0.95, 2), (0.99, 3), (1.0, 4))  # the heat calendar's


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    rows: str
    columns: str
    weight: Weight
    mix: str
    leaving: bool
    where: tuple[Selected, ...]


@dataclass(frozen=True)
class ShownCell:
    hidden: bool
    share: str
    interval: str
    counts: str
    bad: str
    shade: int | None
    address: str


@dataclass(frozen=True)
class ShownRow:
    label: str
    cells: tuple[ShownCell, ...]
    total: ShownCell


def pivot_page(request: HttpRequest) -> HttpResponse:
    """`/pivot/?rows=&columns=&weight=&mix=&leaving=1&where=region=north`."""
    sight = look(request)
    facts = _facts(sight, sight.assessed)
    asked = _asked(request, facts)
    try:
        kept = selected(facts, asked.where)
        down, across = dimension_of(kept, asked.rows), dimension_of(kept, asked.columns)
    except InputError as error:
        raise Http404(str(error)) from None
    too_wide = len(across.labels) > MAX_COLUMNS
    table = pivot(kept, down, across, asked.weight)
    hidden = suppress(with_totals(table)) if asked.leaving else frozenset()
    reversals = [] if asked.leaving else find_reversals(kept, down, kept.dimensions.values())
    context = {
        "parts": {"pivot": "web/parts/pivot.html"},
        "asked": asked,
        "wheres": [(f"{one.dimension}={one.value}", _without(request, one)) for one in asked.where],
        "names": [name for name in facts.dimensions if name != "customer"],
        "weights": [(weight.value, told) for weight, told in WEIGHTS.items()],
        "too_wide": len(across.labels) if too_wide else 0,
        "column_labels": () if too_wide else table.column_labels,
        "rows": [] if too_wide else _rows(sight, asked, table, hidden),
        "left_out": max(0, len(table.row_labels) - MAX_ROWS),
        "totals": None if too_wide else _totals(sight, asked, table, hidden),
        "hidden": len(hidden),
        "k": DEFAULT_K,
        "warnings": [found.sentence for found in reversals[:MAX_WARNINGS]],
        "fair": [] if asked.leaving else _fair(kept, asked),
        "review": [] if asked.leaving else in_need_of_review(judge_by_type(kept)),
    }
    return show(request, sight, "web/pivot.html", context)


def _asked(request: HttpRequest, facts: Facts) -> Asked:
    def name(key: str, default: str) -> str:
        found = request.GET.get(key) or (default if default in facts.dimensions else "period")
        if found not in facts.dimensions:
            raise Http404(f"There is no dimension {found}")
        return found

    try:
        weight = Weight(request.GET.get("weight") or Weight.PRODUCT)
        where = tuple(Selected.parse(text) for text in request.GET.getlist("where") if text)
    except (ValueError, InputError) as error:
        raise Http404(str(error)) from None
    return Asked(
        name("rows", DEFAULT_ROWS),
        name("columns", DEFAULT_COLUMNS),
        weight,
        name("mix", DEFAULT_MIX),
        request.GET.get("leaving") == "1",
        where,
    )


_kept: OrderedDict[object, Facts] = OrderedDict()
_keeping = threading.Lock()
_KEPT_FACTS = 3


def _facts(sight: Sight, found: StoredAssessment) -> Facts:
    """Facts of the period in view, kept while its stored files stay the same."""
    key = (found.folder, found.stamp)
    with _keeping:
        if key not in _kept:
            records = sight.records
            stored = [StoredVerdicts(sight.period, found.rows)]
            _kept[key] = facts_of(stored, records.inventory, records.catalog)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT_FACTS:
            _kept.popitem(last=False)
        return _kept[key]


def _rows(
    sight: Sight, asked: Asked, table: Pivot, hidden: frozenset[tuple[int, int]]
) -> list[ShownRow]:
    """Worst first; in a table that leaves the operator in the order of the labels, which says
    nothing of the hidden ones."""
    places = (
        list(range(len(table.row_labels)))
        if asked.leaving
        else ranked(table.row_labels, table.row_totals)
    )
    shown = []
    for r in places[:MAX_ROWS]:
        label = table.row_labels[r]
        cells = [
            _cell(cell, (r, c) in hidden, _address(sight, asked, (label, column)))
            for c, (cell, column) in enumerate(
                zip(table.cells[r], table.column_labels, strict=True)
            )
        ]
        total_hidden = (r, len(table.column_labels)) in hidden
        total = _cell(table.row_totals[r], total_hidden, _address(sight, asked, (label, None)))
        shown.append(ShownRow(label, tuple(cells), total))
    return shown


def _totals(
    sight: Sight, asked: Asked, table: Pivot, hidden: frozenset[tuple[int, int]]
) -> ShownRow:
    last = len(table.row_labels)
    cells = [
        _cell(cell, (last, c) in hidden, _address(sight, asked, (None, column)))
        for c, (cell, column) in enumerate(
            zip(table.column_totals, table.column_labels, strict=True)
        )
    ]
    total = _cell(table.total, (last, len(table.column_labels)) in hidden, "")
    return ShownRow("all", tuple(cells), total)


def _cell(cell: Cell, hidden: bool, address: str) -> ShownCell:
    if hidden:
        return ShownCell(True, "", "", "", "", None, "")
    if cell.share is None:
        told = f"{cell.verdicts:,} not assessed" if cell.verdicts else ""
        return ShownCell(False, "–", "", told, "", None, address if cell.verdicts else "")
    shade = next((level for bound, level in _SHADES if cell.share < bound), 5)
    bad = "" if cell.bad_share is None else f"{100 * cell.bad_share:.3g} % of the time bad"
    return ShownCell(
        False,
        floor_percent(cell.share, 1),
        f"95 % interval {100 * (cell.low or 0):.1f} to {100 * (cell.high or 0):.1f} %",
        f"{cell.met:,} of {cell.assessed:,}",
        bad,
        shade,
        address,
    )


def _address(sight: Sight, asked: Asked, labels: tuple[str | None, str | None]) -> str:
    """The same pivot with the cell's values kept, by offering and objective: the way down."""
    chosen = [
        f"{name}={label}"
        for name, label in zip((asked.rows, asked.columns), labels, strict=True)
        if label is not None
    ]
    kept = [f"{one.dimension}={one.value}" for one in asked.where]
    where = list(dict.fromkeys([*kept, *chosen]))
    query: list[tuple[str, str]] = [
        ("period", sight.period),
        ("rows", "objective"),
        ("columns", "offering" if asked.columns != "offering" else "region"),
        ("weight", asked.weight.value),
        *(("where", text) for text in where),
    ]
    return f"{reverse('pivot')}?{urlencode(query)}"


def _without(request: HttpRequest, gone: Selected) -> str:
    query = request.GET.copy()
    kept = [t for t in query.getlist("where") if t and Selected.parse(t) != gone]
    query.setlist("where", kept)
    return f"?{query.urlencode()}"


@dataclass(frozen=True)
class ShownFair:
    label: str
    crude: str
    share: str
    interval: str
    covered: str


def _fair(facts: Facts, asked: Asked) -> Sequence[ShownFair]:
    """The rows as if each had everybody's mix; nothing where they are the mix themselves."""
    if asked.mix == asked.rows:
        return ()
    groups, mix = dimension_of(facts, asked.rows), dimension_of(facts, asked.mix)
    if len(groups.labels) > MAX_ROWS:
        return ()
    return [
        ShownFair(
            one.label,
            floor_percent(one.crude, 2),
            floor_percent(one.share, 2),
            f"{100 * (one.low or 0):.2f} to {100 * (one.high or 0):.2f} %",
            f"{100 * one.covered:.0f} %",
        )
        for one in standardised(facts, groups, mix)
        if one.share is not None
    ]
