"""One group and objective over time: its members, what was found of it, what may come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from trueline.trends.cohort_course import SHARES, CohortCourse
from trueline.trends.findings import (
    BAD_TIME,
    VALUE,
    QuietSeries,
    TrendFinding,
    TrendScan,
    tell,
    told_chance,
)
from trueline.trends.record_scan import acts_of
from trueline.trends.scan_store import stored_scan
from trueline.web.fan_chart import FanDrawing, Mark, ahead_words, fan_chart
from trueline.web.records import Records, newest
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.trend_course import CourseAsked, course_of
from trueline.web.trend_lines import ShownOutlook, shown_outlook, trend_line
from trueline.web.version_marks import VersionMark, marks_text, version_marks
from trueline.web.wording import day_text, floor_percent, objective_value

PRODUCT = "product"
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True)
class CourseRow:
    """One point of the table behind the drawing."""

    day: str
    members: int
    bands: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class NamedLine:
    """One named member in words."""

    product_id: str
    points_out: int
    points_known: int
    newest: str


@dataclass(frozen=True)
class Asked:
    """What the address asks for; `measure` "" where it says none."""

    dimension: str
    key: str
    objective_id: str
    measure: str
    by_week: bool


def trend(request: HttpRequest, dimension: str, key: str) -> HttpResponse:
    sight = look(request)
    scan = stored_scan(sight.workspace)
    asked = _asked(request, scan, (dimension, key))
    product_ids = _product_ids(sight, dimension, key)
    asked, course = _course(sight, asked, product_ids)
    found = _found(scan, asked)
    context: dict[str, object] = {
        "asked": asked,
        "name": key if dimension == PRODUCT else sight.records.name_of(dimension, key),
        "members": len(product_ids),
        "line": trend_line(found, scan) if isinstance(found, TrendFinding) and scan else None,
        "quiet": _quiet_words(found) if isinstance(found, QuietSeries) else "",
        "scan": scan,
        "acts": [
            (act.scan.run_at, act.act, act.evidence, told_chance(act.evidence["q_value"]))
            for act in acts_of((dimension, key, asked.objective_id, asked.measure))
        ],
        "others": _others(scan, asked),
    }
    if course is not None:
        context |= _course_part(sight, asked, course, found)
    return show(request, sight, "web/trend.html", context)


def _course(
    sight: Sight, asked: Asked, product_ids: frozenset[str]
) -> tuple[Asked, CohortCourse | None]:
    """The course of the measure asked for; where none was and no time was bad, of the value."""
    for measure in (asked.measure,) if asked.measure else (BAD_TIME, VALUE):
        own = replace(asked, measure=measure)
        course = course_of(
            sight.workspace,
            CourseAsked(
                own.dimension, own.key, product_ids, own.objective_id, measure, own.by_week,
                sight.delivery,
            ),
        )  # fmt: skip
        if course is not None:
            return own, course
    return replace(asked, measure=asked.measure or BAD_TIME), None


def _course_part(
    sight: Sight, asked: Asked, course: CohortCourse, found: TrendFinding | QuietSeries | None
) -> dict[str, object]:
    """What is drawn and told of the members' figures."""
    told = _teller(sight.records, asked)
    return {
        "drawing": fan_chart(_drawing(sight, asked, course, found)),
        "marks": _marks(sight, asked, course),
        "named": _named(course, told),
        "rows": _rows(course, told),
        "shares": SHARES,
        "outlook": _outlook(course, told),
        "changes": [day_text(day) for day in course.changes],
        "week": _week_words(course),
        "target": "" if course.line is None else told(course.line),
    }


def _asked(request: HttpRequest, scan: TrendScan | None, of: tuple[str, str]) -> Asked:
    """The objective and measure of the address, else those of the first finding of the group."""
    dimension, key = of
    objective = request.GET.get("objective", "")
    measure = request.GET.get("measure", "")
    if measure not in ("", BAD_TIME, VALUE):
        raise Http404("There is no such measure")
    own = scan.told_of(*of) if scan else []
    wanted = [
        one for one in own if objective in ("", one.objective_id) and measure in ("", one.measure)
    ]
    if wanted:
        objective, measure = wanted[0].objective_id, wanted[0].measure
    if not objective:
        raise Http404(f"No scan tested {dimension} {key}")
    return Asked(dimension, key, objective, measure, request.GET.get("by") == "week")


def _product_ids(sight: Sight, dimension: str, key: str) -> frozenset[str]:
    if dimension == PRODUCT:
        alone = (key,)
        found: tuple[str, ...] | None = alone if key in sight.records.inventory.products else None
    else:
        found = sight.records.members_by_key(dimension).get(key)
    if found is None:
        raise Http404(f"There is no {dimension} {key}")
    return frozenset(found)


def _found(scan: TrendScan | None, asked: Asked) -> TrendFinding | QuietSeries | None:
    own = scan.told_of(asked.dimension, asked.key) if scan else []
    wanted = (asked.objective_id, asked.measure)
    return next((one for one in own if (one.objective_id, one.measure) == wanted), None)


def _teller(records: Records, asked: Asked) -> Callable[[float], str]:
    """How figures are written: shares of bad time, or values in the unit of their objective."""
    if asked.measure == BAD_TIME:
        return lambda figure: tell(figure, BAD_TIME)
    objective = newest(records.objectives.get(asked.objective_id, ()))
    parameter = records.parameter_of(objective) if objective else None
    return lambda figure: objective_value(figure, objective, parameter)


def _drawing(
    sight: Sight, asked: Asked, course: CohortCourse, found: TrendFinding | QuietSeries | None
) -> FanDrawing:
    told = _teller(sight.records, asked)
    marks = _marks(sight, asked, course)
    since = None
    # What began before the days looked at has no day to shade.
    if isinstance(found, TrendFinding) and found.since_from != course.days[0].isoformat():
        since = (date.fromisoformat(found.since_from), date.fromisoformat(found.since_to))

    def member_link(product_id: str) -> str:
        query = urlencode({"objective": asked.objective_id})
        return f"{reverse('product', args=(product_id,))}?{query}"

    line = "" if course.line is None else f"line {told(course.line)}"
    label = f"{asked.key}, {asked.objective_id}: members, group and forecast over time"
    uprights = [Mark(one.day, f"{one.label}: {one.text}", "fan-version") for one in marks]
    return FanDrawing(course, uprights, since, line, told, member_link, label + marks_text(marks))


def _marks(sight: Sight, asked: Asked, course: CohortCourse) -> tuple[VersionMark, ...]:
    """Changes of the promise on the days that are drawn."""
    members = _product_ids(sight, asked.dimension, asked.key)
    return version_marks(
        sight.records, asked.objective_id, members, (course.days[0], course.days[-1])
    )


def _named(course: CohortCourse, told: Callable[[float], str]) -> list[NamedLine]:
    found = []
    for one in course.named:
        last = next((figure for figure in reversed(one.values) if figure is not None), None)
        newest_told = "–" if last is None else told(last)
        found.append(NamedLine(one.product_id, one.points_out, one.points_known, newest_told))
    return found


def _rows(course: CohortCourse, told: Callable[[float], str]) -> list[CourseRow]:
    """Newest first."""

    def cell(figure: float | None) -> str:
        return "–" if figure is None else told(figure)

    rows = [
        CourseRow(
            day_text(day),
            course.known[at],
            tuple(cell(band[at]) for band in course.bands),
            cell(course.group[at]),
        )
        for at, day in enumerate(course.days)
    ]
    return rows[::-1]


def _outlook(course: CohortCourse, told: Callable[[float], str]) -> ShownOutlook | None:
    coming = course.coming
    if coming is None:
        return None
    now = next((one for one in reversed(course.group) if one is not None), None)
    words = ahead_words(coming, told)
    if coming.outlook is None:
        return ShownOutlook("no line is promised in this measure", words, "")
    return shown_outlook(coming.outlook, beyond=_beyond(course, now), ahead=words)


def _beyond(course: CohortCourse, now: float | None) -> bool:
    """Whether the newest week lies on the side of the line to which the forecast worsens."""
    coming = course.coming
    if now is None or course.line is None or coming is None:
        return False
    best, worst = coming.lines[0][0], coming.lines[-1][0]
    rising = best is None or worst is None or worst >= best
    return now > course.line if rising else now < course.line


def _quiet_words(one: QuietSeries) -> str:
    if one.detectable is None:
        return "no trend found; most days are equal, so that no growth can be told"
    return (
        f"{one.kind} (q {told_chance(one.q_value)}); growth below {one.detectable:.0%} over these "
        "days would not have been seen"
    )


def _week_words(course: CohortCourse) -> str:
    """The pattern of the week in words, with its test."""
    week = course.week
    if week is None:
        return ""
    if week.chance > 0.05:
        return f"No pattern of the week is seen (Friedman test, p {week.chance:.2g})."
    worst = max(range(7), key=lambda day: week.by_day[day])
    chance = told_chance(week.chance)
    return (
        f"{WEEKDAYS[worst]} are worst. The pattern of the week explains "
        f"{floor_percent(week.strength, 0)} of what is not trend (Friedman test, p {chance}); it "
        "is taken out before anything is tested."
    )


def _others(scan: TrendScan | None, asked: Asked) -> list[tuple[str, str, str]]:
    """Objective, measure and kind of what else the newest scan tells of the same members."""
    own = scan.told_of(asked.dimension, asked.key) if scan else []
    return [
        (one.objective_id, one.measure, one.kind)
        for one in own
        if (one.objective_id, one.measure) != (asked.objective_id, asked.measure)
    ]
