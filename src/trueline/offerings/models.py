"""The product offering repository as recorded: versions of parameters, offerings, objectives."""

from __future__ import annotations

from django.db import models

from trueline.intake.models import Delivery, RecordedVersion


class CatalogueFile(models.Model):
    """The bytes of an imported catalogue file, so that export gives back what was imported."""

    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=512)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.name} of delivery {self.delivery_id}"


class ParameterVersion(RecordedVersion):
    parameter_id = models.CharField(max_length=200, db_index=True)
    definition = models.TextField()  # canonical text of the catalogue keys

    def __str__(self) -> str:
        return self.parameter_id


class OfferingVersion(RecordedVersion):
    """An offering without its objectives; `position` keeps the order of the file."""

    offering_id = models.CharField(max_length=200, db_index=True)
    position = models.IntegerField()
    definition = models.TextField()

    def __str__(self) -> str:
        return self.offering_id


class ObjectiveVersion(RecordedVersion):
    """`version` rises only when `meaning` changes; `definition` holds title and notes too."""

    offering_id = models.CharField(max_length=200)
    objective_id = models.CharField(max_length=200)
    version = models.IntegerField()
    position = models.IntegerField()
    meaning = models.TextField()
    definition = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["offering_id", "objective_id"])]

    def __str__(self) -> str:
        return f"{self.offering_id}/{self.objective_id} v{self.version}"


class PublishedStandard(RecordedVersion):
    """An approved version of a threshold standard. `scope` is a JSON object of what it applies to;
    `version` counts the versions of one objective in one scope, with those of catalogue files."""

    scope = models.CharField(max_length=700)
    objective_id = models.CharField(max_length=200)
    version = models.IntegerField()
    rollout = models.CharField(max_length=8)
    definition = models.TextField()
    published_by = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["scope", "objective_id"], name="published_standard")]

    def __str__(self) -> str:
        return f"{self.objective_id} v{self.version}"


class MigrationVersion(RecordedVersion):
    """Products that move to a version of a standard on a local day, agreed where it is looser."""

    scope = models.CharField(max_length=700)
    objective_id = models.CharField(max_length=200)
    version = models.IntegerField()
    valid_from = models.DateField()
    product_ids = models.TextField()  # JSON list, sorted
    agreement = models.CharField(max_length=500, blank=True)  # what the customer agreed to, where

    def __str__(self) -> str:
        return f"{self.objective_id} v{self.version} from {self.valid_from}"
