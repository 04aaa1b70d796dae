"""The keys of an objective's credit terms in the catalogue file (rule M14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from trueline.offerings.credits import (
    BandTable,
    ChronicRule,
    CreditBand,
    CreditMeasure,
    CreditTerms,
    DayProration,
    StepCredit,
    band_faults,
)
from trueline.offerings.kinds import Choice, Duration, ListOf, Number, Record, Whole
from trueline.offerings.reading import Key, fields_of

_ZERO, _HUNDRED = Decimal(0), Decimal(100)
_PERCENT = Number(_ZERO, _HUNDRED)


BAND_KEYS = (
    Key("low", Number(_ZERO), "lowest value of the band", required=True),
    Key("high", Number(_ZERO), "highest value of the band; left out: without end"),
    Key("credit_percent", _PERCENT, "credit in percent of the monthly charge", required=True),
)


def _band(*, low: Decimal, credit_percent: Decimal, high: Decimal | None = None) -> CreditBand:
    return CreditBand(low, high, credit_percent)


BAND_TABLE_KEYS = (
    Key("measure", Choice(CreditMeasure), "what the bands are read by", required=True),
    Key(
        "resolution",
        Number(_ZERO),
        "last digit of the bounds; a value is truncated to it before it is looked up",
        default=Decimal(1),
    ),
    Key(
        "table",
        ListOf(Record("band", BAND_KEYS, _band, fields_of)),
        "the bands; together they hold every value once",
        required=True,
    ),
)


def _band_table(
    *,
    measure: CreditMeasure,
    table: tuple[CreditBand, ...],
    resolution: Decimal = Decimal(1),
) -> BandTable:
    return BandTable(measure, resolution, table)


def _band_table_apart(table: BandTable) -> Mapping[str, Any]:
    return {"measure": table.measure, "resolution": table.resolution, "table": table.bands}


STEP_KEYS = (
    Key("target", Number(), "value below which credits start; a share in percent", required=True),
    Key("step", Number(_ZERO), "size of one step", required=True),
    Key("credit_percent", _PERCENT, "credit for each step or portion of one", required=True),
)
DAY_KEYS = (
    Key("unit", Duration(), "outage that gives one day's charge, or portion of it", default=86_400),
    Key("days_per_month", Whole(1, 31), "days that a month's charge is parted into", default=30),
    Key("max_days", Whole(1, 31), "most days in one month", default=7),
)


def _days(*, unit: int = 86_400, days_per_month: int = 30, max_days: int = 7) -> DayProration:
    return DayProration(unit, days_per_month, max_days)


def _days_apart(days: DayProration) -> Mapping[str, Any]:
    return {
        "unit": days.unit_s,
        "days_per_month": days.days_per_month,
        "max_days": days.max_days,
    }


CHRONIC_KEYS = (
    Key("max_outages", Whole(1), "more outages than this give the right"),
    Key("max_outage", Duration(), "more outage than this gives the right"),
    Key("window_days", Whole(1, 3660), "consecutive local days looked at", default=30),
)


def _chronic(
    *, max_outages: int | None = None, max_outage: int | None = None, window_days: int = 30
) -> ChronicRule:
    return ChronicRule(max_outages, max_outage, window_days)


def _chronic_apart(rule: ChronicRule) -> Mapping[str, Any]:
    return {
        "max_outages": rule.max_outages,
        "max_outage": rule.max_outage_s,
        "window_days": rule.window_days,
    }


CREDIT_KEYS: tuple[Key, ...] = (
    Key(
        "bands",
        Record("band table", BAND_TABLE_KEYS, _band_table, _band_table_apart),
        "a table of bands with the credit of each",
    ),
    Key(
        "steps",
        Record("step rule", STEP_KEYS, StepCredit, fields_of),
        "so much for each started step below a target",
    ),
    Key(
        "days",
        Record("day rule", DAY_KEYS, _days, _days_apart),
        "one day's charge for each unit of outage",
    ),
    Key("flat_percent", _PERCENT, "so much for any miss"),
    Key("cap_percent", _PERCENT, "most percent of a month's charge", default=_HUNDRED),
    Key("claim_days", Whole(1, 3660), "days after the period in which a credit may be claimed"),
    Key(
        "chronic",
        Record("chronic rule", CHRONIC_KEYS, _chronic, _chronic_apart),
        "outages that give the right to leave",
    ),
    Key("missed_periods", Whole(2, 120), "missed periods in a row that give the right to leave"),
)
CREDITS = Record("credits", CREDIT_KEYS, CreditTerms, fields_of)


def credit_term_faults(terms: CreditTerms, *, in_time: bool) -> Iterator[str]:
    """What is wrong with the terms of an objective; `in_time`: its value is a share of time."""
    rules = (terms.bands, terms.steps, terms.days, terms.flat_percent)
    given = sum(rule is not None for rule in rules)
    if given > 1:
        yield "The credits have several rules: keep one of bands, steps, days, flat_percent"
    if given == 0 and terms.chronic is None and terms.missed_periods is None:
        yield "The credits say nothing: add bands, steps, days or flat_percent"
    if terms.bands is not None:
        yield from (f"Credit bands: {fault.what}" for fault in band_faults(terms.bands))
    by_time = terms.bands is not None or terms.days is not None or terms.chronic is not None
    if by_time and not in_time:
        yield "Bands, days and chronic rules read outage time, which this statistic does not have"
    chronic = terms.chronic
    if chronic is not None and chronic.max_outages is None and chronic.max_outage_s is None:
        yield "The chronic rule names no limit: add max_outages or max_outage"
