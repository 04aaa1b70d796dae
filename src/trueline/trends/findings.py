"""What a scan of trends found, as it is kept, printed and shown. Days are ISO dates."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from trueline.trends.course_kind import Kind

WORSE = (Kind.DETERIORATION, Kind.STEP, Kind.ONE_MEMBER)
EXPLAINED = (
    Kind.ELSEWHERE,
    Kind.MEASUREMENT_CHANGE,
    Kind.MIX_CHANGE,
    Kind.SEASON,
    Kind.TOO_SMALL,
)
BAD_TIME, VALUE = "bad time", "value"


@dataclass(frozen=True)
class Outlook:
    """When a finding breaks its line, as forecast from its own course; "" is "not within the days
    looked ahead"."""

    line: float
    """The promise in the measure that is told: allowed share of bad time, or index."""
    days_ahead: int
    probability: float
    """That the line is crossed within these days."""
    expected: str
    """By this day the probability has reached one half; by `earliest` 0.1, by `latest` 0.9."""
    earliest: str
    latest: str
    error: float | None
    """Mean absolute error of the back-test, None where the history is too short for one."""
    naive_error: float | None
    """The same of saying the day of a week before again."""


@dataclass(frozen=True)
class TrendFinding:
    """One group and objective as `show` and the page tell it."""

    dimension: str
    key: str
    objective_id: str
    measure: str
    """BAD_TIME, or VALUE: the index of `value_index`."""
    kind: str
    q_value: float
    since: str
    since_from: str
    since_to: str
    before: float
    """Share of bad time, or index (1 is usual), in the four weeks before it began."""
    now: float
    """The same in the newest four weeks."""
    member: str
    """The one bad member, empty otherwise."""
    members: int
    course: tuple[float | None, ...]
    """Share of known time that was bad, or the index, day by day; None where nothing is known."""
    told_in: str = ""
    """The finding that holds the members this one's trend comes from, as `group vpn-north`."""
    changes: tuple[str, ...] = ()
    """First days of new levels."""
    because: str = ""
    """What shows that the measuring changed."""
    customers: int = 0
    outlook: Outlook | None = None

    @property
    def series(self) -> tuple[str, str, str, str]:
        """What tells this series from all others of a scan."""
        return self.dimension, self.key, self.objective_id, self.measure

    def sure(self) -> str:
        """The q-value as text."""
        return told_chance(self.q_value)

    def told(self) -> tuple[str, str]:
        """Before and now as text: bad time in percent, values by the index, of which 1 is usual."""
        return tell(self.before, self.measure), tell(self.now, self.measure)

    def rank(self) -> tuple[float, float]:
        """What comes first: customers, times the share of the way to the line that is gone since it
        began, or times the rise alone where there is no line; then how sure."""
        return -self.customers * self.way_gone(), self.q_value

    def way_gone(self) -> float:
        """Of the way from where it was to its line, a tenth of the line at least, how much is gone;
        1 and more is at or beyond the line."""
        rise = self.now - self.before
        if self.outlook is None:
            return rise
        return rise / max(self.outlook.line - self.before, self.outlook.line / 10)


@dataclass(frozen=True)
class QuietSeries:
    """A series that was tested and not called: what could have been seen of it."""

    dimension: str
    key: str
    objective_id: str
    measure: str
    kind: str
    q_value: float
    detectable: float | None
    """Growth over all days, 0.1 for 10 %, that would have been seen four times in five; None where
    most days are equal and nothing can be told."""

    @property
    def series(self) -> tuple[str, str, str, str]:
        return self.dimension, self.key, self.objective_id, self.measure


@dataclass(frozen=True)
class TrendScan:
    """What one scan found, and what it could have found."""

    first_day: str
    last_day: str
    scanned: int
    too_little_data: int
    share_false: float
    dependent: bool
    detectable_ratio: float
    """Growth over all days that half of the quiet series would have shown."""
    unmeasured: int
    """Quiet series of which most days are equal, so that no such growth can be told."""
    findings: tuple[TrendFinding, ...]
    """What is getting worse first, by rank; then what only looks so, each by q-value."""
    quiet: tuple[QuietSeries, ...] = ()
    step_days: int = 1
    """Days that one point of a course spans: 1, or 7 of a weekly scan."""

    def told_of(self, dimension: str, key: str) -> list[TrendFinding | QuietSeries]:
        """All that it says of one group: what was called first."""
        told: list[TrendFinding | QuietSeries] = [*self.findings, *self.quiet]
        return [one for one in told if (one.dimension, one.key) == (dimension, key)]


def told_chance(chance: float) -> str:
    """A q-value or a probability: two figures, and no zero."""
    return "below 0.0001" if chance < 0.0001 else f"{chance:.2g}"


def tell(figure: float, measure: str) -> str:
    """`0.763 %` of bad time, floored, with three significant figures; or `× 1.02` of the index."""
    if measure == VALUE:
        return f"× {figure:.2f}"
    percent = Decimal(repr(figure)) * 100
    if percent == percent.to_integral_value():
        return f"{int(percent)} %"
    if percent < Decimal("0.001"):
        return "below 0.001 %"
    places = 1 if percent >= 10 else 2 if percent >= 1 else 3
    return f"{percent.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR)} %"
