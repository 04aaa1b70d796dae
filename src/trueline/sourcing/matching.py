"""Which sold offering a name in a feed may stand for, how sure, and why (R6): no silent guess.

Four grades, each a rule, not a probability. *Certain*: it is exactly the value of a characteristic
that the operator named as an identifier. *Strong*: exactly another telling characteristic, or the
id or an identifier but for case and separators. *Fair*: the id or an identifier stands in it
between separators, or differs by leading zeros. *Weak*: one slip of spelling from an id; another
digit is no slip. Two products of the best grade that were in service at the same time make the name
ambiguous: then nothing is proposed to be applied."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from trueline.calendars.instants import seconds
from trueline.calendars.intervals import Interval
from trueline.inventory.values import Product
from trueline.sourcing.spelling import one_slip_apart, slip_keys

SHARED_BY = 20  # a value that more sold offerings share names none of them
SHORTEST = 3  # characters of an id within a longer name
SHORTEST_SPELLED = 6  # characters of a name that may be misspelt
LISTED = 5  # candidates told of each name
_TOKENS = 12  # parts of a name that are looked at
_Places = dict[str, list[tuple[str, str]]]  # products, and what of each
_PART = re.compile(r"[^\W_]+")
_SEPARATORS = re.compile(r"[\W_]+")
_LOOSE = re.compile(r"(?<!\d)-|-(?!\d)")  # but for one between digits
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


class Confidence(StrEnum):
    CERTAIN = "certain"
    STRONG = "strong"
    FAIR = "fair"
    WEAK = "weak"


GRADES = list(Confidence)


@dataclass(frozen=True)
class ForeignName:
    """A name in measurements that is no product id: when it was measured, of which parameters."""

    name: str
    rows: int
    span: Interval
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A sold offering that a name may stand for, in [from_s, to_s) (None: still). `objections`
    never decide anything, but nothing is applied by itself in spite of one. `named_by`: identifiers
    whose value the name exactly is."""

    product_id: str
    confidence: Confidence
    reasons: tuple[str, ...]
    objections: tuple[str, ...] = ()
    from_s: int | None = None
    to_s: int | None = None
    in_service: bool = True
    named_by: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        return self.confidence is Confidence.CERTAIN and not self.objections


@dataclass(frozen=True)
class IdentityProposal:
    """Candidates best first. `best`: those to accept, one after the other in time; empty where
    the name is ambiguous, or nothing fits."""

    name: ForeignName
    candidates: tuple[Candidate, ...]
    best: tuple[Candidate, ...]
    ambiguous: bool


@dataclass(frozen=True)
class Sought:
    """What names are held against. `identifiers`: characteristics that name one sold offering.
    `measured`: when a product has granules of its own, by product and parameter. `rejected`:
    pairs of name and product that somebody refused."""

    products: Mapping[str, Product]
    identifiers: frozenset[str] = frozenset()
    measured: Mapping[tuple[str, str], Interval] = field(default_factory=dict)
    rejected: frozenset[tuple[str, str]] = frozenset()


def propose(
    names: Sequence[ForeignName], sought: Sought, matches: Matches | None = None
) -> list[IdentityProposal]:
    """One proposal per name, in order of names; a name that nothing fits has no candidate.
    `matches`: of the same names and products, where they were looked for before."""
    matches = matches or Matches.of(names, sought)
    return [_proposal(name, matches, sought) for name in sorted(names, key=lambda n: n.name)]


def _proposal(name: ForeignName, matches: Matches, sought: Sought) -> IdentityProposal:
    found = [
        _candidate(name, sought.products[product_id], grades, sought)
        for product_id, grades in matches.fitting(name.name).items()
        if (name.name, product_id) not in sought.rejected
    ]
    found.sort(key=lambda c: (not c.in_service, GRADES.index(c.confidence), c.product_id))
    best = [c for c in found if c.in_service and c.confidence is found[0].confidence]
    ambiguous = _at_once(best, sought.products)
    return IdentityProposal(
        name, tuple(found[:LISTED]), () if ambiguous else tuple(best), ambiguous
    )


def _at_once(best: Sequence[Candidate], products: Mapping[str, Product]) -> bool:
    """Whether two of them were in service at the same time."""
    spans = sorted(_service(products[c.product_id]) for c in best)
    return any(after[0] < before[1] for before, after in pairwise(spans))


def _candidate(
    name: ForeignName, product: Product, grades: Mapping[str, Confidence], sought: Sought
) -> Candidate:
    start_s, end_s = _service(product)
    in_service = start_s < name.span[1] and name.span[0] < end_s
    objections = [] if in_service else ["was not in service while this was measured"]
    for parameter in name.parameters:
        own = sought.measured.get((product.id, parameter))
        if own is not None and own[0] < name.span[1] and name.span[0] < own[1]:
            objections.append(f"has granules of {parameter} of its own at that time")
    best = min(grades.values(), key=GRADES.index)
    return Candidate(
        product.id,
        best,
        tuple(sorted(grades, key=lambda why: (GRADES.index(grades[why]), why))),
        tuple(objections),
        start_s,
        None if product.end is None else end_s,
        in_service,
        tuple(
            what
            for what in sorted(sought.identifiers)
            if product.characteristics.get(what) == name.name
        ),
    )


def _service(product: Product) -> Interval:
    return seconds(product.start), (1 << 60) if product.end is None else seconds(product.end)


@dataclass
class Matches:
    """Sold offerings by what names may say of them; only what some name asks for is kept."""

    identifiers: frozenset[str]
    exact: _Places = field(default_factory=lambda: defaultdict(list))  # by value
    alike: _Places = field(default_factory=lambda: defaultdict(list))  # by normal form
    bare: _Places = field(default_factory=lambda: defaultdict(list))  # the same without zeros
    spelt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # by name

    @classmethod
    def of(cls, names: Sequence[ForeignName], sought: Sought) -> Matches:
        wanted = {one.name for one in names}
        forms = {normal(name) for name in wanted} | {f for name in wanted for f, _ in _inner(name)}
        bare = {_bare(normal(name)) for name in wanted}
        found = cls(sought.identifiers)
        for product in sought.products.values():
            for what, value in _telling(product):
                if what != "id" and value in wanted:
                    found.exact[value].append((product.id, what))
                if not found._names(what):
                    continue
                form = normal(value)
                if form in forms:
                    found.alike[form].append((product.id, what))
                if (short := _bare(form)) in bare:
                    found.bare[short].append((product.id, what))
        found._spell({name for name in wanted if not found.fitting(name)}, sought)
        return found

    def _spell(self, names: set[str], sought: Sought) -> None:
        """Ids one slip from names that nothing else fits."""
        by_key: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name in names:
            form = normal(name)
            if len(form) >= SHORTEST_SPELLED:
                for key in slip_keys(form):
                    by_key[key].append((form, name))
        if not by_key:
            return
        for product in sought.products.values():
            own = normal(product.id)
            near = {pair for key in slip_keys(own) for pair in by_key.get(key, ())}
            for form, name in near:
                if one_slip_apart(form, own):
                    self.spelt[name].append(product.id)

    def fitting(self, name: str) -> dict[str, dict[str, Confidence]]:
        """Reasons with their grades, by product."""
        found: dict[str, dict[str, Confidence]] = defaultdict(dict)
        for product_id, why, grade in (*self._whole(name), *self._in_part(name)):
            found[product_id].setdefault(why, grade)
        for product_id in self.spelt.get(name, ()):
            found[product_id]["one slip of spelling from its id"] = Confidence.WEAK
        return found

    def _whole(self, name: str) -> Iterator[tuple[str, str, Confidence]]:
        for product_id, what in _few(self.exact.get(name, ())):
            told = what in self.identifiers
            grade = Confidence.CERTAIN if told else Confidence.STRONG
            note = "" if told else ", which is not named as an identifier"
            yield product_id, f"exactly its {what}{note}", grade
        for product_id, what in _few(self.alike.get(normal(name), ())):
            if (product_id, what) not in self.exact.get(name, ()):
                why = f"its {what} but for case and separators"
                yield product_id, why, Confidence.STRONG

    def _in_part(self, name: str) -> Iterator[tuple[str, str, Confidence]]:
        for form, text in _inner(name):
            for product_id, what in _few(self.alike.get(form, ())):
                yield product_id, f"holds its {what} as {text}", Confidence.FAIR
        form = normal(name)
        for product_id, what in _few(self.bare.get(_bare(form), ())):
            if (product_id, what) not in self.alike.get(form, ()):
                yield product_id, f"its {what} but for leading zeros", Confidence.FAIR

    def _names(self, what: str) -> bool:
        return what == "id" or what in self.identifiers


def normal(name: str) -> str:
    """Without case and separators, but for one between digits: `P-17` and `p_17` are alike, `1-17`
    and `11-7` are not."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _LOOSE.sub("", _SEPARATORS.sub("-", plain))


def _bare(form: str) -> str:
    """A normal form without leading zeros."""
    return _ZEROS.sub("", form)


def _inner(name: str) -> list[tuple[str, str]]:
    """Stretches of whole parts of a name, not all of it, that hold a digit: normal form, text."""
    plain = unicodedata.normalize("NFKC", name)
    found = list(_PART.finditer(plain))[:_TOKENS]
    out = []
    for first in range(len(found)):
        for last in range(first, len(found)):
            text = plain[found[first].start() : found[last].end()]
            form = normal(text)
            whole = last - first + 1 == len(found)
            if not whole and len(form) >= SHORTEST and any(c.isdigit() for c in form):
                out.append((form, text))
    return out


def _telling(product: Product) -> Iterator[tuple[str, str]]:
    """The id and characteristics that could name one product: they hold a digit."""
    yield "id", product.id
    for what, value in product.characteristics.items():
        if any(c.isdigit() for c in value):
            yield what, value


def _few(found: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return found if len({product for product, _ in found}) <= SHARED_BY else ()
