"""Rules, alarms, incidents, the journal, and how far the correlator of each site has come."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Asset, AssetKind, Feed, Point, Sector, Site


class Severity(models.IntegerChoices):
    """Stored as a number so that the worst sorts first; its name is what the interface says."""

    CRITICAL = 1, "critical"
    HIGH = 2, "high"
    MEDIUM = 3, "medium"
    LOW = 4, "low"


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


class Alarm(models.Model):
    """Something an operator must act on. Written by alarms.lifecycle and by nothing else."""

    class State(models.TextChoices):
        UNACKNOWLEDGED = "unacknowledged", "unacknowledged"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        RETURNED = "returned", "returned to normal, unacknowledged"
        NORMAL = "normal", "normal"

    site = models.ForeignKey(Site, models.CASCADE, related_name="alarms")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="alarms")
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=100, help_text="What the rule speaks of: point:12, asset:7, feed:3.")
    point = models.ForeignKey(Point, models.SET_NULL, null=True, related_name="+")
    asset = models.ForeignKey(Asset, models.SET_NULL, null=True, related_name="alarms")
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, related_name="alarms")
    sector = models.ForeignKey(Sector, models.SET_NULL, null=True, related_name="alarms")
    severity = models.SmallIntegerField(choices=Severity.choices, help_text="The worst since somebody last acknowledged it.")
    eased_to = models.SmallIntegerField(choices=Severity.choices, null=True, help_text="What it is now, when that is less.")
    state = models.CharField(max_length=14, choices=State.choices)
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
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    shelved_until = models.DateTimeField(null=True)
    shelved_reason = models.CharField(max_length=300, blank=True)
    out_of_service_until = models.DateTimeField(null=True)
    out_of_service_reason = models.CharField(max_length=300, blank=True)
    maintenance = models.ForeignKey("MaintenanceWindow", models.SET_NULL, null=True, related_name="alarms")
    suppressed_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="suppresses")
    cause = models.BooleanField(default=False, help_text="It explains the alarms of what depends on its asset (ADR 5).")
    releases_at = models.DateTimeField(null=True, help_text="When those it suppresses come back: once it has returned.")
    incident = models.ForeignKey("Incident", models.SET_NULL, null=True, related_name="alarms")
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
                fields=["rule", "subject"], condition=~Q(state="normal"), name="one_open_alarm_per_rule_and_subject"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "severity", "-id"], condition=~Q(state="normal"), name="alarm_open"),
            models.Index(fields=["site", "-raised_at", "-id"], name="alarm_newest"),
            models.Index(fields=["site", "seq"], name="alarm_seq"),
            models.Index(fields=["shelved_until"], condition=Q(shelved_until__isnull=False), name="alarm_shelved"),
            models.Index(
                fields=["out_of_service_until"],
                condition=Q(out_of_service_until__isnull=False),
                name="alarm_out_of_service",
            ),
            models.Index(fields=["site"], condition=Q(cause=True) & ~Q(state="normal"), name="alarm_cause"),
            models.Index(fields=["site"], condition=Q(suppressed_by__isnull=False) & ~Q(state="normal"), name="alarm_suppressed"),
            models.Index(
                fields=["site", "came_at"], condition=Q(incident__isnull=True) & ~Q(state="normal"), name="alarm_ungrouped"
            ),
            models.Index(fields=["site", "closed_at"], condition=Q(closed_at__isnull=False), name="alarm_closed"),
            models.Index(fields=["site"], condition=Q(chattering=True) & ~Q(state="normal"), name="alarm_chattering"),
        ]

    def __str__(self) -> str:
        return self.sentence_fr


class Incident(models.Model):
    """Alarms that share a cause, a rule, a place or their assets, with one owner. Written by alarms.incidents alone."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        IN_HAND = "in_hand", "in hand"
        CLOSED = "closed", "closed"

    site = models.ForeignKey(Site, models.CASCADE, related_name="incidents")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=60, help_text="What its alarms share: cause:12, rule:3, sector:7; empty by hand.")
    title_fr = models.CharField(max_length=400)
    title_en = models.CharField(max_length=400)
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


class MaintenanceWindow(models.Model):
    """A time during which works explain the alarms of an asset, a sector or a kind. Written by alarms.maintenance only."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="maintenance_windows")
    asset = models.ForeignKey(Asset, models.CASCADE, null=True, related_name="+", help_text="And what depends on it.")
    sector = models.ForeignKey(Sector, models.CASCADE, null=True, related_name="+", help_text="And what is nested in it.")
    kind = models.ForeignKey(AssetKind, models.CASCADE, null=True, related_name="+")
    reason = models.CharField(max_length=250)
    critical = models.BooleanField(default=False, help_text="Critical alarms too.")
    starts_at = models.DateTimeField(help_text="Of the only time, or when the weekly repetition begins to count.")
    ends_at = models.DateTimeField(null=True, help_text="Of the only time, or of the repetition; null: repeated for good.")
    weekdays = ArrayField(models.SmallIntegerField(), default=list, help_text="1 Monday to 7 Sunday; empty: once.")
    start_time = models.TimeField(null=True, help_text="On the site's own clock, when it is repeated.")
    end_time = models.TimeField(null=True, help_text="On the site's own clock; not after start_time: the next day.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    running_until = models.DateTimeField(null=True, help_text="End of the time under way, once its start is journaled.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["site"], condition=Q(cancelled_at__isnull=True), name="maintenance_planned")]

    def __str__(self) -> str:
        return self.reason


class Ledger(models.Model):
    """The site's journal counter. Its row is locked last, just before commit: numbers follow commits, without gaps."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="ledger")
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.site_id} {self.seq}"


class JournalEntry(models.Model):
    """One line of the site's append-only, hash-chained journal. Written by alarms.journal and by nothing else."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="journal")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    alarm = models.ForeignKey(Alarm, models.PROTECT, null=True, related_name="journal", db_constraint=False)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="journal", db_constraint=False)
    actor = models.CharField(max_length=150, blank=True, help_text="User name; empty when the correlator speaks.")
    desk = models.CharField(max_length=60, blank=True)
    text_fr = models.CharField(max_length=600)
    text_en = models.CharField(max_length=600)
    details = models.TextField(default="{}", help_text="JSON as it was hashed, never parsed by the database.")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["site", "seq"]
        constraints = [models.UniqueConstraint(fields=["site", "seq"], name="journal_number_once_per_site")]

    def __str__(self) -> str:
        return f"{self.site_id} #{self.seq} {self.kind}"


class ProfileSet(models.Model):
    """The profiles of a site as they were last computed. Written by alarms.profiles and by nothing else, as Profile is."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="profile_set")
    until = models.DateTimeField(help_text="They are made of the weeks before it.")
    made_for = models.TextField(help_text="Inventory, zone and versions they were made for.")
    made_at = models.DateTimeField()
    points = models.PositiveIntegerField(help_text="Points that have a profile.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.until:%Y-%m-%d}"


class Profile(models.Model):
    """What a point usually does: 168 numbers a column, one per hour of the week, packed little-endian."""

    point = models.OneToOneField(Point, models.CASCADE, primary_key=True, related_name="+")
    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    median = models.BinaryField(help_text="float64")
    mad = models.BinaryField(help_text="float64")
    weeks = models.BinaryField(help_text="int16; 0: never observed.")

    def __str__(self) -> str:
        return f"{self.point_id}"


class Position(models.Model):
    """How far the correlator of a site has read its log; saved in the transaction that stores what it read.

    `committed_at` is up to when time has passed for the rules: a second behind the clock, more while the log waits to be read.
    """

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="position")
    offset = models.CharField(max_length=40, default="0-0")
    committed_at = models.DateTimeField(null=True)
    rolled_up_to = models.BigIntegerField(
        default=0, help_text="µs since the epoch: every reading before it is in the roll-ups, none after it."
    )

    feeds = ArrayField(models.BigIntegerField(), default=list, help_text="Ids; the next three are by feed, in µs, as in Hearing.")
    since = ArrayField(models.BigIntegerField(), default=list)
    heard = ArrayField(models.BigIntegerField(), default=list)
    resumed = ArrayField(models.BigIntegerField(), default=list)
    unheard = models.BigIntegerField(default=0, help_text="µs: since when points that were never heard are listened to.")
    inventory_version = models.BigIntegerField(default=0, help_text="The one that `unheard` is true of.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.offset}"


class PersonalAttribute(models.Model):
    """An attribute of events that names a person, as a site declares it; some are personal everywhere (`pseudonyms.ALWAYS`)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="personal_attributes")
    event_kind = models.CharField(max_length=60, blank=True, help_text="Empty: events of every kind.")
    attribute = models.SlugField(max_length=60)

    class Meta:
        ordering = ["event_kind", "attribute"]
        constraints = [models.UniqueConstraint(fields=["site", "event_kind", "attribute"], name="personal_attribute_once")]

    def __str__(self) -> str:
        return f"{self.event_kind or '*'}: {self.attribute}"


class PseudonymKey(models.Model):
    """What the pseudonyms of one month are made with; written and destroyed by `alarms.pseudonyms` alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    month = models.DateField()
    secret = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "month"], name="one_pseudonym_key_per_month")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.month:%Y-%m}"


class PersonalValue(models.Model):
    """Whom a pseudonym in an alarm names, until its key is destroyed; written by `alarms.pseudonyms` alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    pseudonym = models.CharField(max_length=17, unique=True)
    attribute = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    forgotten_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.pseudonym


class SetAside(models.Model):
    """An entry of the log that a defect of ours kept from being applied, with its bytes. Written by alarms.set_aside alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="set_aside")
    feed = models.BigIntegerField(null=True, help_text="Id of the feed, which may be gone; null: the entry does not say.")
    offset = models.CharField(max_length=40, help_text="Its place in the log.")
    kind = models.BinaryField(help_text="r readings, e events, as in the log.")
    data = models.BinaryField(help_text="The packed bytes as they were in the log.")
    error = models.CharField(max_length=300)
    trace = models.TextField(help_text="Where it failed last.")
    failures = models.PositiveIntegerField(default=1, help_text="Times it was set aside: once, and once for each replay in vain.")
    set_aside_at = models.DateTimeField()
    failed_at = models.DateTimeField()
    replay_asked_at = models.DateTimeField(null=True, help_text="The correlator takes it up next.")
    replayed_at = models.DateTimeField(null=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["site"], condition=Q(replayed_at=None, discarded_at=None), name="set_aside_left")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.offset}"
