"""Charts as Vega-Lite specifications (Altair): the same on screen and, as SVG, without script."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import altair as alt
import vl_convert

from trueline.calendars.intervals import Interval
from trueline.settings.workspace import Workspace
from trueline.web.bands import SHARES, Band
from trueline.web.chart_axes import TimeAxis, ValueAxis, held_in, time_axis
from trueline.web.evidence import Envelope
from trueline.web.version_marks import VersionMark
from trueline.web.version_notes import VersionNote
from trueline.web.wording import local_time

VEGA_LITE = "6.4"
KINDS = ("excluded", "unknown")  # of time that is drawn in a pattern
HATCHES = 130  # strokes that a hatched band as wide as the chart would have
# One palette for screen and paper; the blue and the vermilion differ to every kind of eye.
BLUE, BLUE_SOFT, MISS, GREY, INK = "#2b7bc0", "#8fbbe0", "#d1490f", "#7b8794", "#738191"
OUTLIER_COLOURS = ("#c2410c", "#7c3aed", "#0f766e", "#a16207", "#be185d")

Spec = dict[str, object]
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class NamedInterval:
    """A stretch of time that did not count, or of which nothing is known."""

    start_s: int
    end_s: int
    kind: str  # excluded | unknown
    reason: str


@dataclass(frozen=True)
class LineChart:
    """What the chart of one product's objective shows; `limit` is the target line."""

    period: Interval
    envelope: Envelope
    limit: float | None
    limit_text: str
    zone_name: str
    axis: ValueAxis
    bands: tuple[NamedInterval, ...]
    notes: tuple[VersionNote, ...] = ()


def line_chart(shown: LineChart) -> Spec:
    """Granules over time with the target line; misses shaded, uncounted time hatched."""
    kinds = tuple(k for k in KINDS if any(b.kind == k for b in shown.bands))
    data: dict[str, Rows] = {
        "line": _line_rows(shown.envelope, shown.zone_name),
        "range": _ranges(shown.envelope),
    }
    data["missed"] = _missed(shown.envelope)
    data["period"] = [{"t": _moment(second)} for second in shown.period]
    for kind in kinds:
        own = [band for band in shown.bands if band.kind == kind]
        data[kind] = [
            {
                "t": _moment(b.start_s),
                "end": _moment(b.end_s),
                "kind": kind,
                "why": b.reason,
                "from": local_time(b.start_s, shown.zone_name),
                "to": local_time(b.end_s, shown.zone_name),
            }
            for b in own
        ]
        data[f"{kind}-strokes"] = _strokes(own, shown.period, kind)
    if shown.limit is not None:
        data["limit"] = [{"limit": shown.limit, "text": shown.limit_text}]
    data["notes"] = [
        {"t": _moment(note.at_s), "text": note.text, "told": note.told or note.text}
        for note in shown.notes
    ]
    axis = held_in(shown.axis, shown.envelope.high, shown.limit)
    if axis.high is not None:
        data["beyond"] = _beyond(shown.envelope, axis.high, shown.zone_name)
    present = frozenset(name for name, rows in data.items() if rows)
    drawing = _line_drawing(time_axis(shown.period, shown.zone_name), axis, present)
    return {**drawing, "datasets": data}


def band_chart(
    band: Band, limit: float | None, axis: ValueAxis, marks: Sequence[VersionMark] = ()
) -> Spec:
    """Percentiles of the members per day, with the outliers drawn by name, and marks where the
    promise changed."""
    series = dict(zip(SHARES, band.percentiles, strict=True))
    rows: Rows = [
        {"day": day.isoformat()}
        | {f"p{share}": _drawn(axis, line[i]) for share, line in series.items()}
        for i, day in enumerate(band.days)
    ]
    data = {"band": [row for row in rows if row["p50"] is not None]}
    if band.outliers:
        data["outliers"] = [
            {"day": day.isoformat(), "value": axis.drawn(value), "product": outlier.product_id}
            for outlier in band.outliers
            for day, value in zip(band.days, outlier.values, strict=True)
            if value is not None
        ]
    if limit is not None:
        data["limit"] = [{"limit": axis.drawn(limit), "text": "target"}]
    if marks:
        data["marks"] = [
            {"day": mark.day.isoformat(), "label": mark.label, "text": mark.text} for mark in marks
        ]
    named = tuple(outlier.product_id for outlier in band.outliers)
    present = frozenset(name for name in ("limit", "marks") if name in data)
    return {**_band_drawing(axis, named, present), "datasets": data}


@lru_cache(maxsize=64)  # a drawing without its data: Altair takes long to check one
def _line_drawing(times: TimeAxis, axis: ValueAxis, present: frozenset[str]) -> Spec:
    """The layers whose data are `present`; Vega complains of the extent of empty ones."""
    # Unseen points at both ends stretch the axis over the whole period.
    ends = alt.Chart(alt.NamedData("period")).mark_point(opacity=0).encode(x=times.x)
    missed = alt.Chart(alt.NamedData("missed")).mark_rect(color=MISS, opacity=0.22)
    behind = [ends]
    if "missed" in present:
        behind.append(missed.encode(x="t:T", x2="end:T"))
    behind += _hatching(tuple(kind for kind in KINDS if kind in present))
    values = _value_layers(axis, present)
    chart = alt.layer(*behind, alt.layer(*values)) if values else alt.layer(*behind)
    # Hatching is drawn from 0 to 1 of the height, the values on their own axis.
    return _finished(chart.resolve_scale(y="independent"), height=240)


def _value_layers(axis: ValueAxis, present: frozenset[str]) -> list[alt.Chart | alt.LayerChart]:
    ranges = alt.Chart(alt.NamedData("range")).mark_rule(color=BLUE_SOFT, opacity=0.7, clip=True)
    line = alt.Chart(alt.NamedData("line")).mark_line(color=BLUE, strokeWidth=1, clip=True)
    beyond = alt.Chart(alt.NamedData("beyond")).mark_point(
        shape="triangle-up", filled=True, color=BLUE, size=45, opacity=1
    )
    layers = {
        "range": ranges.encode(x="t:T", y=axis.y("low"), y2="high:Q"),
        "line": line.encode(x="t:T", y=axis.y("v"), tooltip=_told(axis)),
        "beyond": beyond.encode(x="t:T", y=alt.value(5), tooltip=_told(axis)),
        "limit": _target(),
        "notes": _notes(),
    }
    return [layer for name, layer in layers.items() if name in present]


def _told(axis: ValueAxis) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("at:N", title="from"),
        alt.Tooltip("low:Q", title="lowest", format=axis.told),
        alt.Tooltip("high:Q", title="highest", format=axis.told),
    ]


@lru_cache(maxsize=64)
def _band_drawing(axis: ValueAxis, named: tuple[str, ...], present: frozenset[str]) -> Spec:
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))
    base = alt.Chart(alt.NamedData("band")).encode(x=x)
    outer = base.mark_area(opacity=0.25, color=BLUE_SOFT)
    middle = base.mark_area(opacity=0.5, color=BLUE_SOFT)
    told = ["day:T", *(alt.Tooltip(f"p{share}:Q", format=axis.told) for share in SHARES)]
    layers = [
        outer.encode(y=axis.y("p5"), y2="p95:Q"),
        middle.encode(y="p25:Q", y2="p75:Q"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y="p50:Q", tooltip=told),
    ]
    if named:
        layers.append(_outliers(named))
    if "limit" in present:
        layers.append(_target())
    if "marks" in present:
        layers.append(_marks())
    return _finished(alt.layer(*layers), height=300)


def _marks() -> alt.LayerChart:
    """Upright where the promise changed, with the version; the change on hover."""
    base = alt.Chart(alt.NamedData("marks")).encode(x="day:T", tooltip=["day:T", "text:N"])
    rule = base.mark_rule(color=INK, strokeDash=[1, 3], strokeWidth=2)
    words = base.mark_text(align="left", baseline="top", dx=4, color=INK, fontSize=11)
    return rule + words.encode(y=alt.value(2), text="label:N")


def _outliers(named: tuple[str, ...]) -> alt.Chart:
    colours = alt.Scale(domain=list(named), range=list(OUTLIER_COLOURS[: len(named)]))
    lines = alt.Chart(alt.NamedData("outliers")).mark_line(
        strokeWidth=1.2, strokeDash=[5, 2], point=alt.OverlayMarkDef(size=14)
    )
    return lines.encode(
        x="day:T",
        y="value:Q",
        color=alt.Color("product:N", scale=colours, title="outliers"),
        tooltip=["product:N", "day:T", alt.Tooltip("value:Q", format=".5~g")],
    )


def _drawn(axis: ValueAxis, value: float | None) -> float | None:
    return None if value is None else axis.drawn(value)


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _line_rows(envelope: Envelope, zone_name: str) -> Rows:
    rows: Rows = []
    previous = None
    for t, low, high in _points(envelope):
        if previous is not None and t - previous > 2 * envelope.bucket_s:
            rows.append({"t": _moment(previous + envelope.bucket_s), "v": None})  # breaks the line
        at = local_time(t, zone_name)
        rows.append({"t": _moment(t), "v": high, "low": low, "high": high, "at": at})
        previous = t
    return rows


def _beyond(envelope: Envelope, top: float, zone_name: str) -> Rows:
    """Peaks past the end of the axis, to be marked there with their true height."""
    return [
        {"t": _moment(t), "low": low, "high": high, "at": local_time(t, zone_name)}
        for t, low, high in _points(envelope)
        if high > top
    ]


def _ranges(envelope: Envelope) -> Rows:
    return [
        {"t": _moment(t), "low": low, "high": high}
        for t, low, high in _points(envelope)
        if high > low
    ]


def _points(envelope: Envelope) -> list[tuple[int, float, float]]:
    columns = (envelope.start_s.tolist(), envelope.low.tolist(), envelope.high.tolist())
    return list(zip(*columns, strict=True))


def _missed(envelope: Envelope) -> Rows:
    """Buckets with a miss, shaded over the full height."""
    starts = envelope.start_s[envelope.miss].tolist()
    return [{"t": _moment(t), "end": _moment(t + envelope.bucket_s)} for t in starts]


def _hatching(kinds: tuple[str, ...]) -> list[alt.Chart]:
    """Excluded time in rising strokes, unknown time in dots: told apart without colour."""
    found = []
    for kind in kinds:
        plain = alt.Chart(alt.NamedData(kind)).mark_rect(
            color=GREY, opacity=0.13, stroke=GREY, strokeWidth=0.5
        )
        found.append(
            plain.encode(x="t:T", x2="end:T", tooltip=["kind:N", "why:N", "from:N", "to:N"])
        )
        dash = [1, 5] if kind == "unknown" else [1, 0]
        drawn = alt.Chart(alt.NamedData(f"{kind}-strokes")).mark_rule(
            color=GREY, opacity=0.8, strokeWidth=1, strokeDash=dash
        )
        across = alt.Y("from:Q", scale=alt.Scale(domain=[0, 1]), axis=None)
        found.append(drawn.encode(x="t:T", x2="end:T", y=across, y2="to:Q"))
    return found


def _strokes(bands: Sequence[NamedInterval], period: Interval, kind: str) -> Rows:
    """Rising strokes clipped to their band, or upright ones (dashed by the mark) for unknown."""
    step = (period[1] - period[0]) / HATCHES
    rows: Rows = []
    for band in bands:
        if kind == "unknown":
            count = max(1, int((band.end_s - band.start_s) / step))
            gap = (band.end_s - band.start_s) / (count + 1)
            middles = [_moment(int(band.start_s + gap * (n + 1))) for n in range(count)]
            rows += [{"t": t, "end": t, "from": 0, "to": 1} for t in middles]
        else:
            rows += _rising(band, step)
    return rows


def _rising(band: NamedInterval, step: float) -> Rows:
    reach = step * 20  # a stroke rises over the full height in this much time
    rows: Rows = []
    t = band.start_s - reach
    while t < band.end_s:
        low, high = max(t, band.start_s), min(t + reach, band.end_s)
        if low < high:
            ends = {"from": (low - t) / reach, "to": (high - t) / reach}
            rows.append({"t": _moment(int(low)), "end": _moment(int(high)), **ends})
        t += step
    return rows


def _notes() -> alt.LayerChart:
    """Where a promise changed: a rule on the axis of time with what changed."""
    base = alt.Chart(alt.NamedData("notes")).encode(
        x="t:T", tooltip=alt.Tooltip("told:N", title="changed")
    )
    rule = base.mark_rule(color=INK, strokeDash=[1, 3], strokeWidth=2)
    words = base.mark_text(align="left", baseline="top", dx=4, color=INK, fontSize=11)
    return rule + words.encode(y=alt.value(2), text="text:N")


def _target() -> alt.LayerChart:
    base = alt.Chart(alt.NamedData("limit"))
    rule = base.mark_rule(color=INK, strokeDash=[6, 3], strokeWidth=1.5).encode(y="limit:Q")
    words = base.mark_text(align="left", dx=4, dy=-6, color=INK, fontSize=11)
    return rule + words.encode(y="limit:Q", x=alt.value(0), text="text:N")


def _finished(chart: alt.LayerChart, *, height: int) -> Spec:
    chart = chart.properties(width="container", height=height).configure(
        font="system-ui, sans-serif", background="transparent"
    )
    chart = chart.configure_view(stroke=None).configure_axis(
        gridColor="#8894a1", gridOpacity=0.22, labelColor=INK, titleColor=INK, domainColor=GREY
    )
    chart = chart.configure_legend(orient="bottom", labelColor=INK, titleColor=INK, columns=5)
    spec: Spec = chart.to_dict()
    return spec


def chart_svg(spec: Spec, *, width: int = 860) -> str:
    """The same chart drawn on the server, for readers without script."""
    fixed = {**spec, "width": width, "background": "white"}
    svg: str = vl_convert.vegalite_to_svg(fixed, vl_version=VEGA_LITE)
    return svg


_bundling = threading.Lock()
_GLOBALS = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"


def vega_bundle(workspace: Workspace) -> Path:
    """Vega, Vega-Lite and Vega-Embed as one local script, built once per version of vl-convert."""
    path = workspace.home / "cache" / f"vega-{version('vl-convert-python')}-{VEGA_LITE}.js"
    with _bundling:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = vl_convert.javascript_bundle(_GLOBALS, VEGA_LITE)
            fresh = path.with_suffix(f".{os.getpid()}.tmp")
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, path)
    return path
