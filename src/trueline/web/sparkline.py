"""Small drawings as inline SVG: no script, no request, coloured by the style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 112, 26


def sparkline(shares: Sequence[float | None], label: str) -> SafeString:
    """A line of daily shares, scaled to its own range; days without data break it."""
    known = [share for share in shares if share is not None]
    if not known:
        return mark_safe('<span class="muted">no daily data</span>')
    low = min(known)
    span = max(1.0 - low, 1e-9)
    step = (WIDTH - 4) / max(len(shares) - 1, 1)
    runs: list[list[str]] = [[]]
    worst = shares.index(low)
    for i, share in enumerate(shares):
        if share is None:
            runs.append([])
        else:
            y = 3 + (HEIGHT - 6) * (1.0 - share) / span
            runs[-1].append(f"{2 + i * step:.1f},{y:.1f}")
    lines = "".join(_run(run) for run in runs)
    dot = ""
    if low < 1.0:
        dot = f'<circle class="spark-low" cx="{2 + worst * step:.1f}" cy="{HEIGHT - 3}" r="2.2"/>'
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img"'
        ' aria-label="{}"><title>{}</title>{}{}</svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        label,
        label,
        mark_safe(lines),
        mark_safe(dot),
    )


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
