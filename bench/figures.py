"""What a run says: one figure per line, with its goal, and the pairs it was taken from."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

NEAR = 0.10  # a goal missed by no more than this share is called near

Spent = dict  # what a job returns
Rounds = dict[str, list[Spent]]


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`, a median, with the least and the most seen. `cpu`: the same ratio in
    processor time, which a busy machine hardly moves. `scale`: absolute figures, for scale only."""

    section: str
    what: str
    value: float
    unit: str = "x"
    low: float | None = None
    high: float | None = None
    goal: float | None = None
    at_least: bool = False
    cpu: float | None = None
    scale: str = ""
    note: str = ""

    @property
    def outcome(self) -> str:
        """pass, near or fail; empty without a goal."""
        return self._held(self.value)

    @property
    def verdict(self) -> str:
        """The outcome, and where processor time says otherwise, that."""
        by_cpu = "" if self.cpu is None else self._held(self.cpu)
        agreed = by_cpu in ("", self.outcome)
        return self.outcome if agreed else f"{self.outcome}, {by_cpu} by cpu"

    def _held(self, value: float) -> str:
        if self.goal is None:
            return ""
        if self.goal == 0:
            return "pass" if value == 0 else "fail"
        miss = (self.goal - value if self.at_least else value - self.goal) / self.goal
        return "pass" if miss <= 0 else "near" if miss <= NEAR else "fail"

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "outcome": self.outcome}


def interleaved(rounds: int, work: Mapping[str, Callable[[], Spent]]) -> Rounds:
    """A B A B ...: what disturbs the machine disturbs each of a pair."""
    found: Rounds = {name: [] for name in work}
    for _ in range(rounds):
        for name, one in work.items():
            found[name].append(one())
    return found


@dataclass(frozen=True)
class Ratio:
    median: float
    low: float
    high: float
    cpu: float | None


def ratio(rounds: Rounds, above: str, below: str) -> Ratio:
    """Median of the pair-wise ratios of wall clock, and of processor time where both know it."""
    wall = quotients(rounds[above], rounds[below], "seconds")
    cpu = quotients(rounds[above], rounds[below], "cpu_s")
    return Ratio(
        statistics.median(wall), min(wall), max(wall), statistics.median(cpu) if cpu else None
    )


def quotients(above: Sequence[Spent], below: Sequence[Spent], key: str) -> list[float]:
    return [a[key] / b[key] for a, b in zip(above, below, strict=True) if a.get(key) and b.get(key)]


def ratio_figure(
    section: str,
    what: str,
    found: Ratio,
    *,
    goal: float | None = None,
    at_least: bool = False,
    scale: str = "",
    note: str = "",
) -> Figure:
    return Figure(
        section,
        what,
        found.median,
        low=found.low,
        high=found.high,
        goal=goal,
        at_least=at_least,
        cpu=found.cpu,
        scale=scale,
        note=note,
    )


def median_of(spent: Sequence[Spent], key: str) -> float:
    return statistics.median(one[key] for one in spent)


def largest(spent: Sequence[Spent], key: str) -> float:
    return max(one[key] for one in spent)


def render_table(figures: Sequence[Figure]) -> str:
    """Fixed-width lines, for a terminal."""
    rows = [("what", "figure", "min-max", "cpu", "goal", "", "for scale")]
    rows += [cells(figure) for figure in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*padded, row[6]]).rstrip())
    notes = [f"  {f.what}: {f.note}" for f in figures if f.note]
    return "\n".join(lines + notes)


def cells(figure: Figure) -> tuple[str, ...]:
    spread = ""
    if figure.low is not None and figure.high is not None and figure.low != figure.high:
        spread = f"{short(figure.low)}-{short(figure.high)}"
    goal = ""
    if figure.goal is not None:
        goal = f"{'>=' if figure.at_least else '<='} {short(figure.goal)}"
    cpu = "" if figure.cpu is None else f"{short(figure.cpu)} x"
    shown = f"{short(figure.value)} {figure.unit}"
    return (figure.what, shown, spread, cpu, goal, figure.verdict, figure.scale)


def short(number: float) -> str:
    if number == 0 or abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}"
