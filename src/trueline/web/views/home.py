"""Home: who is in trouble first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from trueline.assessment.aggregate import FIXED_DIMENSIONS
from trueline.assessment.values import Verdict
from trueline.offerings.values import PerformanceParameter
from trueline.web.group_lines import (
    ADDED_UP,
    GroupLine,
    dimension_lines,
    figures,
    products_in_trouble,
)
from trueline.web.records import GROUP, OFFERING, Records
from trueline.web.row_lines import allowance_bar, allowance_text
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.sparkline import interval, share_scale, sparkline, value_scale
from trueline.web.verdict_rows import is_state
from trueline.web.version_marks import VersionMark, marks_text, version_marks
from trueline.web.wording import (
    NONE,
    STALE,
    STATES,
    StateWord,
    day_text,
    floor_percent,
    objective_value,
    statistic_text,
    target_text,
)

HEALTH = (Verdict.VIOLATED, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE, Verdict.MET)
SPARK_DAYS = 28
SETS_ON_A_PAGE = 40
LINES_OF_SET = 3  # the worst; the set's own page has them all


@dataclass(frozen=True)
class StateCard:
    word: StateWord
    count: int
    share: str
    chosen: bool


@dataclass(frozen=True)
class ShownLine:
    """A GroupLine as text and drawings."""

    line: GroupLine
    records: Records

    @property
    def objective_name(self) -> str:
        named = self.line.objective.name if self.line.objective else ""
        return named or self.line.figure.objective_id

    @property
    def statistic(self) -> str:
        return statistic_text(self.line.objective, self._parameter) if self.line.objective else ""

    @property
    def promised_by(self) -> str:
        """The offering that promises it, where the set mixes offerings and one does."""
        if self.line.figure.dimension == OFFERING:
            return ""
        promising = self.records.offerings_promising.get(self.line.figure.objective_id, ())
        return self.records.offering_name(promising[0]) if len(promising) == 1 else ""

    @property
    def target(self) -> str:
        if self.line.several_targets:
            return "several"
        return target_text(self.line.objective, self._parameter)

    @property
    def value(self) -> str:
        return objective_value(self.line.figure.value, self.line.objective, self._parameter)

    @property
    def is_total(self) -> bool:
        return self.line.objective is not None and self.line.objective.statistic in ADDED_UP

    @property
    def allowance(self) -> str:
        return allowance_text(self.line.allowance)

    @property
    def allowance_bar(self) -> SafeString | str:
        return allowance_bar(self.line.allowance)

    @property
    def share_met(self) -> str:
        return floor_percent(self.line.figure.share_met, 1)

    @property
    def share_range(self) -> str:
        figure = self.line.figure
        return f"{floor_percent(figure.share_low, 1)} to {floor_percent(figure.share_high, 1)}"

    @property
    def share_interval(self) -> SafeString | str:
        figure = self.line.figure
        if figure.share_met is None or figure.share_low is None or figure.share_high is None:
            return NONE
        label = f"Members that met it: {self.share_met}, Wilson 95 % {self.share_range}"
        return interval(figure.share_low, figure.share_met, figure.share_high, label)

    @property
    def spark(self) -> SafeString | str:
        daily, objective = self.line.daily, self.line.objective
        values = daily.values[-SPARK_DAYS:]
        known = [value for value in values if value is not None]
        if not known or objective is None:
            return NONE
        better = objective.comparator.higher_is_better
        if daily.is_share:
            scale = share_scale(known, daily.target)
            worst = floor_percent(min(known))
        else:
            target = None if self.line.several_targets else daily.target
            scale = value_scale(known, target, higher_is_better=better)
            worst = objective_value(worst_of(known, better), objective, self._parameter)
        marks, places = self._marks(len(values))
        label = f"{daily.name} over {len(values)} days, worst {worst}{marks_text(marks)}"
        return sparkline(values, scale, label, marks=places)

    def _marks(self, shown: int) -> tuple[tuple[VersionMark, ...], list[int]]:
        """Changes of the promise on the days that are drawn, and their places among them."""
        days = self.line.days[-shown:]
        figure = self.line.figure
        members = self.records.members_by_key(figure.dimension).get(figure.key, ())
        marks = version_marks(self.records, figure.objective_id, members, (days[0], days[-1]))
        return marks, [(mark.day - days[0]).days for mark in marks]

    @property
    def data_until(self) -> str:
        return day_text(self.line.data_until) if self.line.data_until else NONE

    @property
    def stale(self) -> int:
        return self.line.counts.get(STALE.key, 0)

    @property
    def state_count(self) -> int:
        return self.line.counts.get(self.line.state.key, 0)

    @property
    def shared_out(self) -> list[tuple[StateWord, int]]:
        """The other states that members are in."""
        words = sorted((*STATES.values(), STALE), key=lambda word: word.rank)
        counted = [(word, self.line.counts.get(word.key, 0)) for word in words]
        return [(word, n) for word, n in counted if n and word != self.line.state]

    @property
    def _parameter(self) -> PerformanceParameter | None:
        return self.records.parameter_of(self.line.objective) if self.line.objective else None


def worst_of(known: Sequence[float], higher_is_better: bool) -> float:
    """The worst of the values."""
    return min(known) if higher_is_better else max(known)


@dataclass(frozen=True)
class SetOfLines:
    """A group (or offering, segment ...) with a line per objective."""

    dimension: str
    key: str
    name: str
    members: int
    lines: tuple[ShownLine, ...]
    left_out: int  # lines in a better state, on the set's own page


@dataclass(frozen=True)
class Summary:
    """The first page in one sentence."""

    violating: int
    assessed: int
    customers: int
    worst: tuple[SetOfLines, ShownLine] | None


def home(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    if sight.assessment is None:
        return show(request, sight, "web/start.html", {})
    state = request.GET.get("state") or None
    if state is not None and not is_state(state):
        raise Http404("There is no such state")
    dimensions = _dimensions(sight)
    by = request.GET.get("by") or (dimensions[0] if dimensions else GROUP)
    sets = sets_of_lines(sight, by, state)
    health, data = _cards(sight, state)
    return show(
        request,
        sight,
        "web/home.html",
        {
            "parts": {"lines": "web/parts/home_lines.html"},
            "health": health,
            "data_problems": data,
            "sets": sets[:SETS_ON_A_PAGE],
            "left_out": max(0, len(sets) - SETS_ON_A_PAGE),
            "summary": _summary(sight, sets if state is None else ()),
            "by": by,
            "dimensions": [name for name in dimensions if name in FIXED_DIMENSIONS],
            "attributes": [name for name in dimensions if name not in FIXED_DIMENSIONS],
            "state": state,
            "state_word": _word(state),
            "spark_days": SPARK_DAYS,
        },
    )


def sets_of_lines(sight: Sight, by: str, state: str | None) -> list[SetOfLines]:
    """Every set of one dimension with its lines, worst first; with `state`, only the lines
    in which a member is in it."""
    lines = dimension_lines(sight.assessed, sight.records, by)
    kept = [line for line in lines if state is None or line.counts.get(state)]
    return _gathered(sight.records, kept)


def _gathered(records: Records, lines: Iterable[GroupLine]) -> list[SetOfLines]:
    found: dict[tuple[str, str], list[GroupLine]] = {}
    for line in lines:
        found.setdefault((line.figure.dimension, line.figure.key), []).append(line)
    return [
        SetOfLines(
            dimension,
            key,
            records.name_of(dimension, key),
            len(records.members_by_key(dimension).get(key, ())),
            tuple(ShownLine(line, records) for line in own[:LINES_OF_SET]),
            max(0, len(own) - LINES_OF_SET),
        )
        for (dimension, key), own in found.items()
    ]


def _dimensions(sight: Sight) -> Sequence[str]:
    """Groups and offerings first, then the other aggregated dimensions."""
    present = {figure.dimension for figure in figures(sight.assessed)}
    first = [name for name in (GROUP, OFFERING) if name in present]
    return [*first, *sorted(present - set(first))]


def _cards(sight: Sight, chosen: str | None) -> tuple[list[StateCard], list[StateCard]]:
    counts = sight.assessed.verdict_counts
    applicable = sum(counts.values()) - counts[Verdict.NOT_APPLICABLE]
    daily = sight.assessed.daily
    stale = sum(len(daily.stale_products(name)) for name in daily.objectives)

    def card(word: StateWord, count: int) -> StateCard:
        share = floor_percent(count / applicable, 1) if applicable else NONE
        return StateCard(word, count, share, word.key == chosen)

    health = [card(STATES[verdict], counts[verdict]) for verdict in HEALTH]
    missing = Verdict.NOT_ASSESSABLE
    return health, [card(STATES[missing], counts[missing]), card(STALE, stale)]


def _summary(sight: Sight, sets: Sequence[SetOfLines]) -> Summary:
    violating, assessed = products_in_trouble(sight.assessed)
    sold = sight.records.inventory.products
    customers = {sold[product].customer_id for product in violating if product in sold}
    worst = next(((s, line) for s in sets for line in s.lines), None)
    if worst is not None and worst[1].line.state != STATES[Verdict.VIOLATED]:
        worst = None
    return Summary(len(violating), assessed, len(customers), worst)


def _word(state: str | None) -> StateWord | None:
    words = {word.key: word for word in (*STATES.values(), STALE)}
    return words[state] if state else None
