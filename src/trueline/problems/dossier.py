"""All that is known of one finding or problem, worked out again from what is stored: its members,
who else was looked at, the lift table, the map of attributes, its impact and its course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import Any

import numpy as np
import pyarrow.compute as pc

from trueline.calendars.instants import instant
from trueline.calendars.periods import parse_period, period_containing
from trueline.problems import life
from trueline.problems.enrichment import Mask
from trueline.problems.happened_before import HappenedBefore
from trueline.problems.impact import Impact, Touched, impact_of
from trueline.problems.judged import Judged
from trueline.problems.leaves import Floats
from trueline.problems.lift import AttributeMap, LiftLine, attribute_map, inside_of, lift_table
from trueline.problems.measure import Measure
from trueline.problems.measured import figures_of
from trueline.problems.member_days import higher_is_better, stored_days
from trueline.problems.models import ProductProblem
from trueline.problems.scan import ANY, Looked, Shared, members_of
from trueline.settings.workspace import Workspace


@dataclass(frozen=True)
class Claim:
    """What a dossier is of. `evidence` is that of `life.evidence_of`."""

    names: tuple[Mapping[str, str], ...]
    objective_id: str
    evidence: Mapping[str, Any]
    affected: tuple[str, ...]
    exposed: tuple[str, ...]

    @property
    def period(self) -> str:
        return str(self.evidence["period"])

    @property
    def measure(self) -> Measure:
        return Measure(str(self.evidence.get("measure", Measure.VIOLATED)))

    @property
    def before(self) -> tuple[HappenedBefore, ...]:
        return tuple(HappenedBefore(**one) for one in _dicts(self.evidence.get(life.BEFORE)))

    @property
    def rivals(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(_dicts(self.evidence.get(life.RIVALS)))

    @property
    def after(self) -> tuple[Mapping[str, str], ...]:
        return tuple(_dicts(self.evidence.get("after")))


@dataclass(frozen=True)
class DayCourse:
    """One UTC day: of so many of the finding's products with a figure so many missed their line,
    and of all others."""

    day: date
    missed: int
    members: int
    others_missed: int
    others: int


@dataclass(frozen=True)
class Mark:
    """What happened, on a day or from one day to another; `kind` is before or step."""

    kind: str
    first: date
    last: date
    text: str


@dataclass(frozen=True)
class Dossier:
    """`looked` are all members that were looked at, `inside` those of the finding; `observed` and
    `expected` are per member, as `Figures.shown` of the measure; None for violated products."""

    claim: Claim
    looked: Looked
    inside: Mask
    observed: Floats | None
    expected: Floats | None
    lift: tuple[LiftLine, ...]
    map: tuple[AttributeMap, ...]
    impact: Impact
    course: tuple[DayCourse, ...]
    marks: tuple[Mark, ...]


def claim_of_finding(shared: Shared) -> Claim:
    """A finding that need not be raised."""
    return Claim(
        shared.names,
        shared.objective_id,
        life.evidence_of(shared),
        shared.affected,
        shared.exposed,
    )


def claim_of_problem(problem: ProductProblem) -> Claim:
    """A problem as its newest scan told it, with all members that ever joined."""
    evidence = life.latest_evidence(problem)
    if "period" not in evidence:  # raised by an earlier version, which kept it as words
        evidence = {**evidence, "period": problem.first_alert.removeprefix("scan of ")}
    members = list(problem.members.order_by("product_id").values_list("product_id", "affected"))
    affected = tuple(product for product, hit in members if hit)
    hit = set(affected)
    exposed = tuple(one for one, bad in members if not bad and one not in hit)
    names = tuple(evidence.get("names") or problem.names)
    return Claim(names, problem.objective_id, evidence, affected, exposed)


def dossier_of(
    workspace: Workspace, claim: Claim, judged: Judged, *, problem: ProductProblem | None = None
) -> Dossier:
    """`judged` is the claim's period, as it is known now."""
    looked, observed, expected = _looked(workspace, claim, judged)
    inside = inside_of(looked.members.attributes, claim.names[0])
    rivals = [one["attributes"] for one in claim.rivals]
    touched = Touched(claim.objective_id, claim.period, claim.affected, claim.exposed)
    return Dossier(
        claim,
        looked,
        inside,
        observed,
        expected,
        lift_table(looked.members, claim.names, rivals),
        attribute_map(looked.members, claim.names[0]),
        impact_of(workspace, touched, judged),
        _course(workspace, claim, judged, {*claim.affected, *claim.exposed}),
        _marks(claim, problem),
    )


def _looked(
    workspace: Workspace, claim: Claim, judged: Judged
) -> tuple[Looked, Floats | None, Floats | None]:
    """The members of the scan, without those that were set aside with surer findings."""
    rows = judged.rows
    if claim.measure is not Measure.VIOLATED:
        figures = figures_of(workspace, judged, claim.measure, claim.objective_id)
        members = replace(figures.looked.members, bad=figures.affected)
        looked = replace(figures.looked, members=members)
        return looked, *figures.shown
    if claim.objective_id != ANY:
        rows = rows.filter(pc.equal(rows["objective_id"], claim.objective_id))
    looked = members_of(rows, claim.objective_id, claim.period, judged.snapshot)
    kept = np.ones(len(looked.ids), dtype=np.bool_)
    for surer in claim.after:
        kept &= ~inside_of(looked.members.attributes, surer)
    return looked.only(np.flatnonzero(kept).tolist()), None, None


def _course(
    workspace: Workspace, claim: Claim, judged: Judged, members: set[str]
) -> tuple[DayCourse, ...]:
    """Day by day over the period and the one before, from daily figures; where there are none,
    from the days on which imported analyses tell of trouble."""
    better = higher_is_better(judged.catalog)
    objective = None if claim.objective_id == ANY else claim.objective_id
    period = parse_period(claim.period)
    before = period_containing(period.first - timedelta(days=1), period.length)
    found: list[DayCourse] = []
    for label in (before.label, period.label):
        days = stored_days(workspace.results, better, objective_id=objective, period=label)
        mine = np.isin(days.product.astype(str), sorted(members))
        for day in np.unique(days.day):
            today = days.day == day
            found.append(
                DayCourse(
                    day.astype(object),
                    int((~days.kept[today & mine]).sum()),
                    int((today & mine).sum()),
                    int((~days.kept[today & ~mine]).sum()),
                    int((today & ~mine).sum()),
                )
            )
    return tuple(found) or _reported_course(claim, judged, members)


def _reported_course(claim: Claim, judged: Judged, members: set[str]) -> tuple[DayCourse, ...]:
    period = parse_period(claim.period)
    everyone = set(judged.rows["product_id"].to_pylist())
    told: list[tuple[date, date, str]] = []
    for one in judged.analyses:
        if one.violated and claim.objective_id in (ANY, one.subject):
            last = period.end if one.end_s is None else _day(max(one.start_s, one.end_s - 1))
            told.append((_day(one.start_s), last, one.product_id))
    found = []
    for number in range((period.end - period.first).days):
        day = period.first + timedelta(days=number)
        hit = {product for first, last, product in told if first <= day <= last}
        found.append(
            DayCourse(
                day,
                len(hit & members),
                len(members),
                len(hit - members),
                len(everyone - members),
            )
        )
    return tuple(found)


def _marks(claim: Claim, problem: ProductProblem | None) -> tuple[Mark, ...]:
    marks = [
        Mark(
            "before",
            _day(one.first_s),
            _day(one.last_s),
            f"{one.what}: {one.affected} of {one.members} affected, {one.expected:.1f} expected",
        )
        for one in claim.before
    ]
    for step in problem.steps.order_by("pk") if problem else ():
        day = step.at.astimezone(UTC).date()
        marks.append(Mark("step", day, day, f"{step.act} by {step.by}: {step.note}"))
    return tuple(marks)


def _day(second: int) -> date:
    return instant(second).date()


def _dicts(kept: object) -> Sequence[dict[str, Any]]:
    return kept if isinstance(kept, list) else ()
