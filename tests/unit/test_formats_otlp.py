"""OTLP metrics: protobuf and JSON give the same granules."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Mapping

import pytest
from tests.oracle.wire import block, double, fixed64, number

from trueline.errors import InputError
from trueline.measurement.formats.otlp import (
    READER,
    decode_export,
    render_response,
    unpack_gzip,
)
from trueline.measurement.formats.samples import Decoded
from trueline.measurement.formats.snappy_block import TooLargeError
from trueline.measurement.granules import GRANULE_SCHEMA, ReadContext

S = 1_000_000_000
T = 1_790_812_800  # 2026-10-01T00:00:00Z
Point = tuple[Mapping[str, str], int, int, "float | int"]  # attributes, start, time in ns, value


def attributes(field: int, texts: Mapping[str, str]) -> bytes:
    pairs = (block(1, k.encode()) + block(2, block(1, v.encode())) for k, v in texts.items())
    return b"".join(block(field, pair) for pair in pairs)


def points(all_points: Iterable[Point]) -> bytes:
    out = b""
    for texts, start, time, value in all_points:
        held = fixed64(6, value) if isinstance(value, int) else double(4, value)
        out += block(1, fixed64(2, start) + fixed64(3, time) + held + attributes(7, texts))
    return out


def metric(name: str, kind: int, content: bytes) -> bytes:
    return block(1, name.encode()) + block(3, b"ms") + block(kind, content)


def export(resource: Mapping[str, str], metrics: Iterable[bytes]) -> bytes:
    scope = block(1, block(1, b"probe")) + b"".join(block(2, one) for one in metrics)
    return block(1, block(1, attributes(1, resource)) + block(2, scope))


GAUGE: list[Point] = [
    ({"product_id": "p-1"}, 0, T * S, 1.5),
    ({"product_id": "p-2", "region": "north"}, 0, (T + 60) * S + 999, 7),
]
DELTA: list[Point] = [({}, (T - 300) * S, T * S, 42)]
TOTAL: list[Point] = [({}, (T - 9000) * S, T * S, 1000)]
PROTOBUF = export(
    {"product_id": "p-0"},
    [
        metric("delay", 5, points(GAUGE)),
        metric("errors", 7, points(DELTA) + number(2, 1) + number(3, 1)),
        metric("total", 7, points(TOTAL) + number(2, 2) + number(3, 1)),
        metric("sizes", 9, block(1, fixed64(3, T * S)) * 2 + number(2, 2)),
    ],
)


def json_points(all_points: Iterable[Point]) -> list[dict[str, object]]:
    return [
        {
            "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in texts.items()],
            "startTimeUnixNano": str(start),
            "timeUnixNano": str(time),
            **({"asInt": str(value)} if isinstance(value, int) else {"asDouble": value}),
        }
        for texts, start, time, value in all_points
    ]


JSON = json.dumps(
    {
        "resourceMetrics": [
            {
                "resource": {
                    "attributes": [{"key": "product_id", "value": {"stringValue": "p-0"}}]
                },
                "schemaUrl": "unread",
                "scopeMetrics": [
                    {
                        "scope": {"name": "probe"},
                        "metrics": [
                            {
                                "name": "delay",
                                "unit": "ms",
                                "gauge": {"dataPoints": json_points(GAUGE)},
                            },
                            {
                                "name": "errors",
                                "sum": {
                                    "dataPoints": json_points(DELTA),
                                    "aggregationTemporality": 1,
                                    "isMonotonic": True,
                                },
                            },
                            {
                                "name": "total",
                                "sum": {
                                    "dataPoints": json_points(TOTAL),
                                    "isMonotonic": True,
                                    "aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
                                },
                            },
                            {
                                "name": "sizes",
                                "histogram": {
                                    "aggregationTemporality": 2,
                                    "dataPoints": [
                                        {
                                            "timeUnixNano": str(T * S),
                                            "count": "2",
                                            "bucketCounts": ["1", "1"],
                                            "explicitBounds": [5],
                                            "exemplars": [{"spanId": "eee19b7ec3c1b174"}],
                                        },
                                        {"timeUnixNano": str(T * S), "count": "0"},
                                    ],
                                },
                            },
                        ],
                    }
                ],
            }
        ]
    }
).encode()
ROWS = [
    ("p-1", "delay", T - 60, 60, 1.5),
    ("p-2", "delay", T, 60, 7.0),
    ("p-0", "errors", T - 300, 300, 42.0),
    ("p-0", "total", T - 60, 60, 1000.0),
]


def rows(decoded: Decoded) -> list[tuple[str, str, int, int, float]]:
    return [
        (r["product_id"], r["parameter"], r["start_s"], r["duration_s"], r["value"])
        for r in decoded.batch.table.to_pylist()
    ]


@pytest.mark.parametrize(("content", "is_json"), [(PROTOBUF, False), (JSON, True)])
def test_protobuf_and_json_give_the_same_granules(content: bytes, is_json: bool) -> None:
    decoded = decode_export(content, is_json, {}, "push")
    assert rows(decoded) == ROWS
    assert decoded.batch.table.schema.equals(GRANULE_SCHEMA)
    assert (decoded.samples, decoded.refused) == (6, 2)
    reasons = {row.reason for row in decoded.batch.set_aside}
    assert reasons == {"histogram is not read; send a gauge or a sum"}
    assert decoded.warnings[0].startswith("1 cumulative monotonic sums were kept")


@pytest.mark.parametrize("content", [PROTOBUF, JSON, gzip.compress(PROTOBUF), gzip.compress(JSON)])
def test_a_captured_export_is_read_from_a_file(content: bytes) -> None:
    [batch] = READER.read(io.BytesIO(content), ReadContext("capture.otlp", {}))
    assert batch.table.num_rows == 4


def test_a_point_without_a_recorded_value_is_a_gap() -> None:
    point = block(1, fixed64(3, T * S) + attributes(7, {"product_id": "p"}) + number(8, 1))
    decoded = decode_export(export({}, [metric("d", 5, point)]), False, {}, "push")
    assert (decoded.samples, rows(decoded)) == (0, [])


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (fixed64(3, T * S), "the data point has no value"),
        (fixed64(3, T * S) + double(4, 1.0), "not whole seconds"),  # a delta without its start
        (fixed64(2, T * S) + fixed64(3, T * S + 5) + double(4, 1.0), "not whole seconds"),
    ],
)
def test_a_delta_point_that_cannot_be_placed_is_set_aside(point: bytes, reason: str) -> None:
    content = export({"product_id": "p"}, [metric("d", 7, block(1, point) + number(2, 1))])
    decoded = decode_export(content, False, {}, "push")
    assert (decoded.samples, decoded.refused, rows(decoded)) == (1, 1, [])
    assert reason in decoded.batch.set_aside[0].reason


def test_a_mapping_names_the_attribute_and_the_metric() -> None:
    mapping = {
        "format": "otlp",
        "product_id": "{site}-{port}",
        "metrics": {"if.delay": {"parameter": "frame_delay", "duration_s": 300}},
    }
    gauge: list[Point] = [({"port": "3"}, 0, T * S, 1.5)]
    content = export({"site": "lis"}, [metric("if.delay", 5, points(gauge))])
    assert rows(decode_export(content, False, mapping, "push")) == [
        ("lis-3", "frame_delay", T - 300, 300, 1.5)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"resourceMetrics": 5}',
        b'{"resourceMetrics": [5]}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"resourceMetrics": ' * 5_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
def test_a_body_that_is_not_otlp_json_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="not OTLP JSON"):
        decode_export(content, True, {}, "push")


def test_a_body_that_is_not_protobuf_is_refused() -> None:
    with pytest.raises(InputError):
        decode_export(PROTOBUF[:-1], False, {}, "push")


def test_a_gzip_body_is_bounded_and_whole() -> None:
    with pytest.raises(TooLargeError):
        unpack_gzip(gzip.compress(bytes(20 * 1024 * 1024)), "push")
    with pytest.raises(InputError, match="cut off"):
        unpack_gzip(gzip.compress(PROTOBUF)[:-3], "push")
    with pytest.raises(InputError, match="not gzip"):
        unpack_gzip(PROTOBUF, "push")


def test_the_answer_says_how_many_points_were_not_kept() -> None:
    assert render_response(0, "", False) == b""
    assert json.loads(render_response(0, "", True)) == {}
    # ExportMetricsServiceResponse.partial_success = 1 {rejected_data_points = 1, error_message = 2}
    assert render_response(3, "why", False) == block(1, number(1, 3) + block(2, b"why"))
    assert json.loads(render_response(3, "why", True)) == {
        "partialSuccess": {"rejectedDataPoints": "3", "errorMessage": "why"}
    }
