"""What people do to standards on the pages: draft, submit, approve, publish, migrate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from trueline.calendars.instants import parse_day
from trueline.errors import InputError, Place, TruelineError
from trueline.offerings.override import with_changes
from trueline.offerings.values import Rollout
from trueline.settings.workspace import Workspace, current_workspace
from trueline.standards import approve, migrate, publish
from trueline.standards.acts import Deed
from trueline.standards.document import StandardDraft
from trueline.standards.draft import draft_once, draft_standards
from trueline.standards.life_cycle import Part
from trueline.standards.overview import StandardLine, standard_named
from trueline.web.person import act_of_a_person, name_of
from trueline.web.shell import show
from trueline.web.sight import look
from trueline.web.views.standards import proposal_page, standard_page

MAX_CODE = 200_000
_FIELDS = ("conformance_target", "threshold_target")


@require_POST
@act_of_a_person
def act(request: HttpRequest, number: int) -> HttpResponse:
    """One act on a proposal; what is refused is said on its page."""
    doing = _ACTS.get(request.POST.get("act", ""))
    if doing is None:
        raise Http404("There is no such act")
    try:
        doing(current_workspace(), number, request.POST, _deed(request))
    except TruelineError as error:
        answer = proposal_page(request, number, {"error": error})
        answer.status_code = 422
        return answer
    return HttpResponseRedirect(reverse("proposal", args=[number]))


def _deed(request: HttpRequest) -> Deed:
    return Deed(name_of(request), datetime.now(UTC), request.POST.get("note", "").strip()[:2000])


_Form = dict[str, str]


def _approve(workspace: Workspace, number: int, form: _Form, deed: Deed) -> None:
    try:
        part = Part(form.get("part", ""))
    except ValueError:
        raise InputError("No part of the approval was chosen") from None
    approve.approve(workspace, number, part, deed)


def _migrate(workspace: Workspace, number: int, form: _Form, deed: Deed) -> None:
    ids = form.get("products", "").replace(",", " ").split()
    asked = migrate.MigrationRequest(
        number, tuple(ids), _day(form, "from"), form.get("agreement", "").strip()[:500]
    )
    migrate.propose_migration(asked, deed)


_ACTS: dict[str, Callable[[Workspace, int, _Form, Deed], object]] = {
    "submit": lambda workspace, number, form, deed: approve.submit(workspace, number, deed),
    "approve": _approve,
    "return": lambda workspace, number, form, deed: approve.send_back(number, deed),
    "publish": lambda workspace, number, form, deed: publish.publish(workspace, number, deed),
    "retire": lambda workspace, number, form, deed: publish.retire(
        workspace, number, _day(form, "from"), deed
    ),
    "review": lambda workspace, number, form, deed: approve.record_review(
        number, _day(form, "next"), deed
    ),
    "migrate": _migrate,
}


@require_POST
@act_of_a_person
def decide_migration(request: HttpRequest, migration: int) -> HttpResponse:
    """Approve or reject; refusals are said on a page of their own."""
    try:
        match request.POST.get("act"):
            case "approve":
                migrate.approve_migration(current_workspace(), migration, _deed(request))
            case "reject":
                migrate.reject_migration(migration, _deed(request))
            case _:
                raise InputError("No act was chosen", mend="Approve or reject the migration")
    except TruelineError as error:
        answer = show(request, look(request), "web/refused_act.html", {"error": error})
        answer.status_code = 422
        return answer
    return HttpResponseRedirect(reverse("inbox"))


@require_POST
@act_of_a_person
def change_standard(request: HttpRequest, name: str) -> HttpResponse:
    """A draft from the form on a standard's page: its newest version with other values."""
    try:
        line = standard_named(name)
    except InputError as error:
        raise Http404(error.what) from None
    form = {key: str(value).strip() for key, value in request.POST.items()}
    try:
        drafted, _ = draft_once(_drafted(line, form), _deed(request))
    except TruelineError as error:
        answer = standard_page(request, line, {"error": error, "form": form})
        answer.status_code = 422
        return answer
    return HttpResponseRedirect(reverse("proposal", args=[drafted.pk]))


def _drafted(line: StandardLine, form: _Form) -> StandardDraft:
    if line.newest is None:
        raise InputError("There is no version to change", mend="Draft it as code")
    changes = {key: form.get(key, "") for key in _FIELDS}
    changed = with_changes(line.newest.objective, line.objective_id, changes).objective
    first = _day(form, "valid_from")
    return StandardDraft(
        scope=line.scope,
        objective=replace(changed, valid_from=first, valid_to=None),
        rollout=Rollout.ALL if form.get("rollout") == "all" else Rollout.NEW,
        rationale=form.get("rationale", "")[:2000],
        review_due=_day(form, "review_due") if form.get("review_due") else None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@act_of_a_person
def draft_code(request: HttpRequest) -> HttpResponse:
    """Drafts from a standards file that is pasted in."""
    code = request.POST.get("code", "")[:MAX_CODE]
    context: dict[str, object] = {"code": code, "error": None, "set_aside": ()}
    status = 200
    if request.method == "POST":
        try:
            drafted = draft_standards(code.encode(), "what was pasted", _deed(request))
            all_taken = not drafted.set_aside and not drafted.losses
            if all_taken and (drafted.proposals or drafted.known):
                return HttpResponseRedirect(reverse("inbox"))
            context["set_aside"] = drafted.set_aside
            context["losses"] = drafted.losses
            context["drafted"] = (*drafted.proposals, *drafted.known)
            status = 200 if drafted.proposals and not drafted.set_aside else 422
        except TruelineError as error:
            context["error"] = error
            status = 422
    answer = show(request, look(request), "web/draft.html", context)
    answer.status_code = status
    return answer


def _day(form: _Form, name: str) -> date:
    text = form.get(name, "")
    try:
        return parse_day(text)
    except ValueError:
        raise InputError(
            f"{text[:40]!r} is no day" if text else "No day is given",
            place=Place(field=name),
            mend="Write a day such as 2026-12-01",
        ) from None
