"""Alarms, and for how long one of a severity may be silenced."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from alarms.models.rule import Rule, RuleVersion
from alarms.models.severity import Severity, Stake
from assets.models import Asset, Feed, Point, Sector, Site


class Alarm(models.Model):
    """Something an operator must act on. Written by alarms.lifecycle, by alarms.verdicts for a batch, and by nothing else.

    What it refers to without a constraint is held in the database by what it refers to with one, or by the readings that it was
    raised for (ADR 19).
    """

    class State(models.TextChoices):
        UNACKNOWLEDGED = "unacknowledged", "unacknowledged"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        RETURNED = "returned", "returned to normal, unacknowledged"
        NORMAL = "normal", "normal"

    site = models.ForeignKey(Site, models.CASCADE, related_name="alarms", db_index=False, db_constraint=False)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="alarms", db_constraint=False)
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=100, help_text="What the rule speaks of: point:12, asset:7, feed:3.")
    point = models.ForeignKey(Point, models.SET_NULL, null=True, related_name="+", db_constraint=False)
    asset = models.ForeignKey(Asset, models.SET_NULL, null=True, related_name="alarms", db_constraint=False)
    witness = models.BigIntegerField(null=True, help_text="Of one about no point: the point whose reading tells how it stands.")
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, related_name="alarms", db_index=False)
    sector = models.ForeignKey(Sector, models.SET_NULL, null=True, related_name="alarms", db_index=False)
    severity = models.SmallIntegerField(choices=Severity.choices, help_text="The worst since somebody last acknowledged it.")
    eased_to = models.SmallIntegerField(choices=Severity.choices, null=True, help_text="What it is now, when that is less.")
    stake = models.SmallIntegerField(
        choices=Stake.choices, default=Stake.CONTINUITY, help_text="As the version of its rule says it."
    )
    state = models.CharField(max_length=14, choices=State.choices)
    is_open = models.GeneratedField(
        expression=~Q(state="normal"), output_field=models.BooleanField(), db_persist=True,
        help_text="Apart from the state, so that indexes of what is open outlast a move from one open state to another.",
    )  # fmt: skip
    latched = models.BooleanField(default=False)
    sentence_fr = models.CharField(max_length=400)
    sentence_en = models.CharField(max_length=400)
    evidence = models.JSONField(default=dict, help_text="Why: values against limits with times, as the engine gave it.")
    raised_at = models.DateTimeField(help_text="When it truly began, or last began again, on the readings' clock.")
    first_raised_at = models.DateTimeField(null=True, help_text="When it began first, of one that has come again since.")
    learned_at = models.DateTimeField(help_text="When we were told: later than raised_at for a buffering supervisor.")
    returned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    shelved_until = models.DateTimeField(null=True)
    shelved_reason = models.CharField(max_length=300, blank=True)
    shelved_at = models.DateTimeField(null=True)
    shelved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    out_of_service_until = models.DateTimeField(null=True)
    out_of_service_reason = models.CharField(max_length=300, blank=True)
    out_of_service_at = models.DateTimeField(null=True)
    out_of_service_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    maintenance = models.ForeignKey("MaintenanceWindow", models.SET_NULL, null=True, related_name="alarms", db_index=False)
    suppressed_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="suppresses", db_index=False)
    cause = models.BooleanField(default=False, help_text="It explains the alarms of what depends on its asset (ADR 5).")
    releases_at = models.DateTimeField(null=True, help_text="When those it suppresses come back: once it has returned.")
    incident = models.ForeignKey("Incident", models.SET_NULL, null=True, related_name="alarms", db_index=False)
    together = models.CharField(
        max_length=170, blank=True, default="", help_text="Why it is in its incident, as alarms.lifecycle.reasons writes it."
    )
    comments = models.PositiveIntegerField(default=0)
    occurrences = models.PositiveIntegerField(
        default=1, help_text="Times it came, those of the same alarm closed shortly before included."
    )
    came_at = models.DateTimeField(null=True, help_text="When we last learned that it came, or came back.")
    raises = ArrayField(models.DateTimeField(), default=list, help_text="The last instants it came, on the readings' clock.")
    chattering = models.BooleanField(default=False, help_text="It comes and goes (ISA-18.2): offered for shelving.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of the last change of this row.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"], condition=Q(is_open=True), name="one_open_alarm_per_rule_and_subject"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "severity", "-id"], condition=Q(is_open=True), name="alarm_open"),
            models.Index(fields=["site", "-raised_at", "-id"], name="alarm_newest"),
            models.Index(fields=["shelved_until"], condition=Q(shelved_until__isnull=False), name="alarm_shelved"),
            models.Index(
                fields=["out_of_service_until"],
                condition=Q(out_of_service_until__isnull=False),
                name="alarm_out_of_service",
            ),
            models.Index(fields=["site"], condition=Q(cause=True) & Q(is_open=True), name="alarm_cause"),
            models.Index(fields=["site"], condition=Q(suppressed_by__isnull=False) & Q(is_open=True), name="alarm_suppressed"),
            models.Index(fields=["site", "closed_at"], condition=Q(closed_at__isnull=False), name="alarm_closed"),
            models.Index(fields=["site"], condition=Q(chattering=True) & Q(is_open=True), name="alarm_chattering"),
            # Whom few alarms refer to: each move of any other is spared an entry in each of these.
            *(
                models.Index(fields=[field], condition=Q(**{f"{field}__isnull": False}), name=f"alarm_by_{field}")
                for field in (
                    "feed", "sector", "incident", "suppressed_by", "maintenance",
                    "acknowledged_by", "taken_by", "shelved_by", "out_of_service_by",
                )
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.sentence_fr


class SilenceLimit(models.Model):
    """For how long an alarm of a severity may be silenced at most, where a site says otherwise than `alarms.lifecycle.limits`."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    level = models.CharField(max_length=12, help_text="As alarms.lifecycle.limits.Level: who silences, and how.")
    severity = models.SmallIntegerField(choices=Severity.choices)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "level", "severity"], name="one_silence_limit")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.level} {self.severity}"
