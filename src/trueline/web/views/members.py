"""The page of a set of sold offerings: a group, an offering, a segment, any attribute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse

from trueline.web.bands import HeatDay, Outlier, band, heat_days, kept_days, weeks
from trueline.web.daily import ObjectiveDays
from trueline.web.group_lines import AggregateFigure, dimension_lines, figures
from trueline.web.records import GROUP, OFFERING
from trueline.web.row_lines import account_bar, row_lines, time_account
from trueline.web.rules_explained import FORMULAS, Formula
from trueline.web.shell import show
from trueline.web.sight import Sight, look, page_number
from trueline.web.verdict_rows import Order, RowFilter, filtered, is_state, page_of
from trueline.web.version_marks import marks_text, version_marks
from trueline.web.views.home import ShownLine
from trueline.web.wording import SHARES, STALE, STATES, duration, floor_percent, objective_value

DAY_LIST = 50


@dataclass(frozen=True)
class ShownAggregate:
    """One aggregation rule with its outcome and what went into it."""

    figure: AggregateFigure
    formula: Formula
    value: str
    coverage: str


@dataclass(frozen=True)
class MemberDay:
    """One member on one day."""

    product_id: str
    customer: str
    value: str
    good: str
    bad: str
    unknown: str


def group(request: HttpRequest, group_id: str) -> HttpResponse:
    return members_page(request, GROUP, group_id)


def offering(request: HttpRequest, offering_id: str) -> HttpResponse:
    return members_page(request, OFFERING, offering_id)


def aggregate(request: HttpRequest, dimension: str, key: str) -> HttpResponse:
    return members_page(request, dimension, key)


def members_page(request: HttpRequest, dimension: str, key: str) -> HttpResponse:
    sight = look(request)
    product_ids = member_ids(sight, dimension, key)
    own = [f for f in figures(sight.assessed) if (f.dimension, f.key) == (dimension, key)]
    every = dimension_lines(sight.assessed, sight.records, dimension)
    lines = [ShownLine(line, sight.records) for line in every if line.figure.key == key]
    chosen = _chosen(lines, request.GET.get("objective"))
    state = request.GET.get("state") or None
    if state is not None and not is_state(state):
        raise Http404("There is no such state")
    context: dict[str, object] = {
        "parts": {"members": "web/parts/members.html"},
        "dimension": dimension,
        "key": key,
        "name": sight.records.name_of(dimension, key),
        "rule": _rule(sight, dimension, key),
        "member_count": len(product_ids),
        "lines": lines,
        "chosen": chosen,
        "state": state,
        "state_choices": (*STATES.values(), STALE),
    }
    if chosen is not None:
        context |= _objective_part(request, sight, chosen, product_ids)
        context["aggregates"] = _aggregates(chosen, own)
    return show(request, sight, "web/members.html", context)


def member_ids(sight: Sight, dimension: str, key: str) -> tuple[str, ...]:
    found = sight.records.members_by_key(dimension).get(key)
    if found is None:
        raise Http404(f"There is no {dimension} {key}")
    return found


def _chosen(lines: list[ShownLine], asked: str | None) -> ShownLine | None:
    """The objective asked for, else the worst."""
    if asked is None:
        return lines[0] if lines else None
    for shown in lines:
        if shown.line.figure.objective_id == asked:
            return shown
    raise Http404(f"No member has the objective {asked}")


def _rule(sight: Sight, dimension: str, key: str) -> str:
    if dimension == GROUP:
        return sight.records.inventory.groups[key].rule
    return f"{dimension} = {key}"


def _objective_part(
    request: HttpRequest, sight: Sight, chosen: ShownLine, product_ids: tuple[str, ...]
) -> dict[str, object]:
    objective_id = chosen.line.figure.objective_id
    wanted = RowFilter(request.GET.get("state") or None, objective_id, product_ids)
    order = Order.parse(request.GET.get("sort"))
    listed = page_of(filtered(sight.assessed, wanted), order, page_number(request))
    parts = time_account(chosen.line.figure, chosen.line.objective)
    context: dict[str, object] = {
        "objective_id": objective_id,
        "listed": listed,
        "rows": row_lines(sight.records, listed.rows),
        "order": order,
        "account": parts,
        "account_bar": account_bar(parts),
    }
    days = sight.assessed.daily.objectives.get(objective_id)
    if days is not None:
        context |= _daily_part(
            request, sight, chosen, days.of(sight.assessed.daily.mask(product_ids))
        )
    return context


def _daily_part(
    request: HttpRequest, sight: Sight, chosen: ShownLine, days: ObjectiveDays
) -> dict[str, object]:
    promised = chosen.line.objective
    in_time = promised is None or promised.statistic in SHARES
    heat = heat_days(days) if in_time or promised is None else kept_days(days, promised)
    day = _day(request, heat)
    members = [sight.assessed.daily.product_ids[int(place)] for place in days.products]
    shown = (days.days[0], days.days[-1])
    marks = version_marks(sight.records, chosen.line.figure.objective_id, members, shown)
    return {
        "marks": marks,
        "marks_text": marks_text(marks),
        "weeks": weeks(heat),
        "heat_of_members": not in_time,
        "outliers": outliers(sight, chosen, days),
        "day": day,
        "day_rows": _members_on(sight, chosen, days, day.day) if day else (),
    }


def outliers(sight: Sight, chosen: ShownLine, days: ObjectiveDays) -> tuple[Outlier, ...]:
    objective = chosen.line.objective
    better = objective.comparator.higher_is_better if objective else False
    return band(days, sight.assessed.daily.product_ids, higher_is_better=better).outliers


def _day(request: HttpRequest, heat: list[HeatDay]) -> HeatDay | None:
    asked = request.GET.get("day")
    if not asked:
        return None
    for entry in heat:
        if entry.day.isoformat() == asked:
            return entry
    raise Http404(f"There is no figure for the day {asked}")


def _members_on(sight: Sight, chosen: ShownLine, days: ObjectiveDays, day: date) -> list[MemberDay]:
    """Members on that day, most bad time first, then most unknown time."""
    column = days.days.index(day)
    order = np.lexsort((-days.unknown_s[:, column], -days.bad_s[:, column]))[:DAY_LIST]
    objective = chosen.line.objective
    parameter = sight.records.parameter_of(objective) if objective else None
    found = []
    for i in order:
        product_id = sight.assessed.daily.product_ids[int(days.products[i])]
        product = sight.records.inventory.products.get(product_id)
        found.append(
            MemberDay(
                product_id,
                sight.records.customer_name(product.customer_id) if product else "",
                objective_value(float(days.value[i, column]), objective, parameter),
                duration(int(days.good_s[i, column])),
                duration(int(days.bad_s[i, column])),
                duration(int(days.unknown_s[i, column])),
            )
        )
    return found


def _aggregates(chosen: ShownLine, own: list[AggregateFigure]) -> list[ShownAggregate]:
    objective = chosen.line.objective
    parameter = chosen.records.parameter_of(objective) if objective else None
    return [
        ShownAggregate(
            figure,
            FORMULAS.get(figure.rule, Formula(figure.rule, "as the assessment defines it")),
            objective_value(figure.value, objective, parameter),
            floor_percent(figure.coverage, 1),
        )
        for figure in own
        if figure.objective_id == chosen.line.figure.objective_id
    ]
