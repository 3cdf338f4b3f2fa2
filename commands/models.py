"""Tables of this room: types and who carries them, commands, what stands until its end, and scenarios.

Written each by one module: CommandType and SiteChoice by commands.catalogue, Connector by commands.connectors, Command under
the lock of commands.transitions, Override by commands.overrides, Scenario, ScenarioRun and ScenarioCommand by
commands.scenarios, Reaction by commands.reactions.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Asset, AssetKind, Point, Site, Supervisor
from commands import spec as specs
from commands.states import OPEN, STATE_WORDS, UNSENT, Reason, State

STATES = [(state.value, STATE_WORDS[state].fr) for state in State]
NEVER_SENT = sorted(UNSENT | {State.REFUSED, State.CANCELLED, State.CONFIRMED})
"""States that a command may have without having left us."""
REASONS = [(reason.value, reason.value) for reason in Reason]


class Origin(models.TextChoices):
    DESK = "desk", "desk"
    RULE = "rule", "rule"
    PROCEDURE = "procedure", "procedure"
    API = "api", "api"
    END = "end", "end of an override"


class CommandType(models.Model):
    """One command that the assets of a kind can be given; one catalogue for all sites."""

    kind = models.ForeignKey(AssetKind, models.CASCADE, related_name="command_types")
    slug = models.SlugField(max_length=60)
    spec = models.JSONField(help_text="As commands.spec.Type.")
    own = models.BooleanField(default=False, help_text="Changed here: the catalogue that comes with Vigie leaves it alone.")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["kind", "slug"]
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="command_type_once_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.slug}"

    def type(self) -> specs.Type:
        return specs.decode(self.spec)


class SiteChoice(models.Model):
    """What a site allows otherwise than the catalogue: a type switched off, or one that may leave by itself."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="command_choices")
    type = models.ForeignKey(CommandType, models.CASCADE, related_name="choices")
    enabled = models.BooleanField(default=True)
    automatic = models.BooleanField(default=False, help_text="Rules and procedures may send it without a person.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "type"], name="one_choice_per_site_and_type")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.type_id}"


class Connector(models.Model):
    """How commands reach one supervisor."""

    supervisor = models.OneToOneField(Supervisor, models.CASCADE, related_name="connector")
    address = models.CharField(max_length=500, help_text="http(s)://host[:port][/path], or mqtt(s)://user:password@host:port.")
    mapping = models.JSONField(help_text="How it is asked and what it answers (docs/commands.md).")
    enabled = models.BooleanField(default=True)
    allow_private_address = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token with which answers are sent later.")
    token_hint = models.CharField(max_length=4, blank=True, help_text="Its last characters.")

    def __str__(self) -> str:
        return f"{self.supervisor_id}"


class Command(models.Model):
    """One order, and what became of it."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="commands")
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="commands")
    type = models.ForeignKey(CommandType, models.PROTECT, related_name="commands")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=14, choices=STATES)
    reason = models.CharField(max_length=30, choices=REASONS, blank=True)
    said_fr = models.CharField(max_length=300, blank=True, help_text="What more is to be said of the reason.")
    said_en = models.CharField(max_length=300, blank=True)
    seq = models.PositiveBigIntegerField(default=0, help_text="Journal number of its last change.")

    origin = models.CharField(max_length=10, choices=Origin.choices)
    cause = models.CharField(max_length=80, blank=True, help_text="What brought it about: alarm:12, passage:7.")
    because = models.CharField(max_length=300, blank=True, help_text="The reason a person gave.")
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=150, blank=True)
    desk = models.CharField(max_length=60, blank=True)
    second = models.CharField(max_length=150, blank=True, help_text="Who confirmed it as the second person.")
    second_desk = models.CharField(max_length=60, blank=True)
    armed_by = models.CharField(max_length=150, blank=True)
    armed_desk = models.CharField(max_length=60, blank=True)

    requested_at = models.DateTimeField()
    authorised_at = models.DateTimeField(null=True)
    armed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    deadline = models.DateTimeField(null=True, help_text="When the next step must have been taken.")
    go_at = models.DateTimeField(null=True, help_text="Since when it is to be sent.")
    until = models.DateTimeField(null=True, help_text="Of one that stands: its end.")
    key = models.CharField(max_length=36, unique=True, help_text="By which the supervisor recognises a repetition.")
    attempt = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, help_text="When it may be sent again, if no answer came.")
    trouble = models.CharField(max_length=30, blank=True, help_text="Why the last attempt brought no answer: a reason.")
    answered_at = models.DateTimeField(null=True, help_text="When the supervisor first answered anything.")
    supervisor_ref = models.CharField(max_length=120, blank=True, help_text="How the supervisor calls it.")

    point = models.ForeignKey(Point, models.SET_NULL, null=True, related_name="+", help_text="Whose reading proves it.")
    expected = models.JSONField(null=True, help_text="As commands.spec.Expectation.")
    clock = models.CharField(max_length=9, default="own", help_text="Whether the supervisor's clock is trusted: own, reception.")
    met_at = models.DateTimeField(null=True, help_text="Reception of the first reading that met it, with no other one since.")
    proven_at = models.DateTimeField(null=True, help_text="When it is proven if nothing else is read.")
    proof_value = models.FloatField(null=True)
    proof_at = models.DateTimeField(null=True)
    watched_until = models.DateTimeField(null=True, help_text="Until when readings are looked at for it.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "type"], condition=Q(state__in=sorted(OPEN)), name="one_open_command_per_asset_and_type"
            ),
            models.UniqueConstraint(fields=["asset"], condition=Q(state=State.ARMED), name="one_armed_command_per_asset"),
            models.UniqueConstraint(
                fields=["cause", "asset", "type"],
                condition=Q(origin="rule") & ~Q(cause=""),
                name="a_rule_commands_once_per_cause",
            ),
            models.CheckConstraint(condition=Q(second="") | ~Q(second=models.F("actor")), name="second_person_is_another"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN), ended_at=None) | ~Q(state__in=sorted(OPEN)) & Q(ended_at__isnull=False),
                name="command_ends_with_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False)
                | Q(state__in=sorted(UNSENT | {State.REFUSED, State.CANCELLED, State.CONFIRMED})),
                name="what_was_not_sent_has_not_failed",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="command_by_site"),
            models.Index(fields=["asset", "-id"], name="command_by_asset"),
            models.Index(fields=["deadline"], condition=Q(state__in=sorted(OPEN)), name="command_deadline"),
            models.Index(fields=["point"], condition=Q(watched_until__isnull=False), name="command_watched"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class Override(models.Model):
    """What stands until its end: a lamp forced, a barrier held open."""

    class Holding(models.TextChoices):
        UNKNOWN = "unknown", "unknown"
        YES = "yes", "yes"
        NO = "no", "no"

    site = models.ForeignKey(Site, models.CASCADE, related_name="overrides")
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="overrides")
    type = models.ForeignKey(CommandType, models.PROTECT, related_name="+")
    command = models.OneToOneField(Command, models.CASCADE, related_name="override")
    release = models.OneToOneField(Command, models.SET_NULL, null=True, related_name="releases")
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=150, blank=True)
    desk = models.CharField(max_length=60, blank=True)
    because = models.CharField(max_length=300)
    since = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When somebody, or its end, ended it.")
    ended_by = models.CharField(max_length=150, blank=True)
    released_at = models.DateTimeField(null=True, help_text="When the field no longer held it; nothing is looked at afterwards.")
    overdue_at = models.DateTimeField(null=True, help_text="When it was told that the field still holds it past its end.")
    holding = models.CharField(max_length=7, choices=Holding.choices, default=Holding.UNKNOWN)
    check_at = models.DateTimeField(null=True, help_text="When it must be looked at again.")
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["until", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "type"], condition=Q(ended_at=None), name="one_standing_override_per_asset_and_type"
            ),
        ]
        indexes = [
            models.Index(fields=["check_at"], condition=Q(check_at__isnull=False), name="override_to_check"),
            models.Index(fields=["site", "until"], condition=Q(released_at=None), name="override_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.until}"


class Scenario(models.Model):
    """A named, ordered list of commands that are run as one; `version` grows with its steps."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="scenarios")
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    steps = models.JSONField(help_text="As commands.scenarios.steps.Step, in order.")
    roles = ArrayField(models.CharField(max_length=20), default=list, help_text="Who may run it.")
    automatic = models.BooleanField(default=False, help_text="Rules and procedures may run it without a person.")
    version = models.PositiveIntegerField(default=1)
    enabled = models.BooleanField(default=True)
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="scenario_slug_once_per_site")]

    def __str__(self) -> str:
        return self.name_fr


class ScenarioRun(models.Model):
    """A scenario carried out once: its steps as they were, which of them are done, and how it ended."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        STOPPED = "stopped", "stopped"

    site = models.ForeignKey(Site, models.CASCADE, related_name="scenario_runs")
    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="runs")
    version = models.PositiveIntegerField()
    orders = models.JSONField(help_text="As commands.scenarios.steps.Order, in order: one for each asset of each step.")
    step = models.PositiveIntegerField(default=0, help_text="Which step is under way.")
    step_at = models.DateTimeField(null=True, help_text="Since when.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    said_fr = models.CharField(max_length=300, blank=True)
    said_en = models.CharField(max_length=300, blank=True)
    cause = models.CharField(max_length=80, blank=True)
    because = models.CharField(max_length=300, blank=True)
    until = models.DateTimeField(null=True, help_text="Of what stands among its commands.")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=150, blank=True)
    desk = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=20, blank=True, help_text="Of the person, as it was when they started it.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["scenario"], condition=Q(state="running"), name="one_run_of_a_scenario_at_once"),
            models.UniqueConstraint(
                fields=["scenario", "cause"], condition=Q(origin="rule") & ~Q(cause=""), name="a_rule_runs_once_per_cause"
            ),
        ]
        indexes = [models.Index(fields=["site"], condition=Q(state="running"), name="run_under_way")]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class ScenarioCommand(models.Model):
    """Which command carries out which order of a run."""

    run = models.ForeignKey(ScenarioRun, models.CASCADE, related_name="commands")
    position = models.PositiveIntegerField(help_text="Of the order in the run.")
    command = models.OneToOneField(Command, models.CASCADE, null=True, related_name="scenario_run")
    said_fr = models.CharField(max_length=300, blank=True, help_text="Why there is no command.")
    said_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["run", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_command_per_order_of_a_run")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.position}"


class Reaction(models.Model):
    """What a rule commands by itself when it raises an alarm: a type, given to the alarm's asset, or a scenario."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="reactions")
    rule = models.SlugField(max_length=60, help_text="Slug of the rule.")
    type = models.SlugField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict)
    minutes = models.PositiveIntegerField(null=True, help_text="Of what stands: until so many minutes later.")
    scenario = models.ForeignKey(Scenario, models.CASCADE, null=True, related_name="reactions")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["rule"]
        constraints = [
            models.UniqueConstraint(fields=["site", "rule"], name="one_reaction_per_rule"),
            models.CheckConstraint(
                condition=Q(type="", scenario__isnull=False) | ~Q(type="") & Q(scenario=None), name="a_type_or_a_scenario"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.type or self.scenario_id}"
