"""Scans on record, and what they found to get worse: raised once, followed, cleared once. Rows are
added; of a deterioration only its end is written later, by one guarded write."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import Delivery


class TrendScanRun(models.Model):
    """One scan on record. What it found lies in `trends/recorded/NUMBER.json`, of this hash."""

    scope = models.CharField(max_length=200, blank=True)  # "": everything; else a regime's id
    due_s = models.BigIntegerField(null=True)  # the instant it was due, None when asked for by hand
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.CharField(max_length=40)  # of the newest assessment that it read
    first_day = models.DateField()
    last_day = models.DateField()
    scanned = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    run_by = models.CharField(max_length=150)
    run_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "due_s"], name="one_trend_scan_of_a_scope_for_an_instant"
            )
        ]

    def __str__(self) -> str:
        return f"trend scan {self.pk} of {self.scope or 'everything'}"


class Deterioration(models.Model):
    """One series that gets worse, from the scan that called it first to the one that cleared it."""

    scope = models.CharField(max_length=200, blank=True)
    dimension = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    objective_id = models.CharField(max_length=200)
    measure = models.CharField(max_length=16)
    raised_by = models.ForeignKey(TrendScanRun, on_delete=models.PROTECT, related_name="raised")
    raised_at = models.DateTimeField()
    cleared_by = models.ForeignKey(
        TrendScanRun, on_delete=models.PROTECT, null=True, related_name="cleared"
    )
    cleared_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "dimension", "key", "objective_id", "measure"],
                condition=models.Q(cleared_at__isnull=True),
                name="a_deterioration_stands_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.key} {self.objective_id} {self.measure}"


class DeteriorationChange(models.Model):
    """What one scan said of a deterioration. `act`: raised, called, held, missed, cleared."""

    deterioration = models.ForeignKey(
        Deterioration, on_delete=models.PROTECT, related_name="changes"
    )
    scan = models.ForeignKey(TrendScanRun, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=16)
    evidence = models.JSONField()  # kind, q, since, before, now ... as the scan told them

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deterioration", "scan"], name="one_change_of_a_deterioration_by_a_scan"
            )
        ]

    def __str__(self) -> str:
        return f"{self.act}: {self.deterioration}"
