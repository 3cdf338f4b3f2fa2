"""Rules tried on stored history, and the alarms that nobody heard."""

from django.conf import settings
from django.db import models

from alarms.models.rule import Rule, RuleVersion
from alarms.models.severity import Severity


class Backtest(models.Model):
    """A spec tried on a period of stored history; written by alarms.backtests alone."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="backtests")
    spec = models.JSONField(help_text="What is tried, as alarms.engine.spec decodes it.")
    against = models.ForeignKey(
        RuleVersion, models.SET_NULL, null=True, related_name="+", help_text="What ran when it was ordered."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    progress = models.FloatField(default=0)
    readings = models.BigIntegerField(default=0)
    figures = models.JSONField(
        null=True, help_text="alarms.backtests.figures.Figures of `draft` and `active`, `added`, `removed`."
    )
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True, help_text="When the one that runs it last said so.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.starts_at:%Y-%m-%d} – {self.ends_at:%Y-%m-%d}"


class WouldBeAlarm(models.Model):
    """An alarm that nobody heard: found by a backtest, or by a version in shadow (`backtest` is null)."""

    class Of(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        SHADOW = "shadow", "shadow"

    backtest = models.ForeignKey(Backtest, models.CASCADE, null=True, related_name="alarms")
    version = models.ForeignKey(RuleVersion, models.CASCADE, null=True, related_name="+")
    of = models.CharField(max_length=6, choices=Of.choices)
    alone = models.BooleanField(default=False, help_text="No alarm of the version it is compared with overlaps it.")
    subject = models.CharField(max_length=100)
    asset = models.ForeignKey("assets.Asset", models.SET_NULL, null=True, related_name="+")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    sentence_fr = models.CharField(max_length=400)
    sentence_en = models.CharField(max_length=400)
    evidence = models.JSONField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "subject"],
                condition=models.Q(backtest=None, cleared_at=None),
                name="would_be_alarm_once_in_shadow",
            )
        ]

    def __str__(self) -> str:
        return self.sentence_fr
