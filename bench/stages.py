"""Where the time of a job goes: every thread looked at now and then, counted by the innermost
function of Trueline that it is in. Work in libraries counts for whoever asked for it."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from types import FrameType

EVERY_S = 0.004
_OURS = "/trueline/"
_WAITING = ("side_by_side.side_by_side", "workspace.", ".module")  # for workers; start, imports


class Sampling:
    """Use as a context manager; `shares` then says which part of the looks found each function."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Sampling:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def shares(self) -> dict[str, float]:
        seen = Counter({name: n for name, n in self._found.items() if _counts(name)})
        whole = seen.total() or 1
        return {name: n / whole for name, n in seen.most_common()}

    def _look(self) -> None:
        me = threading.get_ident()
        while not self._stop.wait(EVERY_S):
            for thread, frame in sys._current_frames().items():
                if thread != me and (name := _innermost(frame)):
                    self._found[name] += 1


def _counts(name: str) -> bool:
    return not any(one in name for one in _WAITING)


def _innermost(frame: FrameType | None) -> str | None:
    while frame is not None:
        before, ours, after = frame.f_code.co_filename.rpartition(_OURS)
        if ours and "engine/" not in after and before:
            module = after.removesuffix(".py").rpartition("/")[2]
            return f"{module}.{frame.f_code.co_name.strip('_<>')}"
        frame = frame.f_back
    return None
