"""What the inventory is to be told, one row for each sold offering and period."""

from __future__ import annotations

from django.db import models


class Told(models.Model):
    """The newest link whose figures the inventory should know, and the newest it does know. What
    is sent is read from the log when it is sent, so that a late message never undoes a newer one.
    """

    product_id = models.CharField(max_length=200)
    period = models.CharField(max_length=16)
    wanted_link = models.BigIntegerField()
    told_link = models.BigIntegerField(default=0)
    state = models.CharField(max_length=16, default="waiting", db_index=True)  # queue.State
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)
    told_at = models.DateTimeField(null=True)
    last_answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product_id", "period"], name="told_once_a_period")
        ]
        verbose_name_plural = "told"

    def __str__(self) -> str:
        return f"{self.product_id} {self.period}: {self.state}"
