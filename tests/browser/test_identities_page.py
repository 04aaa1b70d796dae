"""A name in a feed on its page: nobody acts unsigned, a steward decides, the figure can follow."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.browser.sample_operator import MEASURED, NOW
from tests.browser.test_correction_acts import PASSWORD, signed_in

from trueline.intake.load import LoadOptions
from trueline.measurement.lake import open_lake
from trueline.measurement.load import load_measurement_file
from trueline.measurement.unknown import unknown_rows
from trueline.people.people import add_role_accounts
from trueline.people.roles import Role
from trueline.settings.workspace import Workspace

NAME = f"probe7:{MEASURED}"
START_S = 1_793_404_800  # 2026-10-31T00:00:00Z


@pytest.fixture
def waiting(own_operator: Workspace) -> Workspace:
    """One granule of October under a probe's own name."""
    add_role_accounts(PASSWORD)
    file = own_operator.home / "probe7.csv"
    file.write_text(
        "product_id,parameter,start,duration_s,value\n"
        f"{NAME},frame_delay,2026-10-31T00:00:00Z,900,77\n"
    )
    load_measurement_file(own_operator, file, LoadOptions(NOW))
    return own_operator


def newest(workspace: Workspace) -> tuple[float, bool]:
    with open_lake(workspace) as lake:
        one = lake.history(MEASURED, "frame_delay", START_S)[-1]
    return one.value, one.suspect


def test_nobody_decides_without_signing_in(waiting: Workspace, client: Client) -> None:
    answer = client.post("/identities/", {"act": "accept", "name": NAME})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")
    assert unknown_rows() == 1


def test_the_page_says_what_a_name_may_be_and_why(waiting: Workspace, client: Client) -> None:
    page = client.get("/identities/").content.decode()
    assert NAME in page
    assert f"holds its id as {MEASURED}" in page
    assert "fair" in page


def test_an_auditor_may_not_decide_and_is_told_so(waiting: Workspace) -> None:
    answer = signed_in(Role.AUDITOR).post("/identities/", {"act": "accept", "name": NAME})
    assert answer.status_code == 422
    assert "takes the role data-steward" in answer.content.decode()
    assert unknown_rows() == 1


def test_a_steward_accepts_and_ends_a_name(waiting: Workspace) -> None:
    steward = signed_in(Role.DATA_STEWARD)
    before = newest(waiting)
    answer = steward.post("/identities/", {"act": "accept", "name": NAME})
    assert answer.status_code == 302
    assert newest(waiting) == (77, False)
    page = steward.get(answer.headers["Location"]).content.decode()
    assert "Figures of 2026-10 rest on what came in under it" in page
    assert "No measurement waits under a name that nobody knows" in page
    ended = steward.post("/identities/", {"act": "end", "name": NAME})
    assert ended.status_code == 302
    assert newest(waiting) == before
    assert unknown_rows() == 1
    again = steward.post("/identities/", {"act": "end", "name": NAME})
    assert again.status_code == 422


def test_a_steward_sets_a_name_from_a_day_on_and_a_wrong_day_is_refused(waiting: Workspace) -> None:
    steward = signed_in(Role.DATA_STEWARD)
    form = {"act": "set", "name": "x9", "product": MEASURED, "from": "tomorrow"}
    assert steward.post("/identities/", form).status_code == 422
    assert steward.post("/identities/", {**form, "from": "2026-10-05"}).status_code == 302
    page = steward.get("/identities/").content.decode()
    assert "5 Oct 2026" in page
