"""What the load page accepts: each kind with its loader, the very ones of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trueline.intake.load import LoadOptions, LoadReport
from trueline.inventory.load import load_agreements, load_customers, load_groups, load_products
from trueline.inventory.load_suppliers import load_suppliers
from trueline.measurement.events import load_events
from trueline.measurement.formats import format_names
from trueline.measurement.formats.mapping import read_mapping
from trueline.measurement.load import MeasurementOptions, load_measurement_file, load_measurements
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.problems.load_analyses import load_analyses
from trueline.settings.workspace import Workspace

_FORMAT_NAMES = {
    "csv": "CSV",
    "parquet": "Parquet",
    "jsonlines": "JSON lines",
    "3gpp": "3GPP XML",
    "remote-write": "Prometheus remote write",
    "otlp": "OTLP metrics",
}
FORMATS = {name: _FORMAT_NAMES.get(name, name) for name in format_names()}
Loader = Callable[[Workspace, Path, LoadOptions], LoadReport]


@dataclass(frozen=True)
class UploadKind:
    """One kind of file; `suffixes` are the names its loader knows formats by."""

    id: str
    name: str
    suffixes: tuple[str, ...]
    columns: str
    load: Loader


_TABLES = (".csv", ".csv.gz", ".parquet")
KINDS = {
    kind.id: kind
    for kind in (
        UploadKind(
            "offerings",
            "Offerings and objectives",
            (".yaml", ".yml"),
            "offerings.yaml, or OpenSLO v1",
            load_offerings,
        ),
        UploadKind(
            "customers", "Customers", _TABLES, "customer_id, name, segment, …", load_customers
        ),
        UploadKind(
            "products",
            "Products",
            _TABLES,
            "product_id, offering_id, customer_id, status, start, end, time_zone, …",
            load_products,
        ),
        UploadKind(
            "agreements",
            "Agreements",
            (*_TABLES, ".yaml", ".yml"),
            "agreement_id, customer_id, objective_id and the negotiated keys",
            load_agreements,
        ),
        UploadKind(
            "groups", "Groups", (*_TABLES, ".yaml", ".yml"), "group_id, name, rule", load_groups
        ),
        UploadKind(
            "suppliers",
            "Suppliers",
            (".yaml", ".yml"),
            "suppliers, OLAs and underpinning contracts",
            load_suppliers,
        ),
        UploadKind(
            "events",
            "Events",
            _TABLES,
            "event_id, product_id, kind, start, end, impact, cause, source",
            load_events,
        ),
        UploadKind(
            "exclusions", "Exclusions", _TABLES, "product_id, start, end, reason", load_exclusions
        ),
        UploadKind(
            "analyses",
            "Performance analyses and tickets",
            (*_TABLES, ".json", ".jsonl", ".ndjson"),
            "analysis_id, kind, product_id, start, end, objective_id, verdict, …",
            load_analyses,
        ),
        UploadKind(
            "measurements",
            "Measurements",
            (*_TABLES, ".jsonl", ".ndjson", ".json", ".jsonl.gz", ".xml", ".xml.gz", ".gz"),
            "product_id, parameter, start, duration_s, value, denominator, suspect",
            load_measurement_file,
        ),
    )
}


@dataclass(frozen=True)
class MeasurementForm:
    """What the form says of a file of measurements; None: told by the file, or by the workspace's
    own mapping."""

    format: str | None = None
    mapping: Path | None = None


def load_as_told(
    workspace: Workspace, path: Path, options: LoadOptions, form: MeasurementForm
) -> LoadReport:
    mapping = read_mapping(form.mapping) if form.mapping else {}
    told = MeasurementOptions(options, format=form.format, mapping=mapping)
    return load_measurements(workspace, [path], told)
