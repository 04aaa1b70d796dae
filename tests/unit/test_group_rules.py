"""The rule language of groups."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trueline.calendars.instants import seconds
from trueline.errors import InputError
from trueline.inventory.rules import members, parse_rule, render_rule
from trueline.inventory.values import Customer, InventorySnapshot, Product
from trueline.offerings.values import Catalog, ProductOffering

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def _product(
    key: str, offering: str, customer: str, free: dict[str, str], end: datetime | None = None
) -> Product:
    return Product(key, offering, customer, "active", JANUARY, end, characteristics=free)


PRODUCTS = (
    _product("p1", "gold", "c1", {"region": "north", "speed": "100", "firmware": "v9"}),
    _product("p2", "gold", "c2", {"region": "south", "speed": "20", "firmware": "v10"}),
    _product("p3", "silver", "c1", {"region": "north east", "speed": "100.0"}, end=JULY),
    _product("p4", "lost", "nobody", {}),
)
SNAPSHOT = InventorySnapshot(
    7,
    {p.id: p for p in PRODUCTS},
    {
        "c1": Customer("c1", "One", "bank", characteristics={"country": "PT"}),
        "c2": Customer("c2", "Two", "test"),
    },
    {},
    {},
)
CATALOG = Catalog(
    7,
    {},
    {
        "gold": ProductOffering("gold", "Gold", characteristics={"tier": "1"}),
        "silver": ProductOffering("silver", "Silver", characteristics={"tier": "2"}),
    },
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("region = north", "p1"),
        ("region != north", "p2 p3 p4"),
        ('region = "north east"', "p3"),
        ("region = 'north east'", "p3"),
        ('region = ""', "p4"),
        ("region in (north, south)", "p1 p2"),
        ("region not in (north, south)", "p3 p4"),
        ("region like north*", "p1 p3"),
        ("region like ?outh", "p2"),
        ("speed = 100", "p1 p3"),
        ("speed > 20", "p1 p3"),
        ("speed >= 20", "p1 p2 p3"),
        ("speed < 100", "p2"),
        ("speed <= 100", "p1 p2 p3"),
        ("firmware < v2", "p2"),
        ("offering = gold and region = north", "p1"),
        ("offering = silver or region = south", "p2 p3"),
        ("offering = silver or offering = gold and region = south", "p2 p3"),
        ("(offering = silver or offering = gold) and region = south", "p2"),
        ("not offering = gold", "p3 p4"),
        ("not not offering = gold", "p1 p2"),
        ("not (offering = gold or region = '')", "p3"),
        ("customer = c1", "p1 p3"),
        ("customer.segment != test", "p1 p3 p4"),
        ("customer.country = PT", "p1 p3"),
        ("offering.tier = 1", "p1 p2"),
        ("offering.name = Silver", "p3"),
        ("status = active", "p1 p2 p3 p4"),
        ("end != ''", "p3"),
        ("start >= 2026-01-01T00:00:00Z", "p1 p2 p3 p4"),
        ("REGION = north", ""),
        ("offering = gold AND NOT region = south", "p1"),
    ],
)
def test_rule_holds_for_the_products_it_says(rule: str, expected: str) -> None:
    found = members(parse_rule(rule), SNAPSHOT, catalog=CATALOG)

    assert " ".join(found) == expected


def test_members_at_an_instant_are_those_active_then() -> None:
    rule = parse_rule("customer = c1")
    july_s = seconds(JULY)

    assert members(rule, SNAPSHOT, at_s=july_s - 1) == ("p1", "p3")
    assert members(rule, SNAPSHOT, at_s=july_s) == ("p1",)
    assert members(rule, SNAPSHOT, at_s=seconds(JANUARY) - 1) == ()


def test_attributes_of_offerings_are_empty_without_a_catalogue() -> None:
    assert members(parse_rule("offering.tier = ''"), SNAPSHOT) == ("p1", "p2", "p3", "p4")


@pytest.mark.parametrize(
    ("rule", "column", "what"),
    [
        ("", 1, "The rule is empty"),
        ("   ", 1, "The rule is empty"),
        ("region == north", 9, "'=' stands where a value belongs"),
        ("region north", 8, "where one of = !="),
        ("region = ", 9, "the rule ends where a value belongs"),
        ("region in (north", 17, "a comma or a closing parenthesis"),
        ("region in north", 11, "an opening parenthesis"),
        ("(region = north", 16, "a closing parenthesis"),
        ("region = north)", 15, "the end of the rule"),
        ("region = north south", 16, "the end of the rule"),
        ("region = north and", 19, "an attribute"),
        ("and region = north", 1, "an attribute"),
        ("region not like north", 12, "in belongs"),
        ("region = 'north", 10, "a quote is not closed"),
        ("region ! north", 8, "is not understood"),
        ("(" * 60 + "a = b" + ")" * 60, 51, "Nested deeper"),
    ],
)
def test_faulty_rule_is_refused_at_its_column(rule: str, column: int, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse_rule(rule)

    assert caught.value.place.field == f"column {column}"


def test_endless_rule_is_refused() -> None:
    with pytest.raises(InputError, match="longer than"):
        parse_rule("a = b or " * 5000 + "a = b")


def test_rule_renders_to_text_of_the_same_meaning() -> None:
    rule = parse_rule(r"""not a in ('x y', "q\"z") and (b like c* or d >= 1)""")

    assert parse_rule(render_rule(rule.node)).node == rule.node
