"""OTLP metrics (opentelemetry.proto.metrics.v1): gauges and sums, protobuf and JSON.

A delta sum covers its own [start, time); a gauge and a cumulative sum cover the mapping's
`duration_s` beside their time. Histograms and summaries are set aside.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from google.protobuf import json_format

from trueline.errors import InputError, Place
from trueline.intake.ledger import SetAsideRow
from trueline.measurement.formats.protobuf import decode, message_class
from trueline.measurement.formats.samples import Decoded, Samples, decoded, start_of
from trueline.measurement.formats.series import (
    METRIC_NAME,
    Targets,
    parse_series_mapping,
    targets_for,
)
from trueline.measurement.formats.snappy_block import TooLargeError
from trueline.measurement.granules import MAX_DURATION_S, GranuleBatch, ReadContext

FORMAT = "otlp"
MAX_UNPACKED = 16 * 1024 * 1024
_DELTA, _CUMULATIVE = 1, 2
_NO_VALUE = 1  # DataPointFlags: no recorded value
_SECOND = 1_000_000_000
_Request = message_class("trueline.otlp.ExportMetricsServiceRequest")
_Response = message_class("trueline.otlp.ExportMetricsServiceResponse")
_Status = message_class("trueline.otlp.Status")
_MEND = "Send an ExportMetricsServiceRequest as protobuf or as OTLP JSON"
CUMULATIVE_NOTE = (
    "cumulative monotonic sums were kept as running totals; send delta temporality to measure "
    "what happened in each interval"
)


def decode_export(
    content: bytes, is_json: bool, mapping: Mapping[str, object], name: str
) -> Decoded:
    """The granules of an export request."""
    targets = targets_for(parse_series_mapping(mapping, name, FORMAT))
    request = _from_json(content, name) if is_json else decode(_Request, content, name)
    points = _Points(targets)
    for resource in request.resource_metrics:
        shared = _attributes(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points.add_metric(metric, shared)
    found = decoded(points.samples(), targets, points.faults)
    notes = (f"{points.totals} {CUMULATIVE_NOTE}",) if points.totals else ()
    return Decoded(found.batch, found.samples, found.refused, notes)


def _from_json(content: bytes, name: str) -> Any:
    request = _Request()
    try:
        tree = json.loads(content.decode("utf-8"))
        if not isinstance(tree, dict):
            raise ValueError("it is not an object")
        json_format.ParseDict(tree, request, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, RecursionError, TypeError) as error:
        why = f"The body is not OTLP JSON ({str(error)[:200]})"
        raise InputError(why, place=Place(name or None), mend=_MEND) from None
    return request


@dataclass
class _Points:
    """Data points while they are gathered."""

    targets: Targets
    target: list[int] = field(default_factory=list)
    start_s: list[int] = field(default_factory=list)
    duration_s: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    faults: list[SetAsideRow] = field(default_factory=list)
    totals: int = 0
    seen: int = 0
    _known: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)

    def add_metric(self, metric: Any, shared: dict[str, str]) -> None:
        kind = metric.WhichOneof("data")
        if kind not in ("gauge", "sum"):
            self._refuse_all(metric, kind)
            return
        temporality = metric.sum.aggregation_temporality if kind == "sum" else 0
        if kind == "sum" and temporality == _CUMULATIVE and metric.sum.is_monotonic:
            self.totals += len(metric.sum.data_points)
        for point in getattr(metric, kind).data_points:
            self.seen += 1
            if not point.flags & _NO_VALUE:
                self._add(metric.name, point, shared, temporality == _DELTA)

    def _add(self, name: str, point: Any, shared: dict[str, str], delta: bool) -> None:
        kind = point.WhichOneof("value")
        if kind is None:
            self._refuse(name, "the data point has no value")
            return
        target = self._target({**shared, **_attributes(point.attributes), METRIC_NAME: name})
        period = self._period(point, target, delta)
        if period is None:
            self._refuse(name, "the period of the delta sum is not whole seconds after its start")
            return
        self.target.append(target)
        self.start_s.append(period[0])
        self.duration_s.append(period[1])
        self.value.append(float(getattr(point, kind)))
        self.line.append(self.seen)

    def _period(self, point: Any, target: int, delta: bool) -> tuple[int, int] | None:
        time_s = point.time_unix_nano // _SECOND
        if delta:
            start_s = point.start_time_unix_nano // _SECOND
            good = point.start_time_unix_nano and 0 < time_s - start_s <= MAX_DURATION_S
            return (start_s, time_s - start_s) if good else None
        duration_s = self.targets.known[target].duration_s
        at = np.array([time_s], dtype=np.int64)
        start = start_of(at, np.array([duration_s], dtype=np.int64), self.targets.mapping)
        return int(start[0]), duration_s

    def _target(self, labels: dict[str, str]) -> int:
        key = tuple(sorted(labels.items()))
        target = self._known.get(key)
        if target is None:
            target = self._known[key] = self.targets.learn(labels)
        return target

    def _refuse(self, name: str, reason: str) -> None:
        self.faults.append(SetAsideRow(self.seen, name[:200], reason))

    def _refuse_all(self, metric: Any, kind: str | None) -> None:
        points = getattr(metric, kind).data_points if kind else [None]
        for _ in points:
            self.seen += 1
            what = (kind or "empty metric").replace("_", " ")
            self._refuse(metric.name, f"{what} is not read; send a gauge or a sum")

    def samples(self) -> Samples:
        return Samples(
            np.array(self.target, dtype=np.int64),
            np.array(self.start_s, dtype=np.int64),
            np.array(self.duration_s, dtype=np.int64),
            np.array(self.value, dtype=np.float64),
            np.array(self.line, dtype=np.int64),
        )


def _attributes(attributes: Any) -> dict[str, str]:
    """Attributes that are one text, number or truth value."""
    found: dict[str, str] = {}
    for attribute in attributes:
        kind = attribute.value.WhichOneof("value")
        if kind == "bool_value":
            found[attribute.key] = "true" if attribute.value.bool_value else "false"
        elif kind:
            found[attribute.key] = str(getattr(attribute.value, kind))
    return found


def render_response(rejected: int, message: str, is_json: bool) -> bytes:
    """An ExportMetricsServiceResponse; empty when everything was kept and nothing is to be said."""
    response: Any = _Response()
    if rejected or message:
        response.partial_success.rejected_data_points = rejected
        response.partial_success.error_message = message
    return _rendered(response, is_json)


def render_status(code: int, message: str, is_json: bool) -> bytes:
    """A google.rpc.Status, the body of a refusal."""
    return _rendered(_Status(code=code, message=message), is_json)


def _rendered(message: Any, is_json: bool) -> bytes:
    if is_json:
        return json_format.MessageToJson(message, indent=None).encode("utf-8")
    rendered: bytes = message.SerializeToString()
    return rendered


def unpack_gzip(body: bytes, name: str, limit: int = MAX_UNPACKED) -> bytes:
    """The content of a gzip body; never more than `limit` bytes are unpacked."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise InputError("The body is not gzip", place=Place(name or None), mend=_MEND) from None
    if len(content) > limit:
        raise too_large(name, limit)
    if not unpacker.eof:
        raise InputError("The gzip body is cut off", place=Place(name or None), mend=_MEND)
    return content


def too_large(name: str, limit: int = MAX_UNPACKED) -> TooLargeError:
    return TooLargeError(
        f"The body is larger than {limit} bytes",
        place=Place(name or None),
        mend="Send smaller batches (send_batch_max_size)",
    )


class _Otlp:
    """A captured export request in a file: protobuf or JSON, plain or gzip."""

    name = FORMAT
    suffixes = (".otlp", ".otlp.json", ".otlp.pb")

    def read(self, source: BinaryIO, context: ReadContext) -> Iterator[GranuleBatch]:
        body = source.read(MAX_UNPACKED + 1)
        if len(body) > MAX_UNPACKED:
            raise too_large(context.name)
        if body[:2] == b"\x1f\x8b":
            body = unpack_gzip(body, context.name)
        is_json = body.lstrip()[:1] == b"{"
        yield decode_export(body, is_json, context.mapping, context.name).batch


READER = _Otlp()
