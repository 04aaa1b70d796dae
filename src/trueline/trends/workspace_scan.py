"""One scan over a workspace: every group, offering, attribute and product, every objective.

In: the daily figures of the stored assessments, and who belonged where. Out: `trends/scan.json`,
written whole, which the command `show` and the page read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from math import exp
from pathlib import Path

import numpy as np

from trueline.assessment.aggregate import Membership
from trueline.assessment.store import write_whole
from trueline.errors import InputError
from trueline.settings.workspace import Workspace
from trueline.trends.cohort import Cohort
from trueline.trends.daily_history import DailyHistory, ObjectiveHistory
from trueline.trends.deterioration import Course, Kind, ScanSetting, scan_groups
from trueline.trends.observations import Floats
from trueline.trends.told_once import Called, told_elsewhere

WORSE = (Kind.DETERIORATION, Kind.STEP, Kind.ONE_MEMBER)
EXPLAINED = (
    Kind.ELSEWHERE,
    Kind.MEASUREMENT_CHANGE,
    Kind.MIX_CHANGE,
    Kind.SEASON,
    Kind.TOO_SMALL,
)
LEAST_DAYS = 28


@dataclass(frozen=True)
class TrendFinding:
    """One group and objective as `show` and the page tell it; days as ISO dates."""

    dimension: str
    key: str
    objective_id: str
    measure: str
    """"bad time", or "value": the index of `value_index`."""
    kind: str
    q_value: float
    since: str
    since_from: str
    since_to: str
    before: float
    """Share of bad time, or index (1 is usual), in the four weeks before it began."""
    now: float
    """The same in the newest four weeks."""
    member: str
    """The one bad member, empty otherwise."""
    members: int
    course: tuple[float | None, ...]
    """Share of known time that was bad, or the index, day by day; None where nothing is known."""
    told_in: str = ""
    """The finding that holds the members this one's trend comes from, as `group vpn-north`."""

    def sure(self) -> str:
        """The q-value as text."""
        return "below 0.0001" if self.q_value < 0.0001 else f"{self.q_value:.2g}"

    def told(self) -> tuple[str, str]:
        """Before and now as text: bad time in percent, values by the index, of which 1 is usual."""
        if self.measure == "value":
            return f"× {self.before:.2f}", f"× {self.now:.2f}"
        return f"{self.before:.3%}", f"{self.now:.3%}"


@dataclass(frozen=True)
class TrendScan:
    """What one scan found, and what it could have found."""

    first_day: str
    last_day: str
    scanned: int
    too_little_data: int
    share_false: float
    dependent: bool
    detectable_ratio: float
    """Growth over all days that half of the quiet series would have shown."""
    unmeasured: int
    """Quiet series of which most days are equal, so that no such growth can be told."""
    findings: tuple[TrendFinding, ...]
    """What is getting worse first, then what only looks so, each by q-value."""


@dataclass(frozen=True)
class _Asked:
    """One series of the scan; `worse` is 0 for bad time, else the sign of a worse value."""

    membership: Membership
    history: ObjectiveHistory
    rows: np.ndarray
    worse: int = 0


@dataclass(frozen=True)
class ScanRequest:
    """What is scanned and how."""

    over: Sequence[Membership]
    worse_values: Mapping[str, int]
    """Objectives whose value is looked at as well: +1 where higher is worse, -1 where lower is."""
    setting: ScanSetting
    measuring_changed: Mapping[str, Sequence[date]] = field(default_factory=dict, hash=False)
    """Days by product id."""


def scan_history(history: DailyHistory, request: ScanRequest) -> TrendScan:
    """Test every membership with every objective.

    Raises InputError when fewer than four weeks are stored.
    """
    if history.days < LEAST_DAYS:
        raise InputError(
            f"only {history.days} days are assessed", mend=f"Assess at least {LEAST_DAYS} days"
        )
    setting = request.setting
    asked = list(_asked(history, request))
    cohorts = [_cohort(history, one, request.measuring_changed) for one in asked]
    courses = scan_groups(cohorts, setting)
    found = {
        at: _finding(history, asked[at], course, cohorts[at])
        for at, course in enumerate(courses)
        if course.kind in (*WORSE, *EXPLAINED)
    }
    for at, where in _elsewhere(asked, cohorts, courses, found).items():
        told_in = f"{found[where].dimension} {found[where].key}"
        found[at] = replace(found[at], kind=Kind.ELSEWHERE.value, member="", told_in=told_in)
    findings = list(found.values())
    order = [kind.value for kind in (*WORSE, *EXPLAINED)]
    worse = {kind.value for kind in WORSE}
    findings.sort(key=lambda f: (f.kind not in worse, f.q_value, order.index(f.kind), f.key))
    quiet = [c.test for c in courses if c.kind is Kind.NO_TREND_FOUND and c.test is not None]
    reach = [one.detectable_slope * (history.days - 1) for one in quiet]
    told = [one for one in reach if np.isfinite(one)]
    return TrendScan(
        history.first.isoformat(),
        history.day(history.days - 1).isoformat(),
        sum(course.kind is not Kind.UNKNOWN for course in courses),
        sum(course.kind is Kind.UNKNOWN for course in courses),
        setting.share_false,
        setting.dependent,
        exp(min(float(np.median(told)), 50.0)) - 1 if told else 0.0,
        len(reach) - len(told),
        tuple(findings),
    )


def _asked(history: DailyHistory, request: ScanRequest) -> Iterator[_Asked]:
    """Bad time where there was any at all, for without it nothing can be seen to grow; and values
    of the objectives named."""
    for objective in history.objectives:
        place = {product: at for at, product in enumerate(objective.product_ids)}
        worse = request.worse_values.get(objective.objective_id, 0)
        for membership in request.over:
            rows = np.array(sorted(place[p] for p in membership.product_ids if p in place))
            if len(rows) and objective.bad_s[rows].any():
                yield _Asked(membership, objective, rows)
            if len(rows) and worse and (objective.value[rows] > 0).any():
                yield _Asked(membership, objective, rows, worse)


def _elsewhere(
    asked: Sequence[_Asked],
    cohorts: Sequence[Cohort],
    courses: Sequence[Course],
    found: Mapping[int, TrendFinding],
) -> dict[int, int]:
    """Findings whose trend comes from members of another, by the place of that other."""
    alike: dict[tuple[str, int], list[int]] = {}
    for at, course in enumerate(courses):
        if course.kind in WORSE:
            objective = (asked[at].history.objective_id, asked[at].worse)
            alike.setdefault(objective, []).append(at)
    elsewhere = {}
    for places in alike.values():
        called = [
            Called(
                tuple(asked[at].history.product_ids[row] for row in asked[at].rows),
                cohorts[at],
                courses[at],
                found[at].now - found[at].before,
            )
            for at in places
        ]
        for one, other in told_elsewhere(called).items():
            elsewhere[places[one]] = places[other]
    return elsewhere


def value_index(value: Floats, worse: int) -> Floats:
    """Members' values (members, days) as logarithms of their ratio to the member's own median.

    Higher is worse. An index of how members moved, not a figure of service: means and percentiles
    of different members are never averaged themselves, and a member that joins or leaves moves
    nothing.
    """
    positive = np.where(value > 0, value, np.nan)
    seen = np.isfinite(positive).any(axis=1)
    logarithm = np.full(value.shape, np.nan)
    logarithm[seen] = np.log(positive[seen])
    logarithm[seen] -= np.nanmedian(logarithm[seen], axis=1, keepdims=True)
    return worse * logarithm


def _cohort(history: DailyHistory, asked: _Asked, changed: Mapping[str, Sequence[date]]) -> Cohort:
    """The members' days; measuring changed where it did for at least half of them on one day."""
    known = asked.history.known_s[asked.rows]
    counts: dict[int, int] = {}
    for row in asked.rows:
        for day in changed.get(asked.history.product_ids[row], ()):
            at = (day - history.first).days
            counts[at] = counts.get(at, 0) + 1
    days = sorted(
        at for at, n in counts.items() if 0 < at < history.days and 2 * n >= len(asked.rows)
    )
    if asked.worse:
        index = value_index(asked.history.value[asked.rows], asked.worse)
        return Cohort(index, np.ones_like(index), bounded=False, measuring_changed=tuple(days))
    bad = np.where(known > 0, asked.history.bad_s[asked.rows], np.nan)
    return Cohort(bad, known, measuring_changed=tuple(days))


def _finding(history: DailyHistory, asked: _Asked, course: Course, cohort: Cohort) -> TrendFinding:
    since = course.since or 0
    told = tuple(_told(cohort))
    first, last = course.since_between or (since, since)
    return TrendFinding(
        asked.membership.dimension,
        asked.membership.key,
        asked.history.objective_id,
        "value" if asked.worse else "bad time",
        course.kind.value,
        course.q_value,
        history.day(since).isoformat(),
        history.day(first).isoformat(),
        history.day(last).isoformat(),
        *_before_and_now(told, since),
        "" if course.member is None else asked.history.product_ids[asked.rows[course.member]],
        len(asked.rows),
        told,
    )


def _before_and_now(course: Sequence[float | None], since: int) -> tuple[float, float]:
    """Medians of four weeks; of the first four where nothing lies before."""
    start = course[max(0, since - LEAST_DAYS) : since] if since >= LEAST_DAYS else course
    parts = (start[:LEAST_DAYS], course[-LEAST_DAYS:])
    known = [[one for one in part if one is not None] for part in parts]
    before, now = (float(np.median(one)) if one else 0.0 for one in known)
    return before, now


def _told(cohort: Cohort) -> Iterator[float | None]:
    """What is drawn: the share of bad time, or the index with 1 as the usual value."""
    seen = np.isfinite(cohort.numerator)
    total = np.where(seen, cohort.numerator, 0.0).sum(axis=0)
    weight = np.where(seen, cohort.denominator, 0.0).sum(axis=0)
    for one, of in zip(total, weight, strict=True):
        ratio = float(one / of) if of > 0 else None
        yield ratio if ratio is None or cohort.bounded else exp(ratio)


def scan_file(workspace: Workspace) -> Path:
    """Where the newest scan lies."""
    return workspace.home / "trends" / "scan.json"


def store_scan(workspace: Workspace, scan: TrendScan) -> Path:
    """Write the scan whole; it replaces the one before."""
    path = scan_file(workspace)
    write_whole(path, (json.dumps(asdict(scan), indent=1, allow_nan=False) + "\n").encode())
    return path


def stored_scan(workspace: Workspace) -> TrendScan | None:
    """The newest scan, None where there is none."""
    path = scan_file(workspace)
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    findings = tuple(
        TrendFinding(**{**one, "course": tuple(one["course"])}) for one in told["findings"]
    )
    return TrendScan(**{**told, "findings": findings})
