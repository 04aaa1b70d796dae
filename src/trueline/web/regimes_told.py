"""Regimes, their runs and alerts as people read them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trueline.calendars.instants import instant, parse_instant, render_instant
from trueline.monitoring.alert_notes import Handled
from trueline.monitoring.board import BoardLine, Changed
from trueline.monitoring.models import Alert
from trueline.monitoring.values import TriggerKind
from trueline.web.sight import period_name
from trueline.web.wording import duration, floor_percent, utc_time

MEMBERS_SHOWN = 10
_EVERY = {
    "PT5M": "5 minutes",
    "PT15M": "15 minutes",
    "PT1H": "hour",
    "P1D": "day",
    "P1W": "week",
    "P1M": "month",
    "P3M": "quarter",
    "P1Y": "year",
}
TRIGGERS = {
    TriggerKind.BURN: "burns its allowance",
    TriggerKind.VIOLATED_SHARE: "many members violate",
    TriggerKind.PREDICTED: "violation in sight",
    TriggerKind.PEERS: "unlike its peers",
    TriggerKind.STALE: "nothing measured of late",
    TriggerKind.THIN: "too little measured",
}


def every_text(cadence: str) -> str:
    return _EVERY.get(cadence, cadence)


def run_heading(found: dict[str, Any]) -> str:
    """`October 2026 to date, as it stood on 16 Oct 2026 00:00 UTC`."""
    at = utc_time(parse_instant(found["due"]))
    return f"{period_name(found['period'])} to date, as it stood on {at}"


@dataclass(frozen=True)
class Money:
    """Sums in one currency, as text; the currency is empty where the inventory names none."""

    expected: Decimal
    worst: Decimal
    currency: str

    @property
    def text(self) -> str:
        return f"{self.expected:,.2f} {self.currency}".rstrip()

    @property
    def worst_text(self) -> str:
        return f"{self.worst:,.2f} {self.currency}".rstrip()


def money_of(by_currency: dict[str, dict[str, str]]) -> list[Money]:
    return [
        Money(Decimal(one["expected"]), Decimal(one["worst"]), currency)
        for currency, one in by_currency.items()
    ]


@dataclass(frozen=True)
class ShownObjective:
    """What a run says of one objective, as text."""

    told: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.told["objective"])

    @property
    def verdicts(self) -> dict[str, int]:
        found: dict[str, int] = self.told["current"]["verdicts"]
        return found

    @property
    def share_met(self) -> str:
        return floor_percent(self.told["current"]["share_met"], 1)

    @property
    def fixed_share_met(self) -> str:
        return floor_percent(self.told["fixed"]["share_met"], 1)

    @property
    def prediction(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.told["prediction"]
        return found

    @property
    def why_unpredicted(self) -> str:
        return str(self.told.get("why_unpredicted") or "not predicted by the method of that run")

    @property
    def expected(self) -> str:
        """How many members are going to violate, to a tenth; less than that is said to be less."""
        number = float((self.prediction or {}).get("expected_violations") or 0)
        return "< 0.1" if 0 < number < 0.05 else f"{number:.1f}"

    @property
    def likely(self) -> list[tuple[str, str]]:
        """Members that are not violated yet and most probably will be."""
        prediction = self.prediction or {"members": {}}
        waiting = [
            (member, chance)
            for member, chance in prediction["members"].items()
            if member not in self.told["violated"] and chance >= 0.01
        ]
        first = sorted(waiting, key=lambda pair: (-pair[1], pair[0]))[:MEMBERS_SHOWN]
        return [(member, floor_percent(chance, 0)) for member, chance in first]

    @property
    def unknown(self) -> list[tuple[str, int]]:
        """Why members are not predicted, and how many."""
        reasons = (self.prediction or {}).get("unknown", {})
        return Counter(reasons.values()).most_common()

    @property
    def money(self) -> list[Money]:
        money = (self.prediction or {}).get("money_at_risk") or {}
        return money_of(money.get("by_currency", {}))

    @property
    def money_unknown(self) -> int:
        money = (self.prediction or {}).get("money_at_risk") or {}
        return int(money.get("unknown", 0))

    @property
    def rights(self) -> list[tuple[str, str]]:
        """Members with a right to leave, or near to one, in words."""
        rights = ((self.prediction or {}).get("leaving") or {}).get("rights", [])
        return [(right["product"], _right_text(right)) for right in rights[:MEMBERS_SHOWN]]

    @property
    def exposure(self) -> list[str]:
        exposed = ((self.prediction or {}).get("leaving") or {}).get("exposure", {})
        return [f"{Decimal(sum_):,.2f} {name}".rstrip() for name, sum_ in exposed.items()]

    @property
    def trusted(self) -> bool:
        """Whether the predictions of the period before beat naming the share that came."""
        test = self.prediction["back_test"] if self.prediction else None
        if not test or test["brier_score"] is None:
            return False
        return bool(test["brier_score"] < test["base_rate_score"])

    @property
    def score(self) -> str:
        """`0.012; climate 0.030, as it stood 0.038`."""
        test = self.prediction["back_test"] if self.prediction else {}
        if test.get("brier_score") is None:
            return "no period before to test on"
        text = f"Brier {_short(test['brier_score'])}; climate {_short(test['base_rate_score'])}"
        stood = test.get("as_it_stood_score")
        return text if stood is None else f"{text}, as it stood {_short(stood)}"

    @property
    def worth(self) -> str:
        """Whether the probabilities are worth anything, in words."""
        test = self.prediction["back_test"] if self.prediction else {}
        if test.get("brier_score") is None:
            return ""
        if not test["base_rate_score"]:
            return "all ended alike: nothing to tell apart"
        if not self.trusted:
            return "no better than the climate: do not trust them"
        skill = test.get("skill")
        better = "better" if skill is None else f"{floor_percent(skill, 0)} better"
        return f"{better} than the climate"


def _short(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _right_text(right: dict[str, Any]) -> str:
    if right["stands"]:
        return f"stands, {right['words']}"
    chance = floor_percent(right["chance"], 0)
    return f"{'at most ' if right['at_most'] else ''}{chance}, {right['words']}"


@dataclass(frozen=True)
class ShownAlert:
    alert: Alert
    handled: Handled

    @property
    def raised(self) -> str:
        return utc_time(instant(self.alert.raised_s))

    @property
    def raised_iso(self) -> str:
        return render_instant(self.alert.raised_s)

    @property
    def cleared(self) -> str:
        stands = self.alert.cleared_s is None
        return "" if stands else utc_time(instant(self.alert.cleared_s or 0))

    @property
    def trigger(self) -> str:
        return TRIGGERS[TriggerKind(self.alert.trigger)]

    @property
    def measure(self) -> str:
        return _measure_text(self.alert.trigger, json.loads(self.alert.raised_evidence))

    @property
    def cleared_by(self) -> str:
        """What cleared it, in words."""
        if not self.alert.cleared_evidence:
            return ""
        told = json.loads(self.alert.cleared_evidence)
        return str(told["why"]) if "why" in told else _measure_text(self.alert.trigger, told)

    @property
    def subject_is_product(self) -> bool:
        return self.alert.trigger != "violated_share"

    @property
    def notes(self) -> list[tuple[str, str, str, str]]:
        """When, what, by whom, and what was said."""
        return [
            (utc_time(note.at), _NOTED[note.kind].format(note.owner), note.by, note.text)
            for note in self.handled.notes
        ]


_NOTED = {"acknowledged": "acknowledged", "comment": "commented", "owner": "given to {}"}


def _measure_text(trigger: str, told: dict[str, Any]) -> str:
    """What was measured when the alert changed, in words."""
    value, evidence = told["value"], told["evidence"]
    match TriggerKind(trigger):
        case TriggerKind.BURN:
            over = f"{duration(evidence['long_s'])} and {duration(evidence['short_s'])}"
            rate = float(value) * float(evidence["rate"])
            return f"{rate:.3g} times as fast as the allowance lasts, over {over}"
        case TriggerKind.PREDICTED:
            return f"{floor_percent(value, 0)} likely to end in a violation"
        case TriggerKind.VIOLATED_SHARE:
            return f"{evidence['violated']} of {evidence['assessed']} members violate"
        case TriggerKind.PEERS:
            return f"{float(value):.3g} robust deviations from the median of its peers"
        case TriggerKind.STALE:
            known = f"{duration(evidence['known_s'])} of {duration(evidence['window_s'])}"
            return f"{known} measured"
        case TriggerKind.THIN:
            return f"coverage {floor_percent(evidence['coverage'], 1)}"


@dataclass(frozen=True)
class ShownLine:
    """One regime on the board."""

    line: BoardLine

    @property
    def every(self) -> str:
        return every_text(self.line.standing.regime.cadence)

    @property
    def run_at(self) -> str:
        return utc_time(instant(self.line.run.due_s)) if self.line.run else "not run yet"

    @property
    def money(self) -> list[Money]:
        found = self.line.found.get("money_at_risk") or {}
        assert isinstance(found, dict)
        return money_of(found)

    @property
    def changes(self) -> list[tuple[str, list[tuple[str, str]], int]]:
        """What, the objective and product of the first few, and how many more."""
        changed = self.line.changed
        if changed is None:
            return []
        return [
            _named("newly violated", changed.newly_violated),
            _named("recovered", changed.recovered),
        ]

    @property
    def counts(self) -> str:
        return _counts(self.line.changed) if self.line.changed else ""


def _named(what: str, pairs: tuple[tuple[str, str], ...]) -> tuple[str, list[tuple[str, str]], int]:
    return what, list(pairs[:MEMBERS_SHOWN]), max(0, len(pairs) - MEMBERS_SHOWN)


def _counts(changed: Changed) -> str:
    told = (
        (changed.alerts_raised, "alert", "raised"),
        (changed.alerts_cleared, "alert", "cleared"),
        (len(changed.joined), "member", "joined"),
        (len(changed.left), "member", "left"),
    )
    return ", ".join(
        f"{count} {what}{'' if count == 1 else 's'} {how}" for count, what, how in told if count
    )
