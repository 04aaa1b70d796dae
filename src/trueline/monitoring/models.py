"""Regimes as recorded, their runs, and the alerts that runs raised."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import Delivery, RecordedVersion


class RegimeVersion(RecordedVersion):
    """One version of a regime: every act writes a new one. `version` counts contents, not acts."""

    regime_id = models.CharField(max_length=200, db_index=True)
    version = models.IntegerField()
    content = models.TextField()  # JSON, keys sorted
    state = models.CharField(max_length=16)
    author = models.CharField(max_length=150)
    approver = models.CharField(max_length=150, blank=True)
    acted_by = models.CharField(max_length=150)
    acted_at = models.DateTimeField()
    reason = models.CharField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.regime_id} {self.version} {self.state}"


class RegimeRun(models.Model):
    """What one run found, as the bytes that it is repeated to."""

    regime_id = models.CharField(max_length=200)
    version = models.IntegerField()
    due_s = models.BigIntegerField()  # the instant that it judges, UTC seconds
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    regime = models.TextField()  # the content that was in force
    content = models.TextField()  # canonical JSON
    sha256 = models.CharField(max_length=64)
    run_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["regime_id", "due_s"], name="one_run_of_a_regime_for_an_instant"
            )
        ]
        indexes = [models.Index(fields=["regime_id", "due_s"], name="regime_run_by_instant")]

    def __str__(self) -> str:
        return f"{self.regime_id} at {self.due_s}"


class Alert(models.Model):
    """A state that was entered, and left: raised once, cleared once, each with its evidence."""

    regime_id = models.CharField(max_length=200)
    trigger = models.CharField(max_length=32)
    objective_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)  # a product id, or the group's id
    raised_by = models.ForeignKey(RegimeRun, on_delete=models.PROTECT, related_name="raised")
    raised_s = models.BigIntegerField()
    raised_evidence = models.TextField()  # JSON
    cleared_by = models.ForeignKey(
        RegimeRun, on_delete=models.PROTECT, null=True, related_name="cleared"
    )
    cleared_s = models.BigIntegerField(null=True, db_index=True)
    cleared_evidence = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["regime_id", "trigger", "objective_id", "subject"],
                condition=models.Q(cleared_s__isnull=True),
                name="an_alert_stands_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.regime_id} {self.trigger} {self.subject}"


class AlertNote(models.Model):
    """What somebody said to an alert; rows are added, never changed."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=16)  # acknowledged | comment | owner
    owner = models.CharField(max_length=150, blank=True)  # who sees to it from now on
    text = models.CharField(max_length=2000, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert"],
                condition=models.Q(kind="acknowledged"),
                name="an_alert_is_acknowledged_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.kind} by {self.by}"


class RegimeReading(models.Model):
    """Somebody looked at what a regime found."""

    regime_id = models.CharField(max_length=200, db_index=True)
    read_by = models.CharField(max_length=150)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.regime_id} {self.read_by}"


class ProblemScanRun(models.Model):
    """One scan for common problems, of one stored assessment; the problems themselves keep what it
    found. `held_back`: findings that a person rejected or cancelled lately."""

    period = models.CharField(max_length=16)
    assessed_at = models.CharField(max_length=40)
    due_s = models.BigIntegerField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    findings = models.IntegerField()
    raised = models.IntegerField()
    joined = models.IntegerField()
    held_back = models.IntegerField()
    run_by = models.CharField(max_length=150)
    run_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "assessed_at"], name="one_problem_scan_of_an_assessment"
            )
        ]

    def __str__(self) -> str:
        return f"problem scan of {self.period}"
