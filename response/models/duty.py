"""Tables of duty: the positions of a control room, the rota that says who is expected at them, and who holds them."""

from django.db import models
from django.db.models import Q

from assets.models import Site


class Position(models.Model):
    """A place of a control room that somebody holds. Written by response.duty.positions; since when it is vacant or
    closed, by response.duty.vigilance and response.duty.closures."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="positions")
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    place = models.PositiveSmallIntegerField(default=0, help_text="In lists, the least first.")
    retired_at = models.DateTimeField(null=True)
    vacant_since = models.DateTimeField(null=True, help_text="The rota expects somebody and nobody holds it.")
    closed_until = models.DateTimeField(null=True, help_text="End of the closure under way, once its start is journaled.")
    closure_announced_for = models.DateTimeField(null=True, help_text="Start of the closure that was announced last.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        verbose_name = "duty position"
        ordering = ["site", "place", "slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="position_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug


class RotaTurn(models.Model):
    """One line of the rota of a position: a turn that repeats or not. Written by response.duty.rotas alone."""

    position = models.ForeignKey(Position, models.CASCADE, related_name="turns", verbose_name="duty position")
    turn = models.JSONField(help_text="As response.rota.Turn reads it.")
    imported = models.BooleanField(default=False, help_text="Came in a calendar: the next one replaces it.")
    note = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.position_id} {self.pk}"


class Holding(models.Model):
    """That a person holds a position, from taking it until giving it back or until somebody takes it over.

    Written by response.duty.holding alone.
    """

    class Ending(models.TextChoices):
        GIVEN_BACK = "given_back", "given back"
        TAKEN_OVER = "taken_over", "taken over"
        HANDED_OVER = "handed_over", "handed over"
        RELEASED = "released", "released by a supervisor"

    site = models.ForeignKey(Site, models.CASCADE, related_name="holdings", db_index=False)
    position = models.ForeignKey(Position, models.PROTECT, related_name="holdings", db_index=False, verbose_name="duty position")
    holder = models.CharField(max_length=150)
    desk = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ending = models.CharField(max_length=11, choices=Ending.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was taken over, or released.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["position"], condition=Q(until=None), name="position_held_by_one"),
            models.CheckConstraint(condition=Q(until=None, ending="") | Q(until__isnull=False), name="holding_ends_somehow"),
        ]
        indexes = [
            models.Index(fields=["site", "-since"], name="holding_newest"),
            models.Index(fields=["position", "-since"], name="holding_of_position"),
        ]

    def __str__(self) -> str:
        return f"{self.position_id} {self.holder}"


class DutySettings(models.Model):
    """What a site says of its duty. Written by response.duty.settings alone."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="duty_settings")
    patience_minutes = models.PositiveSmallIntegerField(
        default=5, help_text="For how long a critical alarm may be unacknowledged."
    )
    announce_minutes = models.PositiveSmallIntegerField(default=60, help_text="Before a position is closed it is announced.")
    region = models.CharField(max_length=3, blank=True, help_text="Whose public holidays count beside those of France.")

    class Meta:
        verbose_name = "duty settings"
        verbose_name_plural = "duty settings"

    def __str__(self) -> str:
        return f"{self.site_id}"


class Watchfulness(models.Model):
    """Since when critical alarms of a site wait too long for an acknowledgement. Written by response.duty.vigilance alone."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="watchfulness")
    waiting_since = models.DateTimeField(null=True, help_text="None: none waits too long.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.waiting_since}"
