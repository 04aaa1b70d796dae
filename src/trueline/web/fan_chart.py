"""A group over time as inline SVG: bands of its members, its own line, named outliers, dated
changes, and the forecast with the day on which its line breaks. Coloured by the style sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from trueline.trends.cohort_course import CohortCourse, Coming, Listed
from trueline.web.fan_scale import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, FanScale, ends
from trueline.web.wording import day_text

LABEL_GAP = 14


@dataclass(frozen=True)
class Mark:
    """An upright line: on `day`, in words; `kind` is its style."""

    day: date
    text: str
    kind: str


@dataclass(frozen=True)
class FanDrawing:
    """What is drawn: the course, marks beside its own changes, the line in words, how figures are
    written, where a member's page lies, and what the whole is called."""

    course: CohortCourse
    marks: Sequence[Mark]
    since: tuple[date, date] | None
    line_text: str
    told: Callable[[float], str]
    member_link: Callable[[str], str]
    label: str


def fan_chart(drawing: FanDrawing) -> SafeString:
    course = drawing.course
    scale = _scale(drawing)
    parts = [
        *_axes(scale),
        _since(scale, drawing.since),
        *_bands(scale, course),
        *_forecast(scale, course),
        *_line(scale, course, drawing.line_text),
        *_changes(scale, drawing),
        *_outliers(scale, drawing),
        *_runs(scale, course.days, course.group, "fan-group"),
        *_breach(scale, course),
    ]
    return format_html(
        '<svg class="fan" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        drawing.label,
        mark_safe("".join(parts)),
    )


def _scale(drawing: FanDrawing) -> FanScale:
    course = drawing.course
    usual = [one for line in (*course.bands, course.group) for one in line if one is not None]
    wanted = [one for named in course.named for one in named.values if one is not None]
    last = course.days[-1] + timedelta(days=course.step_days)
    if course.coming is not None:
        wanted += [one for line in course.coming.lines for one in line if one is not None]
        last = course.coming_day(len(course.coming.lines[0]))
    wanted += [course.line] if course.line is not None else []
    low, high = ends(usual, wanted, from_zero=min(usual, default=0.0) >= 0 and _near_zero(usual))
    return FanScale(course.days[0], (last - course.days[0]).days, low, high, drawing.told)


def _near_zero(usual: Sequence[float]) -> bool:
    """Whether an axis from zero still shows what moves."""
    return not usual or min(usual) < 0.6 * max(usual)


def _axes(scale: FanScale) -> Iterator[str]:
    for figure in scale.ticks():
        y = scale.y(figure)
        yield format_html(
            '<line class="fan-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
            '<text class="fan-tick" x="{}" y="{}" text-anchor="end">{}</text>',
            LEFT,
            WIDTH - RIGHT,
            f"{y:.1f}",
            f"{y:.1f}",
            LEFT - 6,
            f"{y + 4:.1f}",
            scale.told(figure),
        )
    for day, text in scale.months():
        x = scale.x(day)
        if x <= WIDTH - RIGHT:
            yield format_html(
                '<line class="fan-grid" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<text class="fan-tick" x="{}" y="{}">{}</text>',
                f"{x:.1f}",
                f"{x:.1f}",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 4,
                f"{x:.1f}",
                HEIGHT - 8,
                text,
            )


def _since(scale: FanScale, since: tuple[date, date] | None) -> str:
    """The days on which it may have begun, shaded."""
    if since is None or since[0] < scale.first:
        return ""
    x, end = scale.x(since[0]), scale.x(since[1] + timedelta(days=1))
    return format_html(
        '<rect class="fan-since" x="{}" width="{}" y="{}" height="{}"/>',
        f"{x:.1f}",
        f"{max(end - x, 2):.1f}",
        TOP,
        HEIGHT - TOP - BOTTOM,
    )


def _bands(scale: FanScale, course: CohortCourse) -> Iterator[str]:
    """10 to 90 % of the members, 25 to 75 %, and the middle one."""
    low, quarter, middle, upper, high = course.bands
    yield from _areas(scale, course.days, (low, high), "fan-outer")
    yield from _areas(scale, course.days, (quarter, upper), "fan-inner")
    yield from _runs(scale, course.days, middle, "fan-middle")


def _forecast(scale: FanScale, course: CohortCourse) -> Iterator[str]:
    coming = course.coming
    if coming is None:
        return
    days = [course.coming_day(step) for step in range(len(coming.lines[0]))]
    low, quarter, middle, upper, high = coming.lines
    yield from _areas(scale, days, (low, high), "fan-ahead-outer")
    yield from _areas(scale, days, (quarter, upper), "fan-ahead-inner")
    yield from _runs(scale, days, middle, "fan-ahead")


def _line(scale: FanScale, course: CohortCourse, text: str) -> Iterator[str]:
    """The promise; at the edge with an arrow where it lies beyond what is drawn."""
    if course.line is None:
        return
    y = scale.y(course.line)
    beyond = " ↑" if course.line > scale.high else " ↓" if course.line < scale.low else ""
    yield format_html(
        '<line class="fan-line" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="fan-line-text" x="{}" y="{}" text-anchor="end">{}{}</text>',
        LEFT,
        WIDTH - RIGHT,
        f"{y:.1f}",
        f"{y:.1f}",
        WIDTH - RIGHT - 4,
        f"{y - 4 if y > TOP + 14 else y + 13:.1f}",
        text,
        beyond,
    )


def _changes(scale: FanScale, drawing: FanDrawing) -> Iterator[str]:
    """Dated changes and marks as upright lines, their words in two rows so that near ones part."""
    own = [Mark(day, day_text(day), "fan-change") for day in drawing.course.changes]
    free = [-1e9, -1e9]
    for mark in sorted([*own, *drawing.marks], key=lambda one: one.day):
        if not 0 <= (mark.day - scale.first).days <= scale.days:
            continue
        x = scale.x(mark.day)
        row = 0 if x >= free[0] else 1
        words = mark.text if x >= free[row] else ""
        free[row] = x + 6.2 * len(words) + 8 if words else free[row]
        yield format_html(
            '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"><title>{}</title></line>'
            '<text class="fan-mark" x="{}" y="{}">{}</text>',
            mark.kind,
            f"{x:.1f}",
            f"{x:.1f}",
            TOP,
            HEIGHT - BOTTOM,
            mark.text,
            f"{x + 3:.1f}",
            11 + 12 * row,
            words,
        )


def _outliers(scale: FanScale, drawing: FanDrawing) -> Iterator[str]:
    """Lines of the named members, each labelled at the right with a link to its page."""
    course = drawing.course
    lasts = [
        (number, next(one for one in reversed(named.values) if one is not None))
        for number, named in enumerate(course.named)
        if any(one is not None for one in named.values)
    ]
    places = _parted([scale.y(last) for _, last in lasts])
    for (number, last), place in zip(lasts, places, strict=True):
        named = course.named[number]
        lines = "".join(_runs(scale, course.days, named.values, f"fan-out fan-out-{number}"))
        end = scale.point(course.days[-1], last)
        yield format_html(
            '{}<polyline class="fan-lead fan-out-{}" points="{} {},{}"/>'
            '<a href="{}"><text class="fan-name fan-out-{}" x="{}" y="{}">{}</text></a>',
            mark_safe(lines),
            number,
            end,
            WIDTH - RIGHT + 2,
            f"{place:.1f}",
            drawing.member_link(named.product_id),
            number,
            WIDTH - RIGHT + 5,
            f"{place + 4:.1f}",
            named.product_id,
        )


def _parted(places: Sequence[float]) -> list[float]:
    """Heights of labels, moved apart downwards, and back up where they would leave the drawing."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    moved = list(places)
    lowest = TOP + 4.0
    for at in order:
        moved[at] = max(moved[at], lowest)
        lowest = moved[at] + LABEL_GAP
    over = max(lowest - LABEL_GAP - (HEIGHT - BOTTOM - 4), 0.0)
    return [one - over for one in moved]


def _breach(scale: FanScale, course: CohortCourse) -> Iterator[str]:
    """The day by which the line is more likely broken than not, with its interval."""
    coming = course.coming
    if coming is None or coming.outlook is None or not coming.outlook.expected:
        return
    outlook = coming.outlook
    day = date.fromisoformat(outlook.expected)
    last = course.coming_day(len(coming.lines[0]) - 1)
    earliest = date.fromisoformat(outlook.earliest) if outlook.earliest else day
    latest = date.fromisoformat(outlook.latest) if outlook.latest else last
    x, y = scale.x(day), scale.y(course.line or 0.0)
    yield format_html(
        '<line class="fan-breach-range" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<circle class="fan-breach" cx="{}" cy="{}" r="4.5"><title>{}</title></circle>',
        f"{scale.x(earliest):.1f}",
        f"{scale.x(latest):.1f}",
        f"{y:.1f}",
        f"{y:.1f}",
        f"{x:.1f}",
        f"{y:.1f}",
        f"beyond its line by {day_text(day)}",
    )


def _areas(
    scale: FanScale, days: Sequence[date], edges: tuple[Listed, Listed], style: str
) -> Iterator[str]:
    """Filled between two lines; days without figures part it."""
    low, high = edges
    for run in _known(low):
        there = [scale.point(days[at], float(high[at] or 0.0)) for at in run]
        back = [scale.point(days[at], float(low[at] or 0.0)) for at in reversed(run)]
        yield format_html('<polygon class="{}" points="{}"/>', style, " ".join(there + back))


def _runs(scale: FanScale, days: Sequence[date], line: Listed, style: str) -> Iterator[str]:
    for run in _known(line):
        points = " ".join(scale.point(days[at], float(line[at] or 0.0)) for at in run)
        if len(run) == 1:
            x, y = points.split(",")
            yield format_html('<circle class="{}" cx="{}" cy="{}" r="1.5"/>', style, x, y)
        else:
            yield format_html('<polyline class="{}" points="{}"/>', style, points)


def _known(line: Listed) -> list[list[int]]:
    """Places of figures, in runs without a gap."""
    runs: list[list[int]] = []
    for at, figure in enumerate(line):
        if figure is None:
            continue
        if runs and runs[-1][-1] == at - 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def legend(entries: Iterable[tuple[str, str]]) -> SafeString:
    """(style, words) of what the drawing shows."""
    return format_html_join("", '<li><i class="{}"></i>{}</li>', entries)


def ahead_words(coming: Coming, told: Callable[[float], str]) -> str:
    """The newest point of the forecast in words, for those who do not see the drawing."""
    low, _, middle, _, high = (line[-1] for line in coming.lines)
    figures = [told(one) for one in (middle, low, high) if one is not None]
    if len(figures) < 3:
        return ""
    return f"{figures[0]} expected at its end, between {figures[1]} and {figures[2]} (95 %)"
