"""The threshold studio: a draft replayed over stored periods, today's version beside it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.http import Http404, HttpRequest, HttpResponse

from trueline.assessment.values import Verdict
from trueline.errors import InputError
from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective
from trueline.standards.document import draft_of
from trueline.standards.facts import Examined, examine
from trueline.standards.models import StandardProposal
from trueline.standards.overview import StandardLine, standards_known
from trueline.standards.replay import Replay, Source
from trueline.standards.replay_summed import replay_quickly
from trueline.standards.replay_told import SideBySide, Tally, bounds_told, tell_replay
from trueline.standards.suggested import suggest_for
from trueline.web.shell import show
from trueline.web.sight import Sight, look
from trueline.web.wording import floor_percent, objective_value

MONTHS = (3, 6, 12, 24)
BREACHED_SHOWN = 50
_LEVELS = (Fraction(95, 100), Fraction(95, 100))


@dataclass(frozen=True)
class ShownTally:
    """Counts and figures of one version as text."""

    version: str
    met: int
    at_risk: int
    violated: int
    open: int
    share: str
    share_range: str
    margin: str
    customers: int
    credits: str


@dataclass(frozen=True)
class ShownPair:
    name: str
    tallies: tuple[ShownTally, ...]


@dataclass(frozen=True)
class ShownSuggestion:
    figures: int
    percentile: str
    bound: str
    needed: int


def replay(request: HttpRequest, number: int) -> HttpResponse:
    sight = look(request)
    proposal = StandardProposal.objects.filter(pk=number).first()
    if proposal is None:
        raise Http404(f"There is no proposal {number}")
    months = _months(request)
    examined = examine(sight.workspace, draft_of(proposal.document))
    context: dict[str, object] = {
        "proposal": proposal,
        "months": months,
        "month_choices": MONTHS,
        "exact_only": False,
        "error": None,
        "suggestion": _suggestion(sight, proposal.standard, months),
    }
    try:
        found = replay_quickly(sight.workspace, examined, months)
    except InputError as error:
        context["error"] = error
    else:
        context |= {"exact_only": True} if found is None else _told(examined, found)
    return show(request, sight, "web/replay.html", context)


def _months(request: HttpRequest) -> int:
    asked = request.GET.get("months", "12")
    if asked not in [str(months) for months in MONTHS]:
        raise Http404("There is no such number of periods")
    return int(asked)


def _told(examined: Examined, found: Replay) -> dict[str, object]:
    told = tell_replay(found)
    draft = examined.proposed.draft.objective
    measured = (draft, examined.catalog.parameters.get(draft.parameter))
    shown = told.newly_violated[:BREACHED_SHOWN]
    return {
        "replayed": found,
        "figures": told.total.figures,
        "from_summaries": found.source is Source.SUMMARIES,
        "bounds": "" if found.bounds is None else bounds_told(found.bounds, told.unsure),
        "total": [_pair(told.total)],
        "by_period": [_pair(one) for one in told.periods],
        "by_segment": [_pair(one) for one in told.segments],
        "breached": [(one, _value(one.value, measured)) for one in shown],
        "breached_count": len(told.newly_violated),
        "no_longer": told.no_longer_violated,
    }


def _pair(one: SideBySide) -> ShownPair:
    both = (("today", one.today), ("draft", one.draft))
    return ShownPair(one.name, tuple(_tally(name, t) for name, t in both if t is not None))


def _tally(name: str, tally: Tally) -> ShownTally:
    unknown = f" and {tally.unknown:,} not known" if tally.unknown else ""
    interval = ""
    if tally.share_low is not None and tally.share_high is not None:
        interval = f"{floor_percent(tally.share_low, 1)} to {floor_percent(tally.share_high, 1)}"
    return ShownTally(
        name,
        tally.of(Verdict.MET) + tally.of(Verdict.WITHIN_TOLERANCE),
        tally.of(Verdict.AT_RISK),
        tally.of(Verdict.VIOLATED),
        tally.of(Verdict.NOT_ASSESSABLE) + tally.of(Verdict.NOT_APPLICABLE),
        "none" if tally.share_met is None else floor_percent(tally.share_met, 1),
        interval,
        "" if tally.low_margin is None else f"{tally.low_margin:.4g}",
        tally.customers_violated,
        f"{tally.credits:,f}{unknown}",
    )


_Measured = tuple[ServiceLevelObjective, PerformanceParameter | None]


def _value(value: Fraction | None, measured: _Measured) -> str:
    return "none" if value is None else objective_value(float(value), *measured)


def _suggestion(sight: Sight, name: str, months: int) -> ShownSuggestion | None:
    """A target that the figures support; None where nothing was measured yet."""
    line: StandardLine | None = next((o for o in standards_known() if o.name == name), None)
    if line is None or line.newest is None:
        return None
    try:
        found = suggest_for(sight.workspace, line, months, _LEVELS)
    except InputError:
        return None  # nothing was measured, or the comparator has no safe side
    measured = (line.newest.objective, line.parameter)
    bound = "" if found.bound is None else _value(found.bound, measured)
    return ShownSuggestion(found.figures, _value(found.percentile, measured), bound, found.needed)
