"""What the lake remembers in the database: its dictionary and its manifest.

A file counts only while a manifest row names it; rows change in the transaction that closes the
delivery, so a crash leaves at most files that nobody names."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import RecordedVersion


class MeasuredProduct(models.Model):
    """The dictionary of product ids: files hold the small integer."""

    key = models.AutoField(primary_key=True)
    product_id = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.product_id


class MeasuredParameter(models.Model):
    key = models.AutoField(primary_key=True)
    name = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.name


class LakeFile(models.Model):
    """One Parquet file of the lake; see measurement/manifest.py for the kinds."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16)
    path = models.CharField(max_length=255, unique=True)  # below workspace.lake
    min_delivery = models.BigIntegerField()
    max_delivery = models.BigIntegerField()
    min_start_s = models.BigIntegerField()
    max_start_s = models.BigIntegerField()
    max_end_s = models.BigIntegerField()
    max_duration_s = models.IntegerField()
    min_product_key = models.IntegerField()
    max_product_key = models.IntegerField()
    rows = models.BigIntegerField()
    samples = models.BigIntegerField()
    size = models.BigIntegerField()
    overlapping = models.BooleanField(default=False)
    columns = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["kind", "max_start_s"], name="lake_file_by_start")]

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


class RecordedEvent(RecordedVersion):
    """One version of an event; a later delivery of the same `event_id` supersedes it."""

    event_id = models.TextField(db_index=True)
    product_id = models.TextField(db_index=True)
    kind = models.TextField()
    start_s = models.BigIntegerField()
    end_s = models.BigIntegerField(null=True)  # None = still open
    impact = models.TextField(blank=True)
    cause = models.TextField(blank=True)
    source = models.TextField(blank=True)
    stop_clock = models.JSONField(default=list)  # [[start_s, end_s], ...]
    digest = models.CharField(max_length=32)  # of everything but the id

    def __str__(self) -> str:
        return self.event_id
