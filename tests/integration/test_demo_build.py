"""A demo operator delivered through the ordinary loaders."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from trueline.demo.build import DemoScale, build_demo
from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery
from trueline.intake.record import latest_delivery
from trueline.inventory.rules import members, parse_rule
from trueline.inventory.snapshot import snapshot_at
from trueline.measurement.events import events_at
from trueline.measurement.lake import open_lake
from trueline.offerings.catalog import catalog_at
from trueline.outages.exclusions import exclusions_at
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_small_operator_is_delivered_whole_and_known_as_of_its_record_times(
    workspace: Workspace,
) -> None:
    report = build_demo(workspace, DemoScale(products=40, months=1), LoadOptions(NOW))

    assert report.ledger.set_aside == 0
    assert report.ledger.accepted > report.samples
    assert report.ledger.duplicate > 0
    assert report.ledger.corrected > 0
    assert report.ledger.late > 0
    assert report.months == ("2026-10",)
    assert Delivery.objects.count() == report.deliveries
    recorded = [d.recorded_at for d in Delivery.objects.order_by("id")]
    assert all(moment is not None and moment <= NOW for moment in recorded)
    assert recorded == sorted(recorded, key=lambda moment: moment or NOW)

    newest = latest_delivery()
    snapshot = snapshot_at(newest)
    assert len(snapshot.products) == 40
    assert len(catalog_at(newest).offerings) == 8
    assert {p.offering_id for p in snapshot.products.values()} == set(catalog_at(newest).offerings)
    families = {parameter.family.value for parameter in catalog_at(newest).parameters.values()}
    assert families == {"technical", "time", "economic", "process"}
    for group in snapshot.groups.values():
        members(parse_rule(group.rule), snapshot)
    assert len(snapshot.groups) >= 10
    assert snapshot.agreements
    assert exclusions_at(newest)
    events = [event for found in events_at(newest).values() for event in found]
    assert len(events) == report.events

    with open_lake(workspace) as lake:
        assert set(lake.product_ids().values()) == set(snapshot.products)

    truths = json.loads(report.truths.read_text(encoding="utf-8"))
    assert {truth["number"] for truth in truths["truths"]} == set(range(1, 15))
    for truth in truths["truths"]:
        if truth["rule"] and truth["members"]:
            assert tuple(sorted(truth["members"])) == members(parse_rule(truth["rule"]), snapshot)
