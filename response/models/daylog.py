"""Tables of the day log: notes, their files, and the signatures under its days."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from alarms.models import Incident
from assets.models import Asset, Sector, Site


class Note(models.Model):
    """What a person wrote into the day log; never changed, never erased: another note corrects it. What it says stands in the
    journal's line as well, under its hash. Written by response.daylog.writing alone."""

    class Category(models.TextChoices):
        EVENT = "event", "event"
        DUTY = "duty", "duty"
        ROUND = "round", "round"
        INTERVENTION = "intervention", "intervention"
        FAULT = "fault", "fault"
        VISIT = "visit", "visit"
        INSTRUCTION = "instruction", "instruction"
        CALL = "call", "call"

    class Importance(models.TextChoices):
        ROUTINE = "routine", "routine"
        NOTABLE = "notable", "notable"
        MAJOR = "major", "major"

    site = models.ForeignKey(Site, models.CASCADE, related_name="notes", db_index=False)
    number = models.PositiveBigIntegerField(help_text="From 1, without a gap, in the order of writing.")
    happened_at = models.DateTimeField()
    written_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    desk = models.CharField(max_length=60, blank=True)
    category = models.CharField(max_length=12, choices=Category.choices)
    importance = models.CharField(max_length=7, choices=Importance.choices, default=Importance.ROUTINE)
    in_summary = models.BooleanField(default=False, help_text="Belongs into the summary of the shift.")
    text = models.TextField()
    words = models.TextField(help_text="The text and what it is about as a search compares them: no accents, no capitals.")
    search = models.GeneratedField(
        expression=SearchVector("words", config="simple"), output_field=SearchVectorField(), db_persist=True
    )
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="notes")
    sector = models.ForeignKey(
        Sector, models.PROTECT, null=True, related_name="notes", help_text="Of the asset, where there is one."
    )
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="notes")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    mentions = ArrayField(models.CharField(max_length=150), default=list, help_text="Logins it calls by @.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="note_number_once_per_site")]
        indexes = [
            models.Index(fields=["site", "happened_at"], name="note_happened"),
            GinIndex(fields=["search"], name="note_search"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.number}"


class Attachment(models.Model):
    """A file beside a note. Its SHA-256 is in the journal. Written by response.daylog.writing alone."""

    note = models.ForeignKey(Note, models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40, help_text="As its first bytes say, not as it was called.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["note", "sha256"], name="attachment_once_per_note")]

    def __str__(self) -> str:
        return self.name


class DaySignature(models.Model):
    """A chief's signature under a day of the day log, over the journal's chain as it then stood.

    Written by response.daylog.signing alone.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="day_signatures", db_index=False)
    day = models.DateField(help_text="On the site's clocks.")
    signed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=150)
    first = models.PositiveBigIntegerField(help_text="Journal number of the first line it covers.")
    last = models.PositiveBigIntegerField(help_text="Of the last; the line of the signature itself comes after it.")
    root = models.CharField(max_length=64, help_text="Hash of the last line it covers: all lines before it are under it.")
    notes = models.PositiveIntegerField(help_text="Notes of the day it covers.")

    class Meta:
        ordering = ["site", "day", "id"]
        indexes = [models.Index(fields=["site", "day"], name="signature_of_day")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day}"
