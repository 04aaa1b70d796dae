"""A result log for the sample operator: October closed, one figure restated, one correction that
waits; and one product problem. The figures are those that `sample_operator` stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
from tests.browser.sample_operator import HOSTILE, NOW, START_S

from trueline.assessment.store import row_values
from trueline.assessment.values import Verdict
from trueline.intake.record import latest_delivery
from trueline.inventory.snapshot import snapshot_at
from trueline.problems.enrichment import Enrichment
from trueline.problems.life import raise_problem
from trueline.problems.scan import Shared
from trueline.results.corrections import Proposal, propose
from trueline.results.log import Entry, append
from trueline.results.values import BatchKind, LoggedFigure
from trueline.settings.workspace import Workspace

ROWS = "product_id,start,end,reason\np00003,2026-10-05T00:00:00Z,2026-10-05T04:00:00Z,works\n"


def raise_sample(workspace: Workspace) -> None:
    """A problem with a hostile name that the data cannot tell apart from another."""
    enrichment = Enrichment(
        attributes={"region": HOSTILE},
        members=(0, 1, 2),
        counted=3,
        bad=2,
        expected=0.5,
        p=0.001,
        q=0.01,
        scanned=40,
        not_separable=({"firmware": "4.1"},),
    )
    shared = Shared("delay-p95", "2026-10", enrichment, ("p00001", "p00002"), ("p00003",))
    snapshot = snapshot_at(latest_delivery())
    raise_problem(workspace, shared, snapshot, by="slm", now=NOW)


def log_sample(workspace: Workspace) -> None:
    table = pq.read_table(workspace.results / "2026-10" / "rows.parquet")
    figures = [LoggedFigure(row, "0" * 64) for row in row_values(table)]
    entry = Entry(BatchKind.CLOSE, "2026-10", latest_delivery(), START_S + 31 * 86_400, "slm")
    append(workspace, entry, figures, head=0, now=NOW)
    path = workspace.home / "sample-files" / "late.csv"
    path.write_text(ROWS, encoding="utf-8")
    late = Proposal("exclusions", path, f"entered late {HOSTILE}", "mail")
    correction = propose(late, by="analyst", now=NOW)
    changed = next(f for f in figures if f.row.product_id == "p00003")
    after = replace(changed, row=replace(changed.row, verdict=Verdict.MET, bad_s=0))
    restated = replace(entry, kind=BatchKind.RESTATEMENT, reason=HOSTILE, correction=correction.pk)
    append(workspace, restated, [after], head=1, now=NOW + timedelta(hours=1))
