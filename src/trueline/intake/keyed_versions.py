"""Rows of a load against the versions that are known: new, duplicate, or correction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db import connection

from trueline.intake.ledger import Ledger
from trueline.intake.models import Delivery, RecordedVersion
from trueline.intake.recorded_load import supersede

Cells = tuple[str | int | None, ...]  # as the columns hold them
_WRITE_ROWS = 5_000


class KeyedVersions:
    """Collects rows of one model by key; within one load the later row of a key wins.

    The model has a column `digest` beside the key's and the values' columns. Rows are compared by
    digest and written in bulk, without a model instance for each."""

    def __init__(
        self,
        model: type[RecordedVersion],
        key_columns: tuple[str, ...],
        value_columns: tuple[str, ...],
        ledger: Ledger,
    ) -> None:
        self.model = model
        self.ledger = ledger
        self._columns = (*key_columns, *value_columns, "digest", "delivery_id")
        self._pending: dict[Cells, tuple[Cells, str]] = {}
        self._known: dict[Cells, tuple[int, str]] = {}
        current = model._default_manager.filter(superseded_by=None)
        rows = current.values_list(*key_columns, "pk", "digest")
        for *key, pk, digest in rows.iterator(chunk_size=10_000):
            self._known[tuple(key)] = (pk, digest)

    def take(self, key: Cells, values: Cells) -> None:
        """Count a row and keep it when it says something new."""
        digest = hashlib.blake2b(repr(values).encode(), digest_size=16).hexdigest()
        earlier = self._standing(key)
        if earlier == digest:
            self.ledger.duplicate += 1
            return
        self.ledger.accepted += 1
        self.ledger.corrected += earlier is not None
        self._pending[key] = (values, digest)

    def knows(self, key: Cells) -> bool:
        return self._standing(key) is not None

    def write(self, delivery: Delivery) -> None:
        """Supersede what changed and write the new versions."""
        gone = [self._known[key][0] for key in self._pending if key in self._known]
        supersede(self.model, gone, delivery)
        quote = connection.ops.quote_name
        names = ", ".join(quote(column) for column in self._columns)
        marks = ", ".join(["%s"] * len(self._columns))
        table = quote(self.model._meta.db_table)
        with connection.cursor() as cursor:
            for rows in self._chunks(delivery.pk):
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)

    def _standing(self, key: Cells) -> str | None:
        found = self._pending.get(key) or self._known.get(key)
        return found[1] if found else None

    def _chunks(self, delivery_id: int) -> Iterator[list[Cells]]:
        chunk: list[Cells] = []
        for key, (values, digest) in self._pending.items():
            chunk.append((*key, *values, digest, delivery_id))
            if len(chunk) == _WRITE_ROWS:
                yield chunk
                chunk = []
        if chunk:
            yield chunk
