"""Rules, their versions, and one that is left out because of a defect of ours."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from assets.models import Site


class Rule(models.Model):
    """What an administrator writes; what it says is in its versions."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        SHADOW = "shadow", "shadow"
        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"

    site = models.ForeignKey(Site, models.CASCADE, related_name="rules")
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    active_version = models.ForeignKey("RuleVersion", models.PROTECT, null=True, blank=True, related_name="+")
    shadow_version = models.ForeignKey("RuleVersion", models.PROTECT, null=True, blank=True, related_name="+")
    built_in = models.BooleanField(default=False, help_text="The house's own: its alarms do not come from the engine.")
    trouble = models.CharField(max_length=300, blank=True, help_text="Why what should run cannot, as the engine says.")
    retirement_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    retirement_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="rule_slug_once_per_site")]

    def __str__(self) -> str:
        return self.name_fr


class RuleVersion(models.Model):
    """One immutable wording of a rule."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField(help_text="A rule spec as alarms.engine.spec decodes it; checked before it is stored.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RuleSetAside(models.Model):
    """A version of a rule that a defect of ours keeps from being built, left out meanwhile.

    Written by alarms.correlation.rule_aside alone.
    """

    version = models.ForeignKey(RuleVersion, models.CASCADE, related_name="+")
    error = models.CharField(max_length=300)
    trace = models.TextField(help_text="Where it failed.")
    set_aside_at = models.DateTimeField()
    taken_up_at = models.DateTimeField(null=True, help_text="Since when it may run again.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["version"], condition=Q(taken_up_at=None), name="version_set_aside_once")]

    def __str__(self) -> str:
        return str(self.version)
