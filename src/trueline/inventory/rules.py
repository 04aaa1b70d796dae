"""The rule language of groups: which sold offerings are alike.

    offering = eline-gold and region in (north, south) and customer.segment != test

    rule       = disjunct { "or" disjunct }
    disjunct   = term { "and" term }
    term       = "not" term | "(" rule ")" | comparison
    comparison = attribute ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "like" ) value
               | attribute [ "not" ] "in" "(" value { "," value } ")"

Attributes: `product`, `offering`, `customer`, `agreement`, `status`, `time_zone`, `start`, `end`,
`customer.name`, `customer.segment`, `customer.<characteristic>`, `offering.name`,
`offering.<characteristic>`, and every characteristic of the product by its own name. A product
that lacks an attribute has the empty text there: it equals "", it differs from everything else,
and no order holds. Values that are both numbers are compared as numbers, others as text. `like`
takes `*` for any text, `?` for one character and `[abc]` for one of several.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from trueline.calendars.instants import render_instant, seconds
from trueline.errors import InputError, Place
from trueline.inventory.values import InventorySnapshot, Product
from trueline.offerings.values import Catalog

MAX_RULE = 10_000
MAX_DEPTH = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<sign><=|>=|!=|=|<|>|\(|\)|,)|(?P<word>[^\s"'<>=!(),]+))"""
)
_WORDS = frozenset({"and", "or", "not", "in", "like"})
_SIGNS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_Value = Callable[[Product], str]
_Test = Callable[[Product], bool]


@dataclass(frozen=True)
class Comparison:
    """`operator` is one of = != < <= > >= like in; `in` holds several values."""

    attribute: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any:
    parts: tuple[Node, ...]


Node = Comparison | Not | All | Any


@dataclass(frozen=True)
class Rule:
    text: str
    node: Node

    def __str__(self) -> str:
        return render_rule(self.node)


def parse_rule(text: str) -> Rule:
    """A rule from its text; InputError with the column where it stops being one."""
    if len(text) > MAX_RULE:
        raise InputError(f"The rule is longer than {MAX_RULE} characters")
    return Rule(text, _Parser(text).rule())


def members(
    rule: Rule,
    snapshot: InventorySnapshot,
    *,
    catalog: Catalog | None = None,
    at_s: int | None = None,
) -> tuple[str, ...]:
    """Ids of the products that the rule holds for, sorted. `at_s`: only those active then.
    Attributes of offerings need the `catalog`; without it they are empty."""
    test = _compiled(rule.node, snapshot, catalog)
    return tuple(
        sorted(
            product.id
            for product in snapshot.products.values()
            if (at_s is None or active_at(product, at_s)) and test(product)
        )
    )


def active_at(product: Product, at_s: int) -> bool:
    if seconds(product.start) > at_s:
        return False
    return product.end is None or at_s < seconds(product.end)


def render_rule(node: Node) -> str:
    """Rule text that parses to `node` again."""
    match node:
        case Comparison(attribute, "in", values):
            return f"{attribute} in ({', '.join(map(_quoted, values))})"
        case Comparison(attribute, operator, values):
            return f"{attribute} {operator} {_quoted(values[0])}"
        case Not(part):
            return f"not ({render_rule(part)})"
        case All(parts):
            return " and ".join(f"({render_rule(part)})" for part in parts)
        case Any(parts):
            return " or ".join(f"({render_rule(part)})" for part in parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True)
class _Token:
    kind: str  # text | sign | word | end
    text: str
    column: int  # 1-based


class _Parser:
    """Recursive descent over the tokens of one rule."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def rule(self) -> Node:
        if self._next.kind == "end":
            raise _error(1, "The rule is empty", "Write for example region = north")
        node = self._any()
        if self._next.kind != "end":
            raise self._unexpected("and, or or the end of the rule")
        return node

    @property
    def _next(self) -> _Token:
        return self.tokens[self.at]

    def _take(self) -> _Token:
        token = self._next
        self.at += 1
        return token

    def _accept(self, kind: str, text: str) -> bool:
        found = self._next.kind == kind and self._next.text.lower() == text
        self.at += found
        return found

    def _any(self) -> Node:
        parts = [self._all()]
        while self._accept("word", "or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self) -> Node:
        parts = [self._term()]
        while self._accept("word", "and"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _term(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _error(self._next.column, f"Nested deeper than {MAX_DEPTH} levels")
        try:
            if self._accept("word", "not"):
                return Not(self._term())
            if self._accept("sign", "("):
                node = self._any()
                if not self._accept("sign", ")"):
                    raise self._unexpected("a closing parenthesis")
                return node
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Node:
        name = self._next
        if name.kind != "word" or name.text.lower() in _WORDS:
            raise self._unexpected("an attribute such as region")
        self.at += 1
        if self._accept("word", "like"):
            return Comparison(name.text, "like", (self._value(),))
        if self._accept("word", "in"):
            return Comparison(name.text, "in", self._values())
        if self._accept("word", "not"):
            if not self._accept("word", "in"):
                raise self._unexpected("in")
            return Not(Comparison(name.text, "in", self._values()))
        if self._next.kind != "sign" or self._next.text not in _SIGNS:
            raise self._unexpected("one of = != < <= > >= in not in like")
        return Comparison(name.text, self._take().text, (self._value(),))

    def _values(self) -> tuple[str, ...]:
        if not self._accept("sign", "("):
            raise self._unexpected("an opening parenthesis")
        values = [self._value()]
        while self._accept("sign", ","):
            values.append(self._value())
        if not self._accept("sign", ")"):
            raise self._unexpected("a comma or a closing parenthesis")
        return tuple(values)

    def _value(self) -> str:
        token = self._next
        if token.kind == "text":
            self.at += 1
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind != "word" or token.text.lower() in _WORDS:
            raise self._unexpected("a value")
        self.at += 1
        return token.text

    def _unexpected(self, wanted: str) -> InputError:
        token = self._next
        found = "the rule ends" if token.kind == "end" else f"{token.text!r} stands"
        return _error(token.column, f"At column {token.column} {found} where {wanted} belongs")


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            column = at + 1 + len(text[at:]) - len(text[at:].lstrip())
            sign = text[column - 1]
            what = "a quote is not closed" if sign in "\"'" else f"{sign!r} is not understood"
            raise _error(column, f"At column {column} {what}", "Compare with = and not with ==")
        kind = match.lastgroup
        found.append(_Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    found.append(_Token("end", "", end + 1))
    return found


def _error(column: int, what: str, mend: str = "") -> InputError:
    return InputError(what, place=Place(field=f"column {column}"), mend=mend)


def _compiled(node: Node, snapshot: InventorySnapshot, catalog: Catalog | None) -> _Test:
    match node:
        case Comparison(attribute, operator, values):
            return _comparison_test(_reader(attribute, snapshot, catalog), operator, values)
        case Not(part):
            inner = _compiled(part, snapshot, catalog)
            return lambda product: not inner(product)
        case All(parts):
            tests = [_compiled(part, snapshot, catalog) for part in parts]
            return lambda product: all(test(product) for test in tests)
        case Any(parts):
            tests = [_compiled(part, snapshot, catalog) for part in parts]
            return lambda product: any(test(product) for test in tests)


def _comparison_test(read: _Value, operator: str, values: tuple[str, ...]) -> _Test:
    if operator == "like":
        match = re.compile(fnmatch.translate(values[0])).match
        return lambda product: match(read(product)) is not None
    if operator in ("=", "!=", "in"):
        wanted = {_comparable(value) for value in values}
        negated = operator == "!="
        return lambda product: (_comparable(read(product)) in wanted) != negated
    return _order_test(read, operator, values[0])


def _order_test(read: _Value, operator: str, value: str) -> _Test:
    number = _number(value)

    def test(product: Product) -> bool:
        text = read(product)
        if not text:
            return False
        found = _number(text) if number is not None else None
        if found is not None and number is not None:
            sign = (found > number) - (found < number)
        else:
            sign = (text > value) - (text < value)
        match operator:
            case "<":
                return sign < 0
            case "<=":
                return sign <= 0
            case ">":
                return sign > 0
            case _:
                return sign >= 0

    return test


def _comparable(text: str) -> Decimal | str:
    number = _number(text)
    return text if number is None else number


def _number(text: str) -> Decimal | None:
    if not text or text[-1] not in "0123456789." or len(text) > 40:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _reader(attribute: str, snapshot: InventorySnapshot, catalog: Catalog | None) -> _Value:
    """How to read `attribute` from a product; missing is the empty text."""
    room, dot, name = attribute.partition(".")
    if dot and room == "customer":
        return lambda product: _customer_attribute(snapshot, product.customer_id, name)
    if dot and room == "offering":
        return lambda product: _offering_attribute(catalog, product.offering_id, name)
    own = _OWN.get(attribute)
    return own or (lambda product: product.characteristics.get(attribute, ""))


_OWN: dict[str, _Value] = {
    "product": lambda product: product.id,
    "offering": lambda product: product.offering_id,
    "customer": lambda product: product.customer_id,
    "agreement": lambda product: product.agreement_id or "",
    "status": lambda product: product.status,
    "time_zone": lambda product: product.time_zone,
    "start": lambda product: render_instant(seconds(product.start)),
    "end": lambda product: render_instant(seconds(product.end)) if product.end else "",
}


def _customer_attribute(snapshot: InventorySnapshot, customer_id: str, name: str) -> str:
    customer = snapshot.customers.get(customer_id)
    if customer is None:
        return ""
    if name in ("id", "name", "segment"):
        return str(getattr(customer, name))
    return customer.characteristics.get(name, "")


def _offering_attribute(catalog: Catalog | None, offering_id: str, name: str) -> str:
    offering = catalog.offerings.get(offering_id) if catalog else None
    if offering is None:
        return ""
    if name in ("id", "name"):
        return str(getattr(offering, name))
    return offering.characteristics.get(name, "")
