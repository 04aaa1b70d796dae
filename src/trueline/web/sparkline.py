"""Small drawings as inline SVG: no script, no request, coloured by the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 112, 26


@dataclass(frozen=True)
class SparkScale:
    """Bottom and top of the drawing, where the target lies, and which end is the worse one."""

    low: float
    high: float
    target: float | None
    higher_is_better: bool

    def y(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else float(self.high > 0)
        return HEIGHT - 3 - (HEIGHT - 6) * share


def share_scale(known: Sequence[float], target: float | None) -> SparkScale:
    """From the worst day up to all of the time: small losses of high shares must be seen."""
    low = min(known)
    return SparkScale(low, 1.0, target if target and target > low else None, True)


def value_scale(
    known: Sequence[float], target: float | None, *, higher_is_better: bool
) -> SparkScale:
    """From zero, so that small changes look small, up to the target or the highest day."""
    ends = (0.0, *known) if target is None else (0.0, target, *known)
    return SparkScale(min(ends), max(ends), target, higher_is_better)


def sparkline(
    values: Sequence[float | None],
    scale: SparkScale,
    label: str,
    *,
    dated: Sequence[int] = (),
    marks: Sequence[int] = (),
) -> SafeString:
    """A line of daily values with the target dashed; days without data break it, and the worst
    day has a dot. `dated`: days of changes, dashed upright. `marks`: days on which the promise
    changed, as ticks on the axis; what changed is said in the label."""
    step = (WIDTH - 4) / max(len(values) - 1, 1)
    runs: list[list[str]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{2 + i * step:.1f},{scale.y(value):.1f}")
    drawn = [
        _target(scale),
        *(_upright(day, step) for day in dated),
        *(_tick(day, step) for day in marks),
        *(_run(run) for run in runs),
        _worst(values, scale, step),
    ]
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img"'
        ' aria-label="{}"><title>{}</title>{}</svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        label,
        label,
        mark_safe("".join(drawn)),
    )


def _target(scale: SparkScale) -> str:
    if scale.target is None:
        return ""
    y = f"{scale.y(scale.target):.1f}"
    return f'<line class="spark-target" x1="2" x2="{WIDTH - 2}" y1="{y}" y2="{y}"/>'


def _upright(day: int, step: float) -> str:
    x = f"{2 + day * step:.1f}"
    return f'<line class="spark-target" x1="{x}" x2="{x}" y1="1" y2="{HEIGHT - 1}"/>'


def _tick(day: int, step: float) -> str:
    x = 2 + day * step
    triangle = f"{x - 3:.1f},{HEIGHT} {x + 3:.1f},{HEIGHT} {x:.1f},{HEIGHT - 6}"
    upright = f'<line class="spark-mark" x1="{x:.1f}" x2="{x:.1f}" y1="1" y2="{HEIGHT - 5}"/>'
    return f'{upright}<polygon class="spark-mark" points="{triangle}"/>'


def _worst(values: Sequence[float | None], scale: SparkScale, step: float) -> str:
    known = [value for value in values if value is not None]
    if not known or min(known) == max(known):
        return ""
    worst = min(known) if scale.higher_is_better else max(known)
    x = 2 + values.index(worst) * step
    return f'<circle class="spark-low" cx="{x:.1f}" cy="{scale.y(worst):.1f}" r="2.2"/>'


def _run(points: list[str]) -> str:
    if len(points) == 1:
        x, y = points[0].split(",")
        return f'<circle cx="{x}" cy="{y}" r="1.2"/>'
    return f'<polyline points="{" ".join(points)}"/>' if points else ""


def bar(share: float | None, label: str, kind: str = "allowance") -> SafeString:
    """A bar of 0 to 1 of its length; below 0 it is shown as spent."""
    filled = 0.0 if share is None else min(max(share, 0.0), 1.0)
    state = "spent" if share is not None and share <= 0 else "low" if filled < 0.25 else "ample"
    return format_html(
        '<svg class="bar {} {}" viewBox="0 0 100 8" width="100" height="8" role="img"'
        ' preserveAspectRatio="none" aria-label="{}"><title>{}</title>'
        '<rect class="bar-track" width="100" height="8" rx="2"/>'
        '<rect class="bar-fill" width="{}" height="8" rx="2"/></svg>',
        kind,
        state,
        label,
        label,
        f"{filled * 100:.1f}",
    )


def interval(low: float, point: float, high: float, label: str) -> SafeString:
    """A share with its interval on a 0 to 1 axis."""
    return format_html(
        '<svg class="interval" viewBox="0 0 100 10" width="100" height="10" role="img"'
        ' aria-label="{}"><title>{}</title><line class="axis" x1="0" y1="5" x2="100" y2="5"/>'
        '<line class="span" x1="{}" y1="5" x2="{}" y2="5"/>'
        '<line class="point" x1="{}" y1="1" x2="{}" y2="9"/></svg>',
        label,
        label,
        f"{low * 100:.1f}",
        f"{max(high * 100, low * 100 + 1):.1f}",
        *(f"{min(max(point * 100, 1), 99):.1f}" for _ in range(2)),
    )


def stacked(parts: Sequence[tuple[str, int]], label: str) -> SafeString:
    """Parts of a whole side by side; `parts` are (style, amount)."""
    whole = sum(amount for _, amount in parts) or 1
    left = 0.0
    drawn = []
    for style, amount in parts:
        share = 100 * amount / whole
        if amount:
            # A sliver of a second in a month must still be seen.
            drawn.append(
                format_html(
                    '<rect class="part {}" x="{}%" y="0" width="{}%" height="14"/>',
                    style,
                    f"{min(left, 99.75):.3f}",
                    f"{max(share, 0.25):.3f}",
                )
            )
        left += share
    return format_html(
        '<svg class="stacked" height="14" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        label,
        label,
        mark_safe("".join(drawn)),
    )
