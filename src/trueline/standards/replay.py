"""The threshold studio: what a draft would have meant, side by side with today's version.

From stored assessments where only what decides a verdict changed (targets, tolerance target, credit
terms): their values are decided again. What changes a value itself, such as the threshold of a
granule, is assessed again from the granules; `replay_exactly` does that for any draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from trueline.assessment.advised_credits import charge_of, credit_percent
from trueline.assessment.assess import AssessmentRequest, DecidedTask, Known, assess
from trueline.assessment.credit_advice import advised_amount
from trueline.assessment.statistics.rule import Finding
from trueline.assessment.values import Verdict
from trueline.assessment.verdict import Decision, decide_verdict
from trueline.calendars.instants import seconds
from trueline.calendars.periods import Period
from trueline.engine import Engine
from trueline.errors import InputError
from trueline.inventory.chosen import customer_class_of
from trueline.inventory.values import Product
from trueline.offerings.scope import Level
from trueline.offerings.values import Catalog, Rollout, ServiceLevelObjective
from trueline.standards.facts import Examined
from trueline.standards.proposed import Proposed, held_by, holders, with_standard
from trueline.standards.stored import stored_periods, stored_rows
from trueline.standards.strictness import differences

# Keys that a stored value can be decided by again; all others change the value itself.
_DECIDING = frozenset(
    (
        "conformance_target",
        "threshold_target",
        "tolerance.target",
        "min_coverage",
        "basis",
        "name",
        "valid_from",
        "valid_to",
    )
)


@dataclass(frozen=True)
class Outcome:
    """One figure under one version. `credit` in the currency of the inventory; None: not known."""

    verdict: Verdict
    margin: Fraction | float | None
    credit: Decimal | None


@dataclass(frozen=True)
class ReplayedFigure:
    """One product in one period, under today's version and under the draft."""

    product: Product
    segment: str
    period: str
    value: Fraction | None
    today: Outcome | None  # None: there is no version today
    draft: Outcome
    sure: bool = True  # whether its verdict under the draft is that of the exact value


class Source(Enum):
    """Where the figures of a replay come from."""

    STORED = "from stored figures"
    SUMMARIES = "from summaries"
    GRANULES = "from the granules"


@dataclass(frozen=True)
class Bounds:
    """How far the bounds of a value are apart, at most and usually (the median); `untold`:
    products of which nothing can be said without granules."""

    widest: float
    usual: float
    untold: int


@dataclass(frozen=True)
class Replay:
    """`negotiated`: holders that keep terms of their own. `bounds`: of values that are from
    histograms; None where every value is exact."""

    periods: tuple[str, ...]
    figures: tuple[ReplayedFigure, ...]
    negotiated: int
    source: Source
    bounds: Bounds | None = None


def needs_granules(before: ServiceLevelObjective | None, draft: ServiceLevelObjective) -> bool:
    """Whether stored values do not answer: the draft measures something else."""
    if before is None:
        return True
    tolerance = draft.tolerance or before.tolerance
    if tolerance is not None and tolerance.allowed_crossings is not None:
        return True
    changed = [one.key for one in differences(before, draft)]
    return any(
        key not in _DECIDING and not key.startswith(("credits.", "annotations")) for key in changed
    )


def replay_stored(examined: Examined, results: Path, months: int) -> Replay:
    """The newest `months` stored periods, re-decided."""
    draft, before = examined.proposed.draft.objective, examined.current
    if before is None or needs_granules(before, draft):
        raise InputError(
            "Stored figures do not answer for this draft: it measures something else",
            mend="Replay it exactly, from the granules",
        )
    periods = newest_periods(results, draft, months)
    products, negotiated = sold_under(examined, periods)
    figures: list[ReplayedFigure] = []
    versions = (_Version(before), _Version(draft))
    for period in periods:
        rows = stored_rows(results, period.label)
        mine = rows.filter(pc.equal(rows["objective_id"], draft.id))
        figures += _redecided(mine, period.label, products, versions)
    return Replay(tuple(p.label for p in periods), tuple(figures), negotiated, Source.STORED)


def replay_exactly(
    engine: Engine, known: Known, examined: Examined, results: Path, months: int
) -> Replay:
    """The same periods assessed from the granules, with the draft in force all along."""
    draft, before = examined.proposed.draft.objective, examined.current
    periods = newest_periods(results, draft, months)
    products, negotiated = sold_under(examined, periods)
    figures: list[ReplayedFigure] = []
    for period in periods:
        asked = AssessmentRequest(period, sorted(products), frozenset({draft.id}))
        new = _assessed(engine, replace(known, catalog=alone(examined, draft)), asked)
        old: dict[_Key, DecidedTask] = {}
        if before is not None:
            today = replace(known, catalog=alone(examined, before))
            old = _assessed(engine, today, asked)
        for key, decided in sorted(new.items()):
            product, segment = products[key[0]]
            held = old.get(key)
            figures.append(
                ReplayedFigure(
                    product,
                    segment,
                    key[1],
                    decided.decision.value,
                    None if held is None else _outcome_of(held, product),
                    _outcome_of(decided, product),
                )
            )
    return Replay(tuple(p.label for p in periods), tuple(figures), negotiated, Source.GRANULES)


def newest_periods(results: Path, draft: ServiceLevelObjective, months: int) -> list[Period]:
    """Stored periods as long as the conformance period, newest first in time, oldest first here."""
    stored = [p for p in stored_periods(results) if p.length == draft.conformance_period]
    if not stored:
        raise InputError(
            f"No period of length {draft.conformance_period} is stored",
            mend="Assess some with `trueline assess --period ... --store`",
        )
    return list(stored[-months:])


Sold = dict[str, tuple[Product, str]]


def sold_under(examined: Examined, periods: Sequence[Period]) -> tuple[Sold, int]:
    """Products that would hold the draft, with their segments; and how many of those covered keep
    negotiated terms or another standard that comes before it."""
    draft = examined.proposed.draft
    catalog, snapshot = examined.catalog, examined.snapshot
    after = alone(examined, draft.objective)
    at_s = seconds_of(periods[-1])
    found: Sold = {}
    others = 0
    for product in holders(draft.scope, catalog, snapshot, seconds_of(periods[0])):
        held = held_by(product, after, snapshot, draft.objective.id, at_s)
        own = held is not None and held.objective.version == examined.proposed.version
        if own and held is not None and held.agreement_id is None:
            found[product.id] = (product, customer_class_of(product, snapshot))
        elif seconds(product.start) < seconds_of(periods[-1]):
            others += 1
    return found, others


def seconds_of(period: Period) -> int:
    return period.bounds("UTC")[1] - 1


def _in_force_always(examined: Examined, objective: ServiceLevelObjective) -> Proposed:
    """The objective as a version newer than all, for everybody, at all times."""
    draft = replace(
        examined.proposed.draft,
        objective=replace(objective, valid_from=None, valid_to=None),
        rollout=Rollout.ALL,
        corrects=None,
    )
    return Proposed(draft, examined.proposed.version)


def alone(examined: Examined, objective: ServiceLevelObjective) -> Catalog:
    """The catalogue with one version of the standard alone, in force all along."""
    proposed = _in_force_always(examined, objective)
    scope, catalog = proposed.draft.scope, examined.catalog
    offerings = dict(catalog.offerings)
    if scope.level is Level.OFFERING and scope.offering in offerings:
        own = offerings[scope.offering]
        kept = tuple(one for one in own.objectives if one.id != objective.id)
        offerings[own.id] = replace(own, objectives=kept)
    beside = tuple(
        one for one in catalog.standards if one.scope != scope or one.objective.id != objective.id
    )
    emptied = replace(catalog, offerings=offerings, standards=beside)
    return with_standard(emptied, proposed)


_Key = tuple[str, str]


def _assessed(engine: Engine, known: Known, request: AssessmentRequest) -> dict[_Key, DecidedTask]:
    found: dict[_Key, DecidedTask] = {}

    def keep(decided: DecidedTask) -> None:
        found[decided.task.product_id, decided.task.period.label] = decided

    assess(engine, known, request, keep)
    return found


def _outcome_of(decided: DecidedTask, product: Product) -> Outcome:
    row, decision = decided.row, decided.decision
    percent, _ = credit_percent(decided.task.objective, row.verdict, decision.value, row.bad_s)
    return Outcome(row.verdict, decision.margin, credit_amount(percent, product))


def _redecided(
    rows: pa.Table,
    label: str,
    products: Sold,
    versions: tuple[_Version, _Version],
) -> Iterable[ReplayedFigure]:
    columns = ("product_id", "verdict", "value", "good_s", "bad_s", "unknown_s")
    values = zip(*(rows[name].to_pylist() for name in columns), strict=True)
    for product_id, verdict, value, good_s, bad_s, unknown_s in values:
        sold = products.get(product_id)
        if sold is None:
            continue
        figure = _Figure(value, good_s, bad_s, unknown_s, verdict == Verdict.NOT_APPLICABLE.value)
        today, draft = (version.outcome(figure, sold[0]) for version in versions)
        yield ReplayedFigure(*sold, label, exact_value(value), today, draft)


class _Figure(NamedTuple):
    """A stored figure. `idle`: the objective did not apply, and no version makes it."""

    value: float | None
    good_s: int
    bad_s: int
    unknown_s: int
    idle: bool


class _Version:
    """One version with what it says of figures; many figures are alike, so it is remembered."""

    def __init__(self, objective: ServiceLevelObjective) -> None:
        self.objective = objective
        self._decided: dict[_Figure, tuple[Decision, Verdict, Fraction | None]] = {}
        self._amounts: dict[tuple[str, Fraction | None], Decimal | None] = {}

    def outcome(self, figure: _Figure, product: Product) -> Outcome:
        found = self._decided.get(figure)
        if found is None:
            found = self._decided[figure] = self._decide(figure)
        decision, verdict, percent = found
        key = (product.id, percent)
        if key not in self._amounts:
            self._amounts[key] = credit_amount(percent, product)
        return Outcome(verdict, decision.margin, self._amounts[key])

    def _decide(self, figure: _Figure) -> tuple[Decision, Verdict, Fraction | None]:
        value = exact_value(figure.value)
        finding = Finding(value, figure.good_s, figure.bad_s, figure.unknown_s, None)
        decision = decide_verdict(self.objective, finding)
        verdict = Verdict.NOT_APPLICABLE if figure.idle else decision.verdict
        percent, _ = credit_percent(self.objective, verdict, decision.value, figure.bad_s)
        return decision, verdict, percent


@lru_cache(maxsize=65_536)
def exact_value(value: float | None) -> Fraction | None:
    """A stored value by its shortest decimal: 0.999 is 0.999 again, as it was decided."""
    return None if value is None else Fraction(Decimal(repr(value)))


def credit_amount(percent: Fraction | None, product: Product) -> Decimal | None:
    """Nothing for a figure that gives no credit, or of which nothing can be said."""
    if not percent:
        return Decimal(0)
    charge = charge_of(product)
    return None if charge is None else advised_amount(percent / 100, charge)
