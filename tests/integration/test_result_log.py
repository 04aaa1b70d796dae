"""Closed periods: logged once, restated with a reason, proved; receipts that compute again."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from trueline.assessment.known import what_was_known
from trueline.assessment.values import Verdict
from trueline.calendars.periods import parse_period
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.results import corrections
from trueline.results.close import Act, close_period, restate_period
from trueline.results.log import believed, check_log, standing
from trueline.results.models import ResultBatch
from trueline.results.receipt import Subject, build_receipt
from trueline.results.verify import Check, verify_receipt
from trueline.settings.workspace import Workspace

DAY = parse_period("2026-10-05")
AT = [datetime(2026, 10, day, 9, tzinfo=UTC) for day in range(7, 12)]
OFFERINGS = """apiVersion: trueline/v1
parameters:
  - {id: delay, unit: ms, kind: sampled}
offerings:
  - id: line
    objectives:
      - {id: delay-day, parameter: delay, statistic: conformance, comparator: GE,
         conformance_target: 0.75, conformance_period: P1D, time_zone: UTC,
         threshold: {comparator: LE, value: 20}}
      - {id: delay-month, parameter: delay, statistic: mean, comparator: LE,
         conformance_target: 20, time_zone: UTC}
"""
PRODUCTS = (
    "product_id,offering_id,customer_id,start,time_zone\n"
    "P1,line,c1,2026-09-01T00:00:00Z,UTC\n"
    "P2,line,c2,2026-09-01T00:00:00Z,UTC\n"
)
# Granules of six hours; P1 within 20 ms in three of four, P2 in two.
DELAYS = {"P1": (10, 20, 21, 15), "P2": (10, 30, 30, 15)}
BAD_MORNING = (
    "product_id,start,end,reason\nP2,2026-10-05T06:00:00Z,2026-10-05T12:00:00Z,agreed work\n"
)


@pytest.fixture
def operator(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Two sold offerings and one measured day, recorded two days later."""
    rows = [
        f"{product},delay,2026-10-05T{hour:02}:00:00Z,21600,{delay}"
        for product, delays in DELAYS.items()
        for hour, delay in zip((0, 6, 12, 18), delays, strict=True)
    ]
    options = LoadOptions(now=AT[0])
    load_offerings(workspace, put(tmp_path, "offerings.yaml", OFFERINGS), options)
    customers = "customer_id,name,correction_consent\nc1,One,\nc2,Two,customer\n"
    load_customers(workspace, put(tmp_path, "customers.csv", customers), options)
    load_products(workspace, put(tmp_path, "products.csv", PRODUCTS), options)
    text = "\n".join(["product_id,parameter,start,duration_s,value", *rows, ""])
    measured = put(tmp_path, "measurements.csv", text)
    load_measurements(workspace, [measured], MeasurementOptions(options))
    return workspace


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def close(workspace: Workspace, now: datetime = AT[1]) -> None:
    close_period(DuckDBEngine(threads=1), workspace, DAY, Act("slm"), now=now)


def test_closing_logs_what_is_over_and_leaves_what_runs(operator: Workspace) -> None:
    engine = DuckDBEngine(threads=1)
    closing = close_period(engine, operator, DAY, Act("slm"), now=AT[1])
    # two figures of the day are over; two of October are not, for what is known ends on the 7th
    assert (closing.figures, closing.running) == (2, 2)
    figures = {key[:2]: f.row for key, (f, _) in standing(operator, DAY.label).items()}
    assert figures["P1", "delay-day"].verdict is Verdict.MET  # 3 of 4 granules: 0.75
    assert figures["P2", "delay-day"].value == 0.5
    with pytest.raises(InputError, match="2026-10-05 is closed"):
        close_period(engine, operator, DAY, Act("slm"), now=AT[2])
    assert list(check_log(operator)) == []


def test_a_period_that_is_not_over_cannot_be_closed(operator: Workspace) -> None:
    with pytest.raises(InputError, match="before any of its conformance periods is over"):
        close_period(
            DuckDBEngine(threads=1), operator, parse_period("2026-10-08"), Act("slm"), now=AT[1]
        )


def test_restating_logs_what_differs_only_and_both_stay(
    operator: Workspace, tmp_path: Path
) -> None:
    engine = DuckDBEngine(threads=1)
    close(operator)
    act = Act("slm", "a window was entered late")
    assert restate_period(engine, operator, DAY, act, now=AT[2]) is None
    load_exclusions(operator, put(tmp_path, "late.csv", BAD_MORNING), LoadOptions(now=AT[2]))
    closing = restate_period(engine, operator, DAY, act, now=AT[3])

    assert closing is not None
    [change] = closing.restated
    assert change.before is not None
    assert change.after is not None
    assert change.before.row.value == 0.5
    assert change.after.row.value == pytest.approx(2 / 3)  # two of the three that still count
    assert [b.figure.row.value for b in believed(operator, "P2", "delay-day", DAY.label)] == [
        change.before.row.value,
        change.after.row.value,
    ]
    then, now = (standing(operator, DAY.label, on=at)[change.key] for at in (AT[2], AT[3]))
    assert (then[0], now[0]) == (change.before, change.after)
    assert list(check_log(operator)) == []


def test_restating_needs_a_closed_period_and_a_reason(operator: Workspace) -> None:
    engine = DuckDBEngine(threads=1)
    with pytest.raises(InputError, match="never closed"):
        restate_period(engine, operator, DAY, Act("slm", "why"), now=AT[1])
    close(operator)
    with pytest.raises(InputError, match="needs a reason"):
        restate_period(engine, operator, DAY, Act("slm", " "), now=AT[1])


def test_an_edited_figure_and_an_edited_link_are_both_found(
    operator: Workspace,
) -> None:
    close(operator)
    path = operator.result_log / "00000001.parquet"
    kept = path.read_bytes()
    table = pq.read_table(path)
    met = table.set_column(
        table.schema.get_field_index("verdict"), "verdict", [["met"] * table.num_rows]
    )
    pq.write_table(met, path)
    assert list(check_log(operator)) == [
        "link 1 (close of 2026-10-05): its figures in 00000001.parquet were changed"
    ]
    path.write_bytes(kept)
    ResultBatch.objects.update(produced_by="somebody else")
    assert list(check_log(operator)) == [
        "link 1 (close of 2026-10-05): what it says of itself was changed"
    ]


def test_a_correction_takes_two_persons_and_the_customer(
    operator: Workspace, tmp_path: Path
) -> None:
    engine = DuckDBEngine(threads=1)
    close(operator)
    path = put(tmp_path, "late.csv", BAD_MORNING)
    proposal = corrections.Proposal("exclusions", path, "entered late", "mail of the 4th")
    number = corrections.propose(proposal, by="analyst", now=AT[2]).pk
    with pytest.raises(InputError, match="cannot countersign"):
        corrections.countersign(number, by=" Analyst ", now=AT[2])
    with pytest.raises(InputError, match="not countersigned"):
        corrections.apply(engine, operator, number, by="slm", now=AT[2])
    corrections.countersign(number, by="slm", now=AT[2])
    with pytest.raises(InputError, match="waits for the agreement of c2"):
        corrections.apply(engine, operator, number, by="slm", now=AT[2])
    corrections.agree(number, "c2", by="slm", now=AT[2], note="letter")
    applied = corrections.apply(engine, operator, number, by="slm", now=AT[3])

    [closing] = applied.restated
    assert closing.batch.correction == number
    assert [c.key[:2] for c in closing.restated] == [("P2", "delay-day")]
    with pytest.raises(InputError, match="is applied"):
        corrections.apply(engine, operator, number, by="slm", now=AT[4])
    acts = [step.act for step in corrections.steps_of(corrections.correction_of(number))]
    assert acts == ["propose", "countersign", "agree", "apply"]


def test_a_correction_that_could_not_be_loaded_is_refused_at_once(
    operator: Workspace, tmp_path: Path
) -> None:
    for text, said in (
        (BAD_MORNING.replace("P2", "P9"), "no sold offering 'P9'"),
        ("product_id,start\nP2,2026-10-05T06:00:00Z\n", "end"),
        ("product_id,start,end,reason\n", "holds no row"),
    ):
        proposal = corrections.Proposal("exclusions", put(tmp_path, "bad.csv", text), "late")
        with pytest.raises(InputError, match=said):
            corrections.propose(proposal, by="analyst", now=AT[2])


def receipt_of(workspace: Workspace, folder: Path) -> Path:
    known = what_was_known(workspace)
    subject = Subject("P1", "delay-day", DAY)
    path = folder / "receipt.zip"
    path.write_bytes(build_receipt(DuckDBEngine(threads=1), workspace, known, subject))
    return path


def broken(checks: Sequence[Check]) -> list[str]:
    return [check.name for check in checks if not check.holds]


def test_a_receipt_verifies_and_names_its_place_in_the_log(
    operator: Workspace, tmp_path: Path
) -> None:
    close(operator)
    path = receipt_of(operator, tmp_path)
    assert path.read_bytes() == receipt_of(operator, tmp_path).read_bytes()
    link = ResultBatch.objects.get(sequence=1).link
    checks = verify_receipt(DuckDBEngine(threads=1), path, told_link=link)
    assert broken(checks) == []
    assert "figure from 2026-10-05T00:00:00Z, in the result log" in [c.name for c in checks]
    told = verify_receipt(DuckDBEngine(threads=1), path, told_link="0" * 64)
    assert broken(told) == ["the link you were told"]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("measurements.csv", b",21600,20,", b",21600,21,", "bytes of measurements.csv"),
        ("standard.yaml", b"0.75", b"0.70", "bytes of standard.yaml"),
        ("receipt.json", b'"value": 0.75', b'"value": 0.95', "computed again"),
        ("receipt.json", b'"kind": "close"', b'"kind": "restatement"', "hash of that link"),
        ("receipt.json", b"trueline-assessment/1", b"trueline-assessment/0", "method"),
    ],
)
def test_a_changed_byte_of_a_receipt_is_found(
    operator: Workspace, tmp_path: Path, name: str, old: bytes, new: bytes, said: str
) -> None:
    close(operator)
    path = receipt_of(operator, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        files = {entry: bundle.read(entry) for entry in bundle.namelist()}
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as bundle:
        for entry, content in files.items():
            bundle.writestr(entry, content)
    assert any(said in found for found in broken(verify_receipt(DuckDBEngine(threads=1), path)))


def test_a_figure_without_its_place_in_the_log_is_computed_again_too(
    operator: Workspace, tmp_path: Path
) -> None:
    close(operator)
    path = receipt_of(operator, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        files = {entry: bundle.read(entry) for entry in bundle.namelist()}
    about = json.loads(files["receipt.json"])
    about["log"] = []
    about["figures"][0]["row"]["value"] = 0.95
    files["receipt.json"] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as bundle:
        for entry, content in files.items():
            bundle.writestr(entry, content)

    assert broken(verify_receipt(DuckDBEngine(threads=1), path)) == [
        "figures",
        "figure from 2026-10-05T00:00:00Z, computed again",
    ]


def test_a_changed_measurement_with_its_hash_put_right_is_still_found(
    operator: Workspace, tmp_path: Path
) -> None:
    close(operator)
    path = receipt_of(operator, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        files = {entry: bundle.read(entry) for entry in bundle.namelist()}
    was = sha256(files["measurements.csv"]).hexdigest().encode()
    # 19 ms instead of 20 ms: as good as before, so the figure itself stays the same
    files["measurements.csv"] = files["measurements.csv"].replace(b",21600,20,", b",21600,19,")
    now = sha256(files["measurements.csv"]).hexdigest().encode()
    files["receipt.json"] = files["receipt.json"].replace(was, now)
    with zipfile.ZipFile(path, "w") as bundle:
        for entry, content in files.items():
            bundle.writestr(entry, content)
    assert broken(verify_receipt(DuckDBEngine(threads=1), path)) == [
        "figure from 2026-10-05T00:00:00Z, hash of its inputs",
        "figure from 2026-10-05T00:00:00Z, in the result log",
    ]


def test_what_is_no_receipt_is_refused(operator: Workspace, tmp_path: Path) -> None:
    text = put(tmp_path, "text.zip", "no zip")
    short = tmp_path / "short.zip"
    shutil.copy(receipt_of(operator, tmp_path), short)
    short.write_bytes(short.read_bytes()[:-40])
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as bundle:
        bundle.writestr("receipt.json", "{}")
    for path in (text, short, empty, tmp_path / "absent.zip"):
        with pytest.raises(InputError):
            verify_receipt(DuckDBEngine(threads=1), path)
