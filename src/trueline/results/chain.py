"""Hashes that make an edit visible: of a figure, of a batch of figures, of the chain of batches.

Figures are the leaves of a Merkle tree (RFC 6962 §2.1: leaf and node hashes are told apart by a
first byte), so that a receipt proves its figure with a few hashes and without the others. Batches
are links: each hash covers the one before. All hashes are SHA-256 in hexadecimal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LEAF, _NODE = b"\x00", b"\x01"


def canonical_bytes(value: Mapping[str, object]) -> bytes:
    """JSON with sorted keys and no spaces; a double is its shortest text."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def hash_of(value: Mapping[str, object]) -> str:
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


@dataclass(frozen=True)
class PathStep:
    """A neighbour on the way to the root, and the side on which it stands."""

    hash: str
    left: bool


def merkle_root(leaves: Sequence[str]) -> str:
    """Root over the hashes of figures, in order; of none: the hash of nothing."""
    return _levels(leaves)[-1][0].hex() if leaves else hashlib.sha256(b"").hexdigest()


def merkle_path(leaves: Sequence[str], position: int) -> tuple[PathStep, ...]:
    """The neighbours that lead from the leaf at `position` to the root."""
    steps = []
    for level in _levels(leaves)[:-1]:
        neighbour = position ^ 1
        if neighbour < len(level):
            steps.append(PathStep(level[neighbour].hex(), neighbour < position))
        position //= 2
    return tuple(steps)


def root_from(leaf: str, path: Sequence[PathStep]) -> str:
    """The root that a leaf and its path lead to."""
    node = _leaf(leaf)
    for step in path:
        other = bytes.fromhex(step.hash)
        node = _joined(other, node) if step.left else _joined(node, other)
    return node.hex()


def _levels(leaves: Sequence[str]) -> list[list[bytes]]:
    """From the leaves to the root; a node without a neighbour rises as it is."""
    levels = [[_leaf(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_joined(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def _leaf(leaf: str) -> bytes:
    return hashlib.sha256(_LEAF + bytes.fromhex(leaf)).digest()


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
