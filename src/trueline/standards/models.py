"""Threshold standards on their way: proposals, and every act that was done to them."""

from __future__ import annotations

import json

from django.db import models


class StandardProposal(models.Model):
    """One proposed version of a threshold standard. Its `state` moves by guarded writes only, and
    each move leaves a `ProposalAct`; the document never changes once recorded."""

    standard = models.CharField(max_length=900, db_index=True)  # its name, as people type it
    scope = models.CharField(max_length=700)  # JSON object of what it applies to
    objective_id = models.CharField(max_length=200)
    document = models.TextField()  # canonical JSON of the keys of a standards file
    state = models.CharField(max_length=12)
    author = models.CharField(max_length=150)
    version = models.IntegerField(null=True)  # given when it is published
    review_due = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.standard} {self.state}"


class ProposalAct(models.Model):
    """What was done to a proposal, by whom and when. Rows are added, never changed."""

    proposal = models.ForeignKey(StandardProposal, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=12)
    part = models.CharField(max_length=12, blank=True)  # of an approval: which of the three
    state = models.CharField(max_length=12)  # after the act
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.act} of {self.proposal_id} by {self.by}"


class MigrationProposal(models.Model):
    """Products that are to move to a version of a standard."""

    standard = models.CharField(max_length=900)
    scope = models.CharField(max_length=700)
    objective_id = models.CharField(max_length=200)
    version = models.IntegerField()
    valid_from = models.DateField()
    product_ids = models.TextField()  # JSON list, sorted
    agreement = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=12)  # proposed | approved | rejected
    author = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.standard} v{self.version} from {self.valid_from}: {self.state}"

    @property
    def products(self) -> list[str]:
        found: list[str] = json.loads(self.product_ids)
        return found
