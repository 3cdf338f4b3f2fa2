"""How far the correlator of a site has come, and what it could not apply."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Site


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

    latent = models.TextField(default="", blank=True, help_text="As alarms.engine.latent packs it, within the minute.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.offset}"


class SetAside(models.Model):
    """An entry of the log that a defect of ours kept from being applied, with its bytes.

    Written by alarms.correlation.set_aside alone.
    """

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
