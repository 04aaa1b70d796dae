"""Chunks of products side by side: each worker has an engine and database connections of its
own. Results come back in the order of the chunks, so that equal inputs give equal bytes."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connections

from trueline.engine import Engine

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


@contextmanager
def settled_objects() -> Iterator[None]:
    """Spares what is there already (libraries, records) the collector, which thousands of new
    verdicts would have look at all of it again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def side_by_side(
    engine: Engine, chunks: Sequence[Chunk], work: Callable[[Engine, Chunk], Result]
) -> Iterator[Result]:
    """`work` on each chunk, on as many threads as there are processors."""
    workers = min(os.cpu_count() or 1, len(chunks))
    if workers <= 1 or not engine.shares_memory:
        for chunk in chunks:
            yield work(engine, chunk)
        return
    own = threading.local()

    def run(chunk: Chunk) -> Result:
        if not hasattr(own, "engine"):
            own.engine = engine.beside()
        try:
            return work(own.engine, chunk)
        finally:
            connections.close_all()  # this thread's own

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(run, chunks)
