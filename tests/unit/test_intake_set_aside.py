"""The set-aside file of a delivery is readable and complete."""

from __future__ import annotations

import pyarrow as pa

from trueline.intake.ledger import SetAsideRow
from trueline.intake.set_aside import MAX_TEXT, SetAside, read_set_aside
from trueline.settings.workspace import Workspace


def test_no_file_when_every_row_was_accepted(workspace: Workspace) -> None:
    with SetAside(workspace, 7) as aside:
        aside.add([])
        assert aside.close() is None
    assert not workspace.set_aside.exists()


def test_rows_come_back_as_they_were_put(workspace: Workspace) -> None:
    rows = [
        SetAsideRow(2, "value", "not a number", 'p,"x",y'),
        SetAsideRow(9, "product_id", "unknown", "p9", replayable=True),
    ]
    with SetAside(workspace, 7) as aside:
        aside.add(rows)
        path = aside.close()
    assert path is not None
    assert list(read_set_aside(path)) == rows
    assert aside.count == 2


def test_many_rows_at_once_share_the_file_with_single_rows(workspace: Workspace) -> None:
    table = pa.table(
        {
            "line": [3, 4],
            "field": ["product_id", "product_id"],
            "reason": ["unknown product", "unknown product"],
            "replayable": [True, True],
            "text": ["a,b", "c"],
        }
    )
    with SetAside(workspace, 1) as aside:
        aside.add([SetAsideRow(2, "start", "not a time")])
        aside.add_table(table)
        path = aside.close()
    assert path is not None
    assert [r.line for r in read_set_aside(path)] == [2, 3, 4]
    assert [r.text for r in read_set_aside(path)] == ["", "a,b", "c"]


def test_control_characters_and_long_text_stay_on_one_short_line(workspace: Workspace) -> None:
    with SetAside(workspace, 1) as aside:
        aside.add([SetAsideRow(1, "", "hostile", "a\x00b\nc" + "x" * 10_000)])
        path = aside.close()
    assert path is not None
    text = next(iter(read_set_aside(path))).text
    assert text.startswith("a\\x00b\\x0ac")
    assert len(text) < MAX_TEXT + 20
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
