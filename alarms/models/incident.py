"""Incidents: alarms that share a cause, with one owner."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from alarms.models.alarm import Alarm
from alarms.models.rule import Rule
from assets.models import Site


class Incident(models.Model):
    """Alarms that share a cause, an asset, a system, a supervisor that is silent, or a rule and a place, with one owner.

    Written by alarms.incidents, by alarms.verdicts for a batch, and by nothing else.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        IN_HAND = "in_hand", "in hand"
        CLOSED = "closed", "closed"

    site = models.ForeignKey(Site, models.CASCADE, related_name="incidents")
    number = models.PositiveIntegerField()
    key = models.CharField(
        max_length=60,
        help_text="What its alarms share: cause:ALARM, rule:RULE:ASSET, asset:, building: or system:ASSET, supervisor: or "
        "host:FEED; empty by hand.",
    )
    title_fr = models.CharField(max_length=400)
    title_en = models.CharField(max_length=400)
    naming = models.JSONField(
        default=dict, help_text="What the title is made of, as alarms.incidents.naming reads it; {}: it stays."
    )
    first = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="+", help_text="The one it began with.")
    sectors = ArrayField(
        models.BigIntegerField(), default=list, help_text="Of all alarms that were ever in it, as they came; 0: none."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    cause = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="+")
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, related_name="+", help_text="Whose advice is its procedure.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    owned_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    joined_at = models.DateTimeField(help_text="When an alarm joined last; after a lull, later ones make another incident.")
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="merged")
    comments = models.PositiveIntegerField(default=0)
    seq = models.PositiveBigIntegerField(help_text="Journal number of the last change of this row.")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="incident_number_once_per_site")]
        indexes = [
            models.Index(fields=["site"], condition=~Q(state="closed"), name="incident_open"),
            models.Index(fields=["site", "joined_at"], name="incident_joined"),
            models.Index(fields=["site", "seq"], name="incident_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title_fr}"
