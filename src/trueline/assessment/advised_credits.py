"""Credit advice for figures whose objective has credit terms (rule M14): never billing.

Several objectives of one product may be missed by the same downtime: of those read by outage time
the largest credit counts, the others do not. Everything is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from trueline.assessment.assess import DecidedTask, Known
from trueline.assessment.credit_advice import (
    advised_amount,
    band_credit,
    chronic_outage,
    prorated_days,
    step_credit,
)
from trueline.assessment.repair import Outage, running_time
from trueline.assessment.values import Verdict
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.intervals import Interval, intersect, subtract, union
from trueline.calendars.periods import midnight
from trueline.inventory.values import Product
from trueline.offerings.credits import CreditMeasure, CreditTerms, StepCredit
from trueline.offerings.values import ServiceLevelObjective, Statistic

CHARGE = "monthly_recurring_charge"
_DECIDED = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE, Verdict.VIOLATED)


@dataclass(frozen=True)
class CreditAdvice:
    """What the contract says of one figure. `percent` of the monthly charge; None: nothing can be
    said, and `why` tells the reason. `amount` None: the charge is not known. `counted` False: the
    same downtime gives a larger credit elsewhere. `leave`: the right to leave, in words."""

    product_id: str
    customer_id: str
    offering_id: str
    objective_id: str
    version: int
    period: str
    verdict: Verdict
    percent: Fraction | None
    amount: Decimal | None
    counted: bool
    by_outage: bool
    why: str
    leave: str = ""
    claim_until: date | None = None


def advise_credit(
    decided: DecidedTask, product: Product, known: Known, missed: Sequence[str] | None = None
) -> CreditAdvice | None:
    """Advice for one decided figure; None where its objective has no credit terms. `missed`: of
    the periods right before, newest first, those assessed as violated without a break; None where
    that is not known."""
    task = decided.task
    terms = task.objective.credits
    if terms is None:
        return None
    percent, why = credit_percent(
        task.objective, decided.row.verdict, decided.decision.value, decided.finding.bad_s
    )
    charge = charge_of(product)
    amount = None
    if percent is not None and charge is not None:
        amount = advised_amount(percent / 100, charge)
    claim = terms.claim_days
    return CreditAdvice(
        product.id,
        product.customer_id,
        product.offering_id,
        task.objective.id,
        task.objective.version,
        task.period.label,
        decided.row.verdict,
        percent,
        amount,
        counted=bool(percent),
        by_outage=by_outage(task.objective, terms),
        why=why,
        leave=_right_to_leave(decided, terms, known, missed),
        claim_until=task.period.end + timedelta(days=claim) if claim and percent else None,
    )


def without_repeats(advice: Iterable[CreditAdvice]) -> list[CreditAdvice]:
    """One credit for one downtime: of a product and period, only the largest read by outage."""
    rows = list(advice)
    best: dict[tuple[str, str], int] = {}
    for at, one in enumerate(rows):
        key = (one.product_id, one.period)
        if one.by_outage and one.counted:
            held = best.get(key)
            if held is None or (one.percent or 0) > (rows[held].percent or 0):
                best[key] = at
    kept = set(best.values())
    return [
        replace(one, counted=False) if one.by_outage and one.counted and at not in kept else one
        for at, one in enumerate(rows)
    ]


@dataclass(frozen=True)
class PooledCredits:
    """Credits of one customer or offering together. `unknown`: figures that credit an amount which
    is not known, or of which nothing can be said."""

    key: str
    products: int
    amount: Decimal
    unknown: int


def pooled_credits(
    advice: Iterable[CreditAdvice], by: str = "customer_id"
) -> tuple[PooledCredits, ...]:
    """Counted credits summed by `customer_id` or `offering_id`, the largest sum first."""
    groups: Mapping[str, list[CreditAdvice]] = defaultdict(list)
    for one in advice:
        groups[getattr(one, by)].append(one)
    found = [
        PooledCredits(
            key,
            len({one.product_id for one in mine if one.counted}),
            sum((one.amount for one in mine if one.counted and one.amount), Decimal(0)),
            sum(one.percent is None or (one.counted and one.amount is None) for one in mine),
        )
        for key, mine in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.key)))


def credit_percent(
    objective: ServiceLevelObjective, verdict: Verdict, value: Fraction | None, bad_s: int
) -> tuple[Fraction | None, str]:
    """The credit in percent of the monthly charge, capped, and the rule in words; None where
    nothing can be said."""
    terms = objective.credits
    if terms is None:
        return Fraction(0), "no credit terms"
    if verdict not in _DECIDED or value is None:
        return None, f"{verdict.value}: nothing can be said"
    percent, why = _uncapped(objective, terms, verdict, (value, bad_s))
    if percent > terms.cap_percent:
        return Fraction(terms.cap_percent), f"{why}, capped at {terms.cap_percent} %"
    return percent, why


def _uncapped(
    objective: ServiceLevelObjective,
    terms: CreditTerms,
    verdict: Verdict,
    figure: tuple[Fraction, int],
) -> tuple[Fraction, str]:
    value, bad_s = figure
    if terms.flat_percent is not None:
        missed = verdict is Verdict.VIOLATED
        return Fraction(terms.flat_percent if missed else 0), "so much for any miss"
    if terms.days is not None:
        days = prorated_days(terms.days, bad_s)
        share = Fraction(100 * days, terms.days.days_per_month)
        return share, f"{days} of {terms.days.days_per_month} days for {bad_s:,} s"
    if terms.bands is not None:
        if terms.bands.measure is CreditMeasure.OUTAGE_S:
            return Fraction(band_credit(terms.bands, bad_s)), f"the band of {bad_s:,} s"
        return Fraction(band_credit(terms.bands, value * 100)), "the band of the availability"
    if terms.steps is not None:
        stepped = _stepped(objective, terms.steps, value)
        return Fraction(stepped), "so much for each started step"
    return Fraction(0), "no credit, but a right to leave"


def _stepped(objective: ServiceLevelObjective, steps: StepCredit, value: Fraction) -> Decimal:
    if objective.statistic in SHARE_STATISTICS or objective.of == "share_within":
        value *= 100
    if objective.comparator.higher_is_better:
        return step_credit(steps, value)
    turned = StepCredit(-steps.target, steps.step, steps.credit_percent)
    return step_credit(turned, -value)


def by_outage(objective: ServiceLevelObjective, terms: CreditTerms) -> bool:
    """Whether the credit is for down time, which other objectives may be missed by as well."""
    by_time = terms.bands is not None or terms.days is not None
    return by_time or objective.statistic in SHARE_STATISTICS


def charge_of(product: Product) -> Decimal | None:
    """The monthly recurring charge of a sold offering, where the inventory has one."""
    try:
        charge = Decimal(product.characteristics.get(CHARGE, ""))
    except InvalidOperation:
        return None
    return charge if charge.is_finite() and charge >= 0 else None


def _right_to_leave(
    decided: DecidedTask, terms: CreditTerms, known: Known, missed: Sequence[str] | None
) -> str:
    told = []
    if terms.chronic is not None:
        found = chronic_outage(
            terms.chronic,
            _recent_outages(decided, known, terms.chronic.window_days),
            decided.task.zone_name,
        )
        if found is not None:
            told.append(
                f"chronic: {found.outages} outages, {found.outage_s:,} s, "
                f"{found.first_day} to {found.last_day}"
            )
    if terms.missed_periods is not None and decided.row.verdict is Verdict.VIOLATED:
        if missed is None:
            told.append("not known: earlier periods are not assessed")
        elif len(missed) + 1 >= terms.missed_periods:
            told.append(f"missed {len(missed) + 1} periods in a row")
    return "; ".join(told)


def _recent_outages(decided: DecidedTask, known: Known, window_days: int) -> list[Interval]:
    """Outages of the product, less agreed exclusions, in windows that end in the period."""
    task = decided.task
    zone = task.zone_name
    from_s = midnight(task.period.first - timedelta(days=window_days - 1), zone)
    window = [(from_s, midnight(task.period.end, zone))]
    if task.objective.statistic is not Statistic.AVAILABILITY_OUTAGE:
        return intersect(union(decided.evidence.unavailable.intervals), window)
    kinds = task.parameter.event_kinds
    downtime = running_time(
        Outage(e.start_s, known.as_of_s if e.end_s is None else e.end_s, e.stop_clock)
        for e in known.events.get(task.product_id, ())
        if not kinds or e.kind in kinds
    )
    agreed = known.exclusions.get(task.product_id, ())
    return subtract(intersect(union(downtime), window), union(agreed))
