"""Every page through Django's test client: answers, escaping, wrong names, bounds."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.browser.sample_operator import HOSTILE, MEASURED, store_sample

from trueline.intake.models import Delivery
from trueline.people.people import add_person
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace
from trueline.web.results import open_assessment

PAGES = (
    "/",
    "/?state=violated",
    "/?by=offering",
    "/?by=region&state=stale",
    "/groups/microwave/",
    "/groups/microwave/?objective=delay-p95&day=2026-10-08&sort=-margin&state=met",
    "/offerings/eline-gold/",
    "/aggregates/region/north/",
    "/aggregates/segment/gold/",
    f"/products/{MEASURED}/",
    f"/products/{MEASURED}/?objective=delay-p95",
    "/customers/c0001/",
    "/objectives/delay-p95/",
    "/rows/",
    "/rows/?verdict=violated&objective=delay-p95&group=microwave",
    "/rows/?verdict=stale",
    "/rows.csv?verdict=violated",
    "/regimes/",
    "/regimes/daily/",
    "/alerts/1/",
    "/alerts/",
    "/alerts/?all=1",
    "/find/?q=gold",
    "/load/",
    "/healthz",
    "/problems/",
    "/problems/1/",
    "/problems/1/pack.zip",
    "/trends/",
    "/trends/group/microwave/",
    "/trends/group/microwave/?objective=delay-p95&measure=value",
    "/trends/group/microwave/?objective=delay-conformance&by=week",
    "/trends/group/microwave/?objective=nothing",
    f"/trends/product/{MEASURED}/?objective=availability",
    "/reconciliation/",
    "/identities/",
    "/drift/",
    "/drift/?kind=termSame&page=9",
    "/suppliers/?offering=eline-gold&page=9",
    f"/suppliers/?product={MEASURED}",
    f"/lineage/?product={MEASURED}&objective=delay-p95",
    f"/lineage/?product={MEASURED}&objective=delay-p95&order=corrected&page=9",
    "/reconciliation/?kind=measurementWithoutProduct&page=9",
    "/pivot/",
    "/pivot/?rows=offering&columns=region&weight=revenue&mix=segment&where=segment%3Dgold",
    "/pivot/?rows=objective&columns=family",
    "/pivot/?leaving=1&weight=customer",
    "/results/",
    "/results/?check=1",
    "/results/1/?page=2",
    "/results/2/",
    "/corrections/",
    "/corrections/1/",
    f"/explanations/?product={MEASURED}&objective=delay-p95",
    f"/receipts/?product={MEASURED}&objective=delay-p95",
    f"/charts/line.json?product={MEASURED}&objective=delay-p95",
    "/charts/band.json?dimension=group&key=microwave&objective=delay-p95",
)
WRONG = (
    "/nowhere",
    "/?period=2020-01",
    "/?period=../../etc",
    "/?state=fine",
    "/groups/none/",
    "/groups/microwave/?objective=none",
    "/groups/microwave/?day=1999-01-01",
    "/offerings/none/",
    "/aggregates/region/none/",
    "/aggregates/none/none/",
    "/products/none/",
    f"/products/{MEASURED}/?objective=none",
    "/customers/none/",
    "/objectives/none/",
    "/rows/?verdict=fine",
    "/rows/?objective=none",
    "/rows/?group=none",
    "/rows/?customer=none",
    "/problems/99/",
    "/problems/99/pack.zip",
    "/problems/findings/99/",
    "/trends/group/none/",
    "/trends/none/none/?objective=delay-p95",
    "/trends/group/microwave/?measure=fine",
    "/trends/product/none/?objective=delay-p95",
    "/reconciliation/?kind=none",
    "/pivot/?rows=none",
    "/pivot/?weight=none",
    "/pivot/?where=region",
    "/pivot/?where=region%3Dnone",
    "/results/99/",
    "/corrections/99/",
    "/receipts/?product=none&objective=none",
    "/regimes/none/",
    "/load/?delivery=999999",
    "/load/?delivery=x",
    "/load/999999/set-aside.csv",
    "/explanations/?product=none&objective=none",
    "/suppliers/?offering=none",
    "/drift/?kind=none",
    "/suppliers/?product=none",
    "/lineage/?product=none&objective=none",
    "/charts/line.json?product=none&objective=none",
    "/charts/band.json?dimension=group&key=none&objective=delay-p95",
)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_page_answers(operator: Workspace, client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", WRONG)
def test_wrong_name_is_not_found(operator: Workspace, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/regimes/",
        "/regimes/daily/",
        "/customers/c0001/",
        "/rows/",
        "/products/p00001/",
        "/find/?q=alert",
        "/rows.csv",
        "/problems/",
        "/problems/1/",
        "/results/2/",
        "/corrections/1/",
    ],
)
def test_hostile_name_is_only_text(operator: Workspace, client: Client, path: str) -> None:
    answer = client.get(path)
    body = b"".join(answer) if answer.streaming else answer.content
    assert b"<script>alert" not in body


def test_hostile_name_is_still_shown(operator: Workspace, client: Client) -> None:
    assert HOSTILE in unescape(text_of(client, "/customers/c0001/"))


def test_the_regime_page_tells_cohort_objectives_and_alerts(
    own_operator: Workspace, client: Client
) -> None:
    page = text_of(client, "/regimes/daily/")
    assert "October 2026 to date, as it stood on 11 Oct 2026 00:00 UTC" in page
    assert re.search(r"\d+ members now, \d+ when the period began", page)
    assert "approved by approver" in page
    assert "nothing measured of late" in page
    board = text_of(client, "/regimes/")
    assert 'href="/regimes/daily/' in board
    assert "1 reader, last" in board
    earlier = text_of(client, "/regimes/daily/?at=2026-10-10T00:00:00Z")
    assert "as it stood on 10 Oct 2026 00:00 UTC" in earlier
    assert client.get("/regimes/daily/?at=2026-10-09T00:00:00Z").status_code == 404
    assert client.get("/regimes/daily/?at=yesterday").status_code == 404


def test_an_alert_is_acknowledged_on_its_page_by_who_signed_in(
    own_operator: Workspace, client: Client
) -> None:
    found = re.search(r'href="/alerts/(\d+)/', text_of(client, "/alerts/"))
    assert found
    path = f"/alerts/{found[1]}/"
    page = text_of(client, path)
    assert "not seen yet" in page
    assert 'href="/regimes/daily/?' in page  # the run that raised it
    assert client.post(path, {"act": "acknowledge"}).headers["Location"].startswith("/sign-in/")

    add_person("noc", [Role.SERVICE_LEVEL_MANAGER], None)
    client.force_login(User.objects.get(username="noc"))
    assert client.post(path, {"act": "acknowledge", "note": "<i>seen</i>"}).status_code == 302
    assert client.post(path, {"act": "assign", "owner": "field team"}).status_code == 302
    again = client.post(path, {"act": "acknowledge"})
    assert again.status_code == 422
    page = text_of(client, path)
    assert "seen by noc, owner field team" in page
    assert "&lt;i&gt;seen&lt;/i&gt;" in page
    assert "noc acknowledged alert" in again.content.decode()
    assert client.post(path, {"act": "delete"}).status_code == 404
    assert client.get("/alerts/999999/").status_code == 404


def test_acts_on_regimes_are_no_loads_that_an_assessment_lacks(
    operator: Workspace, client: Client
) -> None:
    assert "recorded after this assessment" not in text_of(client, "/")


def test_exclusion_reason_is_escaped(operator: Workspace, client: Client) -> None:
    page = text_of(client, f"/products/{MEASURED}/")
    assert "agreed work &lt;b&gt;17&lt;/b&gt;" in page


def test_scripts_and_styles_come_from_this_host_only(operator: Workspace, client: Client) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.content.decode())
    assert addresses
    assert all(address.startswith(("/", "#", "?")) for address in addresses)


def test_health_counts_are_those_of_the_stored_rows(operator: Workspace, client: Client) -> None:
    stored = open_assessment(operator, "2026-10")
    assert stored is not None
    violated = stored.rows["verdict"].to_pylist().count("violated")
    assert violated > 0
    cards = re.findall(r'Violated</span>\s*<b class="number">([\d,]+)</b>', text_of(client, "/"))
    assert cards == [f"{violated:,}"]


def test_state_filter_keeps_sets_with_such_members(operator: Workspace, client: Client) -> None:
    page = text_of(client, "/?state=violated&by=offering")
    states = re.findall(r'class="state-cell"><a[^>]+><span class="state s-(\w+)"', page)
    assert states
    assert set(states) == {"violated"}


def test_missing_data_is_never_shown_as_met(operator: Workspace, client: Client) -> None:
    page = text_of(client, "/rows/?verdict=notAssessable")
    cells = re.findall(r'data-name="Value" class="num"><a[^>]+>([^<]+)</a>', page)
    assert cells
    assert set(cells) == {"–"}


@pytest.mark.parametrize(
    ("asked", "shown"), [("0", 1), ("-4", 1), ("x", 1), ("2", 2), ("99999999999999999999", 1)]
)
def test_page_number_is_held_in_bounds(
    operator: Workspace, client: Client, asked: str, shown: int
) -> None:
    assert f"Page {shown} of 12" in text_of(client, f"/rows/?page={asked}")


def test_page_past_the_end_is_the_last_one(operator: Workspace, client: Client) -> None:
    assert "Page 12 of 12" in text_of(client, "/rows/?page=77")


def test_every_row_is_on_exactly_one_page(operator: Workspace, client: Client) -> None:
    found = []
    for page in range(1, 13):
        body = text_of(client, f"/rows/?sort=verdict&page={page}")
        found += re.findall(r'<th scope="row" role="rowheader"><a href="/products/(p\d+)/', body)
    assert len(found) == 600
    assert all(found.count(product) == 5 for product in set(found))


def test_sort_orders_by_the_column_and_back(operator: Workspace, client: Client) -> None:
    def coverage(sort: str) -> list[float]:
        body = text_of(client, f"/rows/?objective=delay-p95&sort={sort}")
        cells = re.findall(r'data-name="Coverage" class="num">([\d.]+) %', body)
        return [float(cell) for cell in cells]

    assert coverage("coverage") == sorted(coverage("coverage"))
    assert coverage("-coverage") == sorted(coverage("-coverage"), reverse=True)


def test_htmx_gets_only_the_table(operator: Workspace, client: Client) -> None:
    answer = client.get(
        "/groups/microwave/?objective=delay-p95&sort=-margin",
        headers={"HX-Request": "true", "HX-Target": "members"},
    )
    body = answer.content.decode()
    assert body.lstrip().startswith('<section id="members"')
    assert "<html" not in body


def test_csv_holds_the_rows_of_the_list(operator: Workspace, client: Client) -> None:
    answer = client.get("/rows.csv?verdict=violated")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    stored = open_assessment(operator, "2026-10")
    assert stored is not None
    assert len(rows) == stored.rows["verdict"].to_pylist().count("violated")
    assert {row["verdict"] for row in rows} == {"violated"}
    assert rows[0]["period_start"] == "2026-10-01T00:00:00Z"


def test_line_chart_keeps_the_gap_and_the_exclusion(operator: Workspace, client: Client) -> None:
    spec = client.get(f"/charts/line.json?product={MEASURED}&objective=delay-conformance").json()
    gap = [row for row in spec["datasets"]["unknown"] if row["t"] == "2026-10-20T00:00:00Z"]
    assert [row["end"] for row in gap] == ["2026-10-21T00:00:00Z"]
    excluded = spec["datasets"]["excluded"]
    assert [(row["t"], row["end"]) for row in excluded] == [
        ("2026-10-12T22:00:00Z", "2026-10-13T04:00:00Z")
    ]
    # The bad evening of 8 October, 17:00 to 22:00, and no other miss.
    missed = spec["datasets"]["missed"]
    assert missed
    assert all("2026-10-08T15" < row["t"] < "2026-10-08T22" for row in missed)


def test_objective_told_by_events_has_no_line(operator: Workspace, client: Client) -> None:
    answer = client.get(f"/charts/line.json?product={MEASURED}&objective=availability")
    assert answer.status_code == 204


def test_chart_without_script_is_drawn_on_the_server(operator: Workspace, client: Client) -> None:
    answer = client.get("/charts/band.svg?dimension=group&key=microwave&objective=delay-p95")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


def test_upload_is_recorded_and_its_ledger_shown(own_operator: Workspace, client: Client) -> None:
    file = SimpleUploadedFile("more.csv", b"customer_id,name,segment\nc9,Nine,gold\n,None,gold\n")
    answer = client.post("/load/", {"kind": "customers", "file": file})
    assert answer.status_code == 302
    newest = Delivery.objects.order_by("-id")[0]
    assert answer.headers["Location"] == f"/load/?delivery={newest.id}#ledger"
    assert newest.counts["accepted"] == 1
    assert newest.counts["set_aside"] == 1
    page = text_of(client, f"/load/?delivery={newest.id}")
    assert "more.csv" in page
    kept = client.get(f"/load/{newest.id}/set-aside.csv")
    assert b"customer_id" in b"".join(kept)
    assert not list((own_operator.home / "incoming").iterdir())


def test_later_load_is_announced_on_every_page(own_operator: Workspace, client: Client) -> None:
    assert "recorded after this assessment" not in text_of(client, "/")
    file = SimpleUploadedFile("more.csv", b"customer_id,name,segment\nc9,Nine,gold\n")
    client.post("/load/", {"kind": "customers", "file": file})
    assert "1 load was recorded after this assessment" in text_of(client, "/")


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({}, "No kind was chosen"),
        ({"kind": "customers"}, "No file was chosen"),
        ({"kind": "customers", "file": b"not,the,columns\n1,2,3\n"}, "customer_id"),
        ({"kind": "offerings", "file": b"a: [\n"}, "Nothing was loaded"),
        ({"kind": "measurements", "file": b"\x00\xff\x00\xff"}, "Nothing was loaded"),
    ],
)
def test_bad_upload_is_told_in_plain_words(
    own_operator: Workspace, client: Client, form: dict[str, str | bytes], told: str
) -> None:
    endings = {"offerings": "yaml"}
    sent = {
        name: SimpleUploadedFile(f"bad.{endings.get(str(form['kind']), 'csv')}", value)
        if isinstance(value, bytes)
        else value
        for name, value in form.items()
    }
    answer = client.post("/load/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert told in unescape(page)
    assert "Traceback" not in page


def test_upload_name_cannot_leave_its_folder(own_operator: Workspace, client: Client) -> None:
    content = b"customer_id,name,segment\nc9,Nine,gold\n"
    file = SimpleUploadedFile("x.csv", content)
    file.name = "..\\..\\evil.csv"
    client.post("/load/", {"kind": "customers", "file": file})
    assert not list(own_operator.home.parent.glob("evil*"))


def test_form_without_its_token_is_refused(operator: Workspace) -> None:
    strict = Client(enforce_csrf_checks=True, HTTP_HOST="127.0.0.1")
    answer = strict.post("/load/", {"kind": "customers"})
    assert answer.status_code == 403
    assert "The form was refused" in answer.content.decode()


def test_host_that_is_not_ours_is_refused(operator: Workspace) -> None:
    assert Client(HTTP_HOST="evil.example").get("/").status_code == 400


def test_empty_workspace_teaches_the_first_steps(workspace: Workspace, client: Client) -> None:
    page = text_of(client, "/")
    assert "Nothing is assessed yet" in page
    assert client.get("/rows/").status_code == 404
    assert client.get("/load/").status_code == 200


def test_find_opens_the_page_of_an_exact_id(operator: Workspace, client: Client) -> None:
    answer = client.get(f"/find/?q={MEASURED}")
    assert answer.headers["Location"] == f"/products/{MEASURED}/?period=2026-10"


def test_odd_ids_have_their_pages(own_operator: Workspace, client: Client) -> None:
    odd = "north/7?a=1#x 'q\" é%2F<b>"
    text = (
        "product_id,offering_id,customer_id,status,start,end,time_zone\n"
        + '"'
        + odd.replace('"', '""')
        + '",eline-gold,c0001,terminated,2025-03-01T00:00:00Z,2026-01-01T00:00:00Z,Europe/Lisbon\n'
    )
    file = SimpleUploadedFile("products.csv", text.encode())
    assert client.post("/load/", {"kind": "products", "file": file}).status_code == 302
    store_sample(own_operator, products=120)
    page = text_of(client, f"/products/{quote(odd, safe='')}/")
    assert odd in unescape(page)
    assert "<b>" not in page.partition("<h1>")[2].partition("</h1>")[0]
    assert "Nothing was assessed for this product" in page
    found = client.get("/find/", {"q": odd})
    assert client.get(found.headers["Location"]).status_code == 200


@pytest.mark.parametrize("asked", ["", "2026-10"])
def test_period_may_be_left_out_or_named(operator: Workspace, client: Client, asked: str) -> None:
    assert "October 2026" in text_of(client, f"/?period={asked}")


def test_first_page_says_in_one_sentence_who_is_in_trouble(
    operator: Workspace, client: Client
) -> None:
    stored = open_assessment(operator, "2026-10")
    assert stored is not None
    rows = zip(
        stored.rows["product_id"].to_pylist(), stored.rows["verdict"].to_pylist(), strict=True
    )
    violating = {product for product, verdict in rows if verdict == "violated"}
    summary = re.search(r'class="summary"><b>(\d+)</b> of 120 sold', text_of(client, "/"))
    assert summary is not None
    assert int(summary.group(1)) == len(violating)


def test_line_chart_counts_days_in_the_zone_of_the_product(
    operator: Workspace, client: Client
) -> None:
    # p00003 is in Europe/Lisbon: UTC+1 until 25 October 2026, UTC after.
    spec = client.get(f"/charts/line.json?product={MEASURED}&objective=delay-p95").json()
    assert "Europe/Lisbon time" in str(spec["layer"])
    first = spec["datasets"]["line"][0]
    assert first["t"] == "2026-10-01T00:00:00Z"
    assert first["at"] == "1 Oct 2026 01:00:00 WEST"


def test_explanation_names_what_an_exclusion_was_agreed_for(
    operator: Workspace, client: Client
) -> None:
    page = text_of(client, f"/explanations/?product={MEASURED}&objective=delay-conformance")
    assert "agreed exclusion: agreed work &lt;b&gt;17&lt;/b&gt;" in page


def test_upload_takes_a_format_that_the_name_does_not_tell(
    own_operator: Workspace, client: Client
) -> None:
    row = f"{MEASURED},frame_delay,2026-10-20T00:00:00Z,900,12.5,,false\n"
    head = "product_id,parameter,start,duration_s,value,denominator,suspect\n"
    file = SimpleUploadedFile("delays.txt", (head + row).encode())
    form = {"kind": "measurements", "format": "csv", "file": file}
    assert client.post("/load/", form).status_code == 302
    assert Delivery.objects.order_by("-id")[0].counts["accepted"] == 1


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"format": "punched-cards"}, "is not a measurement format"),
        ({"mapping": SimpleUploadedFile("m.yaml", b"- no\n- keys\n")}, "no keys and values"),
    ],
)
def test_wrong_format_or_mapping_is_told(
    own_operator: Workspace, client: Client, extra: dict[str, object], told: str
) -> None:
    file = SimpleUploadedFile("delays.csv", b"product_id\n")
    answer = client.post("/load/", {"kind": "measurements", "file": file, **extra})
    assert answer.status_code == 422
    assert told in unescape(answer.content.decode())
