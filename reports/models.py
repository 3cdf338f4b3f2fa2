"""Tables of the reports: every annunciation with what became of it, what a site counts by, and months of contracts."""

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Least

from alarms.models import Alarm, Rule, Severity
from assets.models import Asset, AssetKind, Sector, Site, Supervisor
from response.models import Contract, WorkOrder


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


class ContractCommitments(models.Model):
    """What is measured of a contract and what a miss costs. Written by reports.contracts.keeping alone."""

    contract = models.OneToOneField(Contract, models.CASCADE, primary_key=True, related_name="+")
    values = models.JSONField(help_text="As reports.contracts.commitments.Commitments reads them.")

    class Meta:
        verbose_name, verbose_name_plural = "commitments of a contract", "commitments of contracts"

    def __str__(self) -> str:
        return str(self.contract_id)


class Exclusion(models.Model):
    """A time that is not counted against a contractor, with the reason. Written by reports.contracts.keeping alone."""

    class Kind(models.TextChoices):
        FORCE_MAJEURE = "force_majeure", "force majeure"
        ACCESS = "access", "no access"
        WORKS = "works", "works of others"
        MAINTENANCE = "maintenance", "planned maintenance"
        DISPUTE = "dispute", "under dispute"

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="exclusions")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    why = models.CharField(max_length=500)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="+", help_text="None: every asset.")
    order = models.ForeignKey(WorkOrder, models.PROTECT, null=True, related_name="+", help_text="None: every order.")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    seq = models.PositiveBigIntegerField(help_text="Journal number of the line that tells of it.")

    class Meta:
        ordering = ["begins_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=F("begins_at")), name="exclusion_ends_after"),
            models.CheckConstraint(condition=models.Q(asset=None) | models.Q(order=None), name="exclusion_of_one_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.kind}"


class Statement(models.Model):
    """A month of a contract as it was frozen; again, as its next version. Written by reports.contracts.keeping alone."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="statements")
    month = models.DateField(help_text="Its first day.")
    version = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was frozen again.")
    document = models.TextField(help_text="JSON as it was hashed, never parsed by the database.")
    sha256 = models.CharField(max_length=64, help_text="Of the document; also in the journal.")
    cents = models.PositiveIntegerField(help_text="Penalties of the month.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of the line that tells of it.")

    class Meta:
        ordering = ["contract", "-month", "-version"]
        verbose_name, verbose_name_plural = "frozen month", "frozen months"
        constraints = [models.UniqueConstraint(fields=["contract", "month", "version"], name="statement_version_once")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.month:%Y-%m} {self.version}"


class ReportSchedule(models.Model):
    """A report, or the month of a contract, that is mailed again and again. Written by reports.schedules alone."""

    class Every(models.TextChoices):
        MONTH = "month", "month"
        WEEK = "week", "week"

    site = models.ForeignKey(Site, models.CASCADE, related_name="report_schedules")
    name = models.CharField(max_length=120)
    every = models.CharField(max_length=5, choices=Every.choices)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="+", help_text="None: the report of alarms.")
    sector = models.ForeignKey(Sector, models.CASCADE, null=True, related_name="+", help_text="Of a report: only there.")
    day = models.PositiveSmallIntegerField(help_text="Of the month from 1, or of the week from Monday, 1.")
    hour = models.PositiveSmallIntegerField(help_text="On the clocks of the site.")
    language = models.CharField(max_length=2)
    contacts = models.JSONField(help_text="Whom it is sent to: name and address of each.")
    next_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["next_at"], condition=models.Q(ended_at=None), name="report_schedule_next")]

    def __str__(self) -> str:
        return self.name


class ReportMail(models.Model):
    """One report to one address: it waits, is on its way, has left, or failed. Written by reports.schedules alone."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="mails")
    first = models.DateField(help_text="First day of the period it is about.")
    name = models.CharField(max_length=120)
    address = models.EmailField()
    due_at = models.DateTimeField(help_text="When it may leave, or be tried again.")
    tries = models.PositiveSmallIntegerField(default=0)
    handed_at = models.DateTimeField(null=True, help_text="When it was handed to the mail server, whose answer is not known yet.")
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it failed or is tried again.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "first", "address"], name="report_mail_once"),
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(failed_at=None), name="report_mail_left_or_failed"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(sent_at=None, failed_at=None), name="report_mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.address}"
