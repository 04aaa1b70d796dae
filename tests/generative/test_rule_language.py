"""Any group rule renders to text that parses to itself, and selects what plain Python selects."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from trueline.errors import InputError
from trueline.inventory.rules import (
    All,
    Any,
    Comparison,
    Node,
    Not,
    members,
    parse_rule,
    render_rule,
)
from trueline.inventory.values import InventorySnapshot, Product

ATTRIBUTES = ("region", "tier", "firmware")
VALUES = ("north", "south", "v1", "v2", "and me", 'q"', "back\\slash", "")
values = st.sampled_from(VALUES)
comparisons = st.one_of(
    st.builds(
        Comparison,
        st.sampled_from(ATTRIBUTES),
        st.sampled_from(["=", "!="]),
        st.tuples(values),
    ),
    st.builds(
        Comparison,
        st.sampled_from(ATTRIBUTES),
        st.just("in"),
        st.lists(values, min_size=1, max_size=3).map(tuple),
    ),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Any, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
characteristics = st.lists(
    st.dictionaries(st.sampled_from(ATTRIBUTES), values.filter(bool)), min_size=1, max_size=5
)


def _holds(node: Node, free: dict[str, str]) -> bool:
    match node:
        case Comparison(attribute, "!=", wanted):
            return free.get(attribute, "") not in wanted
        case Comparison(attribute, _, wanted):
            return free.get(attribute, "") in wanted
        case Not(part):
            return not _holds(part, free)
        case All(parts):
            return all(_holds(part, free) for part in parts)
        case Any(parts):
            return any(_holds(part, free) for part in parts)


@settings(deadline=None)
@given(nodes)
def test_rendered_rule_parses_to_itself(node: Node) -> None:
    assert parse_rule(render_rule(node)).node == node


@settings(deadline=None)
@given(nodes, characteristics)
def test_rule_selects_what_plain_python_selects(node: Node, products: list[dict[str, str]]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    known = {
        f"p{i}": Product(f"p{i}", "o", "c", "active", start, characteristics=free)
        for i, free in enumerate(products)
    }
    snapshot = InventorySnapshot(1, known, {}, {}, {})

    found = members(parse_rule(render_rule(node)), snapshot)

    assert found == tuple(
        key for key, product in known.items() if _holds(node, dict(product.characteristics))
    )


@settings(deadline=None)
@given(st.text("ab=<>!(),'\"\\ andorinlike\n\t*", max_size=40))
def test_any_text_is_a_rule_or_is_refused_with_a_column(text: str) -> None:
    assert (_column_of_the_fault(text) or "column 1").startswith("column ")


def _column_of_the_fault(text: str) -> str | None:
    try:
        parse_rule(text)
    except InputError as error:
        return error.place.field or "nowhere"
    return None
