"""Summaries as an assessment meets them: brought up to date, and put in front of the granules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from trueline.assessment.assess import Known
from trueline.assessment.known import what_was_known
from trueline.assessment.summaries.build import BuildReport, SummaryBuilder
from trueline.assessment.summaries.evidence import SummedEvidence
from trueline.assessment.summaries.opened import Refusal, open_summaries
from trueline.assessment.summaries.parts import SummaryStore
from trueline.assessment.summaries.wishes import Standards
from trueline.engine import Engine
from trueline.errors import BusyError
from trueline.measurement.lake import Lake, open_lake
from trueline.settings.workspace import Workspace

_WAIT_S = 1.0  # as long as a batch of live measurements takes


@dataclass(frozen=True)
class SummedKnown:
    """What was known, with summaries in front where they answer for it; else why not."""

    known: Known
    summed: SummedEvidence | None
    reason: str = ""

    def sentence(self) -> str:
        """Where the figures came from."""
        if self.summed is None:
            return f"All from granules: {self.reason}"
        return (
            f"{self.summed.answered:,} figures from summaries of delivery "
            f"{self.summed.summaries.level}; exact percentiles, events and the like from their rows"
        )


def builder_of(workspace: Workspace, lake: Lake, engine: Engine) -> SummaryBuilder:
    return SummaryBuilder(SummaryStore(workspace), lake, engine)


def summarise(
    workspace: Workspace,
    engine: Engine,
    builder: SummaryBuilder | None = None,
    *,
    wait_s: float = 30.0,
) -> BuildReport:
    """Bring the summaries up to everything recorded; from nothing where there are none. A `builder`
    that is kept remembers what the standards ask for. BusyError where another build goes on for
    longer than `wait_s`."""

    def standards() -> Standards:
        known = what_was_known(workspace)
        return Standards(known.catalog, known.snapshot)

    kept = builder or builder_of(workspace, open_lake(workspace), engine)
    try:
        return kept.bring_up_to_date(standards, wait_s)
    finally:
        kept.lake.close()  # it opens again by itself; a compaction waits for readers


def kept_up(
    workspace: Workspace, engine: Callable[[], Engine], builder: SummaryBuilder | None = None
) -> BuildReport | None:
    """Summaries brought up to date with what has just arrived, where a workspace keeps them. None
    where it keeps none, or where another build is under way: nobody waits for one, and what it
    leaves is summed up with what arrives next. Loads and readers go on meanwhile."""
    if not SummaryStore(workspace).exists():
        return None
    try:
        return summarise(workspace, engine(), builder, wait_s=_WAIT_S)
    except BusyError:
        return None


def asked_first(workspace: Workspace, engine: Engine, known: Known) -> SummedKnown | None:
    """Where a workspace has summaries, brought up to date and put in front; None where it has
    none. An older delivery than the newest is answered for as far as they still tell it apart."""
    if not SummaryStore(workspace).exists():
        return None
    kept_up(workspace, lambda: engine)
    return with_summaries(workspace, known)


def with_summaries(workspace: Workspace, known: Known, *, exact: bool = False) -> SummedKnown:
    """Summaries answer where they are of this delivery; granules for the rest, and where they are
    not. Nothing is built. `exact`: no histograms, only what granules give to the last bit."""
    opened = open_summaries(workspace, known.delivery)
    if isinstance(opened, Refusal):
        return SummedKnown(known, None, opened.reason)
    summed = SummedEvidence(opened, exact=exact)
    return SummedKnown(replace(known, summed=summed), summed)
