"""Acts on corrections and problems from the pages: by a person, in a role, once."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.browser.sample_log import ROWS

from trueline.people.people import add_role_accounts
from trueline.people.roles import Role
from trueline.problems.models import ProductProblem
from trueline.results.models import Correction
from trueline.settings.workspace import Workspace

PASSWORD = "a-word-for-tests-only"


@pytest.fixture
def staffed(own_operator: Workspace) -> Workspace:
    add_role_accounts(PASSWORD)
    return own_operator


def signed_in(role: Role) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    assert client.login(username=role.value, password=PASSWORD)
    return client


def proposed(client: Client) -> HttpResponse:
    file = SimpleUploadedFile("late.csv", ROWS.encode())
    form = {"kind": "exclusions", "file": file, "reason": "entered late"}
    return client.post("/corrections/", form)


def test_nobody_acts_without_signing_in(staffed: Workspace, client: Client) -> None:
    for path in ("/corrections/", "/corrections/1/", "/problems/", "/problems/1/"):
        answer = client.post(path, {"act": "countersign"})
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/?next=")
    assert Correction.objects.get(pk=1).state == "proposed"


def test_a_correction_is_proposed_by_one_and_countersigned_by_another(staffed: Workspace) -> None:
    answer = proposed(signed_in(Role.OUTAGE_COORDINATOR))
    assert answer.headers["Location"] == "/corrections/2/"
    again = signed_in(Role.OUTAGE_COORDINATOR).post("/corrections/2/", {"act": "countersign"})
    assert again.status_code == 422
    assert "takes the role" in again.content.decode()
    signed = signed_in(Role.SERVICE_LEVEL_MANAGER).post("/corrections/2/", {"act": "countersign"})
    assert signed.status_code == 302
    assert Correction.objects.get(pk=2).state == "countersigned"


def test_who_proposes_does_not_countersign_even_in_the_role(staffed: Workspace) -> None:
    manager = signed_in(Role.SERVICE_LEVEL_MANAGER)
    proposed(manager)
    answer = manager.post("/corrections/2/", {"act": "countersign"})
    assert answer.status_code == 422
    assert "cannot countersign" in answer.content.decode()


def test_a_rejection_says_why(staffed: Workspace) -> None:
    manager = signed_in(Role.SERVICE_LEVEL_MANAGER)
    assert manager.post("/corrections/1/", {"act": "reject"}).status_code == 422
    done = manager.post("/corrections/1/", {"act": "reject", "note": "the works were not agreed"})
    assert done.status_code == 302
    assert Correction.objects.get(pk=1).state == "rejected"


def test_an_upload_that_is_no_table_is_refused_on_the_page(staffed: Workspace) -> None:
    file = SimpleUploadedFile("late.csv", b"\x00\x01")
    form = {"kind": "exclusions", "file": file, "reason": "late"}
    answer = signed_in(Role.SERVICE_LEVEL_MANAGER).post("/corrections/", form)
    assert answer.status_code == 422
    assert "That was refused" in answer.content.decode()
    assert Correction.objects.count() == 1


def test_a_problem_moves_with_a_reason_only_where_its_state_allows(staffed: Workspace) -> None:
    manager = signed_in(Role.SERVICE_LEVEL_MANAGER)
    assert manager.post("/problems/1/", {"state": "inProgress"}).status_code == 422
    wrong = manager.post("/problems/1/", {"state": "closed", "note": "done"})
    assert wrong.status_code == 422
    assert "does not become closed" in wrong.content.decode()
    moved = manager.post("/problems/1/", {"state": "inProgress", "note": "firmware is looked at"})
    assert moved.status_code == 302
    assert ProductProblem.objects.get(pk=1).state == "inProgress"


def test_a_finding_that_is_gone_is_not_raised(staffed: Workspace) -> None:
    answer = signed_in(Role.SERVICE_LEVEL_MANAGER).post("/problems/", {"finding": "9999"})
    assert answer.status_code == 422
    assert ProductProblem.objects.count() == 1


def test_a_migration_is_neither_approved_nor_rejected_by_an_unknown_act(
    staffed: Workspace,
) -> None:
    manager = signed_in(Role.SERVICE_LEVEL_MANAGER)
    answer = manager.post("/standards/migrations/1/", {"act": "perhaps"})
    assert answer.status_code == 422
    assert "No act was chosen" in answer.content.decode()
