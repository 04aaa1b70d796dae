"""Small matrices on one thread.

A linear algebra library that spreads matrices of a few hundred rows over threads lets these wait
for one another: where other work keeps the processors busy, that costs many times the work itself.
OpenBLAS heeds the number of threads only when the main thread of a process sets it, so in other
threads this changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

_LOCK = Lock()
_inside = 0
_before: list[int] = []


@cache
def _libraries() -> ThreadpoolController:
    """The linear algebra libraries of this process; numpy and scipy have loaded theirs by now."""
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra takes one thread until the last of those inside has left."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside
    with _LOCK:
        libraries = _libraries().lib_controllers
        if _inside == 0:
            _before[:] = [one.num_threads for one in libraries]
            for one in libraries:
                one.set_num_threads(1)
        _inside += 1


def _leave() -> None:
    global _inside
    with _LOCK:
        _inside -= 1
        if _inside == 0:
            for one, threads in zip(_libraries().lib_controllers, _before, strict=True):
                one.set_num_threads(threads)
