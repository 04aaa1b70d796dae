"""YAML text keeps its lines and its scalars as written, and hostile text is refused."""

from __future__ import annotations

import pytest

from trueline.errors import InputError
from trueline.intake.yaml_tree import Listing, Scalar, Table, parse_yaml, plain_of, tree_of


def _only(text: str) -> object:
    (root,) = parse_yaml(text.encode(), "f.yaml")
    return root


def test_scalars_stay_text_as_written() -> None:
    root = _only("a: 0.95\nb: 08:00\nc: 18:00\nd: NO\ne: 2026-01-01\nf: 0o17\n")

    assert plain_of(root) == {  # type: ignore[arg-type]  # a Table
        "a": "0.95",
        "b": "08:00",
        "c": "18:00",
        "d": "NO",
        "e": "2026-01-01",
        "f": "0o17",
    }


def test_keys_and_values_know_their_lines() -> None:
    root = _only("a: 1\n\nb:\n  - x\n  - y\n")

    assert isinstance(root, Table)
    assert dict(root.lines) == {"a": 1, "b": 3}
    listing = root.entries["b"]
    assert isinstance(listing, Listing)
    assert [item.line for item in listing.items] == [4, 5]


def test_empty_value_is_null_but_quoted_empty_text_is_not() -> None:
    root = _only("a:\nb: ~\nc: ''\n")

    assert plain_of(root) == {"a": None, "b": None, "c": ""}  # type: ignore[arg-type]


def test_merge_keys_fill_in_what_is_not_given() -> None:
    root = _only("x: &d {p: 1, q: 2}\ny: {<<: *d, q: 3}\n")

    assert plain_of(root) == {"x": {"p": "1", "q": "2"}, "y": {"q": "3", "p": "1"}}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\na: 2\n", 2, "stands twice"),
        ("a: [1, 2\nb: 3\n", None, "Not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "is not accepted"),
        ("a: *nowhere\n", 1, "names no finished anchor"),
        ("a: &x [*x]\n", 1, "names no finished anchor"),
        ("? [a, b]\n: 1\n", 1, "A key must be plain text"),
        ("[" * 60 + "]" * 60, 1, "Nested deeper"),
    ],
)
def test_bad_yaml_is_refused_with_its_line(text: str, line: int | None, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse_yaml(text.encode(), "f.yaml")

    assert caught.value.place.file == "f.yaml"
    if line is not None:
        assert caught.value.place.line == line


def test_alias_bomb_is_refused_before_it_unfolds() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]

    with pytest.raises(InputError, match="once aliases are expanded"):
        parse_yaml("\n".join(lines).encode(), "bomb.yaml")


def test_text_that_is_not_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="not UTF-8") as caught:
        parse_yaml("a: 1\nb: café\n".encode("latin-1"), "f.yaml")

    assert caught.value.place.line == 2


def test_binary_text_is_refused() -> None:
    with pytest.raises(InputError, match="Not valid YAML"):
        parse_yaml(b"a: \x01\x02", "f.yaml")


def test_tree_of_plain_values_reads_back() -> None:
    plain = {"a": ["1", {"b": ""}], "c": None}

    assert plain_of(tree_of(plain)) == plain
    assert tree_of(Scalar("x", 7)) == Scalar("x", 7)
