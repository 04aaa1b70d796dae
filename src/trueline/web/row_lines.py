"""Verdict rows dressed for a table: names, texts in the objective's unit, drawings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from django.utils.safestring import SafeString

from trueline.assessment.values import AssessmentRow
from trueline.inventory.values import Product
from trueline.offerings.values import PerformanceParameter, ServiceLevelObjective
from trueline.web.records import Records
from trueline.web.sparkline import bar, stacked
from trueline.web.wording import (
    NONE,
    SHARES,
    STATES,
    StateWord,
    duration,
    floor_percent,
    local_time,
    objective_value,
    overspent_percent,
    promised_text,
    statistic_text,
    target_text,
)


@dataclass(frozen=True)
class TimePart:
    """One class of the time account."""

    style: str
    name: str
    meaning: str
    seconds: int
    share: str

    @property
    def text(self) -> str:
        return duration(self.seconds)


@dataclass(frozen=True)
class RowLine:
    row: AssessmentRow
    records: Records
    product: Product | None
    objective: ServiceLevelObjective | None

    @property
    def state(self) -> StateWord:
        return STATES[self.row.verdict]

    @property
    def customer(self) -> str:
        return self.records.customer_name(self.product.customer_id) if self.product else NONE

    @property
    def objective_name(self) -> str:
        return (self.objective.name if self.objective else "") or self.row.objective_id

    @property
    def statistic(self) -> str:
        return statistic_text(self.objective, self._parameter) if self.objective else ""

    @property
    def zone(self) -> str:
        own = self.objective.time_zone if self.objective else None
        return own or (self.product.time_zone if self.product else "UTC")

    @property
    def period(self) -> str:
        """The conformance period in its zone, from its first instant up to its last."""
        start, end = self.row.period_start, self.row.period_end
        return f"{local_time(start, self.zone)} to {local_time(end, self.zone)}"

    @property
    def target(self) -> str:
        return target_text(self.objective, self._parameter)

    @property
    def warning(self) -> str:
        if self.objective is None or self.objective.threshold_target is None:
            return NONE
        return promised_text(self.objective.threshold_target, self.objective, self._parameter)

    @property
    def value(self) -> str:
        return self._in_unit(self.row.value)

    @property
    def margin(self) -> str:
        if self.row.margin is None:
            return NONE
        sign = "+" if self.row.margin >= 0 else "−"
        return sign + self._in_unit(abs(self.row.margin))

    @property
    def best_case(self) -> str:
        return self._in_unit(self.row.best_case)

    @property
    def worst_case(self) -> str:
        return self._in_unit(self.row.worst_case)

    @property
    def bad(self) -> str:
        return duration(self.row.bad_s)

    @property
    def unknown(self) -> str:
        return duration(self.row.unknown_s)

    @property
    def coverage(self) -> str:
        return floor_percent(self.row.coverage, 1)

    @property
    def allowance(self) -> str:
        return allowance_text(self.row.allowance_left)

    @property
    def allowance_bar(self) -> SafeString | str:
        return allowance_bar(self.row.allowance_left)

    @property
    def account(self) -> tuple[TimePart, ...]:
        return time_account(self.row, self.objective)

    @property
    def account_bar(self) -> SafeString:
        return account_bar(self.account)

    @property
    def _parameter(self) -> PerformanceParameter | None:
        return self.records.parameter_of(self.objective) if self.objective else None

    def _in_unit(self, value: float | None) -> str:
        return objective_value(value, self.objective, self._parameter)


def row_lines(records: Records, rows: Iterable[AssessmentRow]) -> list[RowLine]:
    return [
        RowLine(
            row,
            records,
            records.inventory.products.get(row.product_id),
            records.objective_of(row.product_id, row.objective_id, row.period_start),
        )
        for row in rows
    ]


class HasTimes(Protocol):
    """Anything with the four classes of time."""

    @property
    def good_s(self) -> int: ...
    @property
    def bad_s(self) -> int: ...
    @property
    def excluded_s(self) -> int: ...
    @property
    def unknown_s(self) -> int: ...


def time_account(times: HasTimes, objective: ServiceLevelObjective | None) -> tuple[TimePart, ...]:
    """Good, bad, excluded and unknown time; each share floored, so they may add to less. Where a
    figure is no share of time, its known time is called counted: it is neither good nor bad."""
    whole = times.good_s + times.bad_s + times.excluded_s + times.unknown_s
    if objective is None or objective.statistic in SHARES or times.bad_s:
        known = [
            ("good", "Good", "the promise was kept", times.good_s),
            ("bad", "Bad", "the promise was missed", times.bad_s),
        ]
    else:
        known = [("good", "Counted", "the figure is computed over this time", times.good_s)]
    classes = (
        *known,
        ("excluded", "Excluded", "agreed not to count", times.excluded_s),
        ("unknown", "Unknown", "nothing trusted was measured", times.unknown_s),
    )
    return tuple(
        TimePart(style, name, meaning, s, floor_percent(Fraction(s, whole), 3) if whole else NONE)
        for style, name, meaning, s in classes
    )


def account_bar(parts: Iterable[TimePart]) -> SafeString:
    parts = tuple(parts)
    label = ", ".join(f"{part.name.lower()} {part.text}" for part in parts)
    return stacked([(part.style, part.seconds) for part in parts], f"Time account: {label}")


def allowance_text(left: float | None) -> str:
    if left is None:
        return NONE
    return floor_percent(left, 0) if left >= 0 else f"overspent {overspent_percent(-left)}"


def allowance_bar(left: float | None) -> SafeString | str:
    """Empty where no allowance is defined: an empty bar would read as nothing left."""
    return "" if left is None else bar(left, f"Allowance left: {allowance_text(left)}")
