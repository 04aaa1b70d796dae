"""Monitoring regimes as frozen values (R1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

SHORT_CADENCES = {"PT5M": 300, "PT15M": 900, "PT1H": 3_600}  # seconds; beside calendar periods


class RegimeState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class TriggerKind(StrEnum):
    """What a trigger looks at; its measure rises as things get worse."""

    BURN = "burn"  # of a member: how many times the rate of a pair of windows is burnt
    VIOLATED_SHARE = "violated_share"  # of the group: share of assessed members that violate
    PREDICTED = "predicted"  # of a member: probability of a violation at the period's end
    PEERS = "peers"  # of a member: how far it is from its peers, in robust deviations
    STALE = "stale"  # of a member: 1 when nothing was measured of late
    THIN = "thin"  # of a member: 1 when coverage is below its minimum


@dataclass(frozen=True)
class Trigger:
    """Raised at `raise_at` or above, cleared below `clear_below` (O-10). Tolerated while no window
    of `tolerance_period_s` holds more than `allowed_crossings` crossings (O-9)."""

    kind: TriggerKind
    raise_at: Decimal
    clear_below: Decimal
    allowed_crossings: int = 0
    tolerance_period_s: int | None = None


DEFAULT_TRIGGERS = {
    TriggerKind.BURN: Trigger(TriggerKind.BURN, Decimal(1), Decimal("0.9")),
    TriggerKind.VIOLATED_SHARE: Trigger(
        TriggerKind.VIOLATED_SHARE, Decimal("0.1"), Decimal("0.05")
    ),
    TriggerKind.PREDICTED: Trigger(TriggerKind.PREDICTED, Decimal("0.5"), Decimal("0.3")),
    TriggerKind.PEERS: Trigger(TriggerKind.PEERS, Decimal("3.5"), Decimal(3)),
    TriggerKind.STALE: Trigger(TriggerKind.STALE, Decimal(1), Decimal(1)),
    TriggerKind.THIN: Trigger(TriggerKind.THIN, Decimal(1), Decimal(1)),
}


@dataclass(frozen=True)
class Regime:
    """What is watched. `objectives` empty: every one that members hold. `cadence` is one of
    SHORT_CADENCES or a calendar period in UTC: when it runs. `window`: the calendar period that it
    judges to date.
    `cost` a month, for whoever owns it. `charge`: the product characteristic that holds the monthly
    charge; `credit_percent` of it is at stake. `least_samples`: fewer in a burn window say
    nothing."""

    id: str
    group: str
    owner: str
    cadence: str = "P1D"
    window: str = "P1M"
    name: str = ""
    purpose: str = ""
    objectives: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = tuple(DEFAULT_TRIGGERS.values())
    cost: Decimal = Decimal(0)
    stale_after_s: int = 86_400
    least_samples: int = 3
    charge: str = ""
    credit_percent: Decimal = Decimal(0)
    trends: str = (
        ""  # calendar period in UTC: how often the group's products are scanned for trends
    )

    def trigger(self, kind: TriggerKind) -> Trigger | None:
        return next((t for t in self.triggers if t.kind is kind), None)
