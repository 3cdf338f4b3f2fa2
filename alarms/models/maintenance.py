"""Maintenance windows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Asset, AssetKind, Feed, Sector, Site, Supervisor


class MaintenanceWindow(models.Model):
    """A time during which works explain the alarms of an asset, a sector or a kind, or the silence of a feed or of the feeds
    of a supervisor. Written by alarms.maintenance only."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="maintenance_windows")
    asset = models.ForeignKey(Asset, models.CASCADE, null=True, related_name="+", help_text="And what depends on it.")
    sector = models.ForeignKey(Sector, models.CASCADE, null=True, related_name="+", help_text="And what is nested in it.")
    kind = models.ForeignKey(AssetKind, models.CASCADE, null=True, related_name="+")
    feed = models.ForeignKey(Feed, models.CASCADE, null=True, related_name="+")
    supervisor = models.ForeignKey(Supervisor, models.CASCADE, null=True, related_name="+", help_text="All of its feeds.")
    reason = models.CharField(max_length=250)
    critical = models.BooleanField(default=False, help_text="Critical alarms too.")
    out_of_service = models.BooleanField(
        default=False, help_text="Its asset alone is out of service: all of its alarms, and not what depends on it."
    )
    starts_at = models.DateTimeField(help_text="Of the only time, or when the weekly repetition begins to count.")
    ends_at = models.DateTimeField(null=True, help_text="Of the only time, or of the repetition; null: repeated for good.")
    weekdays = ArrayField(models.SmallIntegerField(), default=list, help_text="1 Monday to 7 Sunday; empty: once.")
    start_time = models.TimeField(null=True, help_text="On the site's own clock, when it is repeated.")
    end_time = models.TimeField(null=True, help_text="On the site's own clock; not after start_time: the next day.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    running_until = models.DateTimeField(null=True, help_text="End of the time under way, once its start is journaled.")
    announce_minutes = models.PositiveSmallIntegerField(
        null=True, help_text="Before each beginning it is announced; null: whom it concerns is not told."
    )
    announced_for = models.DateTimeField(null=True, help_text="Beginning of the time that was announced last.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["site"], condition=Q(cancelled_at__isnull=True), name="maintenance_planned")]

    def __str__(self) -> str:
        return self.reason
