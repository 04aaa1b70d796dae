"""What every page has: period picker, zones, provenance, and partial answers for htmx."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from trueline import __version__
from trueline.web.sight import Sight, period_name
from trueline.web.wording import utc_time


def show(
    request: HttpRequest, sight: Sight, template: str, context: Mapping[str, object]
) -> HttpResponse:
    """The page, or for an htmx request only its part `<template>#<target>`."""
    target = request.headers.get("HX-Target")
    parts = context.get("parts")
    if request.headers.get("HX-Request") and isinstance(parts, Mapping) and target in parts:
        template = str(parts[target])
    answer = render(request, template, {**shell(sight), **context})
    answer["Vary"] = "HX-Request, HX-Target"
    answer["Cache-Control"] = "no-cache"
    return answer


def shell(sight: Sight) -> dict[str, object]:
    facts = sight.assessment.facts if sight.assessment else None
    return {
        "sight": sight,
        "period": sight.period,
        "period_name": period_name(sight.period) if sight.period else "",
        "period_choices": [(label, period_name(label)) for label in sight.periods],
        "version": __version__,
        "assessed_at": utc_time(facts.assessed_at) if facts else "",
        "as_of": utc_time(facts.as_of) if facts else "",
        "data_until": utc_time(facts.data_until) if facts else "",
    }
