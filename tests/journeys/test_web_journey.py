"""A service level manager's way through the pages, from who is in trouble to the row in a file:
over a small operator that the ordinary loaders and the ordinary assessment put together."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from tests.browser.conftest import Site, chromium

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.demo.build import build_demo
from trueline.demo.scale import DemoScale
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.intake.models import Delivery
from trueline.settings.workspace import Workspace, use_workspace
from trueline.web.results import open_assessment
from trueline.web.serve import application

NOW = datetime(2026, 11, 6, 6, 0, tzinfo=UTC)
PERIOD = "2026-10"
__all__ = ["chromium"]  # the browser of the page tests


@pytest.fixture(scope="module")
def demo_home(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty sold offerings and one month, loaded and assessed."""
    home = tmp_path_factory.mktemp("journey") / "operator"
    home.mkdir()
    shutil.copy(migrated_database, home / "trueline.sqlite3")
    workspace = use_workspace(home)
    build_demo(workspace, DemoScale(products=60, months=1), LoadOptions(now=NOW))
    engine = DuckDBEngine(spill_dir=home / "spill")
    try:
        known = what_was_known(workspace, None)
        store_period(engine, workspace, known, AssessmentRequest(parse_period(PERIOD)), now=NOW)
    finally:
        engine.close()
    return home


@pytest.fixture
def operator(demo_home: Path) -> Workspace:
    return use_workspace(demo_home)


@pytest.fixture
def own_operator(demo_home: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(demo_home, tmp_path / "own")
    return use_workspace(tmp_path / "own")


@pytest.fixture
def client() -> Client:
    return Client(HTTP_HOST="127.0.0.1")


def opened(client: Client, address: str) -> str:
    answer = client.get(unescape(address))
    assert answer.status_code == 200, address
    return answer.content.decode()


def first_link(page: str, pattern: str) -> str:
    found = re.search(rf'href="({pattern}[^"]*)"', page)
    assert found is not None, pattern
    return found.group(1)


def test_trouble_is_followed_from_the_first_page_to_its_rows(
    operator: Workspace, client: Client
) -> None:
    home = opened(client, "/?state=violated")
    group = opened(client, first_link(home, "/(?:groups|aggregates)/"))
    product = opened(client, first_link(group, "/products/"))
    assert "Violated" in product

    explanation = opened(client, first_link(product, "/explanations/"))
    assert 'class="formula"' in explanation
    assert 'id="events"' in product

    customer = opened(client, first_link(product, "/customers/"))
    assert "/products/" in customer

    answer = client.get("/rows.csv?verdict=violated")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    stored = open_assessment(operator, PERIOD)
    assert stored is not None
    assert len(rows) == stored.rows["verdict"].to_pylist().count("violated") > 0


def test_verdict_list_sorts_by_how_bad_it_is(operator: Workspace, client: Client) -> None:
    page = opened(client, "/rows/?sort=verdict")
    first = re.search(r'data-name="Verdict"><span[^>]*><span class="state s-(\w+)"', page)
    assert first is not None
    assert first.group(1) == "violated"


def test_every_objective_of_every_product_has_a_page_and_a_chart(
    operator: Workspace, client: Client
) -> None:
    stored = open_assessment(operator, PERIOD)
    assert stored is not None
    by_objective = dict(
        zip(
            stored.rows["objective_id"].to_pylist(),
            stored.rows["product_id"].to_pylist(),
            strict=True,
        )
    )
    for objective, product in by_objective.items():
        page = opened(client, f"/products/{product}/?objective={objective}")
        assert "How is this computed?" in page
        chart = client.get(f"/charts/line.json?product={product}&objective={objective}")
        assert chart.status_code in (200, 204)


def test_corrected_measurements_show_their_ledger(own_operator: Workspace, client: Client) -> None:
    product, parameter, start = a_granule(own_operator)
    text = (
        "product_id,parameter,start,duration_s,value,denominator,suspect\n"
        f"{product},{parameter},{start},900,987.5,,false\n"
    )
    answer = client.post(
        "/load/",
        {
            "kind": "measurements",
            "format": "csv",
            "file": SimpleUploadedFile("more.txt", text.encode()),
        },
    )
    assert answer.status_code == 302
    newest = Delivery.objects.order_by("-id")[0]
    assert newest.counts["corrected"] == 1
    page = opened(client, answer.headers["Location"].partition("#")[0])
    assert re.search(r'of these corrected</span><div class="dd figure">1</div>', page)
    assert "1 load was recorded after this assessment" in opened(client, "/")


def a_granule(workspace: Workspace) -> tuple[str, str, str]:
    """A quarter of an hour that the operator delivered: read off a product's chart."""
    stored = open_assessment(workspace, PERIOD)
    assert stored is not None
    client = Client(HTTP_HOST="127.0.0.1")
    for product, objective in zip(
        stored.rows["product_id"].to_pylist(), stored.rows["objective_id"].to_pylist(), strict=True
    ):
        if objective == "vpn-delay":
            answer = client.get(f"/charts/line.json?product={product}&objective={objective}")
            if answer.status_code == 200:
                points = answer.json()["datasets"]["line"]
                return product, "packet_delay", points[0]["t"]
    raise AssertionError("The operator sells no IP-VPN")


@pytest.fixture
def site(demo_home: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    import threading

    from waitress.server import create_server

    browser = request.getfixturevalue("chromium")
    server = create_server(application(use_workspace(demo_home)), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", browser)
    server.close()


@pytest.mark.browser
def test_manager_clicks_from_home_to_the_explanation(site: Site) -> None:
    browser = site.open("/")
    wait = WebDriverWait(browser, 20)
    assert "Who is in trouble" in browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.CSS_SELECTOR, ".line .objective a").click()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "#members tbody tr"))
    browser.find_element(By.CSS_SELECTOR, "#members tbody th a").click()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".promise"))
    browser.find_element(By.CSS_SELECTOR, ".promise details.explain summary").click()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".promise .formula"))
    assert browser.find_element(By.ID, "events").is_displayed()
