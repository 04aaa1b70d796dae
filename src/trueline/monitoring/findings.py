"""What a run says about one objective: counts of both cohorts, worst members, members unlike their
peers, stale and thin data, what burns, what the period is going to end with, and money at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueline.assessment.values import AssessmentRow, Verdict
from trueline.inventory.values import Product
from trueline.monitoring.burning import burning
from trueline.monitoring.cohort import Cohort, counted, rounded, worst_of
from trueline.monitoring.foreseen import Foreseen, evidence_of, foresee, why_unpredicted
from trueline.monitoring.money import Stake
from trueline.monitoring.observe import Seen, is_share
from trueline.monitoring.peers import MemberValue, unlike_peers
from trueline.monitoring.values import Regime, TriggerKind
from trueline.offerings.values import ServiceLevelObjective, Statistic

UNLIKE_FROM = 3.5  # robust deviations (Iglewicz and Hoaglin 1993)


@dataclass(frozen=True)
class Measure:
    """What a trigger looks at; `subject`: a product id, or the group's id."""

    trigger: TriggerKind
    objective_id: str
    subject: str
    value: float
    evidence: Mapping[str, object]

    def as_plain(self) -> dict[str, object]:
        return {
            "trigger": self.trigger.value,
            "objective": self.objective_id,
            "subject": self.subject,
            "value": rounded(self.value),
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class Said:
    """About one objective: what is kept, what triggers look at, and what is at stake."""

    plain: dict[str, object]
    measures: list[Measure]
    stakes: tuple[Stake, ...] = ()


@dataclass(frozen=True)
class Asking:
    """One objective of a run."""

    regime: Regime
    cohort: Cohort
    seen: Seen
    products: Mapping[str, Product]
    objective_id: str
    due_s: int

    def say(self) -> Said:
        rows = [r for r in self.seen.rows if r.objective_id == self.objective_id]
        current = [r for r in rows if r.product_id in set(self.cohort.current)]
        fixed = [r for r in rows if r.product_id in set(self.cohort.fixed)]
        now = counted(current)
        measures: list[Measure] = []
        if now.assessed:
            violated = now.verdicts[Verdict.VIOLATED.value]
            evidence = {"violated": violated, "assessed": now.assessed}
            share = violated / now.assessed
            measures.append(self._measure(TriggerKind.VIOLATED_SHARE, None, share, evidence))
        peers = self._peers(current)
        foreseen = self._foreseen()
        if foreseen is not None:
            measures += self._predicted(foreseen)
        measures += [*peers, *self._data(current), *self._burning(current)]
        return Said(
            {
                "objective": self.objective_id,
                "current": now.as_plain(),
                "fixed": counted(fixed).as_plain(),
                "worst": [_worst(r) for r in worst_of(current)],
                "unlike_peers": [m.as_plain() for m in peers if abs(m.value) >= UNLIKE_FROM],
                "prediction": None if foreseen is None else foreseen.plain,
                "why_unpredicted": "" if foreseen else why_unpredicted(self._promised(current)),
                "violated": sorted(r.product_id for r in current if r.verdict is Verdict.VIOLATED),
            },
            measures,
            foreseen.stakes if foreseen else (),
        )

    def _measure(
        self, kind: TriggerKind, subject: str | None, value: float, evidence: Mapping[str, object]
    ) -> Measure:
        name = self.regime.group if subject is None else subject
        return Measure(kind, self.objective_id, name, value, evidence)

    def _objective(self, row: AssessmentRow) -> ServiceLevelObjective:
        return self.seen.objectives[row.product_id, row.objective_id]

    def _peers(self, rows: Sequence[AssessmentRow]) -> list[Measure]:
        known = [r for r in rows if r.value is not None and _assessed(r)]
        if not known:
            return []
        objective = self._objective(known[0])
        members = {r.product_id: _member_value(r, self._objective(r)) for r in known}
        found = unlike_peers(members, higher_is_better=objective.comparator.higher_is_better)
        return [
            self._measure(
                TriggerKind.PEERS,
                one.product_id,
                one.deviations,
                {"value": rounded(one.value), "median": rounded(one.median), "peers": len(known)},
            )
            for one in found or ()
        ]

    def _data(self, rows: Sequence[AssessmentRow]) -> list[Measure]:
        """Stale: nothing was measured of late. Thin: too little for a verdict."""
        found = []
        for row in rows:
            recent = self.seen.recent.get((row.product_id, row.objective_id), {})
            last = recent.get(self.regime.stale_after_s)
            if last is not None and last.samples is not None:
                evidence = {"known_s": last.known_s, "window_s": self.regime.stale_after_s}
                stale = float(last.known_s == 0)
                found.append(self._measure(TriggerKind.STALE, row.product_id, stale, evidence))
            thin = float(row.verdict is Verdict.NOT_ASSESSABLE)
            coverage = {"coverage": rounded(row.coverage)}
            found.append(self._measure(TriggerKind.THIN, row.product_id, thin, coverage))
        return found

    def _burning(self, rows: Sequence[AssessmentRow]) -> list[Measure]:
        found = []
        for row in rows:
            objective = self._objective(row)
            recent = self.seen.recent.get((row.product_id, row.objective_id))
            if recent is None or not is_share(objective):
                continue
            one = burning(
                recent, objective.conformance_target, least_samples=self.regime.least_samples
            )
            if one is not None:
                pair = {"rate": str(one.windows.rate), "long_s": one.windows.long_s}
                evidence = {**pair, "short_s": one.windows.short_s, "urgent": one.windows.urgent}
                measure = self._measure(
                    TriggerKind.BURN, row.product_id, float(one.times), evidence
                )
                found.append(measure)
        return found

    def _promised(self, rows: Sequence[AssessmentRow]) -> list[ServiceLevelObjective]:
        return [self._objective(row) for row in rows]

    def _foreseen(self) -> Foreseen | None:
        members = {
            product_id: member
            for (product_id, objective_id), member in self.seen.members.items()
            if objective_id == self.objective_id and product_id in set(self.cohort.current)
        }
        return foresee(self.regime, members, self.products, self.due_s)

    def _predicted(self, foreseen: Foreseen) -> list[Measure]:
        return [
            self._measure(
                TriggerKind.PREDICTED, member, chance, evidence_of(foreseen.shown[member])
            )
            for member, chance in sorted(foreseen.chances.items())
        ]


def _assessed(row: AssessmentRow) -> bool:
    return row.verdict not in (Verdict.NOT_ASSESSABLE, Verdict.NOT_APPLICABLE)


def _member_value(row: AssessmentRow, objective: ServiceLevelObjective) -> MemberValue:
    """A share of samples where it is one: its few samples may explain it."""
    value = row.value or 0.0
    if objective.statistic is Statistic.CONFORMANCE and row.samples:
        return MemberValue(value, round(value * row.samples), row.samples)
    return MemberValue(value)


def _worst(row: AssessmentRow) -> dict[str, object]:
    return {
        "product": row.product_id,
        "verdict": row.verdict.value,
        "value": rounded(row.value),
        "margin": rounded(row.margin),
        "allowance_left": rounded(row.allowance_left),
    }
