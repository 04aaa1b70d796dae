"""Pages in a real browser: errors, width, accessibility, keyboard, state in the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import axe_selenium_python
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select, WebDriverWait
from tests.browser.conftest import Site
from tests.browser.sample_operator import MEASURED

pytestmark = pytest.mark.browser

PAGES = {
    "home": "/",
    "home by offering": "/?by=offering&state=violated",
    "group": "/groups/microwave/?objective=delay-p95",
    "a day of a group": "/groups/microwave/?objective=delay-p95&day=2026-10-08",
    "product": f"/products/{MEASURED}/",
    "customer": "/customers/c0001/",
    "objective": "/objectives/delay-p95/",
    "verdicts": "/rows/?verdict=violated",
    "load": "/load/?delivery=6",
    "regimes": "/regimes/",
    "regime": "/regimes/daily/",
    "alerts": "/alerts/",
    "find": "/find/?q=gold",
    "problems": "/problems/",
    "getting worse": "/trends/",
    "trend": "/trends/group/microwave/?objective=delay-p95&measure=value",
    "a problem": "/problems/1/",
    "reconciliation": "/reconciliation/",
    "lineage": f"/lineage/?product={MEASURED}&objective=delay-p95&order=worst",
    "suppliers": "/suppliers/?offering=eline-gold",
    "drift": "/drift/",
    "names in feeds": "/identities/",
    "pivot": "/pivot/?rows=offering&columns=region&mix=segment",
    "a pivot that leaves": "/pivot/?rows=segment&columns=region&leaving=1",
    "result log": "/results/?check=1",
    "a restatement": "/results/2/",
    "corrections": "/corrections/",
    "a correction": "/corrections/1/",
}
WIDTHS = (1280, 390)
_AXE = Path(axe_selenium_python.__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def until(browser: WebDriver, met: Callable[[WebDriver], object]) -> None:
    WebDriverWait(browser, 30, poll_frequency=0.1).until(met)


def draw_every_chart(browser: WebDriver) -> None:
    """Scroll each chart into view and wait until it is drawn, or says why not."""
    for figure in browser.find_elements(By.CSS_SELECTOR, ".chart"):
        browser.execute_script("arguments[0].scrollIntoView()", figure)
        until(
            browser,
            lambda _, f=figure: f.get_attribute("data-drawn") or "none" in f.get_attribute("class"),
        )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_error_and_does_not_scroll_sideways(site: Site, name: str, width: int) -> None:
    browser = site.open(PAGES[name], width=width)
    draw_every_chart(browser)
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    widest = browser.execute_script(
        "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    )
    assert widest <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(site: Site, name: str, width: int) -> None:
    browser = site.open(PAGES[name], width=width)
    draw_every_chart(browser)
    assert violations(browser) == []


@pytest.mark.parametrize("name", ["home", "group", "product"])
def test_dark_page_is_accessible(site: Site, name: str) -> None:
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    site.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        browser = site.open(PAGES[name])
        draw_every_chart(browser)
        assert violations(browser) == []
    finally:
        site.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def violations(browser: WebDriver) -> list[str]:
    """What the axe-core that axe-selenium-python brings finds: rules of WCAG 2.0 and 2.1, A and
    AA, and its best practices. What WCAG 2.2 added (target size, focus not hidden) is not in it."""
    # Read by the browser itself: the policy of the pages lets in no other script.
    browser.execute_script(_AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run().then(r => done(r.violations))"
    )
    return [
        f"{entry['id']}: {entry['help']} at {node['target']} {node.get('failureSummary', '')[:200]}"
        for entry in found
        for node in entry["nodes"][:3]
    ]


def test_charts_are_drawn_under_the_strict_policy(site: Site) -> None:
    browser = site.open(f"/products/{MEASURED}/?objective=delay-p95")
    draw_every_chart(browser)
    assert len(browser.find_elements(By.CSS_SELECTOR, ".chart svg path")) > 5


def test_sort_swaps_the_table_and_the_address_keeps_it(site: Site) -> None:
    browser = site.open("/groups/microwave/?objective=delay-p95")
    browser.execute_script("window.stayed = true")
    browser.find_element(By.ID, "sort-coverage").click()
    until(browser, lambda b: "sort=coverage" in b.current_url)
    until(browser, lambda b: sorted_column(b) == "Coverage")
    assert browser.execute_script("return window.stayed") is True
    first = first_member(browser)
    browser.refresh()
    assert sorted_column(browser) == "Coverage"
    assert first_member(browser) == first


def sorted_column(browser: WebDriver) -> str:
    """Read in one step: htmx may swap the table at any moment."""
    return str(
        browser.execute_script(
            "const a = document.querySelector('#members th[aria-sort=ascending] a');"
            "return a ? a.innerText.split(/\\s/)[0] : ''"
        )
    )


def first_member(browser: WebDriver) -> str:
    return str(
        browser.execute_script("return document.querySelector('#members tbody th a').innerText")
    )


def test_back_returns_to_the_order_before(site: Site) -> None:
    browser = site.open("/groups/microwave/?objective=delay-p95")
    before = first_member(browser)
    browser.find_element(By.ID, "sort-product_id").click()
    until(browser, lambda b: sorted_column(b) == "Product")
    browser.back()
    until(browser, lambda b: sorted_column(b) == "Margin")
    assert first_member(browser) == before


def test_filters_and_table_links_are_reached_by_keyboard(site: Site) -> None:
    browser = site.open("/?by=offering")
    wanted = {"card": ".card .filter", "row": "table.lines tbody .objective a"}
    reached: set[str] = set()
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    for _ in range(60):
        for name, selector in wanted.items():
            if browser.execute_script(
                "return document.activeElement.matches(arguments[0])", selector
            ):
                reached.add(name)
        browser.switch_to.active_element.send_keys(Keys.TAB)
    assert reached == set(wanted)


def test_state_card_filters_by_keyboard_and_survives_reload(site: Site) -> None:
    browser = site.open("/")
    browser.find_element(By.CSS_SELECTOR, ".card.s-violated .filter").send_keys(Keys.ENTER)
    until(browser, lambda b: "state=violated" in b.current_url)
    browser.refresh()
    assert browser.find_element(By.CSS_SELECTOR, ".card.chosen .word").text == "Violated"


def test_verdict_filter_is_sent_when_chosen(site: Site) -> None:
    browser = site.open("/rows/")
    Select(browser.find_element(By.NAME, "verdict")).select_by_value("violated")
    until(browser, lambda b: "verdict=violated" in b.current_url)
    words = {e.text for e in browser.find_elements(By.CSS_SELECTOR, "#verdicts tbody .state")}
    assert words == {"Violated"}


def test_period_is_kept_while_drilling_down(site: Site) -> None:
    browser = site.open("/?period=2026-10")
    browser.find_element(By.CSS_SELECTOR, "table.lines .set a").click()
    until(browser, lambda b: "/groups/" in b.current_url)
    assert "period=2026-10" in browser.current_url
    browser.find_element(By.CSS_SELECTOR, "#members tbody th a").click()
    until(browser, lambda b: "/products/" in b.current_url)
    assert "period=2026-10" in browser.current_url


def test_explanation_is_fetched_when_opened(site: Site) -> None:
    browser = site.open(f"/products/{MEASURED}/?objective=delay-conformance")
    draw_every_chart(browser)  # a chart that is drawn while one clicks moves what is below it
    opener = browser.find_element(By.CSS_SELECTOR, "details.explain summary")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", opener)
    opener.click()
    until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "details.explain[open]"))
    until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, ".explained .formula"))
    told = browser.find_element(By.CSS_SELECTOR, ".explained").text
    assert "agreed work <b>17</b>" in told or "excluded" in told


def test_no_request_leaves_this_host(site: Site) -> None:
    browser = site.open(f"/products/{MEASURED}/?objective=delay-p95")
    draw_every_chart(browser)
    names = browser.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert names
    assert all(name.startswith(site.address) for name in names)
