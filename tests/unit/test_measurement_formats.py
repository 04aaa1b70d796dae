"""CSV, Parquet and JSON lines: the same granules from each, and what is refused or set aside."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.measurement_builders import LOAD, OCTOBER, Content, content

from trueline.errors import InputError
from trueline.intake.ledger import Ledger
from trueline.intake.models import Delivery
from trueline.intake.set_aside import read_set_aside
from trueline.measurement.formats import reader, reader_for
from trueline.measurement.formats.lines import MAX_LINES, line_blocks
from trueline.measurement.granules import ReadContext
from trueline.measurement.lake import open_lake
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.measurement.publication import published
from trueline.settings.workspace import Workspace

HEADER = "product_id,parameter,start,duration_s,value,denominator,suspect\n"
ROWS = [
    ("p1", "delay", "2026-10-01T00:00:00Z", 900, 16.186, None, False),
    ("p1", "loss", "2026-10-01T02:00:00+02:00", 900, 3.0, 67.0, False),
    ("p2", "delay", "2026-10-01T00:15:00Z", 900, 0.1, None, True),
]
CONTENT: Content = {
    ("p1", "delay", OCTOBER): (900, 16.186, None, False),
    ("p1", "loss", OCTOBER): (900, 3.0, 67.0, False),
    ("p2", "delay", OCTOBER + 900): (900, 0.1, None, True),
}
NAMES = HEADER.strip().split(",")


def _csv() -> bytes:
    lines = [",".join("" if c is None else str(c) for c in row) for row in ROWS]
    return (HEADER + "\n".join(lines) + "\n").encode()


def _json() -> bytes:
    return "".join(json.dumps(dict(zip(NAMES, r, strict=True))) + "\n" for r in ROWS).encode()


def _parquet() -> bytes:
    sink = io.BytesIO()
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), sink)
    return sink.getvalue()


FILES = {"m.csv": _csv, "m.jsonl": _json, "m.parquet": _parquet}


def _load(workspace: Workspace, path: Path) -> Ledger:
    return load_measurements(workspace, [path], MeasurementOptions(LOAD, any_name=True)).ledger


def _put(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def _reasons(workspace: Workspace) -> list[tuple[int, str]]:
    (path,) = workspace.set_aside.iterdir()
    return [(row.line, row.field) for row in read_set_aside(path)]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_lake(
    workspace: Workspace, tmp_path: Path, name: str, packed: bool
) -> None:
    data = FILES[name]()
    path = (
        _put(tmp_path, name + ".gz", gzip.compress(data)) if packed else _put(tmp_path, name, data)
    )
    assert _load(workspace, path) == Ledger(accepted=3)
    with open_lake(workspace) as lake:
        assert content(lake, 1) == CONTENT


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_content_tells_the_format_when_the_name_does_not(
    workspace: Workspace, tmp_path: Path, name: str, packed: bool
) -> None:
    data = gzip.compress(FILES[name]()) if packed else FILES[name]()
    assert _load(workspace, _put(tmp_path, "upload-17", data)) == Ledger(accepted=3)
    with open_lake(workspace) as lake:
        assert content(lake, 1) == CONTENT


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'<?xml version="1.0"?>\n<measCollecFile xmlns="x">', "3gpp"),
        (b"\xef\xbb\xbf  <measCollecFile>", "3gpp"),
        (b'{"resourceMetrics": []}', "otlp"),
        (b' {"product_id": "p1"}\n', "jsonlines"),
    ],
)
def test_first_bytes_name_the_format(tmp_path: Path, head: bytes, name: str) -> None:
    assert reader_for(_put(tmp_path, "upload", head)).name == name
    assert reader_for(_put(tmp_path, "upload.gz", gzip.compress(head))).name == name


@pytest.mark.parametrize("data", [b"", b"\x1f\x8bno gzip", b"a,b,c\n1,2,3\n", bytes(range(256))])
def test_file_of_no_known_format_is_refused(
    workspace: Workspace, tmp_path: Path, data: bytes
) -> None:
    with pytest.raises(InputError, match="tells the format"):
        _load(workspace, _put(tmp_path, "upload", data))


def test_many_hot_rows_are_merged_at_the_end_of_a_load(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = _put(tmp_path, "m.csv", _csv())
    often = MeasurementOptions(LOAD, any_name=True, merge_from=4)
    assert load_measurements(workspace, [path], often).messages == ()
    more = _put(tmp_path, "n.csv", _csv().replace(b"p2,", b"p3,"))
    report = load_measurements(workspace, [more], often)
    assert report.ledger == Ledger(accepted=1, duplicate=2)
    assert report.messages == ("Merged 2 segments into 1 sorted blocks",)
    with open_lake(workspace) as lake:
        third = {("p3", "delay", OCTOBER + 900): CONTENT["p2", "delay", OCTOBER + 900]}
        assert content(lake, 1) == CONTENT
        assert content(lake, 2) == CONTENT | third
        assert published(lake.root) is not None


def test_one_file_after_another_repeats_nothing(workspace: Workspace, tmp_path: Path) -> None:
    for name, make in FILES.items():
        _load(workspace, _put(tmp_path, name, make()))
    with open_lake(workspace) as lake:
        assert content(lake, 3) == CONTENT
        assert len(lake.history("p1", "delay", OCTOBER)) == 1


def test_columns_may_come_in_any_order_with_others_between(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "\ufeffvalue,note,start,duration_s,parameter,product_id\r\n"
    text += '0.1,"a, b",2026-10-01T00:15:00Z,900,delay,p2\r\n'
    assert _load(workspace, _put(tmp_path, "m.csv", text.encode())) == Ledger(accepted=1)


BAD_LINES = [
    ("p1,delay,2026-10-01T00:00:00Z,900,abc,,", "value"),
    ("p1,delay,2026-10-01T00:00:00Z,900,,,", "value"),
    ("p1,delay,2026-10-01T00:00:00Z,900,nan,,", "value"),
    ("p1,delay,2026-10-01T00:00:00Z,900,-inf,,", "value"),
    ("p1,delay,2026-10-01T00:00:00Z,900,1e300,,", "value"),
    ("p1,delay,2026-10-01T00:00:00,900,1,,", "start"),
    ("p1,delay,2026-13-01T00:00:00Z,900,1,,", "start"),
    ("p1,delay,1700000000,900,1,,", "start"),
    ("p1,delay,2026-10-01T00:00:00Z,0,1,,", "duration_s"),
    ("p1,delay,2026-10-01T00:00:00Z,-900,1,,", "duration_s"),
    ("p1,delay,2026-10-01T00:00:00Z,99999999999999,1,,", "duration_s"),
    ("p1,delay,2026-10-01T00:00:00Z,1.5,1,,", "duration_s"),
    ("p1,loss,2026-10-01T00:00:00Z,900,1,x,", "denominator"),
    ("p1,delay,2026-10-01T00:00:00Z,900,1,,maybe", "suspect"),
    (",delay,2026-10-01T00:00:00Z,900,1,,", "product_id"),
    ("p1,,2026-10-01T00:00:00Z,900,1,,", "parameter"),
    ("p1,delay,2026-10-01T00:00:00Z,900", ""),
    ("p1,delay,2026-10-01T00:00:00Z,900,1,,,,,", ""),
    ('"p1,delay,2026-10-01T00:00:00Z,900,1,,', ""),
    ("p\0,delay,2026-10-01T00:00:00Z,900,1,,", ""),
    ("p\udcff,delay,2026-10-01T00:00:00Z,900,1,,", ""),
]


@pytest.mark.parametrize(("line", "field"), BAD_LINES)
def test_bad_csv_line_is_set_aside_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path, line: str, field: str
) -> None:
    good = _csv().removeprefix(HEADER.encode())
    data = HEADER.encode() + good + line.encode("utf-8", "surrogateescape") + b"\n" + good
    ledger = _load(workspace, _put(tmp_path, "m.csv", data))
    assert ledger == Ledger(accepted=3, duplicate=3, set_aside=1)
    assert _reasons(workspace) == [(5, field)]


def test_faults_in_a_big_file_are_found_at_their_lines(
    workspace: Workspace, tmp_path: Path
) -> None:
    lines = [f"p{n},delay,2026-10-01T00:00:00Z,900,{n}.5,,\n" for n in range(20_000)]
    for number in (2, 9_999, 20_001):
        lines[number - 2] = "p1,delay,yesterday,900,1,,\n"
    lines[500] += "\n"  # an empty line is no row, yet counts as a line
    lines[10_000] = lines[10_000].replace("\n", "\r\n")
    ledger = _load(workspace, _put(tmp_path, "m.csv", (HEADER + "".join(lines)).encode()))
    assert ledger == Ledger(accepted=19_997, set_aside=3)
    assert _reasons(workspace) == [(2, "start"), (10_000, "start"), (20_002, "start")]


def _csv_row_as_json(duration: object) -> str:
    row = (*ROWS[0][:3], duration, 1.0, None, False)
    return json.dumps(dict(zip(NAMES, row, strict=True)))


BAD_OBJECTS = [
    ('{"product_id": "p1"}', "parameter"),
    ("[1, 2]", ""),
    ("nonsense", ""),
    ("[" * 5_000, ""),
    ('{"product_id": 7, "parameter": "x"}', "product_id"),
    (json.dumps(dict(zip(NAMES, (*ROWS[0][:4], float("nan"), None, False), strict=True))), "value"),
    (
        json.dumps(dict(zip(NAMES, (*ROWS[0][:3], 900.5, 1.0, None, False), strict=True))),
        "duration_s",
    ),
]


@pytest.mark.parametrize(("line", "field"), BAD_OBJECTS)
def test_bad_json_line_is_set_aside_and_the_rest_goes_on(
    workspace: Workspace, tmp_path: Path, line: str, field: str
) -> None:
    path = _put(tmp_path, "m.jsonl", _json() + line.encode() + b"\n" + _json())
    assert _load(workspace, path) == Ledger(accepted=3, duplicate=3, set_aside=1)
    assert _reasons(workspace) == [(4, field)]


REFUSED = {
    "empty.csv": (b"", "empty"),
    "no-header.csv": (_csv().split(b"\n", 1)[1], "lacks"),
    "twice.csv": (b"value," + _csv(), "twice"),
    "utf-16.csv": (_csv().decode().encode("utf-16"), "UTF-8"),
    "binary.csv": (bytes(range(256)) * 10, "UTF-8"),
    "cut.csv": (_csv()[:-12], "middle of a line"),
    "old-mac.csv": (_csv().replace(b"\n", b"\r"), "header is not a CSV row"),
    "open-quote.csv": (b'"' + _csv(), "header is not a CSV row"),
    "long-name.csv": (b"x" * 200_000 + b"," + _csv(), "header is not a CSV row"),
    "semicolons.csv": (_csv().replace(b",", b";"), "lacks"),
    "endless.csv": (HEADER.encode() + b"x" * 3_000_000, "longer than"),
    "empty.jsonl": (b"", "empty"),
    "xml.jsonl": (b"<a>\n</a>\n", "JSON lines"),
    "cut.jsonl": (_json()[:-12], "middle of a line"),
    "cut.parquet": (_parquet()[:-20], "Parquet"),
    "csv.parquet": (_csv(), "Parquet"),
    "cut.csv.gz": (gzip.compress(_csv())[:-12], "cut off"),
    "damaged.csv.gz": (gzip.compress(_csv())[:14] + b"\xff" * 40, "damaged"),
    "what.is.this": (b"\x01\x02", "format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_file_is_refused_whole_with_a_clear_message(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    data, said = REFUSED[name]
    with pytest.raises(InputError, match=said) as caught:
        _load(workspace, _put(tmp_path, name, data))
    assert name in str(caught.value)
    with open_lake(workspace) as lake:
        assert lake.extent() is None


def test_parquet_with_wrong_types_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    columns = dict(zip(NAMES, ([c] for c in ROWS[0]), strict=True))
    for field, wrong in [("value", "x"), ("start", 17), ("product_id", 5), ("duration_s", 1.5)]:
        sink = io.BytesIO()
        pq.write_table(pa.table({**columns, field: [wrong]}), sink)
        with pytest.raises(InputError, match=field):
            _load(workspace, _put(tmp_path, "m.parquet", sink.getvalue()))


def test_parquet_rows_without_a_value_are_set_aside(workspace: Workspace, tmp_path: Path) -> None:
    columns = {n: [v, v] for n, v in zip(NAMES, ROWS[0], strict=True)}
    columns["value"] = [None, 2.0]
    columns["start"] = ["2026-10-01T00:00:00Z", "soon"]
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    ledger = _load(workspace, _put(tmp_path, "m.parquet", sink.getvalue()))
    assert ledger == Ledger(set_aside=2)
    assert _reasons(workspace) == [(1, "value"), (2, "start")]


def test_parquet_with_absurdly_long_ids_is_refused_before_they_are_read(
    workspace: Workspace, tmp_path: Path
) -> None:
    columns = {n: [v] * 100 for n, v in zip(NAMES, ROWS[0], strict=True)}
    columns["product_id"] = ["x" * 1_000_000] * 100
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, use_dictionary=False, compression="zstd")
    assert len(sink.getvalue()) < 100_000
    with pytest.raises(InputError, match="Row group 0 unpacks to too many bytes"):
        _load(workspace, _put(tmp_path, "m.parquet", sink.getvalue()))


def test_a_long_text_that_every_row_repeats_is_read_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = 500  # 50 MB, were it written out
    columns = {n: [v] * rows for n, v in zip(NAMES, ROWS[0], strict=True)}
    table = pa.table({**columns, "start": pa.array(["soon"] * rows).dictionary_encode()})
    texts = pa.DictionaryArray.from_arrays([0] * rows, ["9" * 100_000])
    sink = io.BytesIO()
    pq.write_table(table.set_column(2, "start", texts), sink)
    ledger = _load(workspace, _put(tmp_path, "m.parquet", sink.getvalue()))
    assert ledger == Ledger(set_aside=rows)


def test_timestamp_column_of_any_unit_floors_to_seconds() -> None:
    for unit, ticks in [("s", 1), ("ms", 1_000), ("us", 10**6), ("ns", 10**9)]:
        columns = dict(zip(NAMES, ([c] for c in ROWS[0]), strict=True))
        extra = ticks // 2
        columns["start"] = pa.array([OCTOBER * ticks + extra], pa.timestamp(unit, "Europe/Lisbon"))
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink)
        sink.seek(0)
        (batch,) = reader("parquet").read(sink, ReadContext("m.parquet"))
        assert batch.table["start_s"].to_pylist() == [OCTOBER]


def test_a_block_has_bounded_lines_and_numbers_them_on() -> None:
    lines = 3 * MAX_LINES + 5
    blocks = list(line_blocks(io.BytesIO(b",\n" * lines + b"cut"), "short"))
    assert [b.first for b in blocks] == [1 + n * MAX_LINES for n in range(4)] + [lines + 1]
    assert sum(b.lines for b in blocks) == lines + 1
    assert [b.cut for b in blocks] == [False] * 4 + [True]
    assert b"".join(b.data for b in blocks) == b",\n" * lines + b"cut"


def test_a_line_without_end_is_refused_before_it_is_read_whole() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            assert self.given < 2**26, "read on and on"
            return b"x" * size

    with pytest.raises(InputError, match="longer than"):
        list(line_blocks(Endless(), "endless"))  # type: ignore[arg-type]  # a raw stream reads too


def test_a_line_of_ten_gigabytes_is_refused_at_its_beginning(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = _put(tmp_path, "huge.csv", HEADER.encode())
    with open(path, "ab") as file:
        file.truncate(10 * 2**30)  # a hole: takes no room on disk
    with pytest.raises(InputError, match="longer than"):
        _load(workspace, path)


def test_a_delivery_keeps_the_digest_of_its_file(workspace: Workspace, tmp_path: Path) -> None:
    _load(workspace, _put(tmp_path, "m.csv", _csv()))
    assert Delivery.objects.get().sha256 == hashlib.sha256(_csv()).hexdigest()
