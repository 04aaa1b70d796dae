"""The board, a finding and a problem, where imported analyses are all there is."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from trueline.intake.load import LoadOptions
from trueline.intake.record import latest_delivery
from trueline.problems.judged import judged_period
from trueline.problems.life import NoteAct, Noted, note_problem, raise_problem
from trueline.problems.load_analyses import load_analyses
from trueline.problems.scan import scan_verdicts
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HEADER = "analysis_id,kind,product_id,start,end,verdict,source,firmware,region\n"


@pytest.fixture
def reviewed(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Of 60 products the ten with firmware <X> run in the north; eight of them are bad."""
    lines = [
        f"A{n},analysis,P{n:02},2026-10-0{n % 5 + 1}T00:00:00Z,2026-10-20T00:00:00Z,"
        f"{'violated' if n < 8 else 'met'},reviews,{'<X>' if n < 10 else 'Y'},"
        f"{'north' if n < 10 else 'south'}\n"
        for n in range(60)
    ]
    (tmp_path / "a.csv").write_text(HEADER + "".join(lines))
    load_analyses(workspace, tmp_path / "a.csv", LoadOptions(NOW))
    return workspace


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_board_shows_findings_of_the_month_that_analyses_tell_of(
    reviewed: Workspace, client: Client
) -> None:
    text = _text(client, "/problems/")
    assert "Findings of 2026-10" in text
    assert "firmware &lt;X&gt;" in text
    assert "not separable from region north" in text
    assert "No problem was raised yet" in text


def test_a_finding_has_its_own_page_before_it_is_raised(
    reviewed: Workspace, client: Client
) -> None:
    text = unescape(_text(client, "/problems/findings/1/"))
    assert "Finding 1: firmware <X>" in text
    assert "8 of 10" in text
    assert "The data cannot tell it apart from <b>region north</b>" in text
    assert 'class="course"' in text
    assert "P08" in text  # exposed


def test_a_problem_shows_what_is_noted_and_hands_itself_over(
    reviewed: Workspace, client: Client
) -> None:
    judged = judged_period(reviewed, "2026-10", delivery=latest_delivery())
    (first,) = scan_verdicts(judged.rows, "2026-10", judged.snapshot)
    raise_problem(reviewed, first, judged.snapshot, by="ana", now=NOW)
    noted = Noted(NoteAct.WORKAROUND, "stay on Y <for now>")
    note_problem(reviewed, 1, noted, by="ben", now=NOW)

    assert "stay on Y &lt;for now&gt;" in _text(client, "/problems/")
    assert "<b>Workaround:</b> stay on Y &lt;for now&gt;" in _text(client, "/problems/1/")
    answer = client.get("/problems/1/pack.zip")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert "&lt;X&gt;" in archive.read("summary.html").decode()


def test_a_workspace_with_nothing_says_so(workspace: Workspace, client: Client) -> None:
    assert "no analysis was loaded yet" in _text(client, "/problems/")
