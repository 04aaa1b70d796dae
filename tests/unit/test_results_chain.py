"""Hashes of figures and links: what RFC 6962 says of trees, and that no leaf can be swapped."""

from __future__ import annotations

from hashlib import sha256

import pytest

from trueline.results.chain import hash_of, merkle_path, merkle_root, root_from


def leaf(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_three_leaves_by_hand() -> None:
    a, b, c = (bytes.fromhex(leaf(t)) for t in "abc")
    la, lb, lc = (sha256(b"\x00" + x).digest() for x in (a, b, c))
    pair = sha256(b"\x01" + la + lb).digest()
    assert merkle_root([x.hex() for x in (a, b, c)]) == sha256(b"\x01" + pair + lc).hexdigest()


def test_no_leaf_has_the_hash_of_nothing() -> None:
    assert merkle_root([]) == sha256(b"").hexdigest()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 7, 8, 13])
def test_every_leaf_leads_to_the_root_and_no_other_does(number: int) -> None:
    leaves = [leaf(str(n)) for n in range(number)]
    root = merkle_root(leaves)
    for position, own in enumerate(leaves):
        path = merkle_path(leaves, position)
        assert root_from(own, path) == root
        assert root_from(leaf("another"), path) != root


def test_the_order_of_keys_does_not_matter_and_every_value_does() -> None:
    assert hash_of({"a": 1, "b": 0.1}) == hash_of({"b": 0.1, "a": 1})
    assert hash_of({"a": 1, "b": 0.1}) != hash_of({"a": 1, "b": 0.1000001})
