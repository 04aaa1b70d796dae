"""Chart specifications as JSON for the browser and as SVG for readers without script."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse

from trueline.assessment.store import row_values
from trueline.assessment.values import AssessmentRow
from trueline.calendars.periods import midnight, parse_period
from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective
from trueline.settings.workspace import current_workspace
from trueline.web.bands import band
from trueline.web.chart_axes import daily_axis, granule_axis
from trueline.web.charts import (
    LineChart,
    NamedInterval,
    Spec,
    band_chart,
    chart_svg,
    line_chart,
    vega_bundle,
)
from trueline.web.evidence import (
    drawn_line,
    exclusions_of,
    granules_of,
    joined,
    misses,
    thinned,
)
from trueline.web.group_lines import ADDED_UP
from trueline.web.records import newest
from trueline.web.sight import Sight, look
from trueline.web.verdict_rows import RowFilter, filtered
from trueline.web.version_marks import days_between, product_marks, version_marks
from trueline.web.version_notes import VersionNote, version_note
from trueline.web.views.members import member_ids
from trueline.web.wording import COMPARED, floor_percent, target_text, unit_of

BUCKETS = 480  # about two pixels each at full width


def line_feed(request: HttpRequest, form: str) -> HttpResponse:
    """`?product=&objective=`: the granules of the period with the target line."""
    sight = look(request)
    spec = _line_spec(sight, request.GET.get("product", ""), request.GET.get("objective", ""))
    if spec is None:
        return HttpResponse(status=204)
    return _answer(spec, form)


def band_feed(request: HttpRequest, form: str) -> HttpResponse:
    """`?dimension=&key=&objective=`: the percentile band of the members."""
    sight = look(request)
    spec = _band_spec(
        sight,
        request.GET.get("dimension", ""),
        request.GET.get("key", ""),
        request.GET.get("objective", ""),
    )
    return _answer(spec, form) if spec else HttpResponse(status=204)


def vega_script(request: HttpRequest) -> FileResponse:
    """The Vega bundle from the workspace's cache; its address names its version."""
    path = vega_bundle(current_workspace())
    answer = FileResponse(open(path, "rb"), content_type="text/javascript; charset=utf-8")  # noqa: SIM115
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


def _answer(spec: Spec, form: str) -> HttpResponse:
    if form == "svg":
        return HttpResponse(chart_svg(spec), content_type="image/svg+xml")
    return JsonResponse(spec)


def _line_spec(sight: Sight, product_id: str, objective_id: str) -> Spec | None:
    rows = filtered(sight.assessed, RowFilter(None, objective_id, (product_id,)))
    if rows.num_rows == 0:
        raise Http404("There is no such product and objective in this period")
    kept = row_values(rows)
    period = (min(row.period_start for row in kept), max(row.period_end for row in kept))
    objective = sight.records.objective_of(product_id, objective_id, period[0])
    parameter = sight.records.parameter_of(objective) if objective else None
    if objective is None or parameter is None:
        return None
    series = granules_of(sight, product_id, parameter, period)
    if series is None:
        return None
    shortest = max(1, (period[1] - period[0]) // 600)
    unknown = joined(series.unknown, shortest_s=shortest)
    bands = [NamedInterval(*gap, "unknown", "nothing trusted was measured") for gap in unknown]
    bands += [
        NamedInterval(max(e.start_s, period[0]), min(e.end_s, period[1]), "excluded", e.reason)
        for e in exclusions_of(sight, product_id, period)
    ]
    line = drawn_line(objective)
    zone_name = _zone(sight, product_id, objective)
    shown = LineChart(
        period=period,
        envelope=thinned(series, misses(series, objective), buckets=BUCKETS),
        limit=line[0] if line else None,
        limit_text=_limit_text(objective, parameter),
        zone_name=zone_name,
        axis=granule_axis(parameter),
        bands=tuple(bands),
        notes=_notes(sight, (product_id, objective_id), kept, zone_name),
    )
    return line_chart(shown)


def _notes(
    sight: Sight, series: tuple[str, str], rows: Sequence[AssessmentRow], zone_name: str
) -> tuple[VersionNote, ...]:
    """Where the promise changed: when a period began, or on a day within one."""
    days = days_between(rows[0].period_start, rows[-1].period_end, zone_name)
    found: dict[int, VersionNote] = {}
    for mark in product_marks(sight.records, *series, days):
        at_s = midnight(mark.day, zone_name)
        found[at_s] = VersionNote(at_s, mark.label, mark.text)
    for row in rows:
        note = version_note(sight.records, *series, row.period_start)
        if note is not None:
            found.setdefault(note.at_s, note)
    return tuple(found[at_s] for at_s in sorted(found))


def _zone(sight: Sight, product_id: str, objective: ServiceLevelObjective) -> str:
    return objective.time_zone or sight.records.inventory.products[product_id].time_zone


def _limit_text(objective: ServiceLevelObjective, parameter: PerformanceParameter) -> str:
    if objective.threshold is not None:
        limit = objective.threshold
        compared = COMPARED[limit.comparator]
        return f"threshold {compared} {limit.value} {unit_of(parameter)}".rstrip()
    if objective.threshold_c is not None:
        return f"high loss above {floor_percent(objective.threshold_c)}"
    return f"target {target_text(objective, parameter)}"


def _band_spec(sight: Sight, dimension: str, key: str, objective_id: str) -> Spec | None:
    product_ids = member_ids(sight, dimension, key)
    daily = sight.assessed.daily
    days = daily.objectives.get(objective_id)
    if days is None:
        raise Http404(f"There is no objective {objective_id} in this period")
    day = parse_period(sight.period).first
    objective = newest(sight.records.promised_on(objective_id, day))
    own = days.of(daily.mask(product_ids))
    if own.products.size == 0:
        return None
    better = objective.comparator.higher_is_better if objective else False
    found = band(own, daily.product_ids, higher_is_better=better)
    parameter = sight.records.parameter_of(objective) if objective else None
    compared = objective is not None and objective.statistic not in ADDED_UP
    limit = float(objective.conformance_target) if objective and compared else None
    marks = version_marks(sight.records, objective_id, product_ids, (found.days[0], found.days[-1]))
    return band_chart(found, limit, daily_axis(objective, parameter), marks)
