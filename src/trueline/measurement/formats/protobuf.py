"""Protobuf messages of the push formats, described here in words and built when first imported.

Only the fields that are read are described; protobuf skips the others. Field numbers are those of
prometheus.WriteRequest, io.prometheus.write.v2.Request and opentelemetry.proto.metrics.v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from trueline.errors import InputError, Place

# A series kept as `bytes` lets the fast path look at it without building an object for it.
_PROMETHEUS = """
message RawWriteRequest { repeated bytes timeseries = 1; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message TimeSeries {
  repeated Label labels = 1; repeated Sample samples = 2; repeated bytes histograms = 4;
}
message RawRequest { repeated string symbols = 4; repeated bytes timeseries = 5; }
message SymbolSeries {
  repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated bytes histograms = 3;
  repeated bytes exemplars = 4;
}
"""
_OTLP = """
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
    double double_value = 4; }
}
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message NumberDataPoint {
  fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
  repeated KeyValue attributes = 7; uint32 flags = 8;
}
message Unread {}
message Gauge { repeated NumberDataPoint data_points = 1; }
message Sum {
  repeated NumberDataPoint data_points = 1; AggregationTemporality aggregation_temporality = 2;
  bool is_monotonic = 3;
}
message Distribution { repeated Unread data_points = 1; }
message Metric {
  string name = 1; string unit = 3;
  oneof data { Gauge gauge = 5; Sum sum = 7; Distribution histogram = 9;
    Distribution exponential_histogram = 10; Distribution summary = 11; }
}
message ScopeMetrics { repeated Metric metrics = 2; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ExportMetricsPartialSuccess { int64 rejected_data_points = 1; string error_message = 2; }
message ExportMetricsServiceResponse { ExportMetricsPartialSuccess partial_success = 1; }
message Status { int32 code = 1; string message = 2; }
enum AggregationTemporality {
  AGGREGATION_TEMPORALITY_UNSPECIFIED = 0; AGGREGATION_TEMPORALITY_DELTA = 1;
  AGGREGATION_TEMPORALITY_CUMULATIVE = 2;
}
"""
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bytes": _Field.TYPE_BYTES,
    "string": _Field.TYPE_STRING,
    "double": _Field.TYPE_DOUBLE,
    "bool": _Field.TYPE_BOOL,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "uint32": _Field.TYPE_UINT32,
    "fixed64": _Field.TYPE_FIXED64,
    "sfixed64": _Field.TYPE_SFIXED64,
}
_BLOCK = re.compile(r"(message|enum) (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}")
_FIELD = re.compile(r"(repeated )?(\w+) (\w+) = (\d+);")
_ONEOF = re.compile(r"oneof (\w+) \{([^}]*)\}")
_VALUE = re.compile(r"(\w+) = (\d+);")


def _describe(package: str, text: str) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    blocks = _BLOCK.findall(text)
    enums = {name for kind, name, _ in blocks if kind == "enum"}
    for kind, name, body in blocks:
        if kind == "enum":
            enum = file.enum_type.add(name=name)
            for value, number in _VALUE.findall(body):
                enum.value.add(name=value, number=int(number))
        else:
            _describe_message(file.message_type.add(name=name), body, package, enums)
    return file


def _describe_message(
    message: descriptor_pb2.DescriptorProto, body: str, package: str, enums: set[str]
) -> None:
    for at, (oneof, inside) in enumerate(_ONEOF.findall(body)):
        message.oneof_decl.add(name=oneof)
        for field in _fields(inside, package, enums):
            field.oneof_index = at
            message.field.append(field)
    message.field.extend(_fields(_ONEOF.sub("", body), package, enums))


def _fields(
    body: str, package: str, enums: set[str]
) -> Iterator[descriptor_pb2.FieldDescriptorProto]:
    for repeated, kind, name, number in _FIELD.findall(body):
        label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        field = _Field(name=name, number=int(number), label=label)
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            field.type = _Field.TYPE_ENUM if kind in enums else _Field.TYPE_MESSAGE
            field.type_name = f".{package}.{kind}"
        yield field


_pool = descriptor_pool.DescriptorPool()
for _package, _text in (("trueline.prometheus", _PROMETHEUS), ("trueline.otlp", _OTLP)):
    _pool.Add(_describe(_package, _text))


def message_class(name: str) -> type[Message]:
    """The class of `trueline.<package>.<Message>`."""
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(name))


def decode(kind: type[Message], data: bytes, name: str) -> Any:
    """The message in `data` (its fields are known only at run time); InputError when it is none."""
    message = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise InputError(
            "The bytes are not a protobuf message of this format",
            place=Place(name or None),
            mend="Check the Content-Type and that the body arrived whole",
        ) from None
    return message
