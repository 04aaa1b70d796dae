"""What was known once a delivery had been recorded, read from every room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from trueline.assessment.assess import Known
from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval
from trueline.intake.record import delivery_as_of, latest_delivery, recorded_at
from trueline.inventory.snapshot import snapshot_at
from trueline.measurement.events import events_at
from trueline.measurement.lake import open_lake
from trueline.offerings.catalog import catalog_at
from trueline.outages.exclusions import Exclusion, exclusions_at
from trueline.settings.workspace import Workspace


def what_was_known(workspace: Workspace, as_of: datetime | None = None) -> Known:
    """As of a record time, or of the newest delivery. Without `as_of`, an open event lasts until
    the newest record time: the same command twice reads no clock and gives the same bytes."""
    if as_of is None:
        delivery = latest_delivery() or delivery_as_of(datetime.max.replace(tzinfo=UTC))
        as_of = recorded_at(delivery)
    else:
        delivery = delivery_as_of(as_of)
    exclusions, agreed_for = intervals_and_reasons(exclusions_at(delivery))
    return Known(
        delivery=delivery,
        as_of_s=seconds(as_of),
        catalog=catalog_at(delivery),
        snapshot=snapshot_at(delivery),
        exclusions=exclusions,
        events=events_at(delivery),
        lake=open_lake(workspace),
        agreed_for=agreed_for,
    )


def intervals_and_reasons(
    exclusions: Mapping[str, Sequence[Exclusion]],
) -> tuple[dict[str, list[Interval]], dict[str, list[tuple[Interval, str]]]]:
    """By product: the agreed intervals, and beside each what it was agreed for."""
    reasons = {
        product: [((e.start_s, e.end_s), e.reason) for e in own]
        for product, own in exclusions.items()
    }
    return {product: [pair[0] for pair in own] for product, own in reasons.items()}, reasons
