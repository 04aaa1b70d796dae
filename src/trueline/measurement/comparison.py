"""What becomes of granules that the lake, or this delivery, holds already.

Within a delivery the last value in file order stays, and only it is compared with what was recorded
before: a file that is loaded again corrects nothing, whatever it repeats on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueline.intake.ledger import Ledger
from trueline.measurement.arrivals import Granules, Mask, Settled
from trueline.measurement.held import Held, entries_near, find_held
from trueline.measurement.lake import Lake
from trueline.measurement.manifest import FileKind
from trueline.measurement.segments import (
    IDENTITY,
    identities,
    replaced_table,
    without_rows,
    write_supersession,
)
from trueline.measurement.staging import Staging


@dataclass(frozen=True)
class _Judged:
    """By row of a batch, against its own delivery and against what was recorded before."""

    repeats_own: Mask
    changes_own: Mask
    repeats_recorded: Mask
    changes_recorded: Mask

    @classmethod
    def nothing(cls, rows: int) -> _Judged:
        return cls(*(np.zeros(rows, np.bool_) for _ in range(4)))

    @property
    def dropped(self) -> Mask:
        either: Mask = self.repeats_own | self.repeats_recorded
        return either


@dataclass
class Comparison:
    """The comparison of one delivery, batch by batch."""

    lake: Lake
    staging: Staging
    ledger: Ledger
    delivery: int
    _batch: int = 0
    _replaced: list[pa.Table] = field(default_factory=list)  # recorded versions, by which batch
    _dropped: list[tuple[int, pa.Table]] = field(default_factory=list)  # from the files before
    _taken_back: list[pa.Table] = field(default_factory=list)  # identities, files before, batch
    _superseded: list[pa.Table] = field(default_factory=list)  # identities, how many values

    def kept(self, settled: Settled) -> Granules:
        """Without what is held already; every row is counted in the ledger."""
        granules = settled.granules
        self._batch += 1
        self.ledger.duplicate += settled.duplicate
        doubt = None
        if len(granules):
            doubt = self.lake.marks.doubt(lambda: self.lake.engine, granules)
        if doubt is None or not (doubt.own.any() or doubt.recorded.any()):
            replaced = 0 if settled.superseded is None else int(settled.superseded.sum())
            self.ledger.accepted += len(granules) + replaced
            self.ledger.corrected += replaced
            self._remember(granules, settled.superseded)
            return granules
        judged = _Judged.nothing(len(granules))
        if doubt.own.any():
            self._compare_with_own(granules, doubt.own, judged)
        if (asked := doubt.recorded & ~judged.repeats_own).any():
            self._compare_with_recorded(granules, asked, judged)
        self._count(settled, judged, doubt.late)
        dropped = judged.dropped
        return granules.take(~dropped) if dropped.any() else granules

    def finish(self) -> None:
        """Take out of the files what later batches replaced; write which recorded versions the
        delivery replaces."""
        files = self.staging.files()
        for place, entry in enumerate(files):
            gone = [table for before, table in self._dropped if place < before]
            if gone and entry.kind is FileKind.SEGMENT:
                files[place] = without_rows(self.lake.root, entry, pa.concat_tables(gone))
        replaced = self._finally_replaced()
        if replaced is not None and replaced.num_rows:
            self.staging.add(write_supersession(self.lake.root, replaced, self.delivery))

    def _compare_with_own(self, granules: Granules, asked: Mask, judged: _Judged) -> None:
        files = self.staging.files()
        places = [n for n, entry in enumerate(files) if entry.kind is FileKind.SEGMENT]
        held = find_held(self.lake.root, granules, asked, [files[n] for n in places])
        if self._taken_back:
            held = held.only(~self._is_taken_back(held, np.array(places, np.int64)))
        same = _rows(granules, held.row).same_content(held.granules)
        judged.repeats_own[held.row[same]] = True
        judged.changes_own[held.row[~same]] = True
        if not same.all():
            self._dropped.append((len(files), identities(held.granules.take(~same))))

    def _compare_with_recorded(self, granules: Granules, asked: Mask, judged: _Judged) -> None:
        near = entries_near(granules.only(asked))
        held = find_held(self.lake.root, granules, asked, near)
        same = _rows(granules, held.row).same_content(held.granules)
        judged.repeats_recorded[held.row[same]] = True
        judged.changes_recorded[held.row[~same]] = True
        if not same.all():
            table = replaced_table(held.only(~same), self.delivery)
            self._replaced.append(table.append_column("batch", [self._numbers(table)]))

    def _count(self, settled: Settled, judged: _Judged, late: Mask) -> None:
        kept = ~judged.dropped
        earlier = settled.superseded
        if earlier is None:
            earlier = np.zeros(len(kept), np.int64)
        as_before = judged.repeats_recorded
        replaced = int(earlier[~as_before].sum())
        self.ledger.accepted += int(kept.sum()) + replaced
        changes = kept & (judged.changes_own | judged.changes_recorded)
        self.ledger.corrected += int(changes.sum()) + replaced
        self.ledger.duplicate += int((~kept).sum()) + int(earlier[as_before].sum())
        self.ledger.late += int((late & kept & ~judged.changes_own).sum())
        back = as_before & judged.changes_own
        if back.any():
            self.ledger.late -= int((late & back).sum())
            self._take_back(settled.granules.take(back))
        self._remember(settled.granules, np.where(as_before, 0, earlier + judged.changes_own))

    def _take_back(self, granules: Granules) -> None:
        """The delivery has come back to the recorded values: what it said before, and counted as
        corrections, was only on the way."""
        earlier = self._values_so_far(granules)
        count = int(earlier.sum())
        self.ledger.accepted -= count
        self.ledger.corrected -= count
        self.ledger.duplicate += count
        self._remember(granules, 1 - earlier)
        table = identities(granules)
        before = np.full(len(granules), len(self.staging.files()))
        table = table.append_column("before", [before])
        self._taken_back.append(table.append_column("back", [self._numbers(table)]))

    def _remember(self, granules: Granules, count: npt.NDArray[np.int64] | None) -> None:
        """How many values of a granule were replaced by later ones of this delivery."""
        if count is not None and (some := count != 0).any():
            table = identities(granules.take(some))
            self._superseded.append(table.append_column("count", [count[some]]))

    def _values_so_far(self, granules: Granules) -> npt.NDArray[np.int64]:
        """The values that this delivery has given each granule."""
        out = np.ones(len(granules), np.int64)
        if self._superseded:
            known = pa.concat_tables(self._superseded).group_by(IDENTITY)
            asked = identities(granules).append_column("row", [np.arange(len(granules))])
            found = asked.join(known.aggregate([("count", "sum")]), IDENTITY, join_type="inner")
            out[found["row"].to_numpy()] += found["count_sum"].to_numpy()
        return out

    def _is_taken_back(self, held: Held, places: npt.NDArray[np.int64]) -> Mask:
        """Of versions found in own files: whether they count no more."""
        out = np.zeros(len(held.row), np.bool_)
        asked = identities(held.granules)
        asked = asked.append_column("row", [np.arange(len(held.row))])
        asked = asked.append_column("place", [places[held.place]])
        back = pa.concat_tables(self._taken_back).group_by(IDENTITY)
        found = asked.join(back.aggregate([("before", "max")]), IDENTITY, join_type="inner")
        gone = pc.less(found["place"], found["before_max"])
        out[found["row"].filter(gone).to_numpy()] = True
        return out

    def _finally_replaced(self) -> pa.Table | None:
        """Each recorded version once, without those that were taken back in the end."""
        if not self._replaced:
            return None
        replaced = pa.concat_tables(self._replaced)
        names = [n for n in replaced.column_names if n != "batch"]
        if not self._dropped:
            return replaced.select(names)
        last = replaced.group_by(names).aggregate([("batch", "max")])
        if self._taken_back:
            back = pa.concat_tables(self._taken_back).group_by(IDENTITY)
            last = last.join(back.aggregate([("back", "max")]), IDENTITY, join_type="left outer")
            final = pc.greater(last["batch_max"], pc.fill_null(last["back_max"], 0))
            last = last.filter(final)
        return last.select(names)

    def _numbers(self, table: pa.Table) -> npt.NDArray[np.int64]:
        return np.full(table.num_rows, self._batch)


def _rows(granules: Granules, rows: npt.NDArray[np.int64]) -> Granules:
    """Nothing is copied when they are all, in order."""
    if len(rows) == len(granules) and bool((np.diff(rows) == 1).all()):
        return granules
    return granules.take(rows)
