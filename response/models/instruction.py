"""Tables of instructions (consignes): what holds for a time, and who has read it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from assets.models import Sector, Site
from response.models.duty import Position


class Instruction(models.Model):
    """What a chief asks of whoever is on duty, for a time. Its text never changes: another one takes its place.

    Written by response.instructions.moves alone.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="instructions", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, in the order of writing.")
    text = models.TextField()
    words = models.TextField(help_text="The text as a search compares it: no accents, no capitals.")
    search = models.GeneratedField(
        expression=SearchVector("words", config="simple"), output_field=SearchVectorField(), db_persist=True
    )
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    times = models.JSONField(null=True, help_text="When it holds within that time, as response.rota.Turn reads it; none: always.")
    positions = models.ManyToManyField(Position, related_name="instructions", verbose_name="duty positions")
    roles = ArrayField(models.CharField(max_length=20), default=list, help_text="Whom it is for; none: all.")
    sector = models.ForeignKey(Sector, models.PROTECT, null=True, related_name="instructions")
    must_read = models.BooleanField(default=False, help_text="Asked to be read by whoever takes a position.")
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="instruction_number_once_per_site")]
        indexes = [GinIndex(fields=["search"], name="instruction_search")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.number}"


class InstructionRead(models.Model):
    """That somebody says they have read an instruction. Written by response.instructions.moves alone."""

    instruction = models.ForeignKey(Instruction, models.CASCADE, related_name="reads")
    person = models.CharField(max_length=150)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["read_at"]
        constraints = [models.UniqueConstraint(fields=["instruction", "person"], name="instruction_read_once")]

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.person}"
