"""Public 5G drive-test traces as contract files.

Reads the archive of G-NetTrack Pro traces of Raca et al. (MMSys 2020, `uccmisl/5Gdataset`): one CSV
per trip, a row about every second. The archive is not part of this package.

Its dirt: `-` where the phone had no reading; several rows with the same second (the last one is
kept); skipped seconds (they stay unknown); timestamps in local time without a zone (taken as
Europe/Dublin, where the drives were); ping results in a few rows only.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from trueline.errors import InputError, Place

TRACE_ZONE = "Europe/Dublin"
_TRACE = re.compile(
    r"[^/]+/(?P<application>[^/]+)/(?P<mobility>Static|Driving)/(?:(?P<title>[^/]+)/)?B_[^/]+\.csv"
)
_COLUMNS = {  # trace column -> parameter, factor to its unit
    "DL_bitrate": ("download_rate", 0.001),  # kbit/s to Mbit/s
    "RSRP": ("signal_power", 1.0),  # dBm
    "SNR": ("signal_to_noise", 1.0),  # dB
    "PINGAVG": ("round_trip_time", 1.0),  # ms
}
Scenario = tuple[str, str, str]  # application, mobility, title or ""
OFFERINGS = """\
apiVersion: trueline/v1
parameters:
  - {id: download_rate, unit: Mbit/s, family: technical, kind: sampled, direction: higherIsBetter}
  - {id: signal_power, unit: dBm, family: technical, kind: sampled, direction: higherIsBetter}
  - {id: signal_to_noise, unit: dB, family: technical, kind: sampled, direction: higherIsBetter}
  - {id: round_trip_time, unit: ms, family: technical, kind: sampled, direction: lowerIsBetter}
  - {id: five_g, unit: ratio, family: technical, kind: ratio, direction: higherIsBetter}
offerings:
  - id: mobile-download
    name: 5G download
    objectives:
      - {id: download-median, parameter: download_rate, statistic: percentile, percentile: 50,
         comparator: GE, conformance_target: 20, threshold_target: 50, min_coverage: 0}
      - {id: download-rate, parameter: download_rate, statistic: conformance,
         threshold: {comparator: GE, value: 10}, comparator: GE, conformance_target: 0.8,
         threshold_target: 0.9, min_coverage: 0}
      - {id: signal-power, parameter: signal_power, statistic: percentile, percentile: 5,
         comparator: GE, conformance_target: -110, min_coverage: 0, basis: acceptable}
      - {id: time-on-5g, parameter: five_g, statistic: ratio, comparator: GE,
         conformance_target: 0.7, min_coverage: 0}
  - id: mobile-streaming
    name: 5G streaming
    objectives:
      - {id: stream-rate, parameter: download_rate, statistic: mean, comparator: GE,
         conformance_target: 3, threshold_target: 5, min_coverage: 0}
      - {id: signal-to-noise, parameter: signal_to_noise, statistic: mean, comparator: GE,
         conformance_target: 3, min_coverage: 0, basis: acceptable}
      - {id: round-trip, parameter: round_trip_time, statistic: percentile, percentile: 95,
         comparator: LE, conformance_target: 100, min_coverage: 0, basis: acceptable}
      - {id: time-on-5g, parameter: five_g, statistic: ratio, comparator: GE,
         conformance_target: 0.7, min_coverage: 0}
"""


@dataclass(frozen=True)
class TraceReport:
    traces: int
    rows: int
    granules: int
    repeated_seconds: int
    missing_readings: int


@dataclass
class _Counts:
    traces: int = 0
    rows: int = 0
    granules: int = 0
    repeated_seconds: int = 0
    missing_readings: int = 0


def convert_traces(archive: Path, folder: Path) -> TraceReport:
    """Write offerings.yaml, customers.csv, products.csv and measurements.csv into `folder`: one
    product per scenario (application, mobility, title), one granule per second and reading."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = _Counts()
    products: dict[str, Scenario] = {}
    try:
        with (
            zipfile.ZipFile(archive) as packed,
            open(folder / "measurements.csv", "w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                ("product_id", "parameter", "start", "duration_s", "value", "denominator")
            )
            for name, product_id, scenario in _traces(packed):
                products[product_id] = scenario
                counts.traces += 1
                text = io.TextIOWrapper(packed.open(name), encoding="utf-8", errors="replace")
                writer.writerows(_granules(text, product_id, counts))
    except zipfile.BadZipFile:
        raise InputError(
            "This is not a zip archive", place=Place(str(archive)), mend="Fetch it again"
        ) from None
    if not products:
        raise InputError("The archive holds no traces", place=Place(str(archive)))
    _write_records(folder, products)
    return TraceReport(**vars(counts))


def _traces(packed: zipfile.ZipFile) -> Iterator[tuple[str, str, Scenario]]:
    """(member, product id, scenario) in order of the member's name."""
    for name in sorted(packed.namelist()):
        found = _TRACE.fullmatch(name)
        if found and not name.startswith("__MACOSX"):
            scenario = (found["application"], found["mobility"], found["title"] or "")
            yield name, "-".join(filter(None, scenario)).lower().replace("_", "-"), scenario


def _granules(
    text: io.TextIOWrapper, product_id: str, counts: _Counts
) -> Iterator[tuple[str, ...]]:
    """Rows of measurements.csv; of rows with the same second the last one."""
    pending: dict[str, str] | None = None
    for row in csv.DictReader(text):
        counts.rows += 1
        if pending is not None:
            if pending["Timestamp"] == row["Timestamp"]:
                counts.repeated_seconds += 1
            else:
                yield from _second(pending, product_id, counts)
        pending = row
    if pending is not None:
        yield from _second(pending, product_id, counts)


def _second(row: dict[str, str], product_id: str, counts: _Counts) -> Iterator[tuple[str, ...]]:
    start = _utc(row["Timestamp"])
    for column, (parameter, factor) in _COLUMNS.items():
        reading = row[column]
        if reading in ("-", ""):
            counts.missing_readings += 1
            continue
        counts.granules += 1
        yield product_id, parameter, start, "1", f"{float(reading) * factor:.3f}", ""
    counts.granules += 1
    yield product_id, "five_g", start, "1", "1" if row["NetworkMode"] == "5G" else "0", "1"


def _utc(stamp: str) -> str:
    """`2019.12.01_12.11.21` local as `2019-12-01T12:11:21Z`."""
    hour, minute, second = stamp.rsplit(".", 2)
    return f"{_utc_hour(hour)}:{minute}:{second}Z"


@lru_cache(maxsize=4096)
def _utc_hour(hour: str) -> str:
    local = datetime.strptime(hour, "%Y.%m.%d_%H").replace(tzinfo=ZoneInfo(TRACE_ZONE))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H")


def _write_records(folder: Path, products: dict[str, Scenario]) -> None:
    (folder / "offerings.yaml").write_text(OFFERINGS, encoding="utf-8")
    (folder / "customers.csv").write_text(
        "customer_id,name,segment\ndrive-tests,Drive tests,measurement\n", encoding="utf-8"
    )
    lines = [
        "product_id,offering_id,customer_id,status,start,end,time_zone,application,mobility,title"
    ]
    for product_id, (application, mobility, title) in sorted(products.items()):
        offering = "mobile-download" if application == "Download" else "mobile-streaming"
        lines.append(
            f"{product_id},{offering},drive-tests,active,2019-11-01T00:00:00Z,,"
            f"{TRACE_ZONE},{application},{mobility},{title}"
        )
    (folder / "products.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """`python -m trueline.demo.traces ARCHIVE FOLDER`."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m trueline.demo.traces ARCHIVE.zip FOLDER\n")
        return 2
    try:
        report = convert_traces(Path(arguments[0]), Path(arguments[1]))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(
        f"{report.traces} traces, {report.rows:,} rows, {report.granules:,} granules; "
        f"{report.repeated_seconds:,} repeated seconds, "
        f"{report.missing_readings:,} readings missing\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
