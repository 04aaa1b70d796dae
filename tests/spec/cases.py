"""All spec cases, with the name of their table."""

from __future__ import annotations

from tests.spec import availability_cases, conformance_cases, event_cases, sample_cases
from tests.spec.case import SpecCase

TABLES: dict[str, list[SpecCase]] = {
    "conformance": conformance_cases.CASES,
    "samples": sample_cases.CASES,
    "availability": availability_cases.CASES,
    "events": event_cases.CASES,
}
