"""Formulas over counters, as tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trueline.errors import InputError
from trueline.measurement.formats.formula import parse_formula

COUNTERS = {"rx": 80.0, "tx": 100.0, "zero": 0.0, "VS.Odd.Name": 3.0, "a b-c": 7.0, "min": 5.0}


def value(text: str) -> float:
    columns = {name: np.array([number]) for name, number in COUNTERS.items()}
    return float(parse_formula(text).evaluate(columns).reshape(-1)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rx", 80.0),
        ("1 - rx/tx", 0.2),
        ("(tx - rx) / tx * 1e2", 20.0),
        ("tx - rx - 5", 15.0),  # from the left
        ("tx / rx / 5", 0.25),
        ("-rx + 100", 20.0),
        ("2 - -3 * rx", 242.0),
        ("VS.Odd.Name * 2", 6.0),
        ("'a b-c' + \"a b-c\"", 14.0),
        ("min(rx, tx, 90) + max(1, VS.Odd.Name)", 83.0),
        ("min + 1", 6.0),  # a counter may be called min
        (".5 * tx", 50.0),
    ],
)
def test_a_formula_has_the_value_of_its_arithmetic(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("text", ["rx / zero", "zero / zero", "rx / (tx - 100)", "1e308 * tx"])
def test_a_division_by_zero_or_an_overflow_has_no_value(text: str) -> None:
    assert math.isnan(value(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 + 2",  # measures nothing
        "rx +",
        "rx tx",
        "(rx",
        "rx)",
        "min(rx",
        "rx ** 2",
        "__import__('os').system('true')",
        "rx; tx",
        "lambda: rx",
        "rx if tx else 1",
        "'",
        "(" * 50 + "rx" + ")" * 50,
        "rx+" * 1000 + "rx",
    ],
)
def test_text_that_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_formula(text)


def test_counters_are_named_once_in_order() -> None:
    assert parse_formula("1 - rx/(tx + rx) * 'a b-c'").counters == ("rx", "tx", "a b-c")
