"""A dossier as the lines and drawings of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trueline.problems.dossier import DayCourse, Dossier, Mark
from trueline.problems.impact import Impact
from trueline.problems.lift import AttributeMap, LiftLine, ValueShare, pair_map
from trueline.problems.phrases import told_allowance, told_money, told_rival

WIDTH, HEIGHT, TOP, BOTTOM = 760, 190, 26, 24
MOST_ATTRIBUTES = 12
# Lift from which a cell of the map is drawn in each colour, the strongest first.
LEVELS = ((4.0, "h0"), (2.0, "h1"), (1.5, "h2"), (1.1, "h3"), (0.0, "h5"))
ROLES = {
    "finding": "the finding",
    "not separable": "not separable from it",
    "rival": "rival",
    "alone": "on its own",
}


def words(named: Any) -> str:
    """`firmware X and region north`."""
    return " and ".join(f"{key} {value}" for key, value in named.items())


@dataclass(frozen=True)
class ShownLift:
    role: str
    attributes: str
    counts: str
    expected: str
    lift: str
    p: float


@dataclass(frozen=True)
class ShownCell:
    value: str
    counts: str
    level: str
    named: bool
    text: str


@dataclass(frozen=True)
class ShownAttribute:
    name: str
    cells: tuple[ShownCell, ...]
    left_out: int


def shown_dossier(dossier: Dossier) -> dict[str, Any]:
    """What the templates of a finding and of a problem share."""
    members = dossier.looked.members
    share = float(members.bad.mean()) if len(members.bad) else 0.0
    return {
        "claim": dossier.claim,
        "names": [words(one) for one in dossier.claim.names],
        "evidence": dossier.claim.evidence,
        "told_by": ", ".join(
            f"{name} {count:,}" for name, count in dict(dossier.claim.evidence["sources"]).items()
        )
        if dossier.claim.evidence.get("sources")
        else "",
        "impact": dossier.impact,
        "money": shown_money(dossier.impact),
        "rivals": [told_rival(one) for one in dossier.claim.rivals],
        "lift": [_lift(one) for one in dossier.lift],
        "map": [_attribute(one, share) for one in dossier.map[:MOST_ATTRIBUTES]],
        "pair": _pair(dossier, share),
        "overall": f"{100 * share:.1f} %",
        "looked_at": len(members.bad),
        "drawing": course_drawing(dossier.course, dossier.marks),
        "marks": dossier.marks,
    }


def shown_money(impact: Impact) -> dict[str, str]:
    return {
        "revenue": told_money(impact.revenue),
        "revenue_exposed": told_money(impact.revenue_exposed),
        "allowance": told_allowance(impact.allowance),
        "advised": told_money(impact.advised),
        "least": told_money(impact.risk_least),
        "most": told_money(impact.risk_most),
    }


def _lift(line: LiftLine) -> ShownLift:
    return ShownLift(
        ROLES[line.role],
        words(line.attributes),
        f"{line.bad:,} of {line.members:,}",
        f"{line.expected:.1f}",
        "–" if line.lift is None else f"{line.lift:.1f}",
        line.p,
    )


def _attribute(one: AttributeMap, share: float) -> ShownAttribute:
    return ShownAttribute(one.name, tuple(_cell(v, share) for v in one.values), one.left_out)


def _cell(value: ValueShare, share: float) -> ShownCell:
    lift = value.bad / (value.members * share) if share else 0.0
    level = next(name for least, name in LEVELS if lift >= least)
    text = f"{value.value}: {value.bad:,} of {value.members:,} bad, lift {lift:.1f}"
    return ShownCell(value.value, f"{value.bad:,} of {value.members:,}", level, value.named, text)


@dataclass(frozen=True)
class ShownPair:
    first: str
    second: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ShownCell | None, ...]], ...]


def _pair(dossier: Dossier, share: float) -> ShownPair | None:
    found = pair_map(dossier.looked.members, dossier.claim.names[0])
    if found is None:
        return None
    rows = tuple(
        (row, tuple(None if cell is None else _cell(cell, share) for cell in cells))
        for row, cells in zip(found.rows, found.cells, strict=True)
    )
    return ShownPair(found.first, found.second, found.columns, rows)


def course_drawing(course: Sequence[DayCourse], marks: Sequence[Mark]) -> SafeString:
    """Bars of the share of the finding's products that missed each day, a line for the others, and
    uprights, numbered as the list below, where something happened."""
    days = [one.day for one in course]
    if not days:
        return format_html("")
    step = WIDTH / len(days)
    top = max((_share(one.missed, one.members) for one in course), default=0.0)
    top = max(top, *(_share(one.others_missed, one.others) for one in course), 0.01)

    def y(share: float) -> str:
        return f"{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share / top:.1f}"

    bars = format_html_join(
        "",
        '<rect class="missed" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (
                f"{at * step + 0.5:.1f}",
                y(_share(one.missed, one.members)),
                f"{max(step - 1, 1):.1f}",
                f"{float(y(0)) - float(y(_share(one.missed, one.members))):.1f}",
                f"{one.day}: {one.missed:,} of {one.members:,} missed; "
                f"others {one.others_missed:,} of {one.others:,}",
            )
            for at, one in enumerate(course)
        ),
    )
    line = " ".join(
        f"{(at + 0.5) * step:.1f},{y(_share(one.others_missed, one.others))}"
        for at, one in enumerate(course)
    )
    label = (
        f"Share of products that missed their line, {days[0]} to {days[-1]}: the finding's at most "
        f"{100 * top:.0f} %"
    )
    return format_html(
        '<svg class="course" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<text x="0" y="12">{}</text>{}<polyline class="others" points="{}"/>'
        '<line class="axis" x1="0" x2="{}" y1="{}" y2="{}"/>{}{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        f"{100 * top:.0f} %",
        bars,
        line,
        WIDTH,
        y(0),
        y(0),
        _day_labels(course, step),
        _uprights(course, marks, step),
    )


def _share(missed: int, members: int) -> float:
    return missed / members if members else 0.0


def _day_labels(course: Sequence[DayCourse], step: float) -> SafeString:
    every = max(1, len(course) // 8)
    return format_html_join(
        "",
        '<text x="{}" y="{}">{}</text>',
        (
            (f"{at * step:.1f}", HEIGHT - 8, f"{one.day:%-d %b}")
            for at, one in enumerate(course)
            if at % every == 0 and at * step < WIDTH - 40
        ),
    )


def _uprights(course: Sequence[DayCourse], marks: Sequence[Mark], step: float) -> SafeString:
    first, last = course[0].day, course[-1].day
    drawn = [
        (
            mark.kind,
            *(f"{((day - first).days + 0.5) * step:.1f}" for day in (mark.first,) * 3),
            str(number),
            mark.text,
        )
        for number, mark in enumerate(marks, 1)
        if first <= mark.first <= last
    ]
    return format_html_join(
        "",
        '<g class="mark {}"><line x1="{}" x2="{}" y1="16" y2="166"/><text x="{}" y="12"'
        ' text-anchor="middle">{}</text><title>{}</title></g>',
        drawn,
    )
