"""Rights to leave a contract (rule M14), decided from what stands when somebody asks: a row of
missed periods and a window of outages reach into periods that may be assessed later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from trueline.assessment.credit_advice import chronic_outage
from trueline.assessment.values import Verdict
from trueline.calendars.intervals import Interval, union
from trueline.calendars.periods import Period, parse_period, period_containing
from trueline.offerings.credits import ChronicRule

Series = tuple[str, str]  # product, objective


@dataclass(frozen=True)
class Grounds:
    """What one figure's rights are decided from. `outages`: those of the period; `whole`: those of
    the days before it too, as far as a window reaches back."""

    missed_periods: int | None
    chronic: ChronicRule | None
    zone_name: str
    outages: tuple[Interval, ...] = ()
    whole: bool = False

    def as_text(self) -> str:
        """As JSON, for one column."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def grounds_of(text: str) -> Grounds:
    """The inverse of `Grounds.as_text`."""
    plain = json.loads(text)
    chronic = plain.pop("chronic")
    outages = tuple((start, end) for start, end in plain.pop("outages"))
    rule = None if chronic is None else ChronicRule(**chronic)
    return Grounds(chronic=rule, outages=outages, **plain)


@dataclass(frozen=True)
class Figure:
    """One assessed figure with the grounds of its rights."""

    series: Series
    period: str
    verdict: Verdict
    grounds: Grounds


class StoredPeriods:
    """What is stored of other periods, each read once: verdicts, outages that rights hang on."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self.verdicts: Callable[[str], Mapping[Series, str] | None] = lru_cache(maxsize=64)(
            self._verdicts
        )
        self.outages: Callable[[str], Mapping[Series, Sequence[Interval]] | None] = lru_cache(
            maxsize=64
        )(self._outages)

    def _verdicts(self, label: str) -> dict[Series, str] | None:
        path = self._results / label / "rows.parquet"
        if not path.is_file():
            return None
        rows = pq.read_table(path, columns=["product_id", "objective_id", "verdict"]).to_pylist()
        return {(r["product_id"], r["objective_id"]): r["verdict"] for r in rows}

    def _outages(self, label: str) -> dict[Series, Sequence[Interval]] | None:
        path = self._results / label / "credits.parquet"
        if not path.is_file() or "grounds" not in pq.read_schema(path).names:
            return None
        rows = pq.read_table(path, columns=["product_id", "objective_id", "grounds"]).to_pylist()
        return {
            (r["product_id"], r["objective_id"]): grounds_of(r["grounds"]).outages
            for r in rows
            if r["grounds"]
        }


def right_to_leave(figure: Figure, stored: StoredPeriods) -> str:
    """The rights in words; empty where there are none."""
    told = [_chronic(figure, stored), _missed(figure, stored)]
    return "; ".join(part for part in told if part)


def _chronic(figure: Figure, stored: StoredPeriods) -> str:
    rule, grounds = figure.grounds.chronic, figure.grounds
    if rule is None:
        return ""
    known = True
    outages = list(grounds.outages)
    if not grounds.whole:
        for period in _reaching_back(figure.period, rule.window_days):
            before = stored.outages(period.label)
            known = known and before is not None
            outages += (before or {}).get(figure.series, ())
    found = chronic_outage(rule, union(outages), grounds.zone_name)
    if found is not None:
        days = f"{found.first_day} to {found.last_day}"
        return f"chronic: {found.outages} outages, {found.outage_s:,} s, {days}"
    if not known and grounds.outages:
        return "chronic: not known, earlier periods are not assessed"
    return ""


def _reaching_back(label: str, window_days: int) -> Iterable[Period]:
    """Periods before, as far as a window that ends in this one begins; the nearest first."""
    period = parse_period(label)
    from_day: date = period.first - timedelta(days=window_days - 1)
    while period.first > from_day:
        period = _before(period)
        yield period


def _missed(figure: Figure, stored: StoredPeriods) -> str:
    needed = figure.grounds.missed_periods
    if needed is None or figure.verdict is not Verdict.VIOLATED:
        return ""
    period, row = parse_period(figure.period), 1
    while row < needed:
        period = _before(period)
        verdicts = stored.verdicts(period.label)
        if verdicts is None:
            return "not known: earlier periods are not assessed"
        if verdicts.get(figure.series) != Verdict.VIOLATED.value:
            return ""
        row += 1
    return f"missed {row} periods in a row"


def _before(period: Period) -> Period:
    return period_containing(period.first - timedelta(days=1), period.length)
