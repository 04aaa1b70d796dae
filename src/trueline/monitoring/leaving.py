"""Rights to leave the contract that stand, or may come by the end of the period (rule M14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueline.assessment.credit_advice import chronic_outage
from trueline.assessment.limits import Limit
from trueline.calendars.intervals import Interval, intersect, total
from trueline.monitoring.cohort import rounded
from trueline.monitoring.forecast import Exposure
from trueline.monitoring.happenings import numbers_to_come, prior_of
from trueline.monitoring.predict import Predicted, predict
from trueline.monitoring.shown import Member, Shown
from trueline.offerings.credits import ChronicRule

_DAY_S = 86_400
NAMED_FROM = 0.01  # less likely rights are not named


@dataclass(frozen=True)
class Right:
    """A right to leave. `chance` that it stands when the period ends, 1 where it stands already;
    `at_most`: the true chance may be smaller."""

    product_id: str
    chance: float
    stands: bool
    words: str
    at_most: bool = False

    def as_plain(self) -> dict[str, object]:
        return {
            "product": self.product_id,
            "chance": rounded(self.chance),
            "stands": self.stands,
            "words": self.words,
            "at_most": self.at_most,
        }


def rights_of(
    members: Mapping[str, Member], shown: Mapping[str, Shown], predicted: Predicted
) -> list[Right]:
    """Those that stand first, then the likeliest."""
    found = [
        *_chronic_rights(members, shown, predicted),
        *_missed_in_a_row(members, predicted),
    ]
    named = [right for right in found if right.stands or right.chance >= NAMED_FROM]
    return sorted(named, key=lambda one: (not one.stands, -one.chance, one.product_id))


def _chronic_rights(
    members: Mapping[str, Member], shown: Mapping[str, Shown], predicted: Predicted
) -> Iterator[Right]:
    """Where availability is counted by outages, which are then known one by one."""
    told = {name: one.outages for name, one in shown.items() if one.outages is not None}
    exposures = {m: Exposure(len(o), shown[m].known_s) for m, o in told.items()}
    prior = prior_of(list(exposures.values()))
    for name, outages in sorted(told.items()):
        terms, one = members[name].objective.credits, shown[name]
        if terms is None or terms.chronic is None or prior is None:
            continue
        rule, zone_name = terms.chronic, members[name].spans.zone_name
        window_s = rule.window_days * _DAY_S
        recent = intersect(outages, [(one.period[0] - window_s + _DAY_S, one.at_s)])
        stands = chronic_outage(rule, recent, zone_name)
        if stands is not None:
            words = f"chronic: {stands.outages} outages, {stands.outage_s:,} s"
            days = f"{stands.first_day} to {stands.last_day}"
            yield Right(name, 1.0, True, f"{words}, {days}")
        elif name in predicted.chances:
            numbers = numbers_to_come(prior, exposures[name], one.to_come_s)
            yield _may_become_chronic(rule, one, (outages, numbers.tolist()), predicted, name)


def _may_become_chronic(
    rule: ChronicRule,
    one: Shown,
    outages_and_numbers: tuple[Sequence[Interval], Sequence[float]],
    predicted: Predicted,
    name: str,
) -> Right:
    """As if all that is to come fell in one window with what the last days hold: at most that."""
    outages, numbers = outages_and_numbers
    since_s = one.at_s - (rule.window_days - 1) * _DAY_S
    recent = intersect(outages, [(since_s, one.at_s)])
    chances = [0.0]
    words = []
    if rule.max_outages is not None:
        missing = rule.max_outages + 1 - sum(start >= since_s for start, _ in outages)
        chances.append(1.0 - sum(numbers[: max(0, missing)]))
        words.append(f"{missing} more outages")
    if rule.max_outage_s is not None and predicted.outlook is not None:
        missing_s = rule.max_outage_s - total(recent)
        bad_s = sum(d.amount or 0.0 for d in one.in_period)
        limit = Limit(Fraction(bad_s) + missing_s, of_bad_s=True)
        chances.append(predicted.outlook.chance(name, limit))
        words.append(f"{missing_s:,} s more of outage")
    return Right(name, max(chances), False, f"chronic after {' or '.join(words)}", at_most=True)


def _missed_in_a_row(members: Mapping[str, Member], predicted: Predicted) -> Iterator[Right]:
    """With the running period as the last of a row of missed ones. Where less history is told than
    the row is long, nothing is said."""
    by_length: dict[int, list[str]] = {}
    for name, member in sorted(members.items()):
        terms = member.objective.credits
        if terms is not None and terms.missed_periods is not None and name in predicted.chances:
            by_length.setdefault(terms.missed_periods, []).append(name)
    for length, names in sorted(by_length.items()):
        missed = set(names)
        for ago in range(1, length):
            able = [n for n in missed if len(members[n].spans.earlier) >= ago]
            ended = predict({n: members[n].back_then(1.0, periods_ago=ago) for n in able})
            missed = {n for n in able if ended.chances.get(n, 0.0) > 0.5}
            if not missed:
                break
        for name in sorted(missed):
            words = f"missed {length - 1} periods in a row; this would be {length}"
            yield Right(name, predicted.chances[name], False, words)


def exposure(rights: Sequence[Right], charges: Mapping[str, tuple[str, Decimal]]) -> dict[str, str]:
    """Monthly charges of the members that hold a right or may come to hold one, by currency."""
    found: dict[str, Decimal] = {}
    for product_id in sorted({right.product_id for right in rights}):
        if product_id in charges:
            currency, charge = charges[product_id]
            found[currency] = found.get(currency, Decimal(0)) + charge
    return {currency: f"{amount:f}" for currency, amount in sorted(found.items())}
