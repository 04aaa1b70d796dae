"""What an assessment says: one row per product, objective and conformance period."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Verdict(StrEnum):
    MET = "met"
    AT_RISK = "atRisk"
    WITHIN_TOLERANCE = "withinTolerance"
    VIOLATED = "violated"
    NOT_ASSESSABLE = "notAssessable"
    NOT_APPLICABLE = "notApplicable"


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One verdict with its time account. `good_s + bad_s + excluded_s + unknown_s` = seconds of
    the period in which the product was in service. Ratios are 0 to 1. None = there is none."""

    product_id: str
    objective_id: str
    standard_version: int
    period_start: int  # UTC seconds
    period_end: int
    verdict: Verdict
    value: float | None
    margin: float | None  # positive when the target is met, in the unit of the value
    good_s: int
    bad_s: int
    excluded_s: int
    unknown_s: int
    coverage: float | None
    samples: int | None
    allowance_left: float | None  # of the bad time (or events) allowed, 1 = untouched, < 0 = spent
    best_case: float | None
    worst_case: float | None
    open_events: int | None = None
    burn_rate: float | None = None  # M13, over the period so far


ROW_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("objective_id", pa.string()),
        ("standard_version", pa.int32()),
        ("period_start", pa.timestamp("s", "UTC")),
        ("period_end", pa.timestamp("s", "UTC")),
        ("verdict", pa.string()),
        ("value", pa.float64()),
        ("margin", pa.float64()),
        ("good_s", pa.int64()),
        ("bad_s", pa.int64()),
        ("excluded_s", pa.int64()),
        ("unknown_s", pa.int64()),
        ("coverage", pa.float64()),
        ("samples", pa.int64()),
        ("allowance_left", pa.float64()),
        ("best_case", pa.float64()),
        ("worst_case", pa.float64()),
        ("open_events", pa.int64()),
        ("burn_rate", pa.float64()),
    ]
)

# A stored assessment is a folder results/<period label>/ with:
#   rows.parquet        ROW_SCHEMA, sorted by product, objective, period start
#   daily.parquet       DAILY_SCHEMA, the same figures per local day (sparklines, bands, heat)
#   aggregates.parquet  AGGREGATE_SCHEMA
#   assessment.json     period, as_of delivery and instant, when assessed, data age
DAILY_SCHEMA = pa.schema(
    [
        ("product_id", pa.string()),
        ("objective_id", pa.string()),
        ("day", pa.date32()),  # local day in the objective's zone
        ("value", pa.float64()),
        ("good_s", pa.int64()),
        ("bad_s", pa.int64()),
        ("excluded_s", pa.int64()),
        ("unknown_s", pa.int64()),
        ("samples", pa.int64()),
    ]
)

AGGREGATE_SCHEMA = pa.schema(
    [
        ("dimension", pa.string()),  # group | offering | segment | sla_type | region | <attribute>
        ("key", pa.string()),  # group id, offering id, segment name ...
        ("objective_id", pa.string()),
        ("rule", pa.string()),  # pooled | customer_weighted | worst | any_down | all_down | k_of_n
        ("value", pa.float64()),
        ("members", pa.int64()),
        ("assessed", pa.int64()),
        ("met", pa.int64()),  # met, atRisk or withinTolerance
        ("at_risk", pa.int64()),
        ("violated", pa.int64()),
        ("not_assessable", pa.int64()),
        ("not_applicable", pa.int64()),
        ("share_met", pa.float64()),
        ("share_low", pa.float64()),  # Wilson 95 %
        ("share_high", pa.float64()),
        ("coverage", pa.float64()),
        ("good_s", pa.int64()),
        ("bad_s", pa.int64()),
        ("excluded_s", pa.int64()),
        ("unknown_s", pa.int64()),
        ("worst_members", pa.list_(pa.string())),  # up to five product ids, worst margin first
    ]
)
