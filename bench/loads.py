"""Jobs of the loading section: files, pushes and live batches into a lake, and bare decoders."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.process import Stopwatch
from bench.samples import PARAMETERS, START_S, STEP_S, blocks, product_id
from bench.storage import NOW, VERSION, Operator, bench_dir, load_records


@contextmanager
def fresh_workspace(products: int) -> Iterator[object]:
    """A workspace that knows its products and holds no measurement yet."""
    home = Path(tempfile.mkdtemp(prefix="load-", dir=bench_dir()))
    try:
        from trueline.settings.workspace import use_workspace

        workspace = use_workspace(home)
        operator = Operator(products, loss_is_ratio=False, with_exclusions=False)
        operator.folder.mkdir(parents=True, exist_ok=True)
        load_records(workspace, operator)
        yield workspace
    finally:
        shutil.rmtree(home, ignore_errors=True)


def write_file(kind: str, rows: int, path: str) -> dict:
    """A file of the interchange contract with `rows` rows, as a probe would deliver it."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    from bench.tables import granule_table

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    tables = (granule_table(b, loss_is_ratio=False) for b in blocks(1_000_000))
    parts: list[pa.Table] = []
    while sum(t.num_rows for t in parts) < rows:
        parts.append(next(tables))
    table = pa.concat_tables(parts).slice(0, rows).unify_dictionaries()
    start = table["start_s"].cast(pa.timestamp("s", "UTC"))
    columns = {
        "product_id": table["product_id"],
        "parameter": table["parameter"],
        "start": start if kind == "parquet" else pa.compute.strftime(start, "%Y-%m-%dT%H:%M:%SZ"),
        "duration_s": table["duration_s"],
        "value": table["value"],
    }
    if kind == "parquet":
        pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1_000_000)
    else:
        plain = {n: c.cast(pa.string()) if n in PLAIN else c for n, c in columns.items()}
        options = pa.csv.WriteOptions(quoting_style="none")
        pa.csv.write_csv(pa.table(plain), path, options)
    return {"bytes": Path(path).stat().st_size}


PLAIN = ("product_id", "parameter")


def load_file(path: str, products: int, again: bool = False) -> dict:
    """Into an empty lake; `again`: the time of a second load, where every row is held already."""
    with fresh_workspace(products) as workspace:
        from trueline.intake.load import LoadOptions
        from trueline.measurement.lake import open_lake
        from trueline.measurement.load import MeasurementOptions, load_measurements

        options = MeasurementOptions(LoadOptions(NOW), merge_from=None)
        for _ in range(2 if again else 1):
            watch = Stopwatch()
            report = load_measurements(workspace, [Path(path)], options)
            spent = watch.read()
        watch = Stopwatch()
        with open_lake(workspace) as lake:
            lake.compact()
        merged_s = watch.read()["seconds"]
    ledger = report.ledger
    counts = {"accepted": ledger.accepted, "duplicate": ledger.duplicate}
    return {**spent, **counts, "merged_s": merged_s}


def decode_csv(path: str) -> dict:
    import pyarrow.csv

    watch = Stopwatch()
    table = pyarrow.csv.read_csv(path)
    return {**watch.read(), "rows": table.num_rows}


def decode_parquet(path: str) -> dict:
    import pyarrow.dataset  # noqa: F401 imported by the first read_table
    import pyarrow.parquet as pq

    watch = Stopwatch()
    table = pq.read_table(path)
    return {**watch.read(), "rows": table.num_rows}


def push(version: int, pushes: int, samples: int) -> dict:
    """Request bodies through the view of the endpoint, one core: unpacked, decoded, checked,
    de-duplicated, on disk. The first two teach the labels and are not counted."""
    import django.conf

    with fresh_workspace(-(-samples // len(PARAMETERS))) as workspace:
        bodies = _bodies(version, pushes + 2, samples)
        _write_push_mapping(workspace.home)
        from django.test import RequestFactory

        from trueline.web.ingest import write

        proto = "" if version == 1 else ";proto=io.prometheus.write.v2.Request"
        kind = f"application/x-protobuf{proto}"
        factory = RequestFactory()
        django.conf.settings.ALLOWED_HOSTS = ["*"]
        watch, seconds, last = Stopwatch(), [], 0.0
        for number, body in enumerate(bodies):
            if number == 2:
                watch, last = Stopwatch(), 0.0
            answer = write(_request(factory, body, kind))
            if answer.status_code != 204:
                raise RuntimeError(f"push answered {answer.status_code}: {answer.content!r}")
            now = watch.read()["seconds"]
            seconds.append(now - last)
            last = now
        spent = watch.read()
        accepted = _accepted()
    if accepted != (pushes + 2) * samples:
        raise RuntimeError(f"{accepted} samples in the lake of {(pushes + 2) * samples}")
    return {**spent, "samples": pushes * samples, "median_s": statistics.median(seconds[2:])}


def _request(factory: object, body: bytes, kind: str) -> object:
    return factory.post(
        "/api/v1/write", body, kind, headers={"Content-Encoding": "snappy"}, REMOTE_ADDR="127.0.0.1"
    )


def _write_push_mapping(home: Path) -> None:
    (home / "mappings").mkdir(exist_ok=True)
    text = f"format: remote-write\nproduct_id: product_id\nduration_s: {STEP_S}\n"
    (home / "mappings" / "remote-write.yaml").write_text(text, encoding="utf-8")


def _accepted() -> int:
    from trueline.intake.models import Delivery

    found = Delivery.objects.filter(kind="measurements").values_list("counts", flat=True)
    return sum(counts["accepted"] for counts in found)


def _bodies(version: int, pushes: int, samples: int) -> list[bytes]:
    """Made once and kept."""
    path = bench_dir() / f"v{VERSION}-pushes-{version}-{pushes}-{samples}.bin"
    if not path.exists():
        bodies = _packed_bodies(version, pushes, samples)
        path.write_bytes(b"".join(len(b).to_bytes(4, "little") + b for b in bodies))
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        end = at + 4 + int.from_bytes(content[at : at + 4], "little")
        found.append(content[at + 4 : end])
        at = end
    return found


def _packed_bodies(version: int, pushes: int, samples: int) -> list[bytes]:
    """One sample of every series a push, as an agent sends them, snappy packed."""
    import cramjam

    from bench.wire import write_request

    random = np.random.default_rng(5)
    series = [
        {
            "__name__": parameter,
            "instance": f"probe-{number % 40}.example:9100",
            "job": "probe",
            "product_id": product_id(number),
        }
        for number in range(-(-samples // len(PARAMETERS)))
        for parameter in PARAMETERS
    ][:samples]
    bodies = []
    for turn in range(pushes):
        values = np.rint(random.uniform(1, 50_000, samples)) / 1000
        when_ms = (START_S + STEP_S * (turn + 1)) * 1000
        bodies.append(
            bytes(
                cramjam.snappy.compress_raw(
                    write_request(version, series, values.tolist(), when_ms)
                )
            )
        )
    return bodies


def decode_pushes(version: int, pushes: int, samples: int) -> dict:
    """Snappy and protobuf alone, every message and label built by the protobuf library."""
    import cramjam

    from trueline.measurement.formats.protobuf import message_class

    raw = message_class("trueline.prometheus." + ("RawWriteRequest", "RawRequest")[version - 1])
    one = message_class("trueline.prometheus." + ("TimeSeries", "SymbolSeries")[version - 1])
    bodies = _bodies(version, pushes + 2, samples)[2:]
    watch = Stopwatch()
    count = 0
    for body in bodies:
        for content in raw.FromString(bytes(cramjam.snappy.decompress_raw(body))).timeseries:
            count += len(one.FromString(content).samples)
    return {**watch.read(), "samples": count}


def live_batches(products: int, batches: int) -> dict:
    """A batch of every product and parameter each 5 minutes, each on disk before the next; the
    lake stays open and is merged beside them as the server has it done."""
    home = Path(tempfile.mkdtemp(prefix="live-", dir=bench_dir()))
    try:
        from trueline.settings.workspace import use_workspace

        workspace = use_workspace(home)
        from trueline.intake.load import LoadOptions
        from trueline.intake.record import DeliverySource
        from trueline.measurement.append import AppendOptions, append_granules
        from trueline.measurement.granules import GranuleBatch
        from trueline.measurement.keying import KnownNames
        from trueline.measurement.lake import open_lake
        from trueline.web.upkeep import EVERY, Upkeep

        ids = [product_id(n) for n in range(products)]
        known = KnownNames(frozenset(ids), frozenset(PARAMETERS))
        seconds, beside, upkeep = [], [], Upkeep()
        source = DeliverySource("measurements", "live")
        with open_lake(workspace) as lake:
            options = AppendOptions(LoadOptions(NOW), known, lake)
            for number, table in enumerate(_live_tables(ids, batches)):
                watch = Stopwatch()
                append_granules(workspace, [GranuleBatch(table)], source, options)
                seconds.append(watch.read()["seconds"])
                if upkeep.busy():
                    beside.append(seconds[-1])
                if (number + 1) % EVERY == 0:
                    upkeep.wait()  # 100 minutes have passed since it began
                upkeep.pushed(workspace)
                if (number + 1) % 288 == 0:
                    _tell_day(seconds[-288:])
            upkeep.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return {
        "seconds": sum(seconds),
        "median_ms": 1000 * statistics.median(seconds),
        "first_ms": 1000 * statistics.median(seconds[1:21]),
        "last_ms": 1000 * statistics.median(seconds[-20:]),
        "worst_ms": 1000 * max(seconds),
        "beside_ms": 1000 * statistics.median(beside) if beside else 0.0,
        "beside": len(beside),
    }


def _tell_day(seconds: list[float]) -> None:
    """A line a day on the error stream: what the lake has become, and how long a batch takes."""
    from trueline.measurement.upkeep import waiting

    ordered = sorted(seconds)
    middle, late = ordered[len(ordered) // 2], ordered[-len(ordered) // 100]
    sys.stderr.write(f"median {1000 * middle:.1f} ms, p99 {1000 * late:.1f} ms, {waiting()}\n")
    sys.stderr.flush()


def _live_tables(ids: list[str], batches: int) -> Iterator[object]:
    import pyarrow as pa

    from trueline.measurement.granules import GRANULE_SCHEMA

    size = len(ids) * len(PARAMETERS)
    random = np.random.default_rng(6)
    products = pa.DictionaryArray.from_arrays(
        pa.array(np.repeat(np.arange(len(ids), dtype=np.int32), len(PARAMETERS))), pa.array(ids)
    )
    parameters = pa.DictionaryArray.from_arrays(
        pa.array(np.tile(np.arange(len(PARAMETERS), dtype=np.int32), len(ids))),
        pa.array(PARAMETERS),
    )
    for number in range(batches):
        yield pa.table(
            [
                products,
                parameters,
                np.full(size, START_S + STEP_S * number),
                np.full(size, STEP_S, np.int32),
                np.rint(random.uniform(1, 50_000, size)) / 1000,
                pa.nulls(size, pa.float64()),
                np.zeros(size, np.bool_),
                np.arange(1, size + 1),
            ],
            schema=GRANULE_SCHEMA,
        )
