"""Threshold standards: the list, one standard with its versions, the inbox, one proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest, HttpResponse

from trueline.errors import InputError
from trueline.offerings.meaning import objective_plain
from trueline.offerings.render import render_documents
from trueline.offerings.values import ServiceLevelObjective
from trueline.standards.approve import missing_parts
from trueline.standards.compared import Compared, compared_versions, reissue_of_proposal
from trueline.standards.document import draft_of, draft_plain
from trueline.standards.facts import Examined, examine
from trueline.standards.life_cycle import PART_ROLE, Part, State
from trueline.standards.models import MigrationProposal, ProposalAct, StandardProposal
from trueline.standards.overview import OPEN, StandardLine, standards_known
from trueline.standards.strictness import Strictness, differences, flat, strictness
from trueline.standards.support import SupportGap, support_gap
from trueline.web.person import person_of
from trueline.web.shell import show
from trueline.web.sight import look, page_number
from trueline.web.standards_told import ReissuedPeriod, Told, reissued, told_of
from trueline.web.wording import utc_time

ON_A_PAGE = 60


@dataclass(frozen=True)
class ShownStandard:
    line: StandardLine
    told: Told | None  # of the newest version
    owed: bool


def standards(request: HttpRequest) -> HttpResponse:
    today = datetime.now(UTC).date()
    words = request.GET.get("q", "").strip().lower()
    owed = request.GET.get("review") == "owed"
    known = standards_known()
    every = [_shown(line, today) for line in known]
    chosen = [
        one
        for one in every
        if (not owed or one.owed) and (not words or words in _searched(one.line))
    ]
    pages = max(1, -(-len(chosen) // ON_A_PAGE))
    page = min(page_number(request), pages)
    first = (page - 1) * ON_A_PAGE
    context = {
        "standards": chosen[first : first + ON_A_PAGE],
        "total": len(chosen),
        "page": page,
        "pages": pages,
        "q": request.GET.get("q", ""),
        "owed": owed,
        "owed_count": sum(one.owed for one in every),
        "open_count": sum(len(line.proposals) for line in known),
    }
    return show(request, look(request), "web/standards.html", context)


def _shown(line: StandardLine, today: date) -> ShownStandard:
    newest = line.newest
    told = told_of(newest.objective, line.parameter) if newest else None
    return ShownStandard(line, told, line.review_owed(today))


def _searched(line: StandardLine) -> str:
    titles = [version.objective.name for version in line.versions]
    return " ".join([line.name, line.scope.words, *titles]).lower()


def standard(request: HttpRequest, name: str) -> HttpResponse:
    line = _line(name)
    return standard_page(request, line, {})


def standard_page(
    request: HttpRequest, line: StandardLine, context: dict[str, object]
) -> HttpResponse:
    """The page of one standard; `context` brings what a form was sent with, and its error."""
    chains = [
        (one, draft_of(one.document))
        for one in StandardProposal.objects.filter(standard=line.name).order_by("-pk")
        if one.state not in (State.RETIRED, State.DRAFT)
    ]
    return show(
        request,
        look(request),
        "web/standard.html",
        {
            "line": line,
            "versions": [
                (version, told_of(version.objective, line.parameter)) for version in line.versions
            ],
            "compared": _compared(request, line),
            "supported": [
                (proposal, draft.supported_by, support_gap(draft.objective, draft.supported_by))
                for proposal, draft in chains
                if draft.supported_by
            ],
            "credits": _credit_facts(line.newest.objective) if line.newest else (),
            "form": _form(line),
            "error": None,
            **context,
        },
    )


def _line(name: str) -> StandardLine:
    for line in standards_known():
        if line.name == name:
            return line
    raise Http404(f"There is no standard {name}")


def _form(line: StandardLine) -> dict[str, str]:
    """What the form for a change starts with."""
    if line.newest is None:
        return {}
    objective = line.newest.objective
    warning = objective.threshold_target
    return {
        "conformance_target": f"{objective.conformance_target:f}",
        "threshold_target": "" if warning is None else f"{warning:f}",
        "rollout": "new",
    }


def _compared(request: HttpRequest, line: StandardLine) -> Compared | None:
    if len(line.versions) < 2:
        return None
    asked = [request.GET.get(name, "") for name in ("before", "after")]
    chosen = tuple(int(text) for text in asked if text.isascii() and text.isdigit())
    try:
        return compared_versions(line.name, chosen if len(chosen) == 2 else ())
    except InputError as error:
        raise Http404(error.what) from None


def _credit_facts(objective: ServiceLevelObjective) -> tuple[tuple[str, str], ...]:
    plain = flat(objective_plain(objective))
    terms = [(key, text) for key, text in plain.items() if key.startswith("credits.")]
    return tuple((key.removeprefix("credits."), text) for key, text in terms)


@dataclass(frozen=True)
class ShownProposal:
    """A proposal in the inbox. `mine`: parts that the person who looks may give."""

    proposal: StandardProposal
    missing: tuple[Part, ...]
    mine: tuple[Part, ...]
    examined: Examined
    strictness: Strictness | None


def inbox(request: HttpRequest) -> HttpResponse:
    sight = look(request)
    waiting = StandardProposal.objects.filter(state__in=OPEN).order_by("pk")
    person = person_of(request)
    roles = person.roles if person else frozenset()
    shown: dict[str, list[ShownProposal]] = {state.value: [] for state in OPEN}
    for proposal in waiting[:ON_A_PAGE]:
        examined = examine(sight.workspace, draft_of(proposal.document))
        missing = missing_parts(proposal, examined) if proposal.state == State.REVIEW else ()
        own = person is not None and person.name == proposal.author
        mine = () if own else tuple(part for part in missing if PART_ROLE[part] in roles)
        shown[proposal.state].append(
            ShownProposal(proposal, missing, mine, examined, _change_of(examined))
        )
    context = {
        "review": shown[State.REVIEW.value],
        "approved": shown[State.APPROVED.value],
        "drafts": shown[State.DRAFT.value],
        "migrations": MigrationProposal.objects.filter(state="proposed").order_by("pk"),
        "done": StandardProposal.objects.exclude(state__in=OPEN).order_by("-pk")[:20],
        "person": person,
    }
    return show(request, sight, "web/inbox.html", context)


def _change_of(examined: Examined) -> Strictness | None:
    current = examined.current
    if current is None:
        return None
    return strictness(current, examined.proposed.draft.objective)


def proposal(request: HttpRequest, number: int) -> HttpResponse:
    return proposal_page(request, number, {})


def proposal_page(request: HttpRequest, number: int, context: dict[str, object]) -> HttpResponse:
    """The page of one proposal; `context` brings the error of an act that was refused."""
    sight = look(request)
    found = StandardProposal.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no proposal {number}")
    draft = draft_of(found.document)
    examined = examine(sight.workspace, draft) if found.state in OPEN else None
    before = examined.current if examined else None
    person = person_of(request)
    missing = missing_parts(found, examined) if examined and found.state == State.REVIEW else ()
    gap: SupportGap | None = support_gap(draft.objective, draft.supported_by)
    parameter = sight.records.catalog.parameters.get(draft.objective.parameter)
    return show(
        request,
        sight,
        "web/proposal.html",
        {
            "proposal": found,
            "draft": draft,
            "told": told_of(draft.objective, parameter),
            "examined": examined,
            "differences": differences(before, draft.objective) if before else (),
            "strictness": strictness(before, draft.objective) if before else None,
            "before": before,
            "before_name": f"version {before.version}" if before else "",
            "missing": missing,
            "acts": [(act, utc_time(act.at)) for act in _acts(found)],
            "gap": gap,
            "code": _code(draft_plain(draft)),
            "person": person,
            "is_author": person is not None and person.name == found.author,
            "parts": {},
            "error": None,
            **context,
        },
    )


def _acts(found: StandardProposal) -> list[ProposalAct]:
    return list(ProposalAct.objects.filter(proposal=found).order_by("pk"))


def _code(plain: dict[str, object]) -> str:
    return render_documents([{"apiVersion": "trueline/v1", "standards": [plain]}])


def reissue(request: HttpRequest, number: int) -> HttpResponse:
    """What the proposal changes of what was assessed: a part of its page, or a page."""
    sight = look(request)
    try:
        found: tuple[ReissuedPeriod, ...] = reissued(reissue_of_proposal(sight.workspace, number))
    except InputError as error:
        raise Http404(error.what) from None
    context = {
        "number": number,
        "periods": found,
        "parts": {"reissue": "web/parts/reissue.html"},
    }
    return show(request, sight, "web/reissue.html", context)
