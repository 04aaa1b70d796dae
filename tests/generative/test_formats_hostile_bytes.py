"""Whatever bytes arrive, a reader gives granules or an InputError, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle.wire import Series, write_request_1, write_request_2

from trueline.errors import InputError
from trueline.measurement.formats.formula import parse_formula
from trueline.measurement.formats.otlp import decode_export, unpack_gzip
from trueline.measurement.formats.remote_write import decode_push
from trueline.measurement.formats.snappy_block import unpack
from trueline.measurement.formats.threegpp import measurements_of

GOLDEN = Path(__file__).parents[1] / "golden" / "pm_xml"
PM_FILES = [path.read_bytes() for path in sorted(GOLDEN.glob("*.xml"))]
T = 1_790_812_800_000
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
values = st.floats(allow_nan=False, width=64)
times = st.one_of(st.integers(T, T + 10**9), st.integers(-(2**63), 2**63 - 1))
series_lists = st.lists(
    st.tuples(
        st.dictionaries(names, names, max_size=4).map(lambda d: {**d, "product_id": "p"}),
        st.lists(st.tuples(values, times), max_size=3),
    ),
    max_size=6,
)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of a good message with some replaced, removed or repeated."""
    content = bytearray(draw(whole))
    for _ in range(draw(st.integers(0, 4))):
        if not content:
            break
        at = draw(st.integers(0, len(content) - 1))
        end = draw(st.integers(at, min(len(content), at + 12)))
        content[at:end] = draw(
            st.one_of(st.binary(max_size=8), st.just(bytes(content[at:end]) * 2))
        )
    return bytes(content)


def harmless(read: Callable[[], object]) -> None:
    with suppress(InputError):
        read()


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), damaged(series_lists.map(write_request_1))))
def test_damaged_remote_write_1_never_breaks_out(content: bytes) -> None:
    harmless(lambda: decode_push(content, 1, {}, "push"))
    harmless(lambda: decode_push(content, None, {"align_s": 60}, "push"))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), damaged(series_lists.map(write_request_2))))
def test_damaged_remote_write_2_never_breaks_out(content: bytes) -> None:
    ratio = {"metrics": {"a": {"parameter": "r"}, "b": {"denominator_of": "r"}}}
    harmless(lambda: decode_push(content, 2, {}, "push"))
    harmless(lambda: decode_push(content, 2, ratio, "push"))


@settings(max_examples=100, deadline=None)
@given(series_lists)
def test_both_versions_of_remote_write_agree(series: list[Series]) -> None:
    def rows(write: Callable[[Iterable[Series]], bytes], version: int) -> list[object]:
        found = decode_push(write(series), version, {"parameter": "product_id"}, "push")
        table = found.batch.table.drop_columns(["product_id", "parameter"])
        return sorted(map(repr, table.to_pylist()))

    assert rows(write_request_1, 1) == rows(write_request_2, 2)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_a_body_never_break_out(content: bytes) -> None:
    harmless(lambda: unpack(content, "push"))
    harmless(lambda: unpack_gzip(content, "push"))
    harmless(lambda: decode_export(content, False, {}, "push"))
    harmless(lambda: decode_export(content, True, {}, "push"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceMetrics",
                    "scopeMetrics",
                    "metrics",
                    "gauge",
                    "sum",
                    "dataPoints",
                    "name",
                    "asInt",
                    "asDouble",
                    "timeUnixNano",
                    "attributes",
                    "key",
                    "value",
                    "resource",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_json_of_any_shape_never_breaks_out(value: object) -> None:
    harmless(lambda: decode_export(json.dumps(value).encode(), True, {}, "push"))


@settings(max_examples=150, deadline=None)
@given(damaged(st.sampled_from(PM_FILES)))
def test_a_damaged_pm_file_never_breaks_out(content: bytes) -> None:
    harmless(lambda: list(measurements_of(io.BytesIO(content))))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab1.5 +-*/()',min\"", max_size=30))
def test_any_text_as_a_formula_never_breaks_out(text: str) -> None:
    harmless(lambda: parse_formula(text))
