"""Rows of a load against the versions that are known: new, duplicate, or correction."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from django.db import models

from trueline.intake.ledger import Ledger
from trueline.intake.models import Delivery, RecordedVersion
from trueline.intake.recorded_load import record_versions, supersede


class _Digested(Protocol):
    digest: str


_Row = TypeVar("_Row", bound=RecordedVersion)
Key = tuple[object, ...]


class KeyedVersions(Generic[_Row]):
    """Collects rows of one model by key; within one load the later row of a key wins."""

    def __init__(self, model: type[_Row], key_fields: tuple[str, ...], ledger: Ledger) -> None:
        self.model = model
        self.ledger = ledger
        self._pending: dict[Key, _Row] = {}
        self._known: dict[Key, tuple[int, str]] = {}
        manager: models.Manager[_Row] = model._default_manager
        current = manager.filter(superseded_by=None).values_list(*key_fields, "pk", "digest")
        for *key, pk, digest in current.iterator(chunk_size=10_000):
            self._known[tuple(key)] = (pk, digest)

    def known_digest(self, key: Key) -> str | None:
        """The digest that stands for `key` now, counting rows taken before; None = new."""
        pending: _Digested | None = self._pending.get(key)  # type: ignore[assignment]  # by model
        if pending is not None:
            return pending.digest
        known = self._known.get(key)
        return known[1] if known else None

    def take(self, key: Key, row: _Row, digest: str) -> None:
        """Count `row` and keep it when it says something new."""
        earlier = self.known_digest(key)
        if earlier == digest:
            self.ledger.duplicate += 1
            return
        self.ledger.accepted += 1
        self.ledger.corrected += earlier is not None
        self._pending[key] = row

    def keep(self, key: Key, row: _Row) -> None:
        """Keep `row` without counting it."""
        self._pending[key] = row

    def write(self, delivery: Delivery) -> None:
        """Supersede what changed and write the new versions."""
        gone = [self._known[key][0] for key in self._pending if key in self._known]
        supersede(self.model, gone, delivery)
        for row in self._pending.values():
            row.delivery = delivery
        record_versions(list(self._pending.values()))
