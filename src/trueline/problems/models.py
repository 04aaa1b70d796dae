"""Product problems, their members and every step of theirs. Rows are added, never edited; a
problem's `state` is the one exception, guarded by the step that is written with it."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import RecordedVersion
from trueline.problems.states import ProblemState


class ProductProblem(models.Model):
    """What many degradations share. `names` are the combinations that the data could not tell
    apart when it was raised; `first_alert` is what led to it, not its cause."""

    names = models.JSONField()  # list of {attribute: value}, the shown one first
    objective_id = models.CharField(max_length=200)
    first_alert = models.CharField(max_length=200)
    evidence = (
        models.JSONField()
    )  # counts, p, q, what happened before; of the first scan, see steps
    raised_by = models.CharField(max_length=150)
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=ProblemState.ACKNOWLEDGED.value, db_index=True)
    state_since = models.DateTimeField()

    def __str__(self) -> str:
        return f"problem {self.pk} ({self.state})"


class ProblemMember(models.Model):
    """A product that the problem touches; `affected` is False for one that is only exposed."""

    problem = models.ForeignKey(ProductProblem, on_delete=models.PROTECT, related_name="members")
    product_id = models.CharField(max_length=200)
    customer_id = models.CharField(max_length=200)
    period = models.CharField(max_length=16)
    affected = models.BooleanField()
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["problem", "product_id", "affected"], name="member_once_per_problem"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} of problem {self.problem_id}"


class ProblemStep(models.Model):
    """One act on a problem: what it led to, who did it, when and why. `result` is the before/after
    test of a close (`BeforeAfter` as a dict), with `although` where it was closed against it.
    `evidence` is that of the scan which raised the problem or added members to it."""

    problem = models.ForeignKey(ProductProblem, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=24)
    state = models.CharField(max_length=16)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    result = models.JSONField(null=True)
    evidence = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.act} of problem {self.problem_id} by {self.by}"


class RecordedAnalysis(RecordedVersion):
    """One version of an imported performance analysis; a later delivery of the same `analysis_id`
    supersedes it. Numbers are exact decimals as text, empty where none was told."""

    analysis_id = models.CharField(max_length=200, db_index=True)
    product_id = models.CharField(max_length=200, db_index=True)
    kind = models.CharField(max_length=24)
    start_s = models.BigIntegerField(db_index=True)
    end_s = models.BigIntegerField(null=True)  # None = still open
    verdict = models.CharField(max_length=24)
    objective_id = models.CharField(max_length=200, blank=True)
    parameter = models.CharField(max_length=200, blank=True)
    comparator = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=200, blank=True)
    customer_id = models.CharField(max_length=200, blank=True)
    offering_id = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    value = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40, blank=True)
    numerator = models.CharField(max_length=40, blank=True)
    denominator = models.CharField(max_length=40, blank=True)
    attributes = models.TextField()  # JSON of {name: value}
    digest = models.CharField(max_length=32)  # of everything but the id

    def __str__(self) -> str:
        return self.analysis_id
