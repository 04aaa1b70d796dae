"""A data steward's way in a real browser: from measurements of nobody to a figure that is traced to
the rows they came in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from tests.browser.conftest import Site, chromium
from tests.browser.test_correction_acts import PASSWORD
from tests.integration.test_identities import load_text

from trueline.assessment.assess import AssessmentRequest
from trueline.assessment.known import what_was_known
from trueline.assessment.run import store_period
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.load import load_measurement_file
from trueline.offerings.load import load_offerings
from trueline.people.people import add_role_accounts
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.web.serve import application

__all__ = ["chromium"]  # the browser of the page tests
pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
NAME = "NL/4711/A"
HOURS = 31 * 24
OFFERINGS = """\
apiVersion: trueline/v1
parameters: [{id: delay, unit: ms, kind: sampled}]
offerings:
- id: line
  objectives:
  - {id: below-20, name: Delay, parameter: delay, statistic: conformance, comparator: GE,
     threshold: {comparator: LE, value: 20}, conformance_target: 0.95}
"""
PRODUCTS = """\
product_id,offering_id,customer_id,start,end,circuit_id
P-00017,line,c1,2026-01-01T00:00:00Z,,NL/4711/A
"""


def october() -> str:
    """A delay for each hour, each day's last one beyond the threshold."""
    start = datetime(2026, 10, 1, tzinfo=UTC)
    lines = ["product_id,parameter,start,duration_s,value"]
    for hour in range(HOURS):
        value = 30 if hour % 24 == 23 else 10
        lines.append(f"{NAME},delay,{(start + timedelta(hours=hour)).isoformat()},3600,{value}")
    return "\n".join(lines) + "\n"


def assess(workspace: Workspace) -> None:
    engine = DuckDBEngine(spill_dir=workspace.home / "spill")
    try:
        known = what_was_known(workspace, None)
        store_period(engine, workspace, known, AssessmentRequest(parse_period("2026-10")), now=NOW)
    finally:
        engine.close()


@pytest.fixture
def waiting(workspace: Workspace) -> Workspace:
    options = LoadOptions(NOW, "anna")
    load_offerings(workspace, load_text(workspace, "offerings.yaml", OFFERINGS), options)
    customers = "customer_id,name\nc1,One\n"
    load_customers(workspace, load_text(workspace, "customers.csv", customers), options)
    load_products(workspace, load_text(workspace, "products.csv", PRODUCTS), options)
    load_measurement_file(workspace, load_text(workspace, "october.csv", october()), options)
    load_text(
        workspace,
        "identities.yaml",
        "apiVersion: trueline/v1\nidentifiers:\n- {characteristic: circuit_id}\n",
    )
    add_role_accounts(PASSWORD)
    assess(workspace)
    return workspace


@pytest.fixture
def site(waiting: Workspace, request: pytest.FixtureRequest) -> Iterator[Site]:
    from waitress.server import create_server

    browser = request.getfixturevalue("chromium")
    server = create_server(application(waiting), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", browser)
    server.close()


def wait_for(browser: WebDriver, text: str) -> None:
    WebDriverWait(browser, 20).until(lambda b: text in b.find_element(By.TAG_NAME, "main").text)


def test_from_measurements_of_nobody_to_a_figure_with_its_rows(
    site: Site, waiting: Workspace
) -> None:
    browser = site.open("/reconciliation/?kind=measurementWithoutProduct")
    assert NAME in browser.find_element(By.TAG_NAME, "main").text
    browser.find_element(By.LINK_TEXT, "the name stands for").click()
    wait_for(browser, "exactly its circuit_id")
    assert not browser.find_elements(By.CSS_SELECTOR, "button[value=accept]")

    browser.find_element(By.CSS_SELECTOR, "#set-title ~ p a").click()
    browser.find_element(By.NAME, "username").send_keys(Role.DATA_STEWARD.value)
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "main button[type=submit]").click()
    wait_for(browser, "certain")
    browser.find_element(By.CSS_SELECTOR, "button[value=accept]").click()
    wait_for(browser, "Figures of 2026-10 rest on what came in under it")
    wait_for(browser, "No measurement waits")

    assess(waiting)
    browser = site.open("/products/P-00017/")
    # 31 of 744 hours are bad: 713 / 744 = 95.83 %
    assert "95.83 %" in browser.find_element(By.TAG_NAME, "main").text
    browser.find_element(By.CSS_SELECTOR, ".promise details.explain summary").click()
    wait_for(browser, "Where it came from")
    browser.find_element(By.LINK_TEXT, "Where it came from").click()
    wait_for(browser, "The granules below add up to the figure")
    page = browser.find_element(By.TAG_NAME, "main").text
    assert "2,566,800" in page  # 713 hours in seconds
    assert f"line 2 of load 4, as {NAME}" in page
    browser.find_element(By.LINK_TEXT, "worst first").click()
    # The first hour of all that is beyond the threshold, in line 25 of the file.
    wait_for(browser, f"line 25 of load 4, as {NAME}")
