"""Hiding small cells in what leaves the operator, so that no hidden one can be worked out.

A cell that concerns fewer than `k` customers is hidden (primary). Where totals are shown, a hidden
cell that is alone in its row or column is the total less the others, so further cells are hidden
(complementary). A table's hidden cells are edges between its rows and columns; one of them can be
worked out from the totals exactly where its edge is a bridge, that is, lies on no circle. Cells
that close a circle are added, at the least cost, until none is. Totals take part as one more row
and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from trueline.aggregates.cube import Pivot

DEFAULT_K = 5
Place = tuple[int, int]
Node = tuple[str, int]  # a row or a column


def with_totals(pivot: Pivot) -> list[list[int]]:
    """Customers by cell, with the totals of the rows as a last column and those of the columns as
    a last row: a total may be small itself, and may have to be hidden for others' sake."""
    table = [
        [*(cell.customers for cell in row), total.customers]
        for row, total in zip(pivot.cells, pivot.row_totals, strict=True)
    ]
    below = [cell.customers for cell in pivot.column_totals]
    return [*table, [*below, pivot.total.customers]]


def suppress(customers: Sequence[Sequence[int]], k: int = DEFAULT_K) -> frozenset[Place]:
    """Places (row, column) to hide in a table that ends in its totals, by how many customers each
    concerns. Empty cells hold nothing to hide."""
    hidden = {
        (r, c) for r, row in enumerate(customers) for c, number in enumerate(row) if 0 < number < k
    }
    while exposed := bridges(hidden):
        hidden |= _circle(customers, hidden, min(exposed))
    return frozenset(hidden)


def bridges(hidden: set[Place] | frozenset[Place]) -> set[Place]:
    """Hidden cells that can be worked out from totals: edges on no circle."""
    lines: dict[Node, list[tuple[Node, Place]]] = {}
    for r, c in sorted(hidden):
        lines.setdefault(("row", r), []).append((("column", c), (r, c)))
        lines.setdefault(("column", c), []).append((("row", r), (r, c)))
    order: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    found: set[Place] = set()
    for start in lines:
        if start not in order:
            _walk(start, lines, order, lowest, found)
    return found


def _walk(
    start: Node,
    lines: dict[Node, list[tuple[Node, Place]]],
    order: dict[Node, int],
    lowest: dict[Node, int],
    found: set[Place],
) -> None:
    """Tarjan's search for bridges, with a stack of its own."""
    order[start] = lowest[start] = len(order)
    stack = [(start, iter(lines[start]))]
    came: list[Place | None] = [None]
    while stack:
        node, edges = stack[-1]
        step = next(edges, None)
        if step is None:
            stack.pop()
            edge = came.pop()
            if stack and edge is not None:
                above = stack[-1][0]
                lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] > order[above]:
                    found.add(edge)
            continue
        other, edge = step
        if edge == came[-1]:
            continue
        if other in order:
            lowest[node] = min(lowest[node], order[other])
        else:
            order[other] = lowest[other] = len(order)
            stack.append((other, iter(lines[other])))
            came.append(edge)


def _circle(customers: Sequence[Sequence[int]], hidden: set[Place], exposed: Place) -> set[Place]:
    """The cells that put the exposed one on a circle at the least cost: of all ways from its row
    to its column over other cells, the one that hides fewest customers besides. There always is
    one, by the totals."""
    goal: Node = ("column", exposed[1])
    cheapest: dict[Node, int] = {}
    waiting: list[tuple[int, Node, tuple[Place, ...]]] = [(0, ("row", exposed[0]), ())]
    while waiting:
        cost, node, way = heappop(waiting)
        if node == goal:
            return set(way)
        if cheapest.setdefault(node, cost) < cost:
            continue
        for other, place in _neighbours(customers, node):
            if place != exposed and other not in cheapest:
                number = 0 if place in hidden else customers[place[0]][place[1]]
                heappush(waiting, (cost + number, other, (*way, place)))
    raise ValueError("The table does not end in its totals")


def _neighbours(customers: Sequence[Sequence[int]], node: Node) -> Iterator[tuple[Node, Place]]:
    """The lines that a row or column shares a cell with."""
    kind, at = node
    if kind == "row":
        places = [(at, column) for column in range(len(customers[at]))]
    else:
        places = [(row, at) for row in range(len(customers))]
    for row, column in places:
        if customers[row][column] > 0:
            yield ("column", column) if kind == "row" else ("row", row), (row, column)
