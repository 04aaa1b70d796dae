"""Charts as Vega-Lite specifications (Altair): the same on screen and, as SVG, without script."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import altair as alt
import vl_convert

from trueline.calendars.intervals import Interval
from trueline.settings.workspace import Workspace
from trueline.web.bands import Band
from trueline.web.evidence import Envelope

VEGA_LITE = "6.4"
HATCHES = 130  # strokes that a hatched band as wide as the chart would have
# One palette for screen and paper; the blue and the vermilion differ to every kind of eye.
BLUE, BLUE_SOFT, MISS, GREY, INK = "#1769aa", "#8fbbe0", "#c2410c", "#7b8794", "#52606d"
OUTLIER_COLOURS = ("#c2410c", "#7c3aed", "#0f766e", "#a16207", "#be185d")

Spec = dict[str, object]


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
    unit: str
    bands: tuple[NamedInterval, ...]


def line_chart(shown: LineChart) -> Spec:
    """Granules over time with the target line; misses shaded, uncounted time hatched."""
    shading = _shading(shown)
    behind = [*([shading] if shading else []), *_hatching(shown)]
    values = [_range_area(shown), _line(shown)]
    if shown.limit is not None:
        values.append(_target(shown.limit, shown.limit_text))
    chart = alt.layer(*behind, alt.layer(*values))
    # Hatching is drawn from 0 to 1 of the height, the values on their own axis.
    return _finished(chart.resolve_scale(y="independent"), height=240)


def band_chart(band: Band, limit: float | None, unit: str) -> Spec:
    """Percentiles of the members per day, with the outliers drawn by name."""
    rows = [
        {"day": day.isoformat(), **{f"p{share}": line[i] for share, line in _series(band)}}
        for i, day in enumerate(band.days)
    ]
    rows = [row for row in rows if row["p50"] is not None]
    data = alt.Data(values=rows)
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True))
    base = alt.Chart(data).encode(x=x)
    title = f"daily value ({unit})" if unit else "daily value"
    layers = [
        base.mark_area(opacity=0.25, color=BLUE_SOFT).encode(
            y=alt.Y("p5:Q", title=title, scale=alt.Scale(zero=False)), y2="p95:Q"
        ),
        base.mark_area(opacity=0.5, color=BLUE_SOFT).encode(y="p25:Q", y2="p75:Q"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(
            y="p50:Q", tooltip=["day:T", "p5:Q", "p25:Q", "p50:Q", "p75:Q", "p95:Q"]
        ),
    ]
    if band.outliers:
        layers.append(_outliers(band))
    if limit is not None:
        layers.append(_target(limit, "target"))
    return _finished(alt.layer(*layers), height=260)


def _series(band: Band) -> list[tuple[int, tuple[float | None, ...]]]:
    return list(zip((5, 25, 50, 75, 95), band.percentiles, strict=True))


def _outliers(band: Band) -> alt.Chart:
    rows = [
        {"day": day.isoformat(), "value": value, "product": outlier.product_id}
        for outlier in band.outliers
        for day, value in zip(band.days, outlier.values, strict=True)
        if value is not None
    ]
    named = [outlier.product_id for outlier in band.outliers]
    colours = alt.Scale(domain=named, range=list(OUTLIER_COLOURS[: len(named)]))
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=1.2, strokeDash=[5, 2], point=alt.OverlayMarkDef(size=14))
        .encode(
            x="day:T",
            y="value:Q",
            color=alt.Color("product:N", scale=colours, title="outliers", sort=named),
            tooltip=["product:N", "day:T", "value:Q"],
        )
    )


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time_axis(shown: LineChart) -> alt.X:
    domain = [_moment(second) for second in shown.period]
    return alt.X(
        "t:T",
        title="UTC",
        scale=alt.Scale(type="utc", domain=domain),
        axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=10),
    )


def _line(shown: LineChart) -> alt.Chart:
    step, rows = shown.envelope.bucket_s, []
    previous = None
    for t, low, high in _points(shown.envelope):
        if previous is not None and t - previous > 2 * step:
            rows.append({"t": _moment(previous + step), "v": None})  # a gap breaks the line
        rows.append({"t": _moment(t), "v": high, "low": low, "high": high})
        previous = t
    title = f"value ({shown.unit})" if shown.unit else "value"
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line(color=BLUE, strokeWidth=1, clip=True)
        .encode(
            x=_time_axis(shown),
            y=alt.Y("v:Q", title=title, scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("t:T", title="from", format="%-d %b %H:%M UTC", type="temporal"),
                alt.Tooltip("low:Q", title="lowest", format=".5~g"),
                alt.Tooltip("high:Q", title="highest", format=".5~g"),
            ],
        )
    )


def _range_area(shown: LineChart) -> alt.Chart:
    rows = [
        {"t": _moment(t), "low": low, "high": high}
        for t, low, high in _points(shown.envelope)
        if high > low
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rule(color=BLUE_SOFT, strokeWidth=1, opacity=0.7)
        .encode(x="t:T", y="low:Q", y2="high:Q")
    )


def _points(envelope: Envelope) -> list[tuple[int, float, float]]:
    columns = (envelope.start_s.tolist(), envelope.low.tolist(), envelope.high.tolist())
    return list(zip(*columns, strict=True))


def _shading(shown: LineChart) -> alt.Chart | None:
    """Buckets with a miss, shaded over the full height."""
    size = shown.envelope.bucket_s
    starts = shown.envelope.start_s[shown.envelope.miss].tolist()
    rows = [{"t": _moment(start), "end": _moment(start + size)} for start in starts]
    if not rows:
        return None
    shaded = alt.Chart(alt.Data(values=rows)).mark_rect(color=MISS, opacity=0.22)
    return shaded.encode(x="t:T", x2="end:T")


def _hatching(shown: LineChart) -> list[alt.LayerChart]:
    """Excluded time in rising strokes, unknown time in dots: told apart without colour."""
    found = []
    for kind in ("excluded", "unknown"):
        bands = [band for band in shown.bands if band.kind == kind]
        if not bands:
            continue
        rows = [
            {"t": _moment(b.start_s), "end": _moment(b.end_s), "kind": b.kind, "why": b.reason}
            for b in bands
        ]
        plain = alt.Chart(alt.Data(values=rows)).mark_rect(
            color=GREY, opacity=0.13, stroke=GREY, strokeWidth=0.5
        )
        found.append(plain.encode(x="t:T", x2="end:T", tooltip=["kind:N", "why:N", "t:T", "end:T"]))
        strokes = alt.Chart(alt.Data(values=_strokes(bands, shown.period, kind)))
        dash = [1, 5] if kind == "unknown" else [1, 0]
        drawn = strokes.mark_rule(color=INK, opacity=0.55, strokeWidth=1, strokeDash=dash)
        across = alt.Scale(domain=[0, 1])
        found.append(
            drawn.encode(
                x="t:T",
                x2="end:T",
                y=alt.Y("from:Q", scale=across, axis=None),
                y2="to:Q",
            )
        )
    return found


def _strokes(
    bands: Sequence[NamedInterval], period: Interval, kind: str
) -> list[dict[str, object]]:
    """Rising strokes clipped to their band, or upright ones (dashed by the mark) for unknown."""
    step = (period[1] - period[0]) / HATCHES
    reach = step * 20  # a stroke rises over the full height in this much time
    rows: list[dict[str, object]] = []
    for band in bands:
        if kind == "unknown":
            count = max(1, int((band.end_s - band.start_s) / step))
            gap = (band.end_s - band.start_s) / (count + 1)
            for n in range(count):
                t = _moment(int(band.start_s + gap * (n + 1)))
                rows.append({"t": t, "end": t, "from": 0, "to": 1})
            continue
        t = band.start_s - reach
        while t < band.end_s:
            low, high = max(t, band.start_s), min(t + reach, band.end_s)
            if low < high:
                ends = {"from": (low - t) / reach, "to": (high - t) / reach}
                rows.append({"t": _moment(int(low)), "end": _moment(int(high)), **ends})
            t += step
    return rows


def _target(limit: float, text: str) -> alt.LayerChart:
    base = alt.Chart(alt.Data(values=[{"limit": limit, "text": text}]))
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
    chart = chart.configure_legend(orient="bottom", labelColor=INK, titleColor=INK, columns=3)
    spec: Spec = chart.to_dict()
    return spec


def chart_svg(spec: Spec, *, width: int = 860) -> str:
    """The same chart drawn on the server, for readers without script."""
    fixed = {**spec, "width": width, "background": "white"}
    svg: str = vl_convert.vegalite_to_svg(fixed, vl_version=VEGA_LITE)
    return svg


_bundling = threading.Lock()


def vega_bundle(workspace: Workspace) -> Path:
    """Vega, Vega-Lite and Vega-Embed as one local script, built once per version of vl-convert."""
    path = workspace.home / "cache" / f"vega-{vl_convert.__version__}-{VEGA_LITE}.js"
    with _bundling:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = vl_convert.javascript_bundle(vl_version=VEGA_LITE)
            fresh = path.with_suffix(f".{os.getpid()}.tmp")
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, path)
    return path
