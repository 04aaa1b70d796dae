"""Where the time of an assessment goes: an engine that keeps account of every query it runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import ibis.expr.types as ir
import pyarrow as pa

from bench.process import Stopwatch
from trueline.engine.duckdb import DuckDBEngine


@dataclass
class Account:
    """Seconds, processor seconds and runs of one stage."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    runs: int = 0


@dataclass
class Stages:
    by_name: dict[str, Account] = field(default_factory=dict)

    def add(self, name: str, spent: dict[str, float]) -> None:
        account = self.by_name.setdefault(name, Account())
        account.seconds += spent["seconds"]
        account.cpu_s += spent["cpu_s"]
        account.runs += 1


class TimedEngine(DuckDBEngine):
    """Names each query by the functions of the assessment that asked for it."""

    stages = Stages()

    def run(self, expression: ir.Table) -> pa.Table:
        watch = Stopwatch()
        try:
            return super().run(expression)
        finally:
            self.stages.add(_asking(), watch.read())


def _asking() -> str:
    names: list[str] = []
    frame = sys._getframe(2)
    while frame is not None and len(names) < 3:
        if "/assessment/" in frame.f_code.co_filename:
            names.append(frame.f_code.co_name.strip("_"))
        frame = frame.f_back
    return " < ".join(names)
