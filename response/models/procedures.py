"""Tables of procedures, version by version, and of each time one was carried out."""

from django.db import models
from django.db.models import Q

from alarms.models import Alarm, Incident
from assets.models import Site


class Procedure(models.Model):
    """Steps to follow, under one name. Written by response.procedures.authoring alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="procedures")
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=500)
    name_en = models.CharField(max_length=500)
    active = models.ForeignKey(
        "ProcedureVersion", models.SET_NULL, null=True, related_name="+", help_text="The one new runs follow; none: a draft."
    )
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="procedure_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug


class ProcedureVersion(models.Model):
    """What a procedure said from one writing to the next; never changed. Written by response.procedures.authoring alone."""

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField(help_text="As response.procedures.spec reads it.")
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["procedure", "number"], name="procedure_version_once")]

    def __str__(self) -> str:
        return f"{self.procedure_id} v{self.number}"


class Run(models.Model):
    """A version carried out once: for an incident, for an alarm, or by hand. Written by response.procedures.runs alone."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        ABANDONED = "abandoned", "abandoned"

    site = models.ForeignKey(Site, models.CASCADE, related_name="procedure_runs")
    version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="runs")
    incident = models.ForeignKey(Incident, models.CASCADE, null=True, related_name="runs")
    alarm = models.ForeignKey(Alarm, models.CASCADE, null=True, related_name="runs")
    parent = models.ForeignKey("StepRun", models.CASCADE, null=True, related_name="runs", help_text="The step it is.")
    exercise = models.BooleanField(default=False, help_text="Marked everywhere and in no figure.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    path = models.JSONField(default=list, help_text="Ids of its steps in the order in which they could be done.")
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="When the next of its steps is late.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of the last change of the run.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(incident=None) | Q(alarm=None), name="run_is_about_one_thing"),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | ~Q(state="running"), name="run_has_ended_or_not"
            ),
            models.UniqueConstraint(
                fields=["incident", "version"], condition=Q(state="running", exercise=False), name="run_once_at_a_time_incident"
            ),
            models.UniqueConstraint(
                fields=["alarm", "version"], condition=Q(state="running", exercise=False), name="run_once_at_a_time_alarm"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="running"), name="run_due"),
            models.Index(fields=["site", "seq"], name="run_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class StepRun(models.Model):
    """One step of a run. Written by response.procedures.runs alone."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    step = models.CharField(max_length=40)
    state = models.CharField(max_length=8)
    at = models.DateTimeField(null=True, help_text="When its state last changed.")
    open_since = models.DateTimeField(null=True)
    by = models.CharField(max_length=150, blank=True)
    answer = models.JSONField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    late = models.BooleanField(default=False, help_text="Told that it was not done in time.")

    class Meta:
        ordering = ["run", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="step_once_per_run")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.step} {self.state}"
