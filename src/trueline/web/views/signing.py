"""Signing in and out."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from trueline.web.attempts import (
    WITHIN_S,
    forget_failures,
    note_failure,
    too_many_failures,
)
from trueline.web.shell import show
from trueline.web.sight import look


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        form = AuthenticationForm(request, data=request.POST)
        if too_many_failures(request):
            status = HTTPStatus.TOO_MANY_REQUESTS
        elif form.is_valid():
            forget_failures(request)
            login(request, form.get_user())
            return HttpResponseRedirect(target)
        else:
            note_failure(request)
    context = {
        "next": target,
        "failed": status == HTTPStatus.UNPROCESSABLE_ENTITY,
        "wait_minutes": WITHIN_S // 60 if status == HTTPStatus.TOO_MANY_REQUESTS else 0,
    }
    answer = show(request, look(request), "web/sign_in.html", context)
    answer.status_code = status
    return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(reverse("home"))


def _safe(request: HttpRequest, address: str) -> str:
    """Only a page of this server is led back to."""
    own = {request.get_host()}
    if url_has_allowed_host_and_scheme(address, own, require_https=request.is_secure()):
        return address
    return reverse("home")
