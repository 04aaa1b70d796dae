"""One promise: its definition, and how it is kept by every set that has it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse

from trueline.offerings.scope import StandardScope, standard_name
from trueline.offerings.values import ServiceLevelObjective
from trueline.web.group_lines import figures, group_lines
from trueline.web.records import GROUP, OFFERING, Records
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.views.home import ShownLine
from trueline.web.wording import floor_percent, promised_text, statistic_text, target_text


@dataclass(frozen=True)
class Definition:
    """The objective as one offering, or a standard of another scope, promises it."""

    offering_id: str  # empty for a standard of another scope
    name: str
    standard: str
    objective: ServiceLevelObjective
    facts: tuple[tuple[str, str], ...]


def objective(request: HttpRequest, objective_id: str) -> HttpResponse:
    sight = look(request)
    definitions = [
        Definition(
            o.id,
            o.name or o.id,
            standard_name(StandardScope(offering=o.id), promised.id),
            promised,
            _facts(sight.records, promised),
        )
        for o in sight.records.catalog.offerings.values()
        for promised in o.objectives
        if promised.id == objective_id
    ]
    definitions += [
        Definition(
            "",
            one.scope.words,
            standard_name(one.scope, objective_id),
            one.objective,
            _facts(sight.records, one.objective),
        )
        for one in sight.records.catalog.standards
        if one.objective.id == objective_id
    ]
    if not definitions:
        raise Http404(f"There is no objective {objective_id}")
    own = [
        figure
        for figure in figures(sight.assessed)
        if figure.objective_id == objective_id and figure.dimension in (GROUP, OFFERING)
    ]
    lines = group_lines(sight.assessed, sight.records, own)
    return show(
        request,
        sight,
        "web/objective.html",
        {
            "objective_id": objective_id,
            "name": definitions[0].objective.name or objective_id,
            "definitions": definitions,
            "lines": [
                (
                    ShownLine(g, sight.records),
                    sight.records.name_of(g.figure.dimension, g.figure.key),
                )
                for g in lines
            ],
        },
    )


def _facts(records: Records, promised: ServiceLevelObjective) -> tuple[tuple[str, str], ...]:
    parameter = records.parameter_of(promised)
    hours = promised.service_hours
    warning = promised.threshold_target
    facts = [
        ("Parameter", (parameter.name if parameter else "") or promised.parameter),
        ("Statistic", statistic_text(promised, parameter)),
        ("Target", target_text(promised, parameter)),
        ("Warning", promised_text(warning, promised, parameter) if warning is not None else ""),
        ("Basis", promised.basis.value),
        ("Conformance period", promised.conformance_period),
        ("Zone", promised.time_zone or "the product's"),
        ("Service hours", "around the clock" if hours is None else _hours(promised)),
        ("Missing data", promised.missing_data.value),
        ("Minimum coverage", floor_percent(promised.min_coverage)),
        ("Version", str(promised.version)),
        ("Valid from", promised.valid_from.isoformat() if promised.valid_from else ""),
        ("Valid to", promised.valid_to.isoformat() if promised.valid_to else ""),
    ]
    return tuple((name, text) for name, text in facts if text)


def _hours(promised: ServiceLevelObjective) -> str:
    hours = promised.service_hours
    if hours is None:
        return ""
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    days = " ".join(names[day] for day in hours.days)
    start, end = (f"{m // 60:02}:{m % 60:02}" for m in (hours.from_minute, hours.to_minute))
    holidays = f", not on holidays of {hours.holidays}" if hours.holidays else ""
    return f"{days} {start} to {end}{holidays}"
