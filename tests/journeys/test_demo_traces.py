"""Real 5G drive-test traces become verdicts, as the how-to says."""

from __future__ import annotations

import csv
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trueline.assessment.assess import AssessmentRequest, assess
from trueline.assessment.known import what_was_known
from trueline.calendars.periods import parse_period
from trueline.demo.traces import convert_traces
from trueline.engine.duckdb import DuckDBEngine
from trueline.errors import InputError
from trueline.intake.load import LoadOptions
from trueline.inventory.load import load_customers, load_products
from trueline.measurement.load import MeasurementOptions, load_measurements
from trueline.offerings.load import load_offerings
from trueline.settings.workspace import Workspace

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = (
    "Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,CQI,RSSI,"
    "DL_bitrate,UL_bitrate,State,PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS,CELLHEX,NODEHEX,"
    "LACHEX,RAWCELLID,NRxRSRP,NRxRSRQ\n"
)


def _row(stamp: str, mode: str, power: str, noise: str, rate: str, ping: str) -> str:
    return f"{stamp},0,0,0,B,3,{mode},{power},-12,{noise},8,-61,{rate},3,D,{ping}{',-' * 10}\n"


def test_dirt_of_a_trace_is_left_out_and_counted(tmp_path: Path) -> None:
    archive = tmp_path / "traces.zip"
    rows = (
        _row("2019.11.25_15.34.34", "LTE", "-79", "10.0", "1000", "-"),
        _row("2019.11.25_15.34.34", "5G", "-80", "9.0", "2000", "-"),  # the same second again
        _row("2019.11.25_15.34.36", "5G", "-81", "-", "0", "55.5"),  # a skipped second before
    )
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("5G/Download/Static/B_2019.11.25_15.34.34.csv", HEADER + "".join(rows))
        packed.writestr("__MACOSX/5G/Download/Static/._B_2019.11.25_15.34.34.csv", "junk")

    report = convert_traces(archive, tmp_path / "out")

    assert (report.traces, report.rows, report.repeated_seconds) == (1, 3, 1)
    assert report.missing_readings == 2  # PINGAVG of the first kept second, SNR of the other
    with open(tmp_path / "out" / "measurements.csv", encoding="utf-8") as file:
        found = [tuple(row.values())[1:] for row in csv.DictReader(file)]
    assert found == [  # Dublin keeps UTC in November
        ("download_rate", "2019-11-25T15:34:34Z", "1", "2.000", ""),
        ("signal_power", "2019-11-25T15:34:34Z", "1", "-80.000", ""),
        ("signal_to_noise", "2019-11-25T15:34:34Z", "1", "9.000", ""),
        ("five_g", "2019-11-25T15:34:34Z", "1", "1", "1"),
        ("download_rate", "2019-11-25T15:34:36Z", "1", "0.000", ""),
        ("signal_power", "2019-11-25T15:34:36Z", "1", "-81.000", ""),
        ("round_trip_time", "2019-11-25T15:34:36Z", "1", "55.500", ""),
        ("five_g", "2019-11-25T15:34:36Z", "1", "1", "1"),
    ]


def test_what_is_no_archive_of_traces_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    for name in ("text.zip", "empty.zip"):
        with pytest.raises(InputError):
            convert_traces(tmp_path / name, tmp_path / "out")


def test_real_traces_give_the_median_rate_and_time_on_5g(
    workspace: Workspace, shared: Path, tmp_path: Path
) -> None:
    whole = shared / "data" / "5g-traces" / "5G-production-dataset.zip"
    if not whole.is_file():
        pytest.skip(f"no 5G traces at {whole}")
    member = "5G-production-dataset/Download/Static/B_2020.02.14_13.21.26.csv"
    archive = tmp_path / "one.zip"
    with zipfile.ZipFile(whole) as packed, zipfile.ZipFile(archive, "w") as chosen:
        trace = packed.read(member)
        chosen.writestr(member, trace)
    convert_traces(archive, tmp_path)
    options = LoadOptions(NOW)
    for load, name in (
        (load_offerings, "offerings.yaml"),
        (load_customers, "customers.csv"),
        (load_products, "products.csv"),
    ):
        assert load(workspace, tmp_path / name, options).ledger.set_aside == 0
    loaded = load_measurements(
        workspace, [tmp_path / "measurements.csv"], MeasurementOptions(options)
    )
    assert loaded.ledger.set_aside == 0

    known = what_was_known(workspace, None)
    found = assess(DuckDBEngine(), known, AssessmentRequest(parse_period("2020-02")))
    values = {row.objective_id: row for row in found.rows}

    # the same figures straight from the trace: the last row of each second
    last = {row["Timestamp"]: row for row in csv.DictReader(trace.decode().splitlines())}
    rates = sorted(int(row["DL_bitrate"]) for row in last.values())
    median = rates[(len(rates) + 1) // 2 - 1] / 1000
    on_5g = sum(row["NetworkMode"] == "5G" for row in last.values()) / len(last)
    assert values["download-median"].value == pytest.approx(median, abs=1e-9)
    assert values["time-on-5g"].value == pytest.approx(on_5g, abs=1e-12)
    assert values["time-on-5g"].samples == len(last)
    assert values["time-on-5g"].unknown_s == 29 * 86_400 - len(last)
