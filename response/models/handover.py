"""Table of hand-overs: what one shift gives to the next, frozen when it is given."""

from django.db import models
from django.db.models import Q

from assets.models import Site
from response.models.duty import Position


class HandOver(models.Model):
    """A position given by whoever holds it and accepted by whoever follows. Written by response.handover.moves alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="handovers", db_index=False)
    position = models.ForeignKey(Position, models.PROTECT, related_name="handovers", verbose_name="duty position")
    since = models.DateTimeField(help_text="When the shift it tells of began.")
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    facts = models.JSONField(help_text="As they were when it was given.")
    changes = models.JSONField(null=True, help_text="What had changed when it was accepted.")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        verbose_name = "hand-over"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["position"], condition=Q(accepted_at=None, withdrawn_at=None), name="handover_pending_once"
            ),
            models.CheckConstraint(condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="handover_ends_one_way"),
        ]
        indexes = [models.Index(fields=["site", "-given_at"], name="handover_newest")]

    def __str__(self) -> str:
        return f"{self.position_id} {self.given_at}"
