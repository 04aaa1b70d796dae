"""The pages of threshold standards: reading for anybody, acts for people in their roles."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import Select
from tests.browser.conftest import Site
from tests.browser.sample_operator import MEASURED, store_sample
from tests.browser.test_in_chromium import WIDTHS, until, violations
from waitress.server import create_server

from trueline.intake.record import latest_delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.people.people import add_role_accounts
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace, use_workspace
from trueline.standards.acts import Deed
from trueline.standards.approve import approve, submit
from trueline.standards.draft import draft_standards
from trueline.standards.life_cycle import Part
from trueline.standards.models import StandardProposal
from trueline.standards.publish import publish
from trueline.web.serve import application

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PASSWORD = "correct-horse-battery"
NAME = "eline-gold/delay-p95"
CODE = """apiVersion: trueline/v1
standards:
  - applies_to: {offering: eline-gold}
    rollout: all
    rationale: 'well kept <b>for a year</b>'
    review_due: 2027-12-01
    objective: {id: delay-p95, parameter: frame_delay, statistic: percentile, percentile: 95,
      comparator: LE, conformance_target: 15, threshold_target: 14, valid_from: 2026-12-01}
    supported_by:
      - {name: access of carrier A, kind: underpinning, availability: 0.999, repair: PT4H}
"""
PAGES = (
    "/standards/",
    f"/standards/named/{NAME}/",
    "/standards/inbox/",
    "/standards/draft/",
    "/sign-in/",
    "/credits/",
    "/proposal",
    "/replay",
)
ROLES = (
    Role.PRODUCT_MANAGER,
    Role.TECHNICAL_APPROVER,
    Role.COMMERCIAL_APPROVER,
    Role.LEGAL_APPROVER,
)


@pytest.fixture
def staffed(own_operator: Workspace) -> Workspace:
    """The sample operator with a person for each role that decides about standards."""
    add_role_accounts(PASSWORD)
    return own_operator


def as_person(role: Role) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(username=role.value))
    return client


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.content.decode())


def told(client: Client, path: str, **form: str) -> str:
    """What is said to a form that is refused."""
    answer = client.post(path, form)
    assert answer.status_code == 422, answer
    return unescape(answer.content.decode())


def done(client: Client, path: str, **form: str) -> str:
    answer = client.post(path, form)
    assert answer.status_code == 302, re.findall(r'role="alert".*', answer.content.decode())
    return str(answer.headers["Location"])


def drafted(code: str = CODE) -> StandardProposal:
    deed = Deed(Role.PRODUCT_MANAGER.value, NOW)
    [proposal] = draft_standards(code.encode(), "gold.yaml", deed).proposals
    return proposal


def test_every_standard_is_listed_and_found_by_name(operator: Workspace, client: Client) -> None:
    assert NAME in page(client, "/standards/")
    found = page(client, "/standards/?q=gold/delay-p95")
    assert NAME in found
    assert "eline-silver/delay-p95" not in found
    assert "none planned" in page(client, "/standards/?review=owed")


def test_a_standard_shows_its_versions_and_asks_for_a_person(
    operator: Workspace, client: Client
) -> None:
    shown = page(client, f"/standards/named/{NAME}/")
    assert "catalogue file" in shown
    assert "to draft a change" in shown
    assert client.get("/standards/named/none/none/").status_code == 404
    assert client.get("/standards/proposals/99/").status_code == 404


def test_an_act_without_a_person_leads_to_the_sign_in_page(
    staffed: Workspace, client: Client
) -> None:
    proposal = drafted()
    answer = client.post(f"/standards/proposals/{proposal.pk}/act/", {"act": "submit"})
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    proposal.refresh_from_db()
    assert proposal.state == "draft"


def test_signing_in_leads_back_and_never_to_another_host(
    staffed: Workspace, client: Client
) -> None:
    form = {"username": "product-manager", "password": PASSWORD}
    assert done(client, "/sign-in/", next="/standards/inbox/", **form) == "/standards/inbox/"
    assert "Sign out" in page(client, "/")
    done(client, "/sign-out/")
    assert done(client, "/sign-in/", next="https://example.org/", **form) == "/"
    wrong = told(Client(HTTP_HOST="127.0.0.1"), "/sign-in/", username="product-manager")
    assert "did not match" in wrong


def test_a_change_goes_from_the_form_through_its_approvals_into_force(staffed: Workspace) -> None:
    manager, commercial = as_person(Role.PRODUCT_MANAGER), as_person(Role.COMMERCIAL_APPROVER)
    change = {"conformance_target": "15", "threshold_target": "14", "valid_from": "2026-12-01"}
    where = done(manager, f"/standards/changes/{NAME}/", rollout="all", **change)
    assert "All in all the later one promises" in page(manager, where)
    assert "stricter" in page(manager, where)

    done(manager, f"{where}act/", act="submit")
    assert "takes the role" in told(manager, f"{where}act/", act="approve", part="commercial")
    waiting = page(commercial, "/standards/inbox/")
    assert "<b>commercial</b>" in waiting
    # the sample inventory holds no monthly charges: the exposure is not known
    for role in (Role.TECHNICAL_APPROVER, Role.COMMERCIAL_APPROVER, Role.LEGAL_APPROVER):
        part = role.value.removesuffix("-approver")
        done(as_person(role), f"{where}act/", act="approve", part=part)
    done(commercial, f"{where}act/", act="publish")

    shown = page(commercial, f"/standards/named/{NAME}/")
    assert "superseded" in shown
    assert "2026-12-01" in shown
    assert "No assessed period is touched" in page(commercial, f"{where}reissue/")


def test_what_is_refused_is_said_on_the_page(staffed: Workspace) -> None:
    manager = as_person(Role.PRODUCT_MANAGER)
    change = {"conformance_target": "25", "threshold_target": "24", "valid_from": "2026-12-01"}
    where = done(manager, f"/standards/changes/{NAME}/", rollout="all", **change)
    assert "would be promised less" in told(manager, f"{where}act/", act="submit")
    bad = {"conformance_target": "many", "threshold_target": "", "valid_from": "2026-12-01"}
    assert "is not a number" in told(manager, f"/standards/changes/{NAME}/", **bad)
    assert "may not draft" in told(
        as_person(Role.LEGAL_APPROVER), f"/standards/changes/{NAME}/", **change
    )
    assert "apiVersion" in told(manager, "/standards/draft/", code="standards: []")


def test_a_day_that_no_period_holds_drafts_nothing_and_the_inbox_goes_on(
    staffed: Workspace,
) -> None:
    manager = as_person(Role.PRODUCT_MANAGER)
    change = {"conformance_target": "15", "threshold_target": "14", "valid_from": "9999-12-31"}
    assert "is no day" in told(manager, f"/standards/changes/{NAME}/", **change)
    assert not StandardProposal.objects.exists()
    assert "Inbox" in page(manager, "/standards/inbox/")


def test_a_draft_is_replayed_over_the_stored_month(staffed: Workspace, client: Client) -> None:
    proposal = drafted(CODE.replace("conformance_target: 15", "conformance_target: 19"))
    shown = page(client, f"/standards/proposals/{proposal.pk}/replay/")
    assert "stored figures of 1 period, decided again" in shown
    assert "all, today" in shown
    assert "all, draft" in shown
    assert client.get(f"/standards/proposals/{proposal.pk}/replay/?months=7").status_code == 404


def test_credit_advice_says_when_a_period_was_stored_without_it(
    operator: Workspace, client: Client
) -> None:
    assert "stored without credit advice" in page(client, "/credits/")
    assert client.get("/credits/?by=none").status_code == 404


def in_force(workspace: Workspace, code: str) -> None:
    """Publish a draft, and store the sample's figures again as known since."""
    proposal = drafted(code)
    submit(workspace, proposal.pk, Deed(Role.PRODUCT_MANAGER.value, NOW))
    for part in Part:
        approve(workspace, proposal.pk, part, Deed(f"{part.value}-approver", NOW))
    publish(workspace, proposal.pk, Deed(Role.LEGAL_APPROVER.value, NOW))
    store_sample(workspace, products=len(snapshot_at(latest_delivery()).products))


def test_a_version_to_come_does_not_show_in_an_earlier_period(
    staffed: Workspace, client: Client
) -> None:
    in_force(staffed, CODE)
    shown = page(client, "/offerings/eline-gold/?objective=delay-p95")
    assert "20 ms" in shown
    assert re.findall(r"(?<![\d.])15 ms", shown) == []
    assert "Its versions, and what changed" in page(client, "/objectives/delay-p95/")


MIDDLE = CODE.replace("valid_from: 2026-12-01", "valid_from: 2026-10-12")


def test_a_version_marks_every_chart_of_its_set_on_its_day(
    staffed: Workspace, client: Client
) -> None:
    in_force(staffed, MIDDLE)
    path = "/offerings/eline-gold/?objective=delay-p95"
    shown = page(client, path)
    change = re.search(r"12 Oct 2026: version 2: [^<·\"]+", shown)
    assert change
    assert "conformance target 20 → 15" in change[0]
    (label,) = re.findall(r'aria-label="(Percentile band [^"]+)"', shown)
    assert change[0].strip() in label
    # The way to the readable diff.
    address = re.search(r'href="(/standards/named/[^"]+before=1&after=2[^"]*)"', shown)
    assert address
    assert "conformance_target" in page(client, address[1])
    feed = client.get("/charts/band.json?dimension=offering&key=eline-gold&objective=delay-p95")
    (mark,) = feed.json()["datasets"]["marks"]
    assert (mark["day"], mark["label"]) == ("2026-10-12", "v2")
    svg = client.get("/charts/band.svg?dimension=offering&key=eline-gold&objective=delay-p95")
    assert ">v2<" in svg.content.decode()
    # The small line of the set says and shows it too.
    sparks = re.findall(r'class="spark"[^>]+aria-label="([^"]+)"', page(client, "/?by=offering"))
    assert any("Changes of the promise: 12 Oct 2026: version 2" in spark for spark in sparks)


def test_a_product_that_holds_the_new_version_has_its_chart_marked(
    staffed: Workspace, client: Client
) -> None:
    in_force(staffed, MIDDLE.replace("eline-gold", "dia"))
    shown = page(client, f"/products/{MEASURED}/?objective=delay-p95")
    assert "version 2" in shown
    assert "for periods that begin from then on" in shown
    (label,) = re.findall(r'aria-label="([^"]+measured values[^"]+)"', shown)
    assert "12 Oct 2026: version 2" in label
    feed = client.get(f"/charts/line.json?product={MEASURED}&objective=delay-p95")
    (note,) = feed.json()["datasets"]["notes"]
    # Midnight in Lisbon in summer; the version on the axis, what changed on hover.
    assert (note["t"], note["text"]) == ("2026-10-11T23:00:00Z", "v2")
    assert "conformance target 20 → 15" in note["told"]


def test_openslo_is_drafted_on_the_page_with_its_losses_named(staffed: Workspace) -> None:
    manager = as_person(Role.PRODUCT_MANAGER)
    document = """apiVersion: openslo/v1
kind: SLO
metadata: {name: delay-share}
spec:
  service: eline-gold
  description: <b>soon</b>
  indicator:
    metadata: {name: frame_delay}
    spec: {thresholdMetric: {metricSource: {type: Trueline}}}
  timeWindow: [{duration: 1M, isRolling: false, calendar: {startTime: 2026-12-01 00:00:00}}]
  budgetingMethod: Timeslices
  objectives: [{op: lte, value: 20, target: 0.99, timeSliceTarget: 1, timeSliceWindow: 15m}]
"""
    answer = manager.post("/standards/draft/", {"code": document})
    assert answer.status_code == 200
    said = unescape(answer.content.decode())
    assert "SLO delay-share, description" in said
    assert "eline-gold/delay-share" in said
    assert StandardProposal.objects.get().standard == "eline-gold/delay-share"


def test_what_an_author_writes_is_only_text(staffed: Workspace, client: Client) -> None:
    proposal = drafted()
    raw = client.get(f"/standards/proposals/{proposal.pk}/").content.decode()
    assert "<b>for a year</b>" not in raw
    assert "&lt;b&gt;for a year&lt;/b&gt;" in raw


def test_an_upload_needs_a_person_once_the_workspace_knows_people(
    staffed: Workspace, client: Client
) -> None:
    answer = client.post("/load/", {"kind": "customers"})
    assert answer.headers["Location"].startswith("/sign-in/")


@pytest.fixture
def staffed_site(staffed: Workspace, chromium: WebDriver) -> Iterator[Site]:
    """The pages of a workspace that may be written to, on a port of their own."""
    server = create_server(application(use_workspace(staffed.home)), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.effective_port}", chromium)
    chromium.delete_all_cookies()
    server.close()


def sign_in(site: Site, role: Role) -> WebDriver:
    browser = site.open("/sign-in/?next=/standards/inbox/")
    browser.find_element(By.ID, "username").send_keys(role.value)
    browser.find_element(By.ID, "password").send_keys(PASSWORD)
    press(browser, "Sign in")
    until(browser, lambda b: b.current_url.endswith("/standards/inbox/"))
    return browser


def press(browser: WebDriver, words: str) -> None:
    [button] = [
        b
        for b in browser.find_elements(By.CSS_SELECTOR, "main button")
        if b.text.strip() == words and b.is_displayed()
    ]
    button.click()


def sign_out(browser: WebDriver) -> None:
    browser.find_element(By.CSS_SELECTOR, ".person button").click()
    until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "a.person"))


@pytest.mark.browser
def test_a_standard_is_changed_approved_and_published_in_a_browser(staffed_site: Site) -> None:
    browser = sign_in(staffed_site, Role.PRODUCT_MANAGER)
    browser.get(f"{staffed_site.address}/standards/named/{NAME}/")
    for field, value in (("conformance_target", "15"), ("threshold_target", "14")):
        box = browser.find_element(By.ID, field)
        box.clear()
        box.send_keys(value)
    day = browser.find_element(By.ID, "valid_from")
    browser.execute_script("arguments[0].value = '2026-12-01'", day)
    Select(browser.find_element(By.ID, "rollout")).select_by_value("all")
    press(browser, "Draft")
    until(browser, lambda b: "/standards/proposals/" in b.current_url)
    assert violations(browser) == []
    address = browser.current_url
    press(browser, "Send for approval")
    until(browser, lambda b: "It waits for others" in b.page_source)
    sign_out(browser)

    for role in ROLES[1:]:
        browser = sign_in(staffed_site, role)
        browser.get(address)
        part = Select(browser.find_element(By.ID, "part"))
        part.select_by_value(role.value.removesuffix("-approver"))
        press(browser, "Approve")
        until(browser, lambda b, r=role: f"by {r.value}" in b.page_source)
        if role is not ROLES[-1]:
            sign_out(browser)
    press(browser, "Publish")
    until(browser, lambda b: "version 2" in b.page_source)
    until(browser, lambda b: "No assessed period is touched" in b.page_source)
    assert violations(browser) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_page_of_standards_is_accessible_and_fits(
    staffed_site: Site, path: str, width: int
) -> None:
    proposal = drafted()
    own = f"/standards/proposals/{proposal.pk}/"
    address = {"/proposal": own, "/replay": f"{own}replay/"}.get(path, path)
    browser = staffed_site.open(address, width=width)
    assert violations(browser) == []
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    widest = browser.execute_script("return document.documentElement.scrollWidth")
    assert widest <= width
