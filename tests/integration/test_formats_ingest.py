"""Pushes over HTTP end in the lake, and every refusal has its status."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cramjam
import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from tests.measurement_builders import G, deliver
from tests.oracle.wire import Series, varint, write_request_1, write_request_2

from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery
from trueline.intake.record import write_lock
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.lake import open_lake
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.measurement.manifest import FileKind
from trueline.measurement.models import LakeFile
from trueline.measurement.readers import merging
from trueline.measurement.upkeep import MANY_SEGMENTS
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace
from trueline.web.ingest import upkeep
from trueline.web.upkeep import EVERY, Upkeep

T = 1_790_812_800  # 2026-10-01T00:00:00Z
PROTO_1 = "application/x-protobuf"
PROTO_2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
OFFERINGS = """
apiVersion: trueline/v1
parameters:
  - {id: frame_delay, unit: ms, family: technical, kind: sampled}
offerings:
  - id: eline
    name: E-Line
    objectives:
      - {id: delay, parameter: frame_delay, basis: agreed, statistic: mean, comparator: LE,
         conformance_target: 20, conformance_period: P1M}
"""
PRODUCTS = (
    "product_id,offering_id,customer_id,status,start,end,time_zone\n"
    "p-1,eline,c-1,active,2026-01-01T00:00:00Z,,UTC\n"
)
URLS = override_settings(ROOT_URLCONF="trueline.web.ingest")


@pytest.fixture
def operator(workspace: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with one offering, one product and one parameter."""
    options = LoadOptions(datetime(2026, 10, 1, tzinfo=UTC))
    for name, text, load in (
        ("offerings.yaml", OFFERINGS, load_offerings),
        ("customers.csv", "customer_id,name,segment\nc-1,One,gold\n", load_customers),
        ("products.csv", PRODUCTS, load_products),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        load(workspace, path, options)
    with URLS:
        yield workspace


def push(body: bytes, content_type: str = PROTO_1, **headers: str) -> HttpResponse:
    packed = bytes(cramjam.snappy.compress_raw(body))
    return post("/api/v1/write", packed, content_type, **{"Content-Encoding": "snappy", **headers})


def post(path: str, body: bytes, content_type: str, **headers: str) -> HttpResponse:
    remote = headers.pop("remote", "127.0.0.1")
    return Client().post(
        path, body, content_type, headers={"Host": "localhost", **headers}, REMOTE_ADDR=remote
    )


def one(product: str, value: float, time_s: int = T) -> Series:
    return {"__name__": "frame_delay", "product_id": product}, [(value, time_s * 1000)]


def held(workspace: Workspace, product: str) -> list[tuple[int, float]]:
    """Start and value of every granule of frame_delay, one look at a time."""
    lake = open_lake(workspace)
    try:
        starts = range(T - 120, T + 121, 60)
        versions = {s: lake.history(product, "frame_delay", s) for s in starts}
        return [(s, found[-1].value) for s, found in versions.items() if found]
    finally:
        lake.close()


@pytest.mark.parametrize(
    ("content_type", "write"), [(PROTO_1, write_request_1), (PROTO_2, write_request_2)]
)
def test_a_push_is_in_the_lake_when_it_is_answered(
    operator: Workspace, content_type: str, write: object
) -> None:
    assert callable(write)
    body = write([one("p-1", 1.5), one("p-1", 2.5, T + 60), one("nobody", 9.0)])
    for _ in range(2):  # a second time it is a duplicate, and written all the same
        answer = push(body, content_type)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["X-Prometheus-Remote-Write-Samples-Written"] == "2"
    assert held(operator, "p-1") == [(T - 60, 1.5), (T, 2.5)]
    last = Delivery.objects.order_by("-id")[0]
    assert last.counts == {"accepted": 0, "duplicate": 2, "corrected": 0, "late": 0, "set_aside": 1}


def test_a_push_of_metadata_alone_makes_no_delivery(operator: Workspace) -> None:
    before = Delivery.objects.count()
    assert push(b"\x1a\x04\x12\x02up").status_code == 204
    assert Delivery.objects.count() == before


def test_an_export_is_answered_with_what_was_not_kept(operator: Workspace) -> None:
    gauges = [
        {
            "name": "frame_delay",
            "gauge": {
                "dataPoints": [
                    {
                        "timeUnixNano": str(T * 10**9),
                        "asDouble": value,
                        "attributes": [{"key": "product_id", "value": {"stringValue": product}}],
                    }
                    for product, value in (("p-1", 4.5), ("nobody", 1.0))
                ]
            },
        },
        {"name": "sizes", "histogram": {"dataPoints": [{"timeUnixNano": str(T * 10**9)}]}},
    ]
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": gauges}]}]}).encode()
    packed = gzip.compress(body)
    answer = post("/v1/metrics", packed, "application/json", **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    told = json.loads(answer.content)["partialSuccess"]
    assert told["rejectedDataPoints"] == "2"
    assert "histogram is not read" in told["errorMessage"]
    assert held(operator, "p-1") == [(T - 60, 4.5)]


def test_a_mapping_of_the_workspace_is_used(operator: Workspace) -> None:
    folder = operator.home / "mappings"
    folder.mkdir()
    (folder / "remote-write.yaml").write_text(
        "format: remote-write\nproduct_id: port\nduration_s: 120\n"
        "metrics: {rtt_ms: {parameter: frame_delay}}\n",
        encoding="utf-8",
    )
    labels = {"__name__": "rtt_ms", "port": "p-1"}
    assert push(write_request_1([(labels, [(3.0, T * 1000)])])).status_code == 204
    assert held(operator, "p-1") == [(T - 120, 3.0)]
    (folder / "remote-write.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    answer = push(write_request_1([(labels, [(3.0, T * 1000)])]))
    assert answer.status_code == 400
    assert b"unknown key" in answer.content


def test_every_refusal_has_its_status(operator: Workspace) -> None:
    good = write_request_1([one("p-1", 1.0)])
    assert push(b"\xff\xff").status_code == 400
    assert push(good, "text/plain").status_code == 415
    assert push(good, "application/x-protobuf;proto=other.Request").status_code == 415
    assert push(good, PROTO_1, **{"Content-Encoding": "gzip"}).status_code == 415
    bomb = varint(2**31) + bytes(1_000)
    assert post("/api/v1/write", bomb, PROTO_1).status_code == 413
    assert post("/api/v1/write", bytes(33 * 1024 * 1024), PROTO_1).status_code == 413
    assert post("/v1/metrics", b"{}", "text/plain").status_code == 415
    assert post("/v1/metrics", b"\xff\xff", PROTO_1).status_code == 400
    assert Client().get("/api/v1/write", headers={"Host": "localhost"}).status_code == 405
    assert push(good, remote="192.0.2.7").status_code == 403
    assert held(operator, "p-1") == []


def test_a_token_of_the_workspace_is_asked_for(operator: Workspace) -> None:
    (operator.home / "ingest-token").write_text("a secret word\n", encoding="utf-8")
    good = write_request_1([one("p-1", 1.0)])
    answer = push(good)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert push(good, Authorization="Bearer a secret").status_code == 401
    far = {"Authorization": "Bearer a secret word", "remote": "192.0.2.7"}
    assert push(good, **far).status_code == 204
    (operator.home / "ingest-token").write_text("", encoding="utf-8")  # emptied: closed
    assert push(good).status_code == 403


def test_the_workspace_is_free_after_a_push(operator: Workspace) -> None:
    assert push(write_request_1([one("p-1", 1.0)])).status_code == 204
    with write_lock(operator, wait_s=0.0):
        assert held(operator, "p-1") == [(T - 60, 1.0)]


def test_a_push_into_a_held_workspace_is_told_to_come_back(operator: Workspace) -> None:
    with write_lock(operator):
        answer = push(write_request_1([one("p-1", 1.0)]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert push(write_request_1([one("p-1", 1.0)])).status_code == 204


def leave_segments(workspace: Workspace, count: int) -> None:
    """Each batch of a delivery becomes one."""
    deliver(workspace, *([G("p-1", "frame_delay", T + 60 * n, 1.0)] for n in range(count)))


def test_segments_of_many_pushes_are_gathered_by_themselves(operator: Workspace) -> None:
    leave_segments(operator, MANY_SEGMENTS)
    for _ in range(EVERY):
        assert push(write_request_1([one("p-1", 1.5)])).status_code == 204
    upkeep.wait()
    assert LakeFile.objects.filter(kind=FileKind.SEGMENT).count() == 1
    assert push(write_request_1([one("p-1", 1.5)])).status_code == 204
    assert held(operator, "p-1") == [(T - 60, 1.5), (T, 1.0), (T + 60, 1.0), (T + 120, 1.0)]


def test_a_push_does_not_wait_for_a_merge(operator: Workspace) -> None:
    gate, begun = threading.Event(), threading.Event()

    def merge(_: Workspace) -> None:
        begun.set()
        gate.wait(60)

    leave_segments(operator, MANY_SEGMENTS)
    slow = Upkeep(merge, every=1)
    slow.pushed(operator)
    assert begun.wait(60)
    slow.pushed(operator)  # returns although the merge has not ended, and begins no second one
    with merging(operator.lake):
        assert push(write_request_1([one("p-1", 1.5)])).status_code == 204
    gate.set()
    slow.wait()
    assert held(operator, "p-1")[0] == (T - 60, 1.5)


def test_a_pm_file_is_loaded_by_its_name_and_the_mapping_of_the_workspace(
    operator: Workspace, tmp_path: Path
) -> None:
    golden = Path(__file__).parents[1] / "golden" / "pm_xml" / "lists.xml"
    path = tmp_path / "A20261001.0000-0100.xml.gz"
    path.write_bytes(gzip.compress(golden.read_bytes()))
    (operator.home / "mappings").mkdir()
    (operator.home / "mappings" / "3gpp.yaml").write_text(
        "products: [{match: 'EthernetPort=(?P<n>.+)', product_id: 'p-{n}'}]\n"
        "parameters: [{parameter: frame_delay, value: framesReceived / framesSent}]\n",
        encoding="utf-8",
    )
    options = MeasurementOptions(LoadOptions(datetime(2026, 10, 2, tzinfo=UTC)))
    report = load_measurements(operator, [path], options)
    assert (report.ledger.accepted, report.ledger.set_aside) == (1, 1)  # the other is NIL
    assert held(operator, "p-1") == [(T, 0.9)]
