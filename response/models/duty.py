"""Tables of duty: the positions of a control room, the rota that says who is expected at them, and who holds them."""

from django.db import models
from django.db.models import Q

from assets.models import Site


class Position(models.Model):
    """A place of a control room that somebody holds. Written by response.duty.positions; since when it is vacant,
    by response.duty.vigilance."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="positions")
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    place = models.PositiveSmallIntegerField(default=0, help_text="In lists, the least first.")
    retired_at = models.DateTimeField(null=True)
    vacant_since = models.DateTimeField(null=True, help_text="The rota expects somebody and nobody holds it.")
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


class Watchfulness(models.Model):
    """Since when critical alarms of a site wait too long for an acknowledgement. Written by response.duty.vigilance alone."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="watchfulness")
    waiting_since = models.DateTimeField(null=True, help_text="None: none waits too long.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.waiting_since}"
