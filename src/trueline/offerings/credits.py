"""Credit rules as contracts write them (rule M14): advice only, billing decides.

A credit is a percentage of the monthly recurring charge. All bounds are `Decimal`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueline.errors import InputError


class CreditMeasure(StrEnum):
    """What a band table is read by."""

    OUTAGE_S = "outage_s"  # cumulative seconds of the period, from 0 without end
    AVAILABILITY_PERCENT = "availability_percent"  # 0 to 100


@dataclass(frozen=True)
class CreditBand:
    """Both bounds belong to the band, as contracts print them; `high` None: without end."""

    low: Decimal
    high: Decimal | None
    credit_percent: Decimal

    def __str__(self) -> str:
        return f"{self.low} to {'any' if self.high is None else self.high}"


@dataclass(frozen=True)
class BandTable:
    """`resolution` is the last digit of the bounds: a value is truncated to it before it is looked
    up, so 99.69 to 97.9 follows 100 to 99.7 without a gap at 0.01."""

    measure: CreditMeasure
    resolution: Decimal
    bands: tuple[CreditBand, ...]

    def __post_init__(self) -> None:
        _above_zero("resolution", self.resolution)


class BandFaultKind(StrEnum):
    GAP = "gap"
    OVERLAP = "overlap"
    BAND = "band"  # one band that is wrong by itself


@dataclass(frozen=True)
class BandFault:
    """`low` to `high`, both included, are the values at fault; `high` None: without end."""

    kind: BandFaultKind
    low: Decimal
    high: Decimal | None
    what: str

    def holds(self, value: Decimal) -> bool:
        return self.low <= value and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class StepCredit:
    """`credit_percent` for every `step` below `target`, or portion of a step."""

    target: Decimal
    step: Decimal
    credit_percent: Decimal

    def __post_init__(self) -> None:
        _above_zero("step", self.step)


@dataclass(frozen=True)
class DayProration:
    """One day's charge, 1/`days_per_month` of the month's, for every `unit_s` of outage or portion
    of it, and at most `max_days` in a month."""

    unit_s: int = 86_400
    days_per_month: int = 30
    max_days: int = 7


@dataclass(frozen=True)
class ChronicRule:
    """A right to leave: more than `max_outages`, or more than `max_outage_s` seconds of outage, in
    any `window_days` consecutive days. None: that limit does not apply."""

    max_outages: int | None = 3
    max_outage_s: int | None = 86_400
    window_days: int = 30


@dataclass(frozen=True)
class CreditTerms:
    """What a miss of one objective gives back, in percent of the monthly charge (days: in days of
    it). One of `bands`, `steps`, `days`, `flat_percent`; `claim_days` after the period in which a
    customer may claim; `chronic` and `missed_periods` in a row give the right to leave."""

    bands: BandTable | None = None
    steps: StepCredit | None = None
    days: DayProration | None = None
    flat_percent: Decimal | None = None
    cap_percent: Decimal = Decimal(100)
    claim_days: int | None = None
    chronic: ChronicRule | None = None
    missed_periods: int | None = None


def band_faults(table: BandTable) -> tuple[BandFault, ...]:
    """Everything that is wrong with a table, lowest values first; empty for a sound one."""
    wrong = tuple(_faulty_bands(table))
    if wrong or not table.bands:
        return wrong or (_gap(Decimal(0), _end_of(table.measure)),)
    return tuple(_faults_between(table, sorted(table.bands, key=lambda band: band.low)))


def validate_bands(table: BandTable) -> None:
    """InputError that names every gap and overlap with its values."""
    faults = band_faults(table)
    if faults:
        raise InputError(
            "The credit bands are not a table: " + "; ".join(fault.what for fault in faults),
            mend="Let each band start one last digit after the one before it",
        )


def _faulty_bands(table: BandTable) -> Iterator[BandFault]:
    end = _end_of(table.measure)
    for band in table.bands:
        bounds = [bound for bound in (band.low, band.high) if bound is not None]
        if band.high is not None and band.high < band.low:
            why = "ends before it starts"
        elif min(bounds) < 0 or (end is not None and (band.high is None or band.high > end)):
            why = "leaves the range of values"
        elif any(bound % table.resolution for bound in bounds):
            why = f"has a bound that is no multiple of {table.resolution}"
        elif not 0 <= band.credit_percent <= 100:
            why = f"credits {band.credit_percent} %"
        else:
            continue
        yield BandFault(BandFaultKind.BAND, band.low, band.high, f"band {band} {why}")


def _faults_between(table: BandTable, bands: Sequence[CreditBand]) -> Iterator[BandFault]:
    """Gaps and overlaps of bands in rising order."""
    free: Decimal | None = Decimal(0)  # the lowest value that no band holds yet
    for band in bands:
        if free is None or band.low < free:
            last = free if free is None else free - table.resolution
            yield _overlap(band, last)
        elif band.low > free:
            yield _gap(free, band.low - table.resolution)
        if free is not None:
            free = None if band.high is None else max(free, band.high + table.resolution)
    end = _end_of(table.measure)
    if free is not None and (end is None or free <= end):
        yield _gap(free, end)


def _gap(low: Decimal, high: Decimal | None) -> BandFault:
    values = f"{low} to {'any' if high is None else high}"
    return BandFault(BandFaultKind.GAP, low, high, f"gap: no band holds {values}")


def _overlap(band: CreditBand, taken_to: Decimal | None) -> BandFault:
    ends = [end for end in (band.high, taken_to) if end is not None]
    high = min(ends) if ends else None
    values = f"{band.low} to {'any' if high is None else high}"
    return BandFault(BandFaultKind.OVERLAP, band.low, high, f"overlap: two bands hold {values}")


def _end_of(measure: CreditMeasure) -> Decimal | None:
    return Decimal(100) if measure is CreditMeasure.AVAILABILITY_PERCENT else None


def _above_zero(name: str, value: Decimal) -> None:
    if value <= 0:
        raise InputError(f"A {name} of {value} is none", mend=f"Give a {name} above zero")
