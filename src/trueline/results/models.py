"""The result log's chain, and corrections with every step of theirs. Nothing here is edited: a
correction's `state` is the one exception, guarded by the step that is written with it."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import Delivery


class Correction(models.Model):
    """A proposed change of what closed periods were made of: rows of exclusions or events in the
    words of their tables, kept as the file that was proposed."""

    kind = models.CharField(max_length=16)  # corrections.KINDS
    file_name = models.CharField(max_length=255)
    content = models.BinaryField()
    product_ids = models.JSONField()  # sorted
    reason = models.TextField()
    evidence = models.TextField(blank=True)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    customers = models.JSONField(default=list)  # ids whose agreement is needed, sorted
    state = models.CharField(max_length=16, default="proposed", db_index=True)

    def __str__(self) -> str:
        return f"correction {self.pk} ({self.state})"


class CorrectionStep(models.Model):
    """One act on a correction: what it led to, who did it, when and why."""

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=16)
    by = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=200, blank=True)  # a customer id
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.act} of correction {self.correction_id} by {self.by}"


class ResultBatch(models.Model):
    """One link of the chain: the figures of a file, and the hash of the link before it."""

    sequence = models.BigIntegerField(primary_key=True)  # 1, 2, 3 ... without gaps
    kind = models.CharField(max_length=16)  # log.BatchKind
    period = models.CharField(max_length=16, db_index=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    as_of_s = models.BigIntegerField()
    method = models.CharField(max_length=64)
    produced_at = models.DateTimeField(db_index=True)
    produced_by = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    correction = models.ForeignKey(
        Correction, on_delete=models.PROTECT, null=True, related_name="batches"
    )
    path = models.CharField(max_length=255)  # below workspace.result_log
    rows = models.BigIntegerField()
    root = models.CharField(max_length=64)  # Merkle root of the rows
    previous = models.CharField(max_length=64, blank=True)
    link = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "result batches"

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} of {self.period}"
