"""Findings with what happened before them: events, agreed exclusions, changes of the inventory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from trueline.assessment.values import Verdict
from trueline.calendars.instants import instant, seconds
from trueline.intake.models import known_at
from trueline.inventory.models import ProductVersion
from trueline.measurement.models import RecordedEvent
from trueline.offerings.catalog import catalog_at
from trueline.outages.exclusions import AGREED
from trueline.outages.models import ExclusionVersion
from trueline.problems.analysis import PerformanceAnalysis
from trueline.problems.happened_before import DAY_S, DAYS_BEFORE, Happening, happened_before
from trueline.problems.member_days import MemberDays, higher_is_better, stored_days
from trueline.problems.scan import ANY, Shared
from trueline.problems.union import TOLD
from trueline.settings.workspace import Workspace

# A ticket tells of trouble that is there; it does not come before it.
TICKET = "ticket"


@dataclass(frozen=True)
class _Window:
    """Seconds [start_s, end_s), as known once `delivery` was recorded."""

    delivery: int
    start_s: int
    end_s: int


def with_precedence(
    workspace: Workspace,
    found: Sequence[Shared],
    rows: pa.Table,
    *,
    delivery: int,
    analyses: Sequence[PerformanceAnalysis] = (),
) -> list[Shared]:
    """The findings, each with what began shortly before the first violated day of its members.

    That day is taken from daily figures or, for products without, from imported `analyses`.
    """
    if not found:
        return []
    better = higher_is_better(catalog_at(delivery))
    days: dict[str, MemberDays] = {}
    for one in found:
        if one.objective_id not in days:
            objective = None if one.objective_id == ANY else one.objective_id
            days[one.objective_id] = stored_days(
                workspace.results, better, objective_id=objective, period=one.period
            )
    return [
        _with_before(
            one,
            rows,
            _first_told(one, analyses) | _first_bad(days[one.objective_id], set(one.affected)),
            delivery,
        )
        for one in found
    ]


def _with_before(
    shared: Shared, rows: pa.Table, first_bad: dict[str, int], delivery: int
) -> Shared:
    if not first_bad:
        return shared
    start, end = min(first_bad.values()) - DAYS_BEFORE, max(first_bad.values()) + 1
    window = _Window(delivery, start * DAY_S, end * DAY_S)
    others = _kept(rows, None if shared.objective_id == ANY else shared.objective_id)
    return replace(shared, before=tuple(happened_before(_happenings(window), first_bad, others)))


def _first_told(shared: Shared, analyses: Sequence[PerformanceAnalysis]) -> dict[str, int]:
    found: dict[str, int] = {}
    affected = set(shared.affected)
    for one in analyses:
        if one.violated and one.product_id in affected:
            day = one.start_s // DAY_S
            found[one.product_id] = min(day, found.get(one.product_id, day))
    return found


def _first_bad(days: MemberDays, products: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    bad = ~days.kept
    for product, day in zip(days.product[bad], days.day[bad].astype(int), strict=True):
        if product in products:
            found[product] = min(int(day), found.get(product, int(day)))
    return found


def _kept(rows: pa.Table, objective: str | None) -> set[str]:
    """Products with a verdict of which none is violated."""
    told: set[str] = set()
    violated: set[str] = set()
    for product, own, verdict in zip(
        rows["product_id"].to_pylist(),
        rows["objective_id"].to_pylist(),
        rows["verdict"].to_pylist(),
        strict=True,
    ):
        if verdict in TOLD and objective in (None, own):
            (violated if verdict == Verdict.VIOLATED else told).add(product)
    return told - violated


def _happenings(window: _Window) -> Iterator[Happening]:
    within = {"start_s__gte": window.start_s, "start_s__lt": window.end_s}
    events = RecordedEvent.objects.filter(known_at(window.delivery), **within)
    for product, kind, cause, at in events.exclude(kind=TICKET).values_list(
        "product_id", "kind", "cause", "start_s"
    ):
        yield Happening(f"{kind}: {cause}" if cause else kind, product, at, same_day=False)
    works = ExclusionVersion.objects.filter(known_at(window.delivery), status=AGREED, **within)
    for product, reason, at in works.values_list("product_id", "reason", "start_s"):
        what = f"agreed exclusion: {reason}" if reason else "agreed exclusion"
        yield Happening(what, product, at, same_day=True)
    yield from _changes(window)


def _changes(window: _Window) -> Iterator[Happening]:
    """Characteristics that a delivery within the window changed, dated by when it was recorded."""
    changed = ProductVersion.objects.filter(
        superseded_by__recorded_at__gte=instant(window.start_s),
        superseded_by__recorded_at__lt=instant(window.end_s),
        superseded_by_id__lte=window.delivery,
    )
    old = {
        (product, by): (text, seconds(at))
        for product, by, text, at in changed.values_list(
            "product_id", "superseded_by_id", "characteristics", "superseded_by__recorded_at"
        )
        if at is not None
    }
    deliveries = {by for _, by in old}
    new = ProductVersion.objects.filter(delivery_id__in=deliveries)
    for product, by, text in new.values_list("product_id", "delivery_id", "characteristics"):
        if (product, by) not in old:
            continue
        before, at = old[product, by]
        was, became = json.loads(before), json.loads(text)
        for name in sorted({*was, *became}):
            if was.get(name) != became.get(name):
                told = f"{was.get(name) or 'none'} to {became.get(name) or 'none'}"
                yield Happening(f"change of {name}: {told}", product, at, same_day=True)
