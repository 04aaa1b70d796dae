"""Catalogue files recorded as versions, read as known at a delivery, and given back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from trueline.errors import InputError
from trueline.intake.load import LoadOptions, LoadReport
from trueline.intake.record import latest_delivery
from trueline.intake.set_aside import read_set_aside
from trueline.offerings.catalog import catalog_at
from trueline.offerings.export import export_offerings
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

NOW = LoadOptions(datetime(2026, 11, 23, 12, tzinfo=UTC))
CATALOGUE = """\
# what we sell
apiVersion: trueline/v1
parameters:
- {id: delay, unit: ms, kind: sampled}
offerings:
- id: gold
  name: Gold
  objectives:
  - {id: mean, parameter: delay, statistic: mean, comparator: LE, conformance_target: 20}
  - {id: max, parameter: delay, statistic: max, comparator: LE, conformance_target: 90.0}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "offerings.yaml"
    path.write_text(CATALOGUE)
    return path


def _load(workspace: Workspace, path: Path, text: str | None = None) -> LoadReport:
    if text is not None:
        path.write_text(text)
    return load_offerings(workspace, path, NOW)


def _versions(delivery: int) -> dict[str, tuple[int, Decimal]]:
    objectives = catalog_at(delivery).offerings["gold"].objectives
    return {o.id: (o.version, o.conformance_target) for o in objectives}


def test_same_file_again_is_all_duplicates_and_raises_no_version(
    workspace: Workspace, catalogue: Path
) -> None:
    first = _load(workspace, catalogue)
    again = _load(workspace, catalogue)

    assert (first.ledger.accepted, first.ledger.duplicate) == (2, 0)
    assert (again.ledger.accepted, again.ledger.duplicate) == (0, 2)
    assert _versions(again.delivery) == {"mean": (1, Decimal(20)), "max": (1, Decimal(90))}


def test_number_written_otherwise_is_the_same_meaning(
    workspace: Workspace, catalogue: Path
) -> None:
    _load(workspace, catalogue)

    again = _load(workspace, catalogue, CATALOGUE.replace("90.0", "9.0e1"))

    assert again.ledger.duplicate == 2


def test_changed_target_raises_the_version_of_that_objective_only(
    workspace: Workspace, catalogue: Path
) -> None:
    first = _load(workspace, catalogue)
    changed = _load(workspace, catalogue, CATALOGUE.replace("target: 20", "target: 18"))

    assert (changed.ledger.accepted, changed.ledger.corrected) == (1, 1)
    assert _versions(changed.delivery) == {"mean": (2, Decimal(18)), "max": (1, Decimal(90))}
    assert _versions(first.delivery) == {"mean": (1, Decimal(20)), "max": (1, Decimal(90))}


def test_target_changed_back_is_a_new_version_again(workspace: Workspace, catalogue: Path) -> None:
    _load(workspace, catalogue)
    _load(workspace, catalogue, CATALOGUE.replace("target: 20", "target: 18"))

    back = _load(workspace, catalogue, CATALOGUE)

    assert _versions(back.delivery)["mean"] == (3, Decimal(20))


def test_new_title_is_kept_without_a_new_version(workspace: Workspace, catalogue: Path) -> None:
    _load(workspace, catalogue)

    titled = _load(workspace, catalogue, CATALOGUE.replace("{id: mean,", "{id: mean, name: Mean,"))

    (mean, _) = catalog_at(titled.delivery).offerings["gold"].objectives
    assert (mean.name, mean.version) == ("Mean", 1)


def test_objective_left_out_of_its_offering_is_gone_from_then_on(
    workspace: Workspace, catalogue: Path
) -> None:
    first = _load(workspace, catalogue)
    without = "\n".join(line for line in CATALOGUE.splitlines() if "id: max" not in line)

    shorter = _load(workspace, catalogue, without)

    assert set(_versions(shorter.delivery)) == {"mean"}
    assert set(_versions(first.delivery)) == {"mean", "max"}


def test_offering_may_use_a_parameter_of_an_earlier_file(
    workspace: Workspace, catalogue: Path, tmp_path: Path
) -> None:
    _load(workspace, catalogue)

    report = _load(
        workspace,
        tmp_path / "more.yaml",
        "apiVersion: trueline/v1\nofferings:\n- id: silver\n  objectives:\n"
        "  - {id: s, parameter: delay, statistic: mean, comparator: LE, conformance_target: 50}\n",
    )

    assert set(catalog_at(report.delivery).offerings) == {"gold", "silver"}


def test_broken_offering_lies_in_the_set_aside_file_with_its_reason(
    workspace: Workspace, catalogue: Path
) -> None:
    report = _load(workspace, catalogue, CATALOGUE.replace("statistic: max", "statistic: biggest"))

    assert report.ledger.set_aside == 1
    assert report.set_aside is not None
    (row,) = read_set_aside(report.set_aside)
    assert (row.line, row.field) == (10, "offerings[gold].objectives.statistic")
    assert "'biggest' is not one of" in row.reason
    assert catalog_at(report.delivery).offerings == {}


def test_file_that_is_refused_leaves_no_delivery(workspace: Workspace, catalogue: Path) -> None:
    with pytest.raises(InputError, match="apiVersion"):
        _load(workspace, catalogue, "apiVersion: other\n")

    assert latest_delivery() == 0


def test_missing_file_is_an_input_error(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_offerings(workspace, tmp_path / "nothing.yaml", NOW)


def test_export_gives_back_the_bytes_of_the_file_that_was_imported(
    workspace: Workspace, catalogue: Path
) -> None:
    report = _load(workspace, catalogue)

    assert export_offerings(report.delivery) == CATALOGUE.encode()


def test_export_of_several_files_reads_back_to_the_same_catalogue(
    workspace: Workspace, catalogue: Path, tmp_path: Path
) -> None:
    _load(workspace, catalogue)
    more = CATALOGUE.replace("id: gold", "id: silver").replace("90.0", "0.0000001")
    report = _load(workspace, tmp_path / "more.yaml", more)
    known = catalog_at(report.delivery)

    exported = export_offerings(report.delivery)

    again = _load(workspace, tmp_path / "back.yaml", exported.decode())
    assert again.ledger.duplicate == 3
    assert catalog_at(again.delivery).offerings == known.offerings


def test_contract_example_loads_as_written(workspace: Workspace, shared: Path) -> None:
    report = load_offerings(workspace, shared / "contracts/example/offerings.yaml", NOW)

    assert (report.ledger.accepted, report.ledger.set_aside) == (5, 0)
    objectives = {o.id: o for o in catalog_at(report.delivery).offerings["eline"].objectives}
    assert len(objectives) == 12
    assert objectives["avail-mef"].threshold_c == Decimal("0.5")
    office = objectives["delay-office"].service_hours
    assert office is not None
    assert (office.days, office.from_minute, office.to_minute) == ((0, 1, 2, 3, 4), 480, 1080)


def test_openslo_files_of_one_service_add_up(workspace: Workspace, shared: Path) -> None:
    from tests.openslo_examples import openslo_examples

    for name, text in openslo_examples(shared).items():
        if "web-shop" in text.decode():
            path = workspace.home / name
            path.write_bytes(text)
            report = load_offerings(workspace, path, NOW)

    offering = catalog_at(report.delivery).offerings["web-shop"]
    assert {o.id for o in offering.objectives} == {"search-slo", "main-page"}
    assert any("rolling window of 2w" in message for message in report.messages)
