"""Pages against what no form of theirs sends: forms sent twice, by the wrong person or by another
site, passwords guessed, addresses typed at random."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.browser.sample_log import ROWS
from tests.browser.test_standards_pages import CODE, NAME, drafted

from trueline.intake.models import Delivery
from trueline.people.people import add_role_accounts
from trueline.people.roles import READERS, Role
from trueline.results.models import Correction
from trueline.settings.workspace import Workspace
from trueline.standards.models import MigrationProposal, StandardProposal
from trueline.web.attempts import MOST_FAILURES

PASSWORD = "correct-horse-battery"
CHANGE = {"conformance_target": "15", "threshold_target": "14", "valid_from": "2026-12-01"}


@pytest.fixture
def staffed(own_operator: Workspace) -> Iterator[Workspace]:
    add_role_accounts(PASSWORD)
    cache.clear()
    yield own_operator
    cache.clear()


def as_person(role: Role, *, checks: bool = False) -> Client:
    client = Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=checks)
    client.force_login(User.objects.get(username=role.value))
    return client


def table(content: str = ROWS, name: str = "late.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def acts() -> Mapping[str, Mapping[str, object]]:
    """A form for every page that takes one, each good in the hands of the right person."""
    proposal = f"/standards/proposals/{drafted().pk}"
    return {
        "/load/": {
            "kind": "customers",
            "file": table("customer_id,name\nc9,Nine\n", "customers.csv"),
        },
        "/corrections/": {"kind": "exclusions", "file": table(), "reason": "late again"},
        "/corrections/1/": {"act": "countersign"},
        "/problems/": {"finding": "1"},
        "/problems/1/": {"state": "workaround", "note": "the other leg"},
        "/standards/draft/": {"code": CODE.replace("2026-12-01", "2027-01-01")},
        f"/standards/changes/{NAME}/": CHANGE,
        f"{proposal}/act/": {"act": "submit"},
        "/standards/migrations/1/": {"act": "approve"},
    }


def counted() -> Mapping[str, int]:
    """How many rows every table of the rooms holds; sessions and accounts aside."""
    models = [m for m in apps.get_models() if m.__module__.startswith("trueline.")]
    return {model.__name__: model._default_manager.count() for model in models}


def test_a_form_that_is_sent_twice_is_done_once(staffed: Workspace) -> None:
    manager = as_person(Role.PRODUCT_MANAGER)
    coordinator = as_person(Role.OUTAGE_COORDINATOR)
    for _ in range(2):
        changed = manager.post(f"/standards/changes/{NAME}/", CHANGE)
        coded = manager.post("/standards/draft/", {"code": CODE})
        proposed = coordinator.post(
            "/corrections/", {"kind": "exclusions", "file": table(), "reason": "late again"}
        )
        assert [a.status_code for a in (changed, coded, proposed)] == [302] * 3

    assert StandardProposal.objects.count() == 2
    assert Correction.objects.filter(reason="late again").count() == 1


def test_a_migration_that_is_proposed_twice_waits_once(staffed: Workspace) -> None:
    code = CODE.replace("rollout: all", "rollout: new")
    proposal = drafted(code)
    act = f"/standards/proposals/{proposal.pk}/act/"
    as_person(Role.PRODUCT_MANAGER).post(act, {"act": "submit"})
    for part in ("technical", "commercial", "legal"):
        as_person(Role(f"{part}-approver")).post(act, {"act": "approve", "part": part})
    as_person(Role.COMMERCIAL_APPROVER).post(act, {"act": "publish"})
    form = {"act": "migrate", "products": "p00000", "from": "2026-12-15", "agreement": "letter"}

    for _ in range(2):
        assert as_person(Role.PRODUCT_MANAGER).post(act, form).status_code == 302

    assert MigrationProposal.objects.count() == 1


@pytest.mark.parametrize("role", sorted(READERS))
def test_who_only_reads_changes_nothing(staffed: Workspace, role: Role) -> None:
    forms = acts()
    before = counted()
    client = as_person(role)

    answers = {path: client.post(path, dict(form)).status_code for path, form in forms.items()}

    assert set(answers.values()) == {422}, answers
    assert counted() == before


def test_every_form_needs_a_person_and_the_token_of_its_page(staffed: Workspace) -> None:
    forms = acts()
    before = counted()
    nobody = Client(HTTP_HOST="127.0.0.1")
    sure = as_person(Role.SERVICE_LEVEL_MANAGER, checks=True)

    for path, form in forms.items():
        assert nobody.post(path, dict(form)).headers["Location"].startswith("/sign-in/"), path
        assert sure.post(path, dict(form)).status_code == 403, path
        assert sure.get(path.replace("act/", "")).status_code in (200, 405), path

    assert counted() == before


def test_guessing_a_password_has_to_wait_and_the_right_one_too(staffed: Workspace) -> None:
    client = Client(HTTP_HOST="127.0.0.1")
    guess = {"username": "auditor", "password": "12345678910"}
    right = {"username": "auditor", "password": PASSWORD}
    tries = [client.post("/sign-in/", guess).status_code for _ in range(MOST_FAILURES + 1)]

    assert tries == [422] * MOST_FAILURES + [429]
    late = client.post("/sign-in/", right)
    assert late.status_code == 429
    assert "Wait 5 minutes" in late.content.decode()
    # Others are not kept out, nor is the same name elsewhere.
    assert client.post("/sign-in/", {**right, "username": "process-owner"}).status_code == 302
    elsewhere = Client(HTTP_HOST="127.0.0.1", REMOTE_ADDR="10.1.1.1")
    assert elsewhere.post("/sign-in/", right).status_code == 302


def test_a_correction_in_parquet_is_shown_as_its_rows(staffed: Workspace) -> None:
    sink = io.BytesIO()
    rows = {
        "product_id": ["p00003"],
        "start": ["2026-10-05T00:00:00Z"],
        "end": ["2026-10-05T04:00:00Z"],
        "reason": ["agreed, " + "works " * 30_000],
    }
    pq.write_table(pa.table(rows), sink, compression="none")
    file = SimpleUploadedFile("late.parquet", sink.getvalue())
    client = as_person(Role.OUTAGE_COORDINATOR)
    form = {"kind": "exclusions", "file": file, "reason": "entered late"}
    answer = client.post("/corrections/", form)

    shown = client.get(answer.headers["Location"])

    assert shown.status_code == 200
    assert "p00003" in shown.content.decode()


def test_a_mapping_that_is_uploaded_reads_no_other_file(staffed: Workspace) -> None:
    text = (
        "format: 3gpp\nproducts:\n  - {table: ../../sample-files/customers.csv}\nparameters: []\n"
    )
    form = {
        "kind": "measurements",
        "format": "3gpp",
        "file": SimpleUploadedFile("a.xml", b"<a/>"),
        "mapping": SimpleUploadedFile("m.yaml", text.encode()),
    }
    before = Delivery.objects.count()

    answer = as_person(Role.SERVICE_LEVEL_MANAGER).post("/load/", form)

    assert answer.status_code == 422
    assert "does not lie beside the mapping" in answer.content.decode()
    assert Delivery.objects.count() == before


PATHS = (
    "/",
    "/rows/",
    "/rows.csv",
    "/offerings/eline-gold/",
    "/products/p00003/",
    "/objectives/delay-p95/",
    "/pivot/",
    "/problems/",
    "/results/",
    "/corrections/",
    "/alerts/",
    "/find/",
    "/trends/",
    "/load/",
    "/charts/line.json",
    "/credits/",
    "/standards/",
)
NAMES = ("period", "page", "day", "state", "sort", "delivery", "product", "objective", "q", "where")
TYPED = (
    "../../etc/passwd",
    "2026-99",
    "9" * 30,
    "-1",
    "1e309",
    "\x00",
    "٣",
    '"><script>alert(1)</script>',
    "x" * 5000,
    "9999-12-31",
    "0001-01-01",
)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_typed_into_an_address_is_answered_plainly(
    operator: Workspace, client: Client, path: str
) -> None:
    asked = {"product": "p00003", "objective": "delay-p95", "period": "2026-10"}
    for name in NAMES:
        for typed in TYPED:
            answer = client.get(path, {**asked, name: typed})
            assert answer.status_code in (200, 204, 404), (name, typed[:40])
            if not answer.streaming:
                assert b"<script>alert" not in answer.content, (name, typed[:40])
