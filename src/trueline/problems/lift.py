"""The lift table of a finding, and the map of attributes: where bad members are, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from trueline.problems.enrichment import Enrichment, Mask, Members, scan_enrichment, tail
from trueline.problems.leaves import Attributes

MOST_VALUES = 8
MOST_LINES = 12


@dataclass(frozen=True)
class LiftLine:
    """Of `members` with these attributes `bad` are bad, where chance gives `expected`. `p` is the
    hypergeometric chance of as many, members counted one by one; `role` says why it is shown."""

    role: str  # finding | not separable | rival | alone
    attributes: Mapping[str, str]
    members: int
    bad: int
    expected: float
    p: float

    @property
    def lift(self) -> float | None:
        return self.bad / self.expected if self.expected else None


@dataclass(frozen=True)
class ValueShare:
    """A value of an attribute: bad ones among its members, and whether it names the finding."""

    value: str
    members: int
    bad: int
    named: bool


@dataclass(frozen=True)
class AttributeMap:
    """Values of one attribute by bad members beyond those expected, most first; `left_out` more
    are not shown."""

    name: str
    values: tuple[ValueShare, ...]
    left_out: int


def inside_of(attributes: Attributes, named: Mapping[str, str]) -> Mask:
    """Which members have all of these values; none where a value or an attribute is unknown."""
    inside: Mask = np.ones(len(attributes.codes), dtype=np.bool_)
    for name, value in named.items():
        if name not in attributes.names or value not in attributes.values[at(attributes, name)]:
            return np.zeros(len(attributes.codes), dtype=np.bool_)
        place = at(attributes, name)
        inside &= attributes.codes[:, place] == attributes.values[place].index(value)
    return inside


def at(attributes: Attributes, name: str) -> int:
    return attributes.names.index(name)


def lift_line(members: Members, role: str, named: Mapping[str, str]) -> LiftLine:
    """Counted one by one, as a reader of the rows can."""
    inside = inside_of(members.attributes, named)
    drawn, bad = int(inside.sum()), int(members.bad[inside].sum())
    total, all_bad = len(members.bad), int(members.bad.sum())
    expected = drawn * all_bad / total if total else 0.0
    return LiftLine(role, named, drawn, bad, expected, tail(total, all_bad, drawn, bad))


def lift_table(
    members: Members, names: Iterable[Mapping[str, str]], rivals: Iterable[Mapping[str, str]]
) -> tuple[LiftLine, ...]:
    """The finding, what cannot be told from it, its rivals, then the surest single values."""
    shown: list[LiftLine] = []
    for place, name in enumerate(names):
        shown.append(lift_line(members, "not separable" if place else "finding", name))
    shown += [lift_line(members, "rival", name) for name in rivals]
    known = [line.attributes for line in shown]
    alone: list[Enrichment] = scan_enrichment(members, layers=(1,), most=MOST_LINES)
    shown += [
        lift_line(members, "alone", one.attributes) for one in alone if one.attributes not in known
    ]
    return tuple(shown)


def attribute_map(members: Members, named: Mapping[str, str]) -> tuple[AttributeMap, ...]:
    """Of every attribute; those that concentrate bad members most come first."""
    attributes = members.attributes
    share = float(members.bad.mean()) if len(members.bad) else 0.0
    found: list[tuple[float, AttributeMap]] = []
    for place, name in enumerate(attributes.names):
        codes = attributes.codes[:, place]
        told = codes >= 0
        values = attributes.values[place]
        count = np.bincount(codes[told], minlength=len(values))
        bad = np.bincount(codes[told], weights=members.bad[told], minlength=len(values))
        beyond = bad - count * share
        own = np.array([named.get(name) == value for value in values])
        order = np.lexsort((np.arange(len(values)), -beyond, ~own))
        order = order[count[order] > 0]
        scale = np.sqrt(np.maximum(count * share, 1e-9))
        strength = float((beyond / scale).max()) if len(values) else 0.0
        shown = tuple(
            ValueShare(values[one], int(count[one]), int(bad[one]), named.get(name) == values[one])
            for one in order[:MOST_VALUES]
        )
        mapped = AttributeMap(name, shown, max(0, len(order) - MOST_VALUES))
        found.append((strength, mapped))
    found.sort(key=lambda pair: (pair[1].name not in named, -pair[0], pair[1].name))
    return tuple(mapped for _, mapped in found)


@dataclass(frozen=True)
class PairMap:
    """Two attributes against each other: `cells[i][j]` of row value i and column value j, None
    where no member has both."""

    first: str
    second: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[ValueShare | None, ...], ...]


def pair_map(members: Members, named: Mapping[str, str]) -> PairMap | None:
    """Of a finding that two attributes name, by the values that the map of each one shows."""
    if len(named) != 2:
        return None
    shown = {one.name: [v.value for v in one.values] for one in attribute_map(members, named)}
    if not shown.keys() >= named.keys():
        return None
    first, second = named
    cells = tuple(
        tuple(_pair_cell(members, {first: row, second: column}, named) for column in shown[second])
        for row in shown[first]
    )
    return PairMap(first, second, tuple(shown[first]), tuple(shown[second]), cells)


def _pair_cell(
    members: Members, values: Mapping[str, str], named: Mapping[str, str]
) -> ValueShare | None:
    inside = inside_of(members.attributes, values)
    count = int(inside.sum())
    if not count:
        return None
    text = " and ".join(values.values())
    return ValueShare(text, count, int(members.bad[inside].sum()), values == named)
