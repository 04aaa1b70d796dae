"""Formulas that turn counters into parameters: `1 - rx/tx`, `max(a, b)`, `'odd name' * 100`.

    sum    = product { ("+" | "-") product }
    product = sign { ("*" | "/") sign }
    sign   = [ "-" | "+" ] atom
    atom   = number | counter | ("min" | "max") "(" sum { "," sum } ")" | "(" sum ")"

A counter name with characters beyond letters, digits, `_`, `.` and `:` stands in quotes. Formulas
run on whole columns; a row that divides by zero or overflows comes out as NaN.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trueline.errors import InputError

Column = NDArray[np.float64]
Evaluation = Callable[[Mapping[str, Column]], Column]

MAX_TEXT, MAX_DEPTH = 2_000, 40
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d][\w.:]*)"
    r"|'(?P<single>[^']+)'|\"(?P<double>[^\"]+)\""
    r"|(?P<sign>[-+*/(),]))"
)
_BINARY: dict[str, Callable[[Column, Column], Column]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_FUNCTIONS = {"min": np.minimum, "max": np.maximum}


@dataclass(frozen=True)
class Formula:
    """A parsed formula over `counters` (in order of appearance)."""

    text: str
    counters: tuple[str, ...]
    _evaluate: Evaluation = field(repr=False, compare=False)

    def evaluate(self, columns: Mapping[str, Column]) -> Column:
        """One value per row; NaN where a counter is NaN or the arithmetic has no finite result."""
        with np.errstate(all="ignore"):
            values = np.asarray(self._evaluate(columns), dtype=np.float64)
        return np.where(np.isfinite(values), values, np.nan)


def parse_formula(text: str) -> Formula:
    """The formula written in `text`; InputError where it is not one."""
    parser = _Parser(text, _tokens(text))
    evaluation = parser.sum(0)
    if parser.kind:
        raise _not_a_formula(text, f"unexpected {parser.value!r}")
    if not parser.counters:
        raise _not_a_formula(text, "it names no counter")
    return Formula(text, tuple(dict.fromkeys(parser.counters)), evaluation)


def _not_a_formula(text: str, why: str) -> InputError:
    return InputError(
        f"Formula {text[:80]!r}: {why}",
        mend="Use numbers, counter names (quoted when they hold odd characters), + - * / ( ), "
        "min(...) and max(...)",
    )


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_TEXT:
        raise _not_a_formula(text, f"longer than {MAX_TEXT} characters")
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise _not_a_formula(text, f"cannot read {stripped[at : at + 20]!r}")
        kind = str(match.lastgroup)
        tokens.append(("counter" if kind in ("single", "double") else kind, match.group(kind)))
        at = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; `kind` is "" at the end."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text = text
        self.counters: list[str] = []
        self._tokens = tokens
        self._at = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def value(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"

    def _take(self, *signs: str) -> str:
        """The next sign when it is one of `signs`, else nothing."""
        if self.kind == "sign" and self.value in signs:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise _not_a_formula(self.text, f"expected {sign!r}, found {self.value!r}")

    def sum(self, depth: int) -> Evaluation:
        left = self._product(depth)
        while sign := self._take("+", "-"):
            left = _apply(_BINARY[sign], left, self._product(depth))
        return left

    def _product(self, depth: int) -> Evaluation:
        left = self._sign(depth)
        while sign := self._take("*", "/"):
            left = _apply(_BINARY[sign], left, self._sign(depth))
        return left

    def _sign(self, depth: int) -> Evaluation:
        sign = self._take("-", "+")
        operand = self._atom(depth)
        return _negate(operand) if sign == "-" else operand

    def _atom(self, depth: int) -> Evaluation:
        if depth > MAX_DEPTH:
            raise _not_a_formula(self.text, f"nested deeper than {MAX_DEPTH}")
        if self._take("("):
            inner = self.sum(depth + 1)
            self._need(")")
            return inner
        kind, value = self.kind, self.value
        if kind not in ("number", "name", "counter"):
            raise _not_a_formula(self.text, f"expected a number or a counter, found {value!r}")
        self._at += 1
        if kind == "number":
            return _constant(float(value))
        if kind == "name" and value in _FUNCTIONS and self._take("("):
            return self._function(value, depth)
        self.counters.append(value)
        return _column(value)

    def _function(self, name: str, depth: int) -> Evaluation:
        folded = self.sum(depth + 1)
        while self._take(","):
            folded = _apply(_FUNCTIONS[name], folded, self.sum(depth + 1))
        self._need(")")
        return folded


def _constant(number: float) -> Evaluation:
    return lambda columns: np.float64(number)  # type: ignore[return-value]  # broadcasts


def _column(name: str) -> Evaluation:
    return lambda columns: columns[name]


def _negate(operand: Evaluation) -> Evaluation:
    return lambda columns: -operand(columns)


def _apply(
    operation: Callable[[Column, Column], Column], left: Evaluation, right: Evaluation
) -> Evaluation:
    return lambda columns: operation(left(columns), right(columns))
