"""Performance analyses made for single customers: read, recorded once, told beside our own."""

from __future__ import annotations

import csv
import json
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.errors import InputError
from trueline.intake.ledger import Ledger
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import latest_delivery
from trueline.problems.analysis import AnalysisKind, PerformanceAnalysis, analysis_of
from trueline.problems.analysis_json import read_items
from trueline.problems.analysis_words import cells_of
from trueline.problems.load_analyses import analyses_of, load_analyses
from trueline.problems.models import RecordedAnalysis
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OCTOBER = (1_790_812_800, 1_793_491_200)  # 2026-10-01 to 2026-11-01, UTC
HEADER = "analysis_id,kind,product_id,start,end,objective_id,value,target,firmware,source\n"
ROW = "V1,violation,P1,2026-10-03T10:00:00+02:00,2026-10-03T11:00:00Z,delay,12.50,10,X,careline\n"


def _load(workspace: Workspace, folder: Path, name: str, text: str) -> LoadReport:
    (folder / name).write_text(text, encoding="utf-8")
    return load_analyses(workspace, folder / name, LoadOptions(NOW, recorded_by="ana"))


def _known() -> list[PerformanceAnalysis]:
    return analyses_of(latest_delivery(), OCTOBER)


def test_a_row_is_kept_exactly_with_its_attributes(workspace: Workspace, tmp_path: Path) -> None:
    report = _load(workspace, tmp_path, "a.csv", HEADER + ROW)
    assert report.ledger == Ledger(accepted=1)
    (one,) = _known()
    assert (one.id, one.kind, one.product_id) == ("V1", AnalysisKind.VIOLATION, "P1")
    # 10:00 at two hours east of Greenwich is 08:00 UTC: 2 days and 8 hours into October.
    assert one.start_s - OCTOBER[0] == 2 * 86_400 + 8 * 3_600
    assert (one.value, one.target, one.source) == (Decimal("12.50"), Decimal(10), "careline")
    assert str(one.value) == "12.50"
    assert one.attributes == {"firmware": "X"}
    assert one.violated


def test_the_same_file_twice_adds_nothing(workspace: Workspace, tmp_path: Path) -> None:
    _load(workspace, tmp_path, "a.csv", HEADER + ROW)
    again = _load(workspace, tmp_path, "again.csv", HEADER + ROW)
    assert again.ledger == Ledger(duplicate=1)
    assert RecordedAnalysis.objects.count() == 1


def test_a_later_version_supersedes_and_the_earlier_one_is_still_answered(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = _load(workspace, tmp_path, "a.csv", HEADER + ROW)
    later = _load(workspace, tmp_path, "b.csv", HEADER + ROW.replace("12.50", "9.75"))
    assert later.ledger == Ledger(accepted=1, corrected=1)
    assert [one.value for one in _known()] == [Decimal("9.75")]
    assert [one.value for one in analyses_of(first.delivery, OCTOBER)] == [Decimal("12.50")]


def test_bad_rows_are_set_aside_by_line_and_field(workspace: Workspace, tmp_path: Path) -> None:
    bad = [
        ROW.replace("violation", "rumour"),
        ROW.replace("2026-10-03T11:00:00Z", "2026-10-02T11:00:00Z"),
        ROW.replace("12.50", "twelve"),
        ROW.replace("V1,violation", "V2,analysis"),
        "V9,violation,P1\n",
    ]
    report = _load(workspace, tmp_path, "a.csv", HEADER + ROW + "".join(bad))
    assert (report.ledger.accepted, report.ledger.set_aside) == (1, 5)
    assert report.set_aside is not None
    with open(report.set_aside, newline="", encoding="utf-8") as file:
        told = [(row["line"], row["field"], row["reason"]) for row in csv.DictReader(file)]
    assert [(line, field) for line, field, _ in told] == [
        ("3", "kind"),
        ("4", "end"),
        ("5", "value"),
        ("6", "verdict"),
        ("7", ""),
    ]
    assert "Write one of analysis, violation, degradationReport, ticket" in told[0][2]


def test_a_ratio_needs_both_of_its_parts(workspace: Workspace, tmp_path: Path) -> None:
    text = (
        "analysis_id,kind,product_id,start,end,verdict,numerator,denominator\n"
        "A1,analysis,P1,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,met,3,\n"
        "A2,analysis,P1,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,met,3,0\n"
        "A3,analysis,P1,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,met,3,12000\n"
    )
    report = _load(workspace, tmp_path, "a.csv", text)
    assert (report.ledger.accepted, report.ledger.set_aside) == (1, 2)
    assert [(one.numerator, one.denominator) for one in _known()] == [(Decimal(3), Decimal(12000))]


TICKET = {
    "@type": "TroubleTicket",
    "id": "TT-7",
    "creationDate": "2026-10-05T08:00:00Z",
    "severity": "Major",
    "status": "inProgress",
    "description": "slow since Monday",
    "relatedEntity": [
        {"id": "P1", "@referredType": "Product"},
        {"id": "P2", "@referredType": "Product"},
    ],
    "relatedParty": [{"id": "C1", "role": "customer"}],
}
VIOLATION = {
    "@type": "SLAViolation",
    "id": "SV-1",
    "date": "2026-10-06T00:00:00Z",
    "violation": {
        "actualValue": "15.25",
        "operator": "LE",
        "referenceValue": "10",
        "unit": "ms",
        "rule": {"id": "delay"},
    },
    "relatedEntity": [{"id": "P3", "@referredType": "Product"}],
    "characteristic": [{"name": "firmware", "value": "X"}, {"name": "parameter", "value": "rtt"}],
}
PLAIN = {
    "analysis_id": "A-1",
    "kind": "analysis",
    "product_id": "P4",
    "start": "2026-10-01T00:00:00Z",
    "end": "2026-11-01T00:00:00Z",
    "verdict": "met",
    "value": 0.10,
    "attributes": {"region": "north"},
}


@pytest.mark.parametrize("form", ["list", "object", "lines"])
def test_tm_forum_resources_and_plain_objects_are_read(
    workspace: Workspace, tmp_path: Path, form: str
) -> None:
    items = [TICKET, VIOLATION, PLAIN]
    text = {
        "list": json.dumps(items),
        "object": json.dumps({"analyses": items}, indent=2),
        "lines": "\n".join(map(json.dumps, items)),
    }[form]
    report = _load(workspace, tmp_path, "a.json", text)
    assert report.ledger == Ledger(accepted=4)
    by_id = {one.id: one for one in _known()}
    assert sorted(by_id) == ["A-1", "SV-1", "TT-7/P1", "TT-7/P2"]
    ticket, violation = by_id["TT-7/P2"], by_id["SV-1"]
    assert (ticket.product_id, ticket.customer_id, ticket.end_s) == ("P2", "C1", None)
    assert ticket.kind is AnalysisKind.TICKET
    assert (violation.objective_id, violation.parameter) == ("delay", "rtt")
    assert (violation.value, violation.target) == (Decimal("15.25"), Decimal(10))
    assert violation.attributes == {"firmware": "X"}
    assert str(by_id["A-1"].value) == "0.1"
    assert not by_id["A-1"].violated


def test_a_json_item_that_is_wrong_is_set_aside_with_its_line(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "[\n" + json.dumps(PLAIN) + ",\n17,\n" + json.dumps(PLAIN | {"start": "soon"}) + "\n]\n"
    report = _load(workspace, tmp_path, "a.json", text)
    assert (report.ledger.accepted, report.ledger.set_aside) == (1, 2)
    assert report.set_aside is not None
    with open(report.set_aside, newline="", encoding="utf-8") as file:
        assert [(row["line"], row["field"]) for row in csv.DictReader(file)] == [
            ("3", ""),
            ("4", "start"),
        ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ('[\n{"analysis_id": "A"},\n', "cut off"),
        ('[\n{"analysis_id": }]', "Not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"value": NaN}]', "NaN is not a number"),
    ],
    ids=["empty", "cut off", "broken", "deep", "no number"],
)
def test_a_file_that_is_no_json_is_refused_whole(
    workspace: Workspace, tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        _load(workspace, tmp_path, "a.json", text)
    assert RecordedAnalysis.objects.count() == 0
    assert latest_delivery() == 0


def test_what_was_turned_down_says_nothing(workspace: Workspace, tmp_path: Path) -> None:
    _load(workspace, tmp_path, "a.json", json.dumps([TICKET | {"status": "cancelled"}]))
    assert [one.violated for one in _known()] == [False, False]


def test_an_analysis_is_of_the_periods_that_it_touches(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = HEADER + "".join(
        f"{name},ticket,P1,{start},{end},,,,,\n"
        for name, start, end in (
            ("before", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            ("into", "2026-09-30T00:00:00Z", "2026-10-01T00:00:01Z"),
            ("moment", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            ("open", "2026-08-01T00:00:00Z", ""),
            ("after", "2026-11-01T00:00:00Z", ""),
        )
    )
    _load(workspace, tmp_path, "a.csv", text)
    assert [one.id for one in _known()] == ["into", "moment", "open"]
    every = {one.id: one for one in analyses_of(latest_delivery(), (0, OCTOBER[1] + 9))}
    assert sorted(one.id for one in every.values() if one.touches(OCTOBER)) == [
        "into",
        "moment",
        "open",
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"source": "\ud800"}, "source"),
        ({"attributes": {"firmware": "a\u0000b"}}, "firmware"),
        ({"attributes": {"na\u0007me": "x"}}, ""),
        ({"attributes": {f"a{n}": "x" for n in range(501)}}, ""),
        ({"description": "x" * 4001}, "description"),
    ],
    ids=["lone surrogate", "zero", "bell in a name", "too many", "too long"],
)
def test_texts_that_no_store_or_page_can_hold_are_set_aside(
    workspace: Workspace, tmp_path: Path, more: dict[str, object], field: str
) -> None:
    report = _load(workspace, tmp_path, "a.json", json.dumps([PLAIN | more, PLAIN]))
    assert (report.ledger.accepted, report.ledger.set_aside) == (1, 1)
    assert report.set_aside is not None
    with open(report.set_aside, newline="", encoding="utf-8") as file:
        assert [row["field"] for row in csv.DictReader(file)] == [field]


def _refused_by(path: Path) -> str | None:
    """The file that a refusal names; None where the file was read to its end."""
    try:
        for line, item in read_items(path):
            assert line >= 1
            with suppress(InputError):
                for cells in cells_of(item):
                    analysis_of(cells)
    except InputError as refused:
        return refused.place.file
    return None


@given(st.binary(max_size=200) | st.text('[]{}",:0truefalsnT \n', max_size=80).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_items_or_are_refused_with_their_place(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_bytes(content)
        assert _refused_by(path) in (None, "a.json")
