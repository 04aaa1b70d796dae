"""What the load page accepts: each kind with its loader, the very ones of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trueline.intake.load import LoadOptions, LoadReport
from trueline.inventory.load import load_agreements, load_customers, load_groups, load_products
from trueline.measurement.events import load_events
from trueline.measurement.load import load_measurement_file
from trueline.offerings.load import load_offerings
from trueline.outages.load import load_exclusions
from trueline.settings.workspace import Workspace

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
        UploadKind("groups", "Groups", (*_TABLES, ".yaml", ".yml"), "id, name, rule", load_groups),
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
            "measurements",
            "Measurements",
            (*_TABLES, ".jsonl", ".ndjson", ".json", ".jsonl.gz", ".xml", ".xml.gz", ".gz"),
            "product_id, parameter, start, duration_s, value, denominator, suspect",
            load_measurement_file,
        ),
    )
}
