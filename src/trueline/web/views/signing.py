"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from trueline.web.shell import show
from trueline.web.sight import look


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST":
        form = AuthenticationForm(request, data=request.POST)
        if form.is_valid():
            login(request, form.get_user())
            return HttpResponseRedirect(target)
    context = {"next": target, "failed": request.method == "POST"}
    answer = show(request, look(request), "web/sign_in.html", context)
    answer.status_code = 422 if request.method == "POST" else 200
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
