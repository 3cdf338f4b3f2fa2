"""Tables of the reports: every annunciation with what became of it, and the definitions a site counts by."""

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Least

from alarms.models import Alarm, Rule, Severity
from assets.models import Asset, AssetKind, Sector, Site, Supervisor


class Annunciation(models.Model):
    """One time that an alarm asked for an operator, or would have. Written by reports.annunciations alone, from the journal.

    It can be made anew from the journal's lines. Ids of what may be deleted have no constraint: a count outlasts its asset.
    """

    class Cause(models.IntegerChoices):
        RAISED = 1, "raised"
        WORSENED = 2, "worsened"
        BACK = 3, "back in view"

    class Unheard(models.IntegerChoices):
        HEARD = 0, "heard"
        PAST = 1, "past"
        SUPPRESSED = 2, "suppressed"
        SHELVED = 3, "shelved"
        OUT_OF_SERVICE = 4, "out of service"

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    seq = models.PositiveBigIntegerField(help_text="Number of the journal line that tells of it.")
    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+", db_index=False)
    subject = models.CharField(max_length=100, help_text="As of the alarm: rule and subject together are the same alarm again.")
    asset = models.ForeignKey(Asset, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    kind = models.ForeignKey(AssetKind, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    sector = models.ForeignKey(Sector, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    supervisor = models.ForeignKey(
        Supervisor, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    cause = models.SmallIntegerField(choices=Cause.choices)
    severity = models.SmallIntegerField(choices=Severity.choices, help_text="When it was annunciated.")
    current = models.SmallIntegerField(
        choices=Severity.choices, help_text="As its last line says it: worse than this is told anew."
    )
    at = models.DateTimeField(help_text="When the operator was told, by the journal.")
    began_at = models.DateTimeField(help_text="When the condition began, on the readings' clock.")
    unheard = models.SmallIntegerField(choices=Unheard.choices, default=Unheard.HEARD, help_text="Why nobody was told.")
    silence = models.SmallIntegerField(default=0, help_text="What silences the alarm now, as bits of reports.story.")
    waiting_since = models.DateTimeField(null=True, help_text="The first of the annunciations that one answer would answer.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    taken_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True, help_text="When the condition ended, on the readings' clock.")
    acted = models.BooleanField(default=False, help_text="Somebody did more than acknowledge or silence it.")

    class Meta:
        ordering = ["site", "seq"]
        constraints = [models.UniqueConstraint(fields=["site", "seq", "alarm"], name="annunciation_once_per_line")]
        indexes = [
            models.Index(fields=["site", "at"], name="annunciation_at"),
            models.Index(F("alarm"), F("seq").desc(), name="annunciation_of_alarm"),
            GistIndex(Func(Least("at", "returned_at"), "returned_at", function="tstzrange"), name="annunciation_held"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} #{self.seq} {self.alarm_id}"


class PackedDay(models.Model):
    """The annunciations of a site on one day in UTC, in columns. Written by reports.packing alone, from their rows."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    content = models.BinaryField(help_text="A stream of Arrow: the members of reports.columns.Columns.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="one_pack_of_a_day")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.day}"


class ReportDefinitions(models.Model):
    """What a site counts by. Written by reports.defining alone."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="+")
    values = models.JSONField(help_text="As reports.definitions.Definitions reads them.")

    def __str__(self) -> str:
        return str(self.site_id)
