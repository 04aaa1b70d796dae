"""Where a promise changed, as marks on the axis of time of every chart: versions of standards that
came into force or ended, corrections, and migrations; each with the way to its readable diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from trueline.calendars.instants import instant, zone
from trueline.calendars.periods import midnight
from trueline.inventory.chosen import customer_class_of
from trueline.offerings.scope import StandardScope, standard_name
from trueline.offerings.values import Migration, Rollout, ServiceLevelObjective
from trueline.standards.document import draft_of
from trueline.standards.models import StandardProposal
from trueline.web.records import Records
from trueline.web.version_notes import changes_text
from trueline.web.wording import day_text


@dataclass(frozen=True)
class VersionMark:
    """On `day` something changed in `standard`, the name of its page. `before` and `after`: the
    versions whose diff tells it; None where there is only one."""

    day: date
    label: str  # on the axis: `v2`
    text: str
    standard: str
    before: int | None
    after: int

    @property
    def told(self) -> str:
        return f"{day_text(self.day)}: {self.text}"


def marks_text(marks: Iterable[VersionMark]) -> str:
    """For the text alternative of a chart; empty without marks."""
    told = "; ".join(mark.told for mark in marks)
    return f". Changes of the promise: {told}" if told else ""


def version_marks(
    records: Records, objective_id: str, product_ids: Iterable[str], days: tuple[date, date]
) -> tuple[VersionMark, ...]:
    """What changed for these products on a day from the first to the last, in order of time."""
    if not _dated(records, objective_id, days):
        return ()
    products = frozenset(product_ids)
    found: list[VersionMark] = []
    for scope, versions in _standards_of(records, objective_id, products).items():
        found += _of_versions(scope, versions, days)
        moves = [m for m in records.catalog.migrations if m.objective_id == objective_id]
        found += _of_migrations(scope, versions, moves, (products, days))
    return tuple(sorted(found, key=lambda mark: (mark.day, mark.standard, mark.after)))


def product_marks(
    records: Records, product_id: str, objective_id: str, days: tuple[date, date]
) -> tuple[VersionMark, ...]:
    """Those that change what this product holds: a version for new sales passes it by. `days`: of
    one period."""
    product = records.inventory.products.get(product_id)
    found = version_marks(records, objective_id, (product_id,), days)
    if product is None or not found:
        return ()
    kept = []
    for mark in found:
        at_s = midnight(mark.day, product.time_zone or "UTC")
        before = records.objective_of(product_id, objective_id, at_s - 1)
        if before != records.objective_of(product_id, objective_id, at_s):
            kept.append(_for_later_periods(mark) if mark.day > days[0] else mark)
    return tuple(kept)


def _for_later_periods(mark: VersionMark) -> VersionMark:
    """A period keeps the version that was in force when it began."""
    return replace(mark, text=f"{mark.text}; for periods that begin from then on")


def days_between(start_s: int, end_s: int, zone_name: str) -> tuple[date, date]:
    """The first and last local day of a stretch of time."""
    first, last = (instant(s).astimezone(zone(zone_name)).date() for s in (start_s, end_s - 1))
    return first, last


def _dated(records: Records, objective_id: str, days: tuple[date, date]) -> bool:
    """Whether anything of the objective is dated within the days: mostly not, and then nobody
    looks at the products."""
    moments: list[date | None] = []
    for one in records.objectives.get(objective_id, ()):
        moments += [one.valid_from, one.valid_to]
    moments += [m.valid_from for m in records.catalog.migrations if m.objective_id == objective_id]
    return any(day is not None and days[0] <= day <= days[1] for day in moments)


def _standards_of(
    records: Records, objective_id: str, product_ids: frozenset[str]
) -> Mapping[StandardScope, Sequence[ServiceLevelObjective]]:
    """The standards that may hold for some of the products, with their versions in order."""
    found: dict[StandardScope, list[ServiceLevelObjective]] = {}
    for offering_id, customer_class in sorted(_kinds_of(records, product_ids)):
        offering = records.catalog.offerings.get(offering_id)
        if offering is None:
            continue
        own = [one for one in offering.objectives if one.id == objective_id]
        if own:
            found[StandardScope(offering=offering_id)] = own
        for scoped in records.catalog.standards:
            known = found.setdefault(scoped.scope, [])
            covered = scoped.scope.covers(offering_id, offering.characteristics, customer_class)
            if scoped.objective.id == objective_id and covered and scoped.objective not in known:
                known.append(scoped.objective)
    return {
        scope: sorted(versions, key=lambda one: one.version)
        for scope, versions in found.items()
        if versions
    }


@lru_cache(maxsize=256)
def _kinds_of(records: Records, product_ids: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Offering and customer class of the products, each pair once."""
    known = records.inventory.products
    products = [known[one] for one in product_ids if one in known]
    return frozenset((p.offering_id, customer_class_of(p, records.inventory)) for p in products)


def _of_versions(
    scope: StandardScope, versions: Sequence[ServiceLevelObjective], days: tuple[date, date]
) -> Iterator[VersionMark]:
    for place, one in enumerate(versions):
        before = versions[place - 1] if place else None
        name = standard_name(scope, one.id)
        if one.valid_from is not None and days[0] <= one.valid_from <= days[1]:
            earlier = None if before is None else before.version
            text = _version_text(name, one, before)
            yield VersionMark(one.valid_from, f"v{one.version}", text, name, earlier, one.version)
        if one.valid_to is not None and days[0] <= one.valid_to <= days[1]:
            text, label = f"version {one.version} ends", f"v{one.version} ends"
            yield VersionMark(one.valid_to, label, text, name, None, one.version)


def _version_text(
    name: str, one: ServiceLevelObjective, before: ServiceLevelObjective | None
) -> str:
    changed = changes_text(before, one) if before is not None else "first version"
    whom = " for new sales" if one.rollout is Rollout.NEW else ""
    corrected = _corrected(name, one.version)
    what = "" if corrected is None else f", correcting version {corrected}"
    return f"version {one.version}{whom}{what}: {changed or 'no change of the promise'}"


def _corrected(name: str, version: int) -> int | None:
    """The version that this one was approved to correct."""
    proposal = StandardProposal.objects.filter(standard=name, version=version).first()
    return draft_of(proposal.document).corrects if proposal else None


def _of_migrations(
    scope: StandardScope,
    versions: Sequence[ServiceLevelObjective],
    moves: Sequence[Migration],
    asked: tuple[frozenset[str], tuple[date, date]],
) -> Iterator[VersionMark]:
    product_ids, (first, last) = asked
    for move in moves:
        moved = len(move.product_ids & product_ids)
        if move.scope != scope or not moved or not first <= move.valid_from <= last:
            continue
        earlier = [one.version for one in versions if one.version < move.version]
        who = "it moves" if len(product_ids) == 1 else f"{moved} of these move"
        text = f"{who} to version {move.version}, migration approved"
        name = standard_name(scope, move.objective_id)
        before = max(earlier, default=None)
        label = f"to v{move.version}"
        yield VersionMark(move.valid_from, label, text, name, before, move.version)
