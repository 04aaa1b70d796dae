"""The same test, slope and change points with pymannkendall and ruptures, one series at a time."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass

import numpy as np

from trueline.trends.many_series import LEAST_DAYS


@dataclass(frozen=True)
class PeerAnswer:
    s: int
    slope: float
    p_value: float
    cuts: list[int]


@dataclass(frozen=True)
class Peer:
    answers: list[PeerAnswer]
    cpu_s: float


def peer_answers(values: np.ndarray, prices: np.ndarray) -> Peer | None:
    """Of each row without gaps, at the price of a change given; None where one is missing."""
    if any(importlib.util.find_spec(name) is None for name in ("pymannkendall", "ruptures")):
        return None
    import pymannkendall
    import ruptures

    began = time.process_time()
    answers = []
    for row, price in zip(values, prices, strict=True):
        test = pymannkendall.original_test(row)
        search = ruptures.Pelt(model="l2", min_size=LEAST_DAYS, jump=1).fit(row)
        cuts = [int(one) for one in search.predict(pen=price)[:-1]]
        answers.append(PeerAnswer(int(test.s), float(test.slope), float(test.p), cuts))
    return Peer(answers, time.process_time() - began)
