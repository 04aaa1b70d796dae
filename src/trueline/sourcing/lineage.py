"""From a figure to what it was made of: records and granules, each with the delivery that brought
it. It starts from the explanation that the page shows, so that both say the same, and says what
cannot be traced."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import QuerySet

from trueline.assessment.explain import Explanation
from trueline.calendars.instants import render_instant
from trueline.calendars.intervals import Interval
from trueline.intake.models import Delivery, RecordedVersion, known_at
from trueline.inventory.models import (
    AgreementVersion,
    CustomerVersion,
    IdentityVersion,
    ProductVersion,
)
from trueline.measurement.lake import GranuleVersion, Lake
from trueline.measurement.mapped import mapped_granules
from trueline.measurement.models import RecordedEvent
from trueline.measurement.unknown import origins_of
from trueline.offerings.catalog import scope_of
from trueline.offerings.models import (
    MigrationVersion,
    ObjectiveVersion,
    OfferingVersion,
    ParameterVersion,
    PublishedStandard,
)
from trueline.offerings.values import MissingData, Statistic
from trueline.outages.models import ExclusionVersion
from trueline.sourcing.trace import (
    Account,
    Check,
    Source,
    TracedGranule,
    Version,
    checks,
    traced,
)

_V = TypeVar("_V", bound=RecordedVersion)
MAX_RECORDS = 500  # of one kind


@dataclass(frozen=True)
class DeliveryFact:
    """What arrived, when it was recorded, from where and by whom; `sha256` of the file."""

    number: int
    kind: str
    source: str
    recorded_at: datetime
    recorded_by: str
    sha256: str


@dataclass(frozen=True)
class RecordLink:
    """A record that the figure rests on, the delivery of its version, and the deliveries of
    earlier versions that this one replaced."""

    what: str
    key: str
    told: str
    delivery: int
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True)
class LakeFileFact:
    """A file of the lake that holds granules of the product in the period, or corrections."""

    kind: str
    path: str
    deliveries: tuple[int, int]


@dataclass(frozen=True)
class Lineage:
    """`known`: the delivery after which the figure was known so. `deliveries`: every one named,
    with how many granules each gave. `untraced`: what cannot be followed further, and why."""

    explanation: Explanation
    known: int
    records: tuple[RecordLink, ...]
    granules: tuple[TracedGranule, ...]
    deliveries: tuple[tuple[DeliveryFact, int], ...]
    files: tuple[LakeFileFact, ...]
    checks: tuple[Check, ...]
    untraced: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return all(one.agrees for one in self.checks)

    @property
    def corrected(self) -> int:
        """How many granules took the place of an earlier value."""
        return sum(bool(one.earlier) for one in self.granules)


def lineage_of(lake: Lake, explanation: Explanation, known: int) -> Lineage:
    """Of a figure as `explanation` tells it, known after the delivery `known`."""
    granules = tuple(_granules(lake, explanation, known))
    names = {one.source.name for one in granules if one.source is not None}
    records = (*_promise(explanation, known), *_inventory(explanation, known, names))
    records += (*_exclusions(explanation, known), *_events(explanation, known))
    given = Counter(one.version.delivery for one in granules)
    numbers = {one.delivery for one in records} | set(given)
    numbers |= {one.source.origin for one in granules if one.source is not None}
    numbers |= {v.delivery for one in granules for v in one.earlier}
    replays = {
        fact.number: origins
        for fact in _deliveries(numbers)
        if (origins := origins_of(fact.source))
    }
    numbers.update(*replays.values())
    return Lineage(
        explanation,
        known,
        records,
        granules,
        tuple((fact, given[fact.number]) for fact in _deliveries(numbers)),
        tuple(_files(lake, explanation)) if granules else (),
        tuple(checks(explanation.objective, explanation.row, granules)) if granules else (),
        tuple(_untraced(explanation, granules, replays.keys())),
    )


def _granules(lake: Lake, explanation: Explanation, known: int) -> Iterator[TracedGranule]:
    measured = explanation.granules
    if not measured:
        return
    row, parameter = explanation.row, explanation.objective.parameter
    span = (measured[0].start_s, measured[-1].start_s + 1)
    versions = lake.versions(row.product_id, parameter, span)
    sources = _sources(lake, row.product_id, parameter, span)
    account = Account.of(explanation.spans)
    for granule in measured:
        history = [v for v in versions[granule.start_s] if v.delivery <= known]
        own = history[-1]
        one = traced(granule, _version(own), account)
        yield replace(
            one,
            earlier=tuple(map(_version, history[:-1])),
            later=own.superseded_by,
            source=sources.get((granule.start_s, own.delivery)),
        )


def _version(held: GranuleVersion) -> Version:
    below = None if held.denominator is None else Decimal(repr(held.denominator))
    value = Decimal(repr(held.value))
    return Version(held.delivery, held.superseded_by, value, below, held.suspect)


def _sources(
    lake: Lake, product_id: str, parameter: str, span: Interval
) -> Mapping[tuple[int, int], Source]:
    """By start and the delivery that took the granule in."""
    return {
        (one.start_s, one.delivery): Source(one.name, one.line, one.origin)
        for one in mapped_granules(lake.workspace, product_id, span)
        if one.parameter == parameter
    }


def _promise(explanation: Explanation, known: int) -> Iterator[RecordLink]:
    objective = explanation.objective
    parameters = ParameterVersion.objects.filter(parameter_id=objective.parameter)
    yield from _links("parameter", objective.parameter, parameters, known)
    offerings = OfferingVersion.objects.filter(offering_id=explanation.offering_id)
    yield from _links("offering", explanation.offering_id, offerings, known)
    own = ObjectiveVersion.objects.filter(
        offering_id=explanation.offering_id, objective_id=objective.id, version=objective.version
    )
    name = f"{objective.id} version {objective.version}"
    promised = f"{objective.comparator.value} {objective.conformance_target}"
    found = list(_links("objective", name, own, known, promised))
    published = PublishedStandard.objects.filter(
        known_at(known), objective_id=objective.id, version=objective.version
    )
    for standard in [] if found else published.order_by("id"):
        if scope_of(standard.scope).words not in explanation.reasons:
            continue  # one of the same name for others
        told = f"{promised}, approved, published by {standard.published_by}"
        found.append(RecordLink("objective", name, told, standard.delivery_id))
    yield from found


def _inventory(explanation: Explanation, known: int, names: Iterable[str]) -> Iterator[RecordLink]:
    product_id = explanation.row.product_id
    products = ProductVersion.objects.filter(product_id=product_id)
    for product in products.filter(known_at(known)):
        told = f"{product.offering_id} of {product.customer_id}, {product.status}"
        yield from _links("sold offering", product_id, products, known, told)
        customers = CustomerVersion.objects.filter(customer_id=product.customer_id)
        yield from _links("customer", product.customer_id, customers, known)
    if explanation.agreement_id is not None:
        agreements = AgreementVersion.objects.filter(agreement_id=explanation.agreement_id)
        yield from _links("agreement", explanation.agreement_id, agreements, known)
    moved = MigrationVersion.objects.filter(known_at(known), objective_id=explanation.objective.id)
    for one in moved.order_by("id"):
        if product_id in json.loads(one.product_ids):
            told = f"to version {one.version} from {one.valid_from.isoformat()}"
            yield RecordLink("migration", one.objective_id, told, one.delivery_id)
    for name in sorted(names):
        rows = IdentityVersion.objects.filter(name=name, product_id=product_id)
        for identity in rows.filter(delivery_id__lte=known).order_by("id"):
            why = "; ".join(identity.reasons) or "set by hand"
            told = f"{identity.state} by {identity.decided_by}: {why}"
            yield RecordLink("name in feeds", name, told, identity.delivery_id)


def _exclusions(explanation: Explanation, known: int) -> Iterator[RecordLink]:
    row = explanation.row
    rows = ExclusionVersion.objects.filter(
        known_at(known),
        product_id=row.product_id,
        status="agreed",
        start_s__lt=row.period_end,
        end_s__gt=row.period_start,
    )
    for one in rows.order_by("start_s", "id")[:MAX_RECORDS]:
        told = f"{render_instant(one.start_s)} to {render_instant(one.end_s)} {one.reason}".strip()
        earlier = _earlier(ExclusionVersion.objects.filter(identity=one.identity), one.delivery_id)
        yield RecordLink("exclusion", one.exclusion_id or "", told, one.delivery_id, earlier)


def _events(explanation: Explanation, known: int) -> Iterator[RecordLink]:
    ids = [event.event_id for event in explanation.events][:MAX_RECORDS]
    rows = RecordedEvent.objects.filter(known_at(known), event_id__in=ids)
    for one in rows.order_by("start_s", "id"):
        end = "open" if one.end_s is None else render_instant(one.end_s)
        told = f"{one.kind}, {render_instant(one.start_s)} to {end}"
        earlier = _earlier(RecordedEvent.objects.filter(event_id=one.event_id), one.delivery_id)
        yield RecordLink("event", one.event_id, told, one.delivery_id, earlier)


def _links(
    what: str, key: str, rows: QuerySet[_V], known: int, told: str = ""
) -> Iterator[RecordLink]:
    """The version known, and what it replaced."""
    for one in rows.filter(known_at(known)):
        yield RecordLink(what, key, told, one.delivery_id, _earlier(rows, one.delivery_id))


def _earlier(rows: QuerySet[_V], delivery: int) -> tuple[int, ...]:
    before = rows.filter(delivery_id__lt=delivery)
    return tuple(sorted(set(before.values_list("delivery_id", flat=True))))


def _deliveries(numbers: Iterable[int]) -> Iterator[DeliveryFact]:
    for row in Delivery.objects.filter(id__in=sorted(numbers)).order_by("id"):
        if row.recorded_at is not None:
            yield DeliveryFact(
                row.id, row.kind, row.source, row.recorded_at, row.recorded_by, row.sha256
            )


def _files(lake: Lake, explanation: Explanation) -> Iterator[LakeFileFact]:
    row = explanation.row
    for entry in lake.files_of(row.product_id, (row.period_start, row.period_end)):
        yield LakeFileFact(entry.kind.value, entry.path, (entry.min_delivery, entry.max_delivery))


def _untraced(
    explanation: Explanation, granules: Sequence[TracedGranule], replays: Collection[int]
) -> Iterator[str]:
    objective = explanation.objective
    if any(one.source is None for one in granules):
        yield (
            "The line in the source file is kept only for granules that came in under another "
            "name. For the others the delivery names the file and its hash, and product, "
            "parameter and start find the row in it."
        )
    if any(one.source is None and one.version.delivery in replays for one in granules):
        yield (
            "Granules of a replay waited until their product was known; which of the deliveries "
            "that it names brought each of them is not kept."
        )
    if objective.statistic in (Statistic.AVAILABILITY_MEF, Statistic.AVAILABILITY_G826):
        yield (
            "The first and last state also depend on granules around the period, which are not "
            "listed here; the receipt of the figure holds them."
        )
    if granules and objective.statistic is Statistic.PERCENTILE_HISTOGRAM:
        yield "The value comes from a histogram of the samples, within 1 %; it is not added up."
    if granules and objective.missing_data is not MissingData.EXCLUDE:
        yield (
            f"Unknown time counts as {objective.missing_data.value} in the value; the value is "
            "not added up from granules alone."
        )
    if objective.qualified_by is not None:
        yield (
            f"Time in which {objective.qualified_by} was not kept is left out; that figure has "
            "a lineage of its own."
        )
