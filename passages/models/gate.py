"""Gates, their readers, and why plates are read there."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Asset, Site
from passages.reads import Direction
from passages.recommendation import Policy
from passages.sources import DECODERS


class Purpose(models.Model):
    """Why plates are read, on which legal basis, for how long: a gate needs one to read. It is withdrawn, never changed."""

    class Use(models.TextChoices):
        SUBSCRIBERS = "subscribers", "accès d’abonnés"
        DELIVERIES = "deliveries", "livraisons et chantiers"
        RESTRICTED_AREA = "restricted_area", "aire piétonne ou zone à trafic limité"
        CAR_PARK = "car_park", "parc de stationnement"

    class Basis(models.TextChoices):
        CONTRACT = "contract", "exécution d’un contrat (RGPD art. 6-1-b)"
        LEGAL_OBLIGATION = "legal_obligation", "obligation légale (RGPD art. 6-1-c)"
        PUBLIC_TASK = "public_task", "mission d’intérêt public (RGPD art. 6-1-e)"
        LEGITIMATE_INTEREST = "legitimate_interest", "intérêt légitime (RGPD art. 6-1-f)"

    site = models.ForeignKey(Site, models.CASCADE, related_name="plate_purposes")
    use = models.CharField(max_length=20, choices=Use.choices)
    basis = models.CharField(max_length=20, choices=Basis.choices)
    statement = models.TextField(max_length=2000, help_text="The purpose in the words of the register of processing.")
    assessment = models.CharField(max_length=120, help_text="Reference of the impact assessment (AIPD).")
    contact = models.CharField(max_length=200, help_text="Whom people write to: the data protection officer.")
    clear_hours = models.PositiveIntegerField(default=24, help_text="Hours a plate stays in clear after its passage ended.")
    history_days = models.PositiveIntegerField(default=30, help_text="Days a passage without its plate is kept.")
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(clear_hours__lte=720, history_days__lte=366), name="plates_are_not_kept_for_long")
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.pk}"


class Gate(models.Model):
    """A place where vehicles are let through, with its barrier and its way of deciding."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="gates")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    asset = models.OneToOneField(Asset, models.RESTRICT, related_name="gate", help_text="The barrier or the bollard.")
    area = models.SlugField(max_length=60, blank=True, help_text="What it leads into: gates of one area count one occupancy.")
    direction = models.CharField(max_length=7, choices=[(each, each) for each in Direction], default=Direction.UNKNOWN)
    policy = models.CharField(max_length=9, choices=[(each, each) for each in Policy], default=Policy.ASSISTED)
    threshold = models.FloatField(default=0.95, help_text="Mean confidence of the reads above which an automatic gate opens.")
    zones = ArrayField(
        models.CharField(max_length=80), default=list, blank=True,
        help_text="Zones of its readers' pictures that count; empty: all.",
    )  # fmt: skip
    purpose = models.ForeignKey(Purpose, models.RESTRICT, null=True, blank=True, related_name="gates")
    quiet_after = models.PositiveIntegerField(default=30, help_text="Seconds without a read after which a vehicle is gone.")
    waits = models.PositiveIntegerField(default=300, help_text="Seconds a vehicle that nobody decided on stays in the queue.")
    intercom = models.CharField(
        max_length=200, blank=True, help_text="How it is spoken to: sip:, sips:, tel: or https:. Empty: as the barrier says."
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "slug"], name="gate_slug_once_per_site"),
            models.CheckConstraint(condition=Q(threshold__range=(0.5, 1.0)), name="gate_threshold_is_a_confidence"),
        ]

    def __str__(self) -> str:
        return self.name


class Reader(models.Model):
    """What reads plates at one gate, and how it reaches us: by a hook with a token, or over MQTT."""

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="readers")
    slug = models.SlugField(unique=True, max_length=60, help_text="Names the reader in its address.")
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=20, choices=[(name, name) for name in DECODERS])
    direction = models.CharField(
        max_length=7, choices=[(each, each) for each in Direction], default=Direction.UNKNOWN,
        help_text="The way of what it sees, where it does not say.",
    )  # fmt: skip
    asset = models.ForeignKey(Asset, models.SET_NULL, null=True, blank=True, related_name="+", help_text="The camera.")
    address = models.CharField(max_length=500, blank=True, help_text="MQTT: mqtt(s)://user:password@host:port/topic/filter.")
    camera = models.CharField(max_length=80, blank=True, help_text="MQTT: which camera of the broker's it is.")
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token, in hexadecimal.")
    token_hint = models.CharField(max_length=8, blank=True)
    enabled = models.BooleanField(default=True)
    heard_at = models.DateTimeField(null=True)
    clock_off = models.IntegerField(null=True, help_text="Seconds its clock was ahead of ours at its last read that says a time.")
    refused = models.PositiveIntegerField(default=0, help_text="Messages that could not be used.")
    refusal = models.CharField(max_length=200, blank=True, help_text="Why the last of them.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug
