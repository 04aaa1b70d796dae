"""Health for a watchdog, and the pages for an address or a server that fails."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def healthz(request: HttpRequest) -> JsonResponse:
    """200 once the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    told = str(exception) if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "web/not_found.html", {"told": told}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "web/server_error.html", status=500)


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its CSRF token."""
    return render(request, "web/refused.html", {"reason": reason}, status=403)
