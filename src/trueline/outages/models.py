"""Agreed exclusions as recorded."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import RecordedVersion


class ExclusionVersion(RecordedVersion):
    """`identity` is the exclusion_id where one is given, else product, start and end."""

    identity = models.CharField(max_length=300, db_index=True)
    exclusion_id = models.CharField(max_length=200, blank=True)
    product_id = models.CharField(max_length=200, db_index=True)
    start_s = models.BigIntegerField()
    end_s = models.BigIntegerField()
    reason = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=16, default="agreed")  # agreed | withdrawn
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.identity
