"""Who acts: pages may be read by anybody who reaches them, acts need a person who signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from trueline.people.people import Person, anybody, person_named


def name_of(request: HttpRequest) -> str:
    """The name of the person who signed in; empty for nobody."""
    return request.user.get_username() if request.user.is_authenticated else ""


def person_of(request: HttpRequest) -> Person | None:
    name = name_of(request)
    return person_named(name) if name else None


View = Callable[..., HttpResponse]


def act_of_a_person(view: View) -> View:
    """A form that is sent by nobody leads to the sign-in page and back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        if request.method == "POST" and not name_of(request):
            return to_sign_in(request)
        return view(request, *args, **named)

    return guarded


def load_of_a_person(view: View) -> View:
    """The same for uploads, in a workspace that knows people at all."""
    acting = act_of_a_person(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        chosen = acting if request.method == "POST" and anybody() else view
        return chosen(request, *args, **named)

    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': request.path})}")
