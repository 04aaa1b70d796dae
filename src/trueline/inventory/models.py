"""The inventory as recorded: versions of customers, products, agreements and groups."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import Delivery, RecordedVersion


class CustomerVersion(RecordedVersion):
    customer_id = models.CharField(max_length=200, db_index=True)
    name = models.CharField(max_length=500, blank=True)
    segment = models.CharField(max_length=200, blank=True)
    contacts = models.TextField(blank=True)  # JSON list of [role, address]
    characteristics = models.TextField(default="{}")  # JSON object, keys sorted
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.customer_id


class ProductVersion(RecordedVersion):
    """A sold offering (TMF637 Product). Times are UTC seconds, [start_s, end_s)."""

    product_id = models.CharField(max_length=200, db_index=True)
    offering_id = models.CharField(max_length=200)
    customer_id = models.CharField(max_length=200)
    status = models.CharField(max_length=40)
    start_s = models.BigIntegerField()
    end_s = models.BigIntegerField(null=True)
    time_zone = models.CharField(max_length=64)
    agreement_id = models.CharField(max_length=200, null=True)
    characteristics = models.TextField(default="{}")
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.product_id


class AgreementVersion(RecordedVersion):
    """An agreement with all its terms; a later delivery of the same agreement replaces them."""

    agreement_id = models.CharField(max_length=200, db_index=True)
    customer_id = models.CharField(max_length=200)
    name = models.CharField(max_length=500, blank=True)
    terms = models.TextField()  # JSON list of terms
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.agreement_id


class GroupVersion(RecordedVersion):
    group_id = models.CharField(max_length=200, db_index=True)
    name = models.CharField(max_length=500, blank=True)
    rule = models.TextField()
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.group_id


class IdentityVersion(RecordedVersion):
    """What a name in feeds stands for, as decided: `state` accepted, rejected or ended. The newest
    version of a name, product and beginning counts. Times are UTC seconds, [start, end)."""

    name = models.CharField(max_length=255, db_index=True)
    product_id = models.CharField(max_length=200, db_index=True)
    state = models.CharField(max_length=16)
    valid_from_s = models.BigIntegerField(null=True)
    valid_to_s = models.BigIntegerField(null=True)
    confidence = models.CharField(max_length=16, blank=True)  # as proposed; empty: set by hand
    reasons = models.JSONField(default=list)
    decided_by = models.CharField(max_length=150)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.name} is {self.product_id}: {self.state}"


class SupplierVersion(RecordedVersion):
    """A supplier, or a team of our own; `definition` is canonical text of the file's keys."""

    supplier_id = models.CharField(max_length=200, db_index=True)
    definition = models.TextField()
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.supplier_id


class CommitmentVersion(RecordedVersion):
    """What a supplier or team promises us: an OLA or an underpinning contract."""

    commitment_id = models.CharField(max_length=200, db_index=True)
    supplier_id = models.CharField(max_length=200)
    definition = models.TextField()
    digest = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.commitment_id


class GroupSnapshot(models.Model):
    """Membership of a group as evaluated at an instant, from what was known at a delivery."""

    group_id = models.CharField(max_length=200)
    rule = models.TextField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    instant_s = models.BigIntegerField()
    members = models.TextField()  # JSON list of product ids, sorted

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group_id", "delivery", "instant_s"], name="one_snapshot_of_a_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.group_id} at {self.instant_s}"
