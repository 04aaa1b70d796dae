"""Remote write 1.0 and 2.0: the same samples, whatever path decodes them."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterable

import cramjam
import pytest
from tests.oracle.wire import (
    Series,
    block,
    double,
    number,
    varint,
    write_request_1,
    write_request_2,
)

from trueline.errors import InputError
from trueline.measurement.formats.remote_write import READER, decode_push
from trueline.measurement.formats.samples import Decoded
from trueline.measurement.formats.snappy_block import MAX_UNPACKED, TooLargeError, unpack
from trueline.measurement.granules import GRANULE_SCHEMA, ReadContext

Writer = Callable[[Iterable[Series]], bytes]
VERSIONS: list[tuple[int, Writer]] = [(1, write_request_1), (2, write_request_2)]
T = 1_790_812_800_000  # 2026-10-01T00:00:00Z in ms
STALE = struct.unpack("<d", (0x7FF0_0000_0000_0002).to_bytes(8, "little"))[0]
Row = tuple[str, str, int, int, float, "float | None"]


def series(metric: str, product: str, *samples: tuple[float, int], **labels: str) -> Series:
    return {"__name__": metric, "job": "probe", **labels, "product_id": product}, samples


def rows(decoded: Decoded) -> list[Row]:
    return sorted(
        (
            r["product_id"],
            r["parameter"],
            r["start_s"],
            r["duration_s"],
            r["value"],
            r["denominator"],
        )
        for r in decoded.batch.table.to_pylist()
    )


MIXED: list[Series] = [
    series("frame_delay", "p-1", (1.5, T)),
    series("frame_delay", "p-2", (0.0, T + 999)),  # a zero is left out of the bytes
    series("frame_delay", "p-3", (2.5, T), (3.5, T + 60_000)),
    series("frame_delay", "p-4", (-1e300, 120_000)),  # an early time takes fewer bytes
    series("frame_delay", "p-5", (STALE, T)),
    series("frame_delay", "p-6"),
    series("jitter", "p-1", (0.25, T + 1)),
]
MIXED_ROWS: list[Row] = [
    ("p-1", "frame_delay", 1790812740, 60, 1.5, None),
    ("p-1", "jitter", 1790812740, 60, 0.25, None),
    ("p-2", "frame_delay", 1790812740, 60, 0.0, None),
    ("p-3", "frame_delay", 1790812740, 60, 2.5, None),
    ("p-3", "frame_delay", 1790812800, 60, 3.5, None),
    ("p-4", "frame_delay", 60, 60, -1e300, None),
]


@pytest.mark.parametrize(("version", "write"), VERSIONS)
@pytest.mark.parametrize("said", [True, False])
def test_every_shape_of_series_gives_its_samples(version: int, write: Writer, said: bool) -> None:
    # The second time the labels are known, and the fast path takes what it can.
    for _ in range(2):
        decoded = decode_push(write(MIXED), version if said else None, {}, "push")
        assert rows(decoded) == MIXED_ROWS
        assert decoded.batch.table.schema.equals(GRANULE_SCHEMA)
        assert (decoded.samples, decoded.refused) == (6, 0)


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_many_symbols_and_long_labels_are_read(version: int, write: Writer) -> None:
    many = [series("d", f"p-{n:04d}", (n + 0.5, T), region="r" * (n % 200)) for n in range(400)]
    for _ in range(2):
        decoded = decode_push(write(many), version, {}, "push")
        assert [r[4] for r in rows(decoded)] == [n + 0.5 for n in range(400)]


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_the_timestamp_is_the_start_when_the_mapping_says_so(version: int, write: Writer) -> None:
    mapping = {"timestamp": "start", "duration_s": 300, "align_s": 300}
    decoded = decode_push(write([series("d", "p", (1.0, T + 61_999))]), version, mapping, "push")
    assert rows(decoded) == [("p", "d", 1790812800, 300, 1.0, None)]


RATIO = {
    "metrics": {
        "lost_frames": {"parameter": "frame_loss"},
        "sent_frames": {"denominator_of": "frame_loss"},
        "rtt": {"parameter": "delay", "duration_s": 30},
    }
}


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_a_ratio_takes_its_denominator_from_the_paired_metric(version: int, write: Writer) -> None:
    push = [
        series("sent_frames", "p-1", (1000.0, T)),
        series("lost_frames", "p-1", (3.0, T)),
        series("lost_frames", "p-2", (1.0, T)),
        series("sent_frames", "p-2", (10.0, T + 60_000)),
        series("rtt", "p-1", (7.5, T)),
        series("up", "p-1", (1.0, T)),
    ]
    decoded = decode_push(write(push), version, RATIO, "push")
    assert rows(decoded) == [
        ("p-1", "delay", 1790812770, 30, 7.5, None),
        ("p-1", "frame_loss", 1790812740, 60, 3.0, 1000.0),
    ]
    assert sorted(row.reason for row in decoded.batch.set_aside) == [
        "its denominator is not in the same push",
        "its numerator is not in the same push",
        "the mapping does not name the metric (1 samples of this push; the first is shown)",
    ]


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_series_that_lead_to_no_product_are_counted_in_one_row(version: int, write: Writer) -> None:
    push: list[Series] = [({"__name__": "up", "job": str(n)}, [(1.0, T)]) for n in range(5)]
    decoded = decode_push(write([*push, series("d", "p", (1.0, T))]), version, {}, "push")
    assert (decoded.samples, decoded.refused, len(rows(decoded))) == (6, 5, 1)
    [row] = decoded.batch.set_aside
    assert row.reason == (
        "the series has no label product_id (5 samples of this push; the first is shown)"
    )
    assert row.text == "__name__=up, job=0"


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_labels_can_be_put_together(version: int, write: Writer) -> None:
    mapping = {"product_id": "{site}/{port}", "parameter": "{__name__}.{class}"}
    labels = {"__name__": "delay", "class": "gold", "port": "7", "site": "lis"}
    decoded = decode_push(write([(labels, [(1.0, T)])]), version, mapping, "push")
    assert [row[:2] for row in rows(decoded)] == [("lis/7", "delay.gold")]


@pytest.mark.parametrize(("version", "write"), VERSIONS)
def test_absurd_times_are_set_aside(version: int, write: Writer) -> None:
    push = [series("d", "p", (1.0, -5_000)), series("d", "p", (1.0, 2**62))]
    decoded = decode_push(write(push), version, {}, "push")
    assert rows(decoded) == []
    assert len(decoded.batch.set_aside) == decoded.refused == 2


def test_native_histograms_are_set_aside() -> None:
    labels = block(1, block(1, b"product_id") + block(2, b"p"))
    decoded = decode_push(block(1, labels + block(4, b"\x08\x01")), 1, {}, "push")
    assert [row.field for row in decoded.batch.set_aside] == ["histograms"]


def refs(*numbers: int) -> bytes:
    return b"".join(varint(n) for n in numbers)


SYMBOLS = b"".join(block(4, text) for text in (b"", b"product_id", b"p", b"__name__", b"d"))
SAMPLE = block(2, double(1, 1.0) + number(2, T))


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b"\xff\xff\xff", 1),
        (block(1, b"\x0a\x7f"), 1),
        (block(1, block(1, block(1, b"a")) * 2 + SAMPLE), 1),  # the label `a` twice
        (block(1, block(1, block(1, b"\xff\xfe")) + SAMPLE), 1),  # not UTF-8
        (block(1, b"x")[:-1], 1),
        (SYMBOLS + block(5, block(1, refs(1, 2, 3, 9)) + SAMPLE), 2),  # no symbol 9
        (SYMBOLS + block(5, block(1, refs(1, 2, 3)) + SAMPLE), 2),  # a label without value
        (SYMBOLS + block(5, block(1, refs(1, 2, 1, 4)) + SAMPLE), 2),  # twice
        (SYMBOLS + block(5, block(1, b"\x01\x82") + SAMPLE), 2),  # cut varint
        (SYMBOLS + block(5, block(1, b"\xff\xff\xff\xff\xff\xff\x01\x02") + SAMPLE), 2),
        (block(4, b"\xff"), 2),
    ],
)
def test_a_malformed_push_is_refused_as_a_whole(content: bytes, version: int) -> None:
    for _ in range(2):
        with pytest.raises(InputError):
            decode_push(content, version, {}, "push")


def test_known_labels_before_odd_bytes_do_not_pass_for_a_sample() -> None:
    labels = block(1, block(1, b"product_id") + block(2, b"odd")) + block(
        1, block(1, b"__name__") + block(2, b"d")
    )
    assert len(rows(decode_push(block(1, labels + SAMPLE), 1, {}, "push"))) == 1
    # 18 bytes after the same labels: another label, then two samples of odd sizes.
    label = block(1, block(1, b"region") + block(2, b"north-"))
    samples = block(2, number(2, 60_000_000)) + block(2, double(1, 2.0))
    assert len(label) == len(samples) == 18
    assert rows(decode_push(block(1, labels + label), 1, {}, "push")) == []
    decoded = decode_push(block(1, labels + samples), 1, {}, "push")
    assert rows(decoded) == [("odd", "d", 59_940, 60, 0.0, None)]
    assert len(decoded.batch.set_aside) == 1  # at time 0 it began before 1970


@pytest.mark.parametrize(
    "block_bytes",
    [
        b"",
        b"\xff\xff\xff\xff\x7f",
        b"\x80\x80\x80\x80\x80\x01",
        varint(1000) + b"\x00a",  # declares more than two bytes can hold
        bytes(cramjam.snappy.compress_raw(b"abc" * 100))[:-2],
        b"\x05\xf0\xff\xff",
    ],
)
def test_a_damaged_snappy_block_is_refused(block_bytes: bytes) -> None:
    with pytest.raises(InputError):
        unpack(block_bytes, "push")


def test_a_snappy_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = varint(MAX_UNPACKED + 1) + bytes(2_000_000)
    with pytest.raises(TooLargeError, match=f"more than {MAX_UNPACKED}"):
        unpack(bomb, "push")


@pytest.mark.parametrize(("version", "write"), VERSIONS)
@pytest.mark.parametrize("packed", [True, False])
def test_a_captured_body_is_read_from_a_file(version: int, write: Writer, packed: bool) -> None:
    content = write(MIXED)
    body = bytes(cramjam.snappy.compress_raw(content)) if packed else content
    [batch] = READER.read(io.BytesIO(body), ReadContext("capture.prw", {}))
    assert batch.table.num_rows == len(MIXED_ROWS)


@pytest.mark.parametrize(
    "mapping",
    [
        {"format": "otlp"},
        {"product": "x"},
        {"duration_s": 0},
        {"duration_s": "60"},
        {"timestamp": "middle"},
        {"product_id": ["a"]},
        {"metrics": ["a"]},
        {"metrics": {"a": {"parameter": "b", "denominator_of": "c"}}},
    ],
)
def test_a_mapping_that_says_something_else_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(InputError):
        decode_push(b"", 1, mapping, "push")
