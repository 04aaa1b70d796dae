"""What leaves say for each way in which a cause may act, in nats of likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from trueline.problems.leaves import Codes, Floats, Singles

# Counts per state, or sums of gains per way; single precision is exact for counts.
Content = npt.NDArray[np.float32] | npt.NDArray[np.float64]

# Elements whose gains are worked out at once: keeps the product small.
ROWS = 20_000
# Products of more multiplications than this are sparse: most elements hold few states, and a dense
# one wakes the threads of a BLAS library, which wait for each other on a busy machine.
SMALL = 2**18


class Evidence(Protocol):
    """Log-likelihood gained when leaves are under one common cause instead of none.

    A cause acts in one of several ways (how far it moves a leaf, how evenly). `share` is the part
    of the first cause's gain that every further cause has to bring; `fixed` is what any cause
    costs beyond being named.
    """

    @property
    def share(self) -> float: ...

    @property
    def fixed(self) -> float: ...

    def best(self) -> Floats:
        """Per leaf: the most that it could add to any cause, at least 0."""
        ...

    def content(self, key: Codes, rows: Codes, elements: int) -> Content:
        """What the elements hold of the given leaves, to be added and subtracted."""
        ...

    def gains(self, content: Content, least: float) -> Floats:
        """Per element, the gain under the way that suits it best; 0 if it cannot pass `least`."""
        ...


@dataclass(frozen=True)
class StateEvidence:
    """Leaves in few states: `table[m, s]` is the gain of a leaf in state s under way m."""

    state: Codes
    table: Singles
    share: float = 0.0
    fixed: float = 0.0

    def best(self) -> Floats:
        most: Floats = np.maximum(self.table.max(axis=0), 0.0)[self.state].astype(np.float64)
        return most

    def content(self, key: Codes, rows: Codes, elements: int) -> Content:
        states = self.table.shape[1]
        counted = np.bincount(key * states + self.state[rows], minlength=elements * states)
        return counted.reshape(elements, states).astype(np.float32)

    def gains(self, content: Content, least: float) -> Floats:
        best: Floats = np.zeros(len(content))
        hope = np.einsum("es,s->e", content, np.maximum(self.table.max(axis=0), 0.0))
        able = np.flatnonzero(hope > least)
        for start in range(0, len(able), ROWS):
            rows = able[start : start + ROWS]
            some = content[rows]
            small = some.size * len(self.table) <= SMALL
            best[rows] = ((some if small else csr_matrix(some)) @ self.table.T).max(axis=1)
        return best


@dataclass(frozen=True)
class LeafEvidence:
    """Every leaf differs: `gain[i, m]` of leaf i under way m."""

    gain: Floats | Singles
    share: float = 0.0
    fixed: float = 0.0

    def best(self) -> Floats:
        most: Floats = np.maximum(self.gain.max(axis=1), 0.0).astype(np.float64)
        return most

    def content(self, key: Codes, rows: Codes, elements: int) -> Content:
        ones = np.ones(len(rows))
        member = csr_matrix((ones, (key, np.arange(len(rows)))), shape=(elements, len(rows)))
        summed: Content = np.asarray(member @ self.gain[rows])
        return summed

    def gains(self, content: Content, least: float) -> Floats:
        best: Floats = content.max(axis=1)
        return best
