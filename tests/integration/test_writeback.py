"""The inventory round trip against a real HTTP server that guards its products with ETags."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from trueline.assessment.values import AssessmentRow, Verdict
from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.inventory.load import load_products
from trueline.results.log import Entry, append
from trueline.results.values import BatchKind, LoggedFigure
from trueline.settings.workspace import Workspace
from trueline.writeback.client import InventoryClient
from trueline.writeback.models import Told
from trueline.writeback.queue import State, queue_links, revive
from trueline.writeback.send import send_due

NOW = datetime(2026, 11, 2, tzinfo=UTC)
OWN = {"name": "firmware", "value": "4.1"}


class Inventory:
    """Products by id, a version each; `away` refuses every connection with 503."""

    def __init__(self) -> None:
        self.products: dict[str, dict[str, Any]] = {
            i: {"id": i, "status": "active", "productCharacteristic": [OWN]} for i in ("P1", "P2")
        }
        self.versions = dict.fromkeys(self.products, 1)
        self.away = False
        self.meddling = 0  # how often somebody else writes between our GET and our PATCH
        self.requests: list[str] = []

    def answer(self, method: str, product: str, sent: Mapping[str, Any]) -> tuple[int, Any, str]:
        self.requests.append(f"{method} {product}")
        if self.away:
            return 503, {}, ""
        if product not in self.products:
            return 404, {}, ""
        tag = f'"{self.versions[product]}"'
        if method == "PATCH":
            if self.meddling:
                self.meddling -= 1
                self.products[product]["status"] = "suspended"
                self.versions[product] += 1
            if sent["guard"] != f'"{self.versions[product]}"':
                return 412, {}, ""
            self.products[product] |= sent["body"]
            self.versions[product] += 1
        return 200, self.products[product], tag


@pytest.fixture
def inventory() -> Iterator[tuple[Inventory, InventoryClient]]:
    kept = Inventory()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = {"guard": self.headers.get("If-Match"), "body": json.loads(body or b"{}")}
            code, content, tag = kept.answer(self.command, self.path.rsplit("/", 1)[-1], sent)
            self.send_response(code)
            if tag:
                self.send_header("ETag", tag)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_PATCH = _serve

        def log_message(self, *_: object) -> None:
            """Say nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept, InventoryClient(f"http://127.0.0.1:{server.server_port}/tmf-api/v4/", "token")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def logged(workspace: Workspace, tmp_path: Path) -> Workspace:
    path = tmp_path / "products.csv"
    path.write_text("product_id,offering_id,customer_id,start\nP1,l,c,2026-01-01T00:00:00Z\n")
    load_products(workspace, path, LoadOptions(now=NOW))
    log(workspace, "P1", Verdict.VIOLATED)
    return workspace


def log(workspace: Workspace, product: str, verdict: Verdict, head: int = 0) -> None:
    row = AssessmentRow(
        product, "up", 1, 0, 86_400, verdict, 0.5, -0.4, 43_200, 43_200, 0, 0, 1.0, None, None,
        None, None,
    )  # fmt: skip
    kind = BatchKind.RESTATEMENT if head else BatchKind.CLOSE
    entry = Entry(kind, "1970-01-01", latest_delivery(), 90_000, "slm", "why" if head else "")
    append(workspace, entry, [LoggedFigure(row, "0" * 64)], head=head, now=NOW)


def told(kept: Inventory, product: str = "P1") -> list[dict[str, Any]]:
    ours = kept.products[product]["productCharacteristic"][1:]
    return [json.loads(one["value"])[0] for one in ours]


def test_the_inventory_is_told_once_and_its_own_fields_stay(
    logged: Workspace, inventory: tuple[Inventory, InventoryClient]
) -> None:
    kept, client = inventory
    assert queue_links(logged, now=NOW) == 1
    assert queue_links(logged, now=NOW) == 0
    assert send_due(logged, client, now=NOW).told == 1
    assert send_due(logged, client, now=NOW).told == 0
    assert kept.requests == ["GET P1", "PATCH P1"]
    product = kept.products["P1"]
    assert (product["status"], product["productCharacteristic"][0]) == ("active", OWN)
    assert product["productCharacteristic"][1]["name"] == "trueline.1970-01-01.up"
    assert told(kept)[0]["verdict"] == "violated"


def test_a_restatement_replaces_what_was_told(
    logged: Workspace, inventory: tuple[Inventory, InventoryClient]
) -> None:
    kept, client = inventory
    queue_links(logged, now=NOW)
    send_due(logged, client, now=NOW)
    log(logged, "P1", Verdict.MET, head=1)
    assert queue_links(logged, now=NOW) == 1
    send_due(logged, client, now=NOW)
    assert [(one["verdict"], one["link"]) for one in told(kept)] == [("met", 2)]


def test_nothing_is_lost_while_the_inventory_is_away_for_a_day(
    logged: Workspace, inventory: tuple[Inventory, InventoryClient]
) -> None:
    kept, client = inventory
    kept.away = True
    queue_links(logged, now=NOW)
    tries = 0
    for minute in range(0, 24 * 60, 10):
        tries += send_due(logged, client, now=NOW + timedelta(minutes=minute)).later
    # after 1, 2, 4 ... 32 minutes, then every hour, as often as the rounds of ten minutes allow
    assert 24 <= tries <= 32
    kept.away = False
    assert send_due(logged, client, now=NOW + timedelta(hours=25)).told == 1
    assert told(kept)[0]["verdict"] == "violated"


def test_who_changes_the_product_meanwhile_is_not_overwritten(
    logged: Workspace, inventory: tuple[Inventory, InventoryClient]
) -> None:
    kept, client = inventory
    kept.meddling = 1
    queue_links(logged, now=NOW)
    assert send_due(logged, client, now=NOW).told == 1
    assert kept.products["P1"]["status"] == "suspended"
    assert kept.requests == ["GET P1", "PATCH P1", "GET P1", "PATCH P1"]
    kept.meddling = 9
    log(logged, "P1", Verdict.MET, head=1)
    queue_links(logged, now=NOW)
    assert send_due(logged, client, now=NOW).later == 1  # it never had a quiet moment


def test_a_product_the_inventory_does_not_know_is_set_apart_and_the_others_are_told(
    logged: Workspace, inventory: tuple[Inventory, InventoryClient]
) -> None:
    kept, client = inventory
    log(logged, "P9", Verdict.MET, head=1)
    log(logged, "P2", Verdict.MET, head=2)
    queue_links(logged, now=NOW)
    sent = send_due(logged, client, now=NOW)
    assert (sent.told, sent.dead) == (2, 1)
    dead = Told.objects.get(state=State.DEAD)
    assert dead.product_id == "P9"
    assert "answered with 404" in dead.last_answer
    assert revive("P9", now=NOW) == 1
    kept.products["P9"] = {"id": "P9"}
    kept.versions["P9"] = 1
    assert send_due(logged, client, now=NOW).told == 1
