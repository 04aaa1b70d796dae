"""Deliveries: what arrived, when it was recorded, and what became of it."""

from __future__ import annotations

from django.db import models


class Delivery(models.Model):
    """One accepted load. Its `id` orders record time: one writer at a time holds the workspace,
    so a smaller id was always recorded earlier."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(null=True, db_index=True)  # None while being written
    kind = models.CharField(max_length=32)
    source = models.CharField(max_length=512)
    sha256 = models.CharField(max_length=64, blank=True)
    recorded_by = models.CharField(max_length=150, blank=True)
    counts = models.JSONField(default=dict)
    set_aside_file = models.CharField(max_length=512, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["kind", "id"], name="delivery_by_kind")]

    def __str__(self) -> str:
        return f"{self.id} {self.kind} {self.source}"


class RecordedVersion(models.Model):
    """A version of something kept: known from `delivery` on, until `superseded_by`."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    superseded_by = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


def known_at(delivery: int) -> models.Q:
    """Versions that were known once `delivery` had been recorded."""
    return models.Q(delivery_id__lte=delivery) & (
        models.Q(superseded_by_id__isnull=True) | models.Q(superseded_by_id__gt=delivery)
    )
