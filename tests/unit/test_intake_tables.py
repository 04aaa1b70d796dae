"""CSV and Parquet tables give the same rows; what is no such table is refused."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trueline.errors import InputError
from trueline.intake.tables import MAX_LINE_BYTES, Columns, TableReader

COLUMNS = Columns(("id", "start"), ("share",), open=True)


def _reader(tmp_path: Path, content: bytes, name: str = "t.csv") -> TableReader:
    path = tmp_path / name
    path.write_bytes(content)
    return TableReader(path, COLUMNS)


def test_rows_carry_their_line_and_stripped_cells(tmp_path: Path) -> None:
    reader = _reader(tmp_path, b'id,start,region\na, x ,"north\nwest"\nb,y,\n')

    rows = list(reader)

    assert [(row.line, dict(row.cells)) for row in rows] == [
        (2, {"id": "a", "start": "x", "region": "north\nwest"}),
        (4, {"id": "b", "start": "y", "region": ""}),
    ]


def test_parquet_gives_the_rows_that_csv_gives(tmp_path: Path) -> None:
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    table = pa.table(
        {
            "id": ["a", "b"],
            "start": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "share": [Decimal("0.950"), None],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")

    rows = list(TableReader(tmp_path / "t.parquet", COLUMNS))

    assert [dict(row.cells) for row in rows] == [
        {"id": "a", "start": "2026-10-01T00:00:00+00:00", "share": "0.950"},
        {"id": "b", "start": "", "share": ""},
    ]


def test_row_of_the_wrong_width_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    reader = _reader(tmp_path, b"id,start\na,x,too many\nb,y\n")

    assert [row.cells["id"] for row in reader] == ["b"]
    assert [(row.line, row.text) for row in reader.set_aside] == [(2, "a,x,too many")]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "The file is empty"),
        (b"id,region\n", "The column start is missing"),
        (b"id;start\na;x\n", "Separate the columns by commas"),
        (b"id,start,id\n", "stands twice"),
        (b"id,start,\n", "a column without a name"),
        (b"id,start,region\na,x,north\nb,y", "cut off in its last line"),
        (b'id,start\na,"x\n', "cut off"),
        ("id,start\na,x\n".encode("utf-16"), "UTF-16"),
        ("id,start\ncafé,x\n".encode("latin-1"), "not UTF-8"),
        (b"id,start\n\x00,x\n", "zero bytes"),
        (b"id,start\n" + b"x" * (MAX_LINE_BYTES + 1), "longer than"),
        (b"PAR1 and then nothing", "Not valid Parquet"),
        (gzip.compress(b"id,start\na,x\n"), "packed by gzip. Unpack it first"),
        (b"PK\x03\x04\x14\x00 and so on", "a spreadsheet. Save the sheet as CSV"),
    ],
)
def test_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        list(_reader(tmp_path, content))

    assert caught.value.place.file == "t.csv"


def test_cut_off_parquet_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"] * 100, "start": ["x"] * 100}), tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()

    with pytest.raises(InputError, match="Not valid Parquet, or cut off"):
        list(_reader(tmp_path, content[:-20], "t.parquet"))


def test_unknown_column_of_a_closed_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,strat\n")

    with pytest.raises(InputError, match="The column 'strat' is not known"):
        list(TableReader(tmp_path / "t.csv", Columns(("id",), ("start",))))


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    rows = list(_reader(tmp_path, b"\xef\xbb\xbfid,start\na,x\n"))

    assert rows[0].cells["id"] == "a"
