"""What a run says about the end of the period, for one objective: the probability of each member,
how well such predictions came true, money at risk and rights to leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trueline.assessment.advised_credits import charge_of, currency_of
from trueline.inventory.values import Product
from trueline.monitoring.amounts import value_of
from trueline.monitoring.cohort import rounded
from trueline.monitoring.leaving import exposure, rights_of
from trueline.monitoring.money import Stake
from trueline.monitoring.predict import BackTest, Predicted, back_test, predict, why_not
from trueline.monitoring.shown import Member, Shown
from trueline.monitoring.stakes import stakes_of
from trueline.monitoring.values import Regime
from trueline.offerings.values import ServiceLevelObjective


@dataclass(frozen=True)
class Foreseen:
    """`plain` is kept; `chances` and `shown` are what alarms look at; `stakes` are summed over the
    objectives of a run."""

    plain: dict[str, object]
    chances: Mapping[str, float]
    shown: Mapping[str, Shown]
    stakes: tuple[Stake, ...] = ()


def foresee(
    regime: Regime, members: Mapping[str, Member], products: Mapping[str, Product], due_s: int
) -> Foreseen | None:
    """None without a member of which anything could be said."""
    if not members:
        return None
    shown = {name: member.now(due_s) for name, member in sorted(members.items())}
    predicted = predict(shown)
    tested = back_test(members)
    stakes = stakes_of(regime, members, predicted, products)
    plain: dict[str, object] = {
        "members": {name: rounded(chance) for name, chance in predicted.chances.items()},
        "unknown": dict(predicted.unknown),
        "expected_violations": rounded(sum(predicted.chances.values())),
        "back_test": _plain_test(tested),
        **_leaving(regime, members, shown, predicted, products),
    }
    if stakes is not None:
        plain["money_at_risk"] = stakes.as_plain()
    return Foreseen(plain, predicted.chances, shown, stakes.known if stakes else ())


def _plain_test(tested: BackTest) -> dict[str, object]:
    return {
        "forecasts": tested.forecasts,
        "brier_score": rounded(tested.score),
        "base_rate_score": rounded(tested.base_rate),
        "as_it_stood_score": rounded(tested.as_it_stood),
        "skill": rounded(tested.skill),
    }


def _leaving(
    regime: Regime,
    members: Mapping[str, Member],
    shown: Mapping[str, Shown],
    predicted: Predicted,
    products: Mapping[str, Product],
) -> dict[str, object]:
    rights = rights_of(members, shown, predicted)
    if not rights:
        return {}
    charges = {}
    for right in rights:
        charge = charge_of(products[right.product_id], regime.charge)
        if charge is not None:
            charges[right.product_id] = currency_of(products[right.product_id]), charge
    plain = [right.as_plain() for right in rights]
    return {"leaving": {"rights": plain, "exposure": exposure(rights, charges)}}


def why_unpredicted(objectives: Iterable[ServiceLevelObjective]) -> str:
    """Why an objective has no prediction at all, in words."""
    for objective in objectives:
        reason = why_not(objective)
        if reason is not None:
            return reason
    return "nothing was shown in the running period"


def evidence_of(one: Shown) -> dict[str, object]:
    """What a prediction was made from, in few figures."""
    if one.events:
        return {"events": len(one.events_in_period), "to_come_s": one.to_come_s}
    return {"value": rounded(value_of(one)), "to_come_s": one.to_come_s}
