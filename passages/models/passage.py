"""Passages: what was read, what was decided, who is inside, and proof of what was erased."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Site
from commands.models import Command
from passages.models.gate import Gate, Purpose, Reader
from passages.models.permit import Permit
from passages.reads import Direction
from passages.recommendation import Verdict


class Letter(models.Model):
    """A reader's message as it came, durable before it is acknowledged, until its reads are taken in."""

    reader = models.ForeignKey(Reader, models.CASCADE, related_name="letters")
    received_at = models.DateTimeField()
    media_type = models.CharField(max_length=200)
    body = models.BinaryField()
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"letter {self.pk}"


class Passage(models.Model):
    """One vehicle's presence at one gate."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        OPENING = "opening", "opening"
        PASSED = "passed", "passed"
        REFUSED = "refused", "refused"
        LEFT = "left", "left"

    site = models.ForeignKey(Site, models.CASCADE, related_name="passages")
    gate = models.ForeignKey(Gate, models.RESTRICT, related_name="passages")
    purpose = models.ForeignKey(Purpose, models.RESTRICT, related_name="passages")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    seq = models.PositiveBigIntegerField(default=0, help_text="Journal number of its last change.")
    keys = ArrayField(models.CharField(max_length=100), default=list, help_text="Of its readers' arrivals, as reader:arrival.")
    first_at = models.DateTimeField(help_text="Reception of the first read.")
    last_at = models.DateTimeField(help_text="Reception of the newest read.")
    happened_at = models.DateTimeField(help_text="When it was at the gate, as far as a clock can be believed.")
    closed_at = models.DateTimeField(null=True)
    judge_at = models.DateTimeField(null=True, help_text="When the recommendation is to be made anew without a further read.")

    plate = models.CharField(max_length=12, blank=True, help_text="In clear; empty before it is read and once it is erased.")
    candidates = models.JSONField(default=list, help_text="Permits it may be of, with their plates; empty once erased.")
    token = models.CharField(max_length=17, blank=True, help_text="The plate under the month's key.")
    country = models.CharField(max_length=2, blank=True)
    reads = models.PositiveIntegerField(default=0)
    agreement = models.PositiveIntegerField(default=0)
    confidence = models.FloatField(default=0)
    direction = models.CharField(max_length=7, default=Direction.UNKNOWN)
    vehicle = models.CharField(max_length=80, blank=True)
    colour = models.CharField(max_length=80, blank=True)
    match = models.CharField(max_length=8, blank=True)
    verdict = models.CharField(max_length=6, choices=[(each, each) for each in Verdict], default=Verdict.CHECK)
    by_itself = models.BooleanField(default=False, help_text="Whether an automatic gate might open.")
    facts = models.JSONField(default=list, help_text="Why, heaviest first: code, leans, weight, fr, en; never a plate.")
    permit = models.ForeignKey(Permit, models.SET_NULL, null=True, related_name="passages")
    judged_at = models.DateTimeField(null=True)
    command = models.ForeignKey(Command, models.SET_NULL, null=True, related_name="+", help_text="That opens for it.")
    confirmed_at = models.DateTimeField(null=True, help_text="When the barrier was known to have opened.")
    failed_command = models.BigIntegerField(null=True, help_text="The last command that was told to have ended in vain.")
    erased_at = models.DateTimeField(null=True, help_text="Since when nobody can read its plate here.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(erased_at=None) | Q(plate="", candidates=[]), name="erased_passage_has_no_plate")
        ]
        indexes = [
            models.Index(fields=["site", "-id"], name="passage_by_site"),
            models.Index(fields=["gate", "last_at"], condition=Q(closed_at=None), name="passage_open"),
            models.Index(fields=["judge_at"], condition=Q(judge_at__isnull=False), name="passage_to_judge"),
            models.Index(fields=["closed_at"], condition=Q(erased_at=None), name="passage_to_erase"),
            models.Index(fields=["site", "token"], condition=~Q(token=""), name="passage_by_token"),
            models.Index(fields=["site", "plate"], condition=~Q(plate=""), name="passage_by_plate"),
        ]

    def __str__(self) -> str:
        return f"passage {self.pk}"


class PlateRead(models.Model):
    """One reading of a plate as it came. Immutable, without the plate: that is in ClearRead for as long as it is needed."""

    passage = models.ForeignKey(Passage, models.CASCADE, related_name="plate_reads")
    reader = models.ForeignKey(Reader, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(null=True, help_text="By the reader's clock.")
    received_at = models.DateTimeField()
    arrival = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=32, help_text="Of what makes it a repetition: the same twice is one.")
    confidence = models.FloatField(null=True)
    direction = models.CharField(max_length=7)
    phase = models.CharField(max_length=6)
    retransmitted = models.BooleanField(default=False)
    preview = models.BooleanField(default=False)
    parked = models.BooleanField(default=False)
    zone = models.CharField(max_length=80, blank=True)
    listed = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["passage", "digest"], name="a_read_sent_again_is_one")]

    def __str__(self) -> str:
        return f"read {self.pk}"


class ClearRead(models.Model):
    """What identifies a vehicle in a read; deleted when it is not needed any more."""

    read = models.OneToOneField(PlateRead, models.CASCADE, primary_key=True, related_name="clear")
    raw = models.CharField(max_length=80, blank=True)
    plate = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=2, blank=True)
    chars = ArrayField(models.FloatField(), default=list)
    guesses = ArrayField(models.CharField(max_length=80), default=list)
    link = models.CharField(max_length=500, blank=True, help_text="Where the reader keeps its picture.")
    picture = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"clear {self.pk}"


class Decision(models.Model):
    """What was decided of a passage, once."""

    passage = models.OneToOneField(Passage, models.CASCADE, related_name="decision")
    verdict = models.CharField(max_length=6, choices=[(each, each) for each in (Verdict.OPEN, Verdict.REFUSE)])
    reason = models.CharField(max_length=300, blank=True)
    recommended = models.CharField(max_length=6, choices=[(each, each) for each in Verdict])
    permit = models.ForeignKey(Permit, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=150, blank=True)
    desk = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.passage_id} {self.verdict}"


class Stay(models.Model):
    """A vehicle inside an area, from its entry to its exit."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="stays")
    area = models.SlugField(max_length=60)
    tokens = ArrayField(models.CharField(max_length=17), help_text="Of its plate, by the keys of the months it was seen in.")
    permit = models.ForeignKey(Permit, models.SET_NULL, null=True, related_name="stays")
    entry = models.OneToOneField(Passage, models.CASCADE, related_name="entry_of")
    entered_at = models.DateTimeField()
    leave_by = models.DateTimeField(null=True, help_text="By its permit's longest stay.")
    overstayed_at = models.DateTimeField(null=True, help_text="When it was told that it is still there.")
    left_at = models.DateTimeField(null=True)
    exit = models.OneToOneField(Passage, models.SET_NULL, null=True, related_name="exit_of")
    ended_by = models.CharField(max_length=150, blank=True, help_text="Who said that it is gone, when no exit was seen.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["site", "area"], condition=Q(left_at=None), name="stay_open"),
            models.Index(fields=["leave_by"], condition=Q(left_at=None, overstayed_at=None), name="stay_to_end"),
        ]

    def __str__(self) -> str:
        return f"stay {self.pk}"


class Erasure(models.Model):
    """Proof that plates were erased: how many rows, which, and the number of the journal's line."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="erasures")
    at = models.DateTimeField()
    why = models.CharField(max_length=10, choices=[("time", "time"), ("person", "person"), ("purpose", "purpose")])
    passages = models.PositiveIntegerField()
    reads = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the ids of the passages and reads, in order.")
    seq = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
