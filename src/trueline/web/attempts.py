"""How often a sign-in failed: guessing a password is slowed down to a few tries in minutes."""

from __future__ import annotations

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest

MOST_FAILURES = 10
WITHIN_S = 300


def too_many_failures(request: HttpRequest) -> bool:
    """Whether this name has to wait at this address. What is counted lives in this process."""
    return int(cache.get(_key(request), 0)) >= MOST_FAILURES


def note_failure(request: HttpRequest) -> None:
    key = _key(request)
    cache.set(key, int(cache.get(key, 0)) + 1, WITHIN_S)


def forget_failures(request: HttpRequest) -> None:
    cache.delete(_key(request))


def _key(request: HttpRequest) -> str:
    name = request.POST.get("username", "").strip().casefold()
    told = f"{name}\0{request.META.get('REMOTE_ADDR', '')}"
    return f"sign-in-{sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()}"
