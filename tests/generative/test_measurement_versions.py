"""Any sequence of small deliveries and compactions reads as a plain dictionary would."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.db import connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.measurement_builders import NOVEMBER, Content, G, content, deliver

from trueline.intake.ledger import Ledger
from trueline.measurement.compaction import merge
from trueline.measurement.exchange import exchange, snapshot
from trueline.measurement.gathering import gather
from trueline.measurement.lake import Lake, open_lake
from trueline.settings.workspace import Workspace, use_workspace

_VALUES = st.sampled_from([0.0, 1.0, 16.186, 0.1, -2.5, 1 / 3, 4_000_000_000.0, 1e15])
_GRANULE = st.builds(
    G,
    product=st.sampled_from(["p1", "p2", "p3"]),
    parameter=st.sampled_from(["delay", "loss"]),
    start_s=st.sampled_from([NOVEMBER + 900 * n for n in (-2, -1, 0, 1)]),
    value=_VALUES,
    denominator=st.sampled_from([None, 0.0, 67.0, 0.5]),
    suspect=st.booleans(),
    duration_s=st.sampled_from([300, 900, 1_800]),
)
_BATCHES = st.lists(st.lists(_GRANULE, max_size=8), min_size=1, max_size=3)
_MERGES = {"gather": gather, "merge": merge}
_MEANWHILE = st.tuples(st.sampled_from(sorted(_MERGES)), _BATCHES)  # delivered while it goes on
_STEPS = st.lists(st.one_of(_BATCHES, st.just("compact"), _MEANWHILE), min_size=1, max_size=6)


def _obvious(known: Content, batches: list[list[G]]) -> tuple[Content, Ledger]:
    """One delivery, granule by granule, on a dictionary."""
    after, ledger = dict(known), Ledger()
    for g in (g for batch in batches for g in batch):
        key = (g.product, g.parameter, g.start_s)
        now = (g.duration_s, g.value, g.denominator, g.suspect)
        if after.get(key) == now:
            ledger.duplicate += 1
            continue
        ledger.accepted += 1
        ledger.corrected += key in after
        after[key] = now
    return after, ledger


def _deliver_twice(
    workspace: Workspace, keeper: Lake, step: list[list[G]], known: list[Content]
) -> None:
    """As `_obvious` says, and the second time nothing is new. The first time by a lake that stays
    open, as a server has, the second time by another."""
    after, counted = _obvious(known[-1], step)
    ledger = deliver(workspace, *step, lake=keeper).ledger
    rows = sum(map(len, step))
    assert ledger.accepted + ledger.duplicate == rows
    identities = {(g.product, g.parameter, g.start_s) for b in step for g in b}
    if len(identities) == rows:
        ledger.late = 0  # its own test
        assert ledger == counted
    again = deliver(workspace, *step).ledger
    assert again == Ledger(duplicate=rows)
    known.extend([after, after])


@given(steps=_STEPS)
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a case costs too much to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_deliveries_read_as_a_dictionary_would(
    migrated_database: Path, steps: list[object]
) -> None:
    home = Path(tempfile.mkdtemp(prefix="trueline-lake-"))
    try:
        connections.close_all()
        shutil.copy(migrated_database, home / "trueline.sqlite3")
        workspace = use_workspace(home)
        known: list[Content] = [{}]
        with open_lake(workspace) as lake, open_lake(workspace) as keeper:
            for step in steps:
                if step == "compact":
                    lake.compact()
                    continue
                if isinstance(step, tuple):
                    with lake.reading():
                        done = _MERGES[step[0]](lake, snapshot(lake))
                        _deliver_twice(workspace, keeper, step[1], known)
                        exchange(lake, done)
                    continue
                assert isinstance(step, list)
                _deliver_twice(workspace, keeper, step, known)
            for delivery, expected in enumerate(known):
                assert content(lake, delivery) == expected
    finally:
        connections.close_all()
        shutil.rmtree(home, ignore_errors=True)
