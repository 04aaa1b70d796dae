"""What the command line says to a slip of the finger, and where there is nothing to list yet."""

from __future__ import annotations

import pytest
from tests.browser.sample_operator import build_operator
from typer.testing import CliRunner

from trueline.cli import application
from trueline.errors import InputError, nearest
from trueline.intake.models import Delivery
from trueline.settings.workspace import Workspace

MONTH = "2026-10"


def told(*words: str) -> str:
    """What a command prints, or the message that it is refused with."""
    done = CliRunner().invoke(application(words[0]), list(words))
    if isinstance(done.exception, InputError):
        return str(done.exception)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def operator(workspace: Workspace) -> Workspace:
    build_operator(workspace, products=8)
    return workspace


def test_a_wrong_name_is_refused_with_the_nearest_known_one(operator: Workspace) -> None:
    period = ("--period", MONTH)
    slips = {
        ("assess", *period, "--group", "gold-nrth"): "gold-north",
        ("assess", *period, "--offering", "eline-gld"): "eline-gold",
        ("assess", *period, "--customer", "c0009"): "c000",
        ("assess", *period, "--product", "P00003"): "p00003",
        ("aggregate", *period, "--by", "regio"): "region",
        ("pivot", *period, "--rows", "regio"): "region",
        ("pivot", *period, "--rows", "region", "--where", "region=nort"): "north",
        ("pivot", *period, "--rows", "region", "--same-mix", "acces_technology"): (
            "access_technology"
        ),
        ("explain", "p0003", "delay-p95", *period): "p00003",
        ("explain", "p00003", "delay-p59", *period): "delay-p95",
        ("receipt", "p0003", "delay-p95", *period, "--output", "r.zip"): "p00003",
        ("receipt", "p00003", "delay-p59", *period, "--output", "r.zip"): "delay-p95",
        ("credits", *period, "--offering", "eline-gld"): "eline-gold",
        ("feeds", *period, "--by", "regio"): "region",
        ("export", "offerings", "--openslo", "eline-gld"): "eline-gold",
        ("standards", "show", "eline-gold/delay-p59"): "eline-gold/delay-p95",
        ("standards", "suggest", "eline-gold/delay-p59"): "eline-gold/delay-p95",
        ("regimes", "show", "dayly"): "daily",
        ("alerts", "--regime", "dayly"): "daily",
        ("trends", "scan", "--by", "regio"): "region",
        ("problems", "raise", *period, "--only", "999"): f"problems scan --period {MONTH}",
    }

    assert {
        " ".join(words): said for words, near in slips.items() if near not in (said := told(*words))
    } == {}


@pytest.mark.parametrize(
    "words",
    [
        ("assess",),
        ("aggregate",),
        ("pivot", "--rows", "region"),
        ("explain", "p00003", "delay-p95"),
        ("credits",),
        ("feeds",),
        ("reconcile",),
        ("problems", "scan"),
        ("problems", "raise"),
        ("results", "close"),
        ("results", "restate", "--reason", "late data"),
        ("results", "list"),
        ("results", "believed", "p00003", "delay-p95"),
        ("receipt", "p00003", "delay-p95", "--output", "r.zip"),
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_a_month_that_no_year_has_is_no_period(
    workspace: Workspace, words: tuple[str, ...]
) -> None:
    assert "'2026-99' is not a period. Write 2026" in told(*words, "--period", "2026-99")


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (("deliveries",), "trueline load offerings FILE"),
        (("assess", "--period", MONTH), "trueline load --help"),
        (("aggregate", "--period", MONTH), "trueline load --help"),
        (("feeds", "--period", MONTH), "trueline load --help"),
        (("results", "list"), "trueline results close --period"),
        (("results", "list", "--period", MONTH), f"{MONTH} was never closed"),
        (("corrections", "list"), "trueline corrections propose"),
        (("people", "list"), "trueline people add"),
        (("regimes", "list"), "trueline regimes draft"),
        (("standards", "list"), "trueline standards draft"),
        (("standards", "list", "--proposals"), "trueline standards draft"),
        (("alerts",), "No standing alerts"),
        (("lake", "summaries", "status"), "trueline lake summaries build"),
        (("trends", "show"), "trueline trends scan"),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_an_empty_list_says_so_with_the_next_step(
    workspace: Workspace, words: tuple[str, ...], next_step: str
) -> None:
    said = told(*words)

    assert next_step in " ".join(said.split())
    assert "┏" not in said


def test_a_replay_of_nothing_records_nothing(workspace: Workspace) -> None:
    assert "Nothing waits" in told("replay")
    assert not Delivery.objects.exists()


def test_a_wrong_ending_of_the_output_is_told_before_any_work(workspace: Workspace) -> None:
    for words in (("assess",), ("aggregate",), ("pivot", "--rows", "x"), ("credits",)):
        said = told(*words, "--period", MONTH, "--output", "rows.xls")
        assert "Results are not written as '.xls'" in said


def test_the_nearest_of_very_many_names_is_a_neighbour_or_the_same_in_another_case() -> None:
    many = [f"P-{number:06}" for number in range(100_000)]

    assert nearest("P-0499999", many) == "Did you mean P-049999?"
    assert nearest("p-077777", many) == "Did you mean P-077777?"
    assert nearest("nothing alike", many, see="Load products first") == "Load products first"
