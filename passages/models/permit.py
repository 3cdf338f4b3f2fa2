"""Permits: who may pass where and when, and the systems and files they come from."""

from django.db import models
from django.db.models import Q

from assets.models import Site
from passages.models.gate import Gate


class PermitSource(models.Model):
    """An access-management system that says which permits there are: it pushes them, or they are pulled."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="permit_sources")
    slug = models.SlugField(unique=True, max_length=60)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=500, blank=True, help_text="URL to pull; empty: it pushes.")
    secret = models.CharField(max_length=500, blank=True, help_text="Authorization header of a pull.")
    interval = models.PositiveIntegerField(default=900, help_text="Seconds between two pulls.")
    token_hash = models.CharField(max_length=64, blank=True)
    token_hint = models.CharField(max_length=8, blank=True)
    allow_private_address = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    heard_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, help_text="Why the last message or pull brought nothing.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Permit(models.Model):
    """An authorisation for the vehicles of one company at some gates, at some hours."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        ENDED = "ended", "ended"

    site = models.ForeignKey(Site, models.CASCADE, related_name="permits")
    reference = models.CharField(max_length=80, help_text="The city's or the access system's own, unique in the site.")
    source = models.ForeignKey(PermitSource, models.RESTRICT, null=True, blank=True, related_name="permits")
    company = models.CharField(max_length=160)
    contact = models.CharField(max_length=200, blank=True)
    purpose = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    weekly = models.JSONField(
        default=list, help_text="As `weekly` of a rule's calendar, on the site's clock; empty: at all hours."
    )
    every_gate = models.BooleanField(default=False)
    gates = models.ManyToManyField(Gate, blank=True, related_name="permits")
    escort = models.BooleanField(default=False)
    longest_stay = models.PositiveIntegerField(null=True, blank=True, help_text="Minutes.")
    seq = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["company", "reference"]
        constraints = [
            models.UniqueConstraint(fields=["site", "reference"], name="permit_reference_once_per_site"),
            models.CheckConstraint(condition=Q(valid_until__gt=models.F("valid_from")), name="permit_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["site", "valid_until"], name="permit_by_end")]

    def __str__(self) -> str:
        return f"{self.reference} {self.company}"


class PermitPlate(models.Model):
    """One vehicle of a permit."""

    permit = models.ForeignKey(Permit, models.CASCADE, related_name="plates")
    plate = models.CharField(max_length=12)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["permit", "plate"], name="plate_once_per_permit")]
        indexes = [models.Index(fields=["plate"], name="permit_by_plate")]

    def __str__(self) -> str:
        return f"plate {self.pk}"


class PermitImport(models.Model):
    """One file or message of permits: compared with what there is, then carried out, or not."""

    class State(models.TextChoices):
        COMPARED = "compared", "compared"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    site = models.ForeignKey(Site, models.CASCADE, related_name="permit_imports")
    source = models.ForeignKey(PermitSource, models.SET_NULL, null=True, related_name="imports")
    file_name = models.CharField(max_length=200, blank=True)
    content = models.BinaryField(default=b"", help_text="What was sent, until it is carried out or a day is over.")
    state = models.CharField(max_length=8, choices=State.choices)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)
    whole = models.BooleanField(default=False, help_text="Permits of this source that are not in it end.")
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Of the difference that was shown.")
    message = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"
