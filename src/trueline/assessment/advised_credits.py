"""Credit advice for figures whose objective has credit terms (rule M14): never billing.

Several objectives of one product may be missed by the same downtime: of those read by outage time
the largest credit counts, the others do not. Everything is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from trueline.assessment.assess import DecidedTask, Known
from trueline.assessment.credit_advice import (
    advised_amount,
    band_credit,
    prorated_days,
    step_credit,
)
from trueline.assessment.repair import Outage, running_time
from trueline.assessment.rights_to_leave import (
    Figure,
    Grounds,
    StoredPeriods,
    right_to_leave,
)
from trueline.assessment.values import Verdict
from trueline.assessment.verdict import SHARE_STATISTICS
from trueline.calendars.intervals import Interval, intersect, subtract, union
from trueline.calendars.periods import midnight
from trueline.inventory.values import Product
from trueline.offerings.credits import CreditMeasure, CreditTerms, StepCredit
from trueline.offerings.values import ServiceLevelObjective, Statistic

CHARGE = "monthly_recurring_charge"
CURRENCY = "currency"  # of the charge; without one it is in the inventory's own
_DECIDED = (Verdict.MET, Verdict.AT_RISK, Verdict.WITHIN_TOLERANCE, Verdict.VIOLATED)


@dataclass(frozen=True)
class CreditAdvice:
    """What the contract says of one figure. `percent` of the monthly charge; None: nothing can be
    said, and `why` tells the reason. `amount` None: the charge is not known. `counted` False: the
    same downtime gives a larger credit elsewhere. `leave`: the right to leave, in words, by what
    stood when it was asked for; `grounds`: what it is decided from."""

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
    grounds: Grounds | None = None
    currency: str = ""


def advise_credit(decided: DecidedTask, product: Product, known: Known) -> CreditAdvice | None:
    """Advice for one decided figure, its rights to leave still open; None where its objective has
    no credit terms."""
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
        by_outage=read_by_outage(task.objective),
        why=why,
        claim_until=task.period.end + timedelta(days=claim) if claim and percent else None,
        grounds=_grounds(decided, terms, known),
        currency=currency_of(product),
    )


def with_rights(advice: Iterable[CreditAdvice], stored: StoredPeriods) -> list[CreditAdvice]:
    """With the rights to leave, from what is stored of other periods now."""
    found = []
    for one in advice:
        if one.grounds is not None:
            series = one.product_id, one.objective_id
            figure = Figure(series, one.period, one.verdict, one.grounds)
            one = replace(one, leave=right_to_leave(figure, stored))
        found.append(one)
    return found


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
    """Credits of one customer or offering together, in one currency. `unknown`: figures that
    credit an amount which is not known, or of which nothing can be said."""

    key: str
    currency: str
    products: int
    amount: Decimal
    unknown: int


def pooled_credits(
    advice: Iterable[CreditAdvice], by: str = "customer_id"
) -> tuple[PooledCredits, ...]:
    """Counted credits summed by `customer_id` or `offering_id`, the largest sum first; currencies
    are never added."""
    groups: Mapping[tuple[str, str], list[CreditAdvice]] = defaultdict(list)
    for one in advice:
        groups[getattr(one, by), one.currency].append(one)
    found = [
        PooledCredits(
            key,
            currency,
            len({one.product_id for one in mine if one.counted}),
            sum((one.amount for one in mine if one.counted and one.amount), Decimal(0)),
            sum(one.percent is None or (one.counted and one.amount is None) for one in mine),
        )
        for (key, currency), mine in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.key, one.currency)))


def totals(advice: Iterable[CreditAdvice]) -> dict[str, Decimal]:
    """Counted credits together, by currency; nothing where nothing is owed."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in advice:
        if one.percent and one.counted and one.amount:
            found[one.currency] += one.amount
    return dict(sorted(found.items()))


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


def read_by_outage(objective: ServiceLevelObjective) -> bool:
    """Whether the credit is read by down time: the same outage then gives it once."""
    terms = objective.credits
    by_time = terms is not None and (terms.bands is not None or terms.days is not None)
    return by_time or objective.statistic in SHARE_STATISTICS


def currency_of(product: Product) -> str:
    return product.characteristics.get(CURRENCY, "")


def charge_of(product: Product, characteristic: str = "") -> Decimal | None:
    """The monthly recurring charge of a sold offering, where the inventory has one; kept in
    `characteristic`, where it is not the usual one."""
    try:
        charge = Decimal(product.characteristics.get(characteristic or CHARGE, ""))
    except InvalidOperation:
        return None
    return charge if charge.is_finite() and charge >= 0 else None


def _grounds(decided: DecidedTask, terms: CreditTerms, known: Known) -> Grounds | None:
    """Events tell of every outage there was; states only of those of the period itself."""
    if terms.chronic is None and terms.missed_periods is None:
        return None
    by_events = decided.task.objective.statistic is Statistic.AVAILABILITY_OUTAGE
    outages: list[Interval] = []
    if terms.chronic is not None:
        outages = _recent_outages(decided, known, terms.chronic.window_days)
    return Grounds(
        terms.missed_periods, terms.chronic, decided.task.zone_name, tuple(outages), by_events
    )


def _recent_outages(decided: DecidedTask, known: Known, window_days: int) -> list[Interval]:
    """Outages of the product, less agreed exclusions: from events in windows that end in the
    period, from states in the period itself (those before are kept with the periods before)."""
    task = decided.task
    zone = task.zone_name
    agreed = union(known.exclusions.get(task.product_id, ()))
    end_s = midnight(task.period.end, zone)
    if task.objective.statistic is not Statistic.AVAILABILITY_OUTAGE:
        own = [(midnight(task.period.first, zone), end_s)]
        return subtract(intersect(union(decided.evidence.unavailable.intervals), own), agreed)
    from_s = midnight(task.period.first - timedelta(days=window_days - 1), zone)
    kinds = task.parameter.event_kinds
    downtime = running_time(
        Outage(e.start_s, known.as_of_s if e.end_s is None else e.end_s, e.stop_clock)
        for e in known.events.get(task.product_id, ())
        if not kinds or e.kind in kinds
    )
    return subtract(intersect(union(downtime), [(from_s, end_s)]), agreed)
