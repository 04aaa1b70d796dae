"""Competing hypotheses: other combinations that explain the same bad members nearly as well.

What a combination explains is measured by its likelihood: bad members at one rate inside and at
another outside, each the rate that suits it best. A rival is a combination with at least half of
the finding's bad members, under which the data are at least a twentieth as likely as under the
finding; what explains other members is another finding, and no rival. Members that have one of the
two and not the other tell them apart; where there are none on either side, nothing does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trueline.problems.enrichment import Enrichment, Mask
from trueline.problems.finding import Finding
from trueline.problems.leaves import Codes

# The data are at most so many times likelier under the finding than under a rival.
NEAR = 20.0
MOST = 5
# So many members that tell two combinations apart are named.
NAMED = 3


@dataclass(frozen=True)
class Side:
    """Members that have one combination and not the other; the first few by id, bad ones first."""

    members: int
    bad: int
    named: tuple[str, ...]


@dataclass(frozen=True)
class Rival:
    """A combination that explains nearly as much. The data are `times` likelier under the finding
    than under this one; below 1 it is the likelier of the two, though its chance is not smaller."""

    attributes: dict[str, str]
    members: int
    bad: int
    times: float
    only_finding: Side
    only_rival: Side


def rivals_of(
    finding: Enrichment, others: Iterable[Enrichment], bad: Mask, ids: Sequence[str]
) -> tuple[Rival, ...]:
    """Rivals of a finding among combinations of the same scan, the strongest first. `bad` and
    `ids` are those of the scan's members, by position."""
    own = _log_likelihood(finding, bad)
    found = []
    for other in others:
        shared = np.intersect1d(finding.members, other.members)
        hit = int(bad[list(finding.members)].sum())
        if other.members == finding.members or 2 * int(bad[shared].sum()) < hit:
            continue
        behind = (own - _log_likelihood(other, bad)) / max(finding.design, other.design)
        if behind <= math.log(NEAR):
            found.append(_rival(finding, other, (bad, ids), math.exp(behind)))
    return tuple(sorted(found, key=lambda one: (one.times, sorted(one.attributes.items())))[:MOST])


def competing(claimed: Sequence[Finding], ranked: Iterable[Finding]) -> list[Finding]:
    """`claimed` findings of `localize`, each with its `rivals` among `ranked`, which are those of
    the same table with a limit: `localize(..., limit=20)`.

    A rival's score (nats) lies at most ln 20 below the claim's.
    """
    names = [one.attributes for one in claimed]
    others = [one for one in ranked if one.attributes not in names]
    return [
        replace(
            one,
            rivals=[
                other.attributes
                for other in sorted(others, key=lambda each: -each.score)
                if one.score - other.score <= math.log(NEAR)
                and other.attributes not in one.not_separable
            ],
        )
        for one in claimed
    ]


def _rival(
    finding: Enrichment, other: Enrichment, told: tuple[Mask, Sequence[str]], times: float
) -> Rival:
    bad, _ = told
    return Rival(
        other.attributes,
        len(other.members),
        int(bad[list(other.members)].sum()),
        times,
        _side(np.setdiff1d(finding.members, other.members), *told),
        _side(np.setdiff1d(other.members, finding.members), *told),
    )


def _side(members: Codes, bad: Mask, ids: Sequence[str]) -> Side:
    named = sorted((not bad[at], ids[at]) for at in members)[:NAMED]
    return Side(len(members), int(bad[members].sum()), tuple(one for _, one in named))


def _log_likelihood(one: Enrichment, bad: Mask) -> float:
    """Of members with one rate inside and another outside."""
    inside = int(bad[list(one.members)].sum())
    outside = int(bad.sum()) - inside
    return _rate(inside, len(one.members)) + _rate(outside, len(bad) - len(one.members))


def _rate(bad: int, members: int) -> float:
    good = members - bad
    if not bad or not good:
        return 0.0
    return bad * math.log(bad / members) + good * math.log(good / members)
