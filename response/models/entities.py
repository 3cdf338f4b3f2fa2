"""Tables of what rooms and entities tell and ask each other: who they are, messages and questions, and their answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from alarms.models import Alarm, Incident
from assets.models import Sector, Site


class Entity(models.Model):
    """Another control room, a service or a house that takes part: police, fire brigade, town hall, concierge.

    Written by response.entities.directory alone.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="entities", db_index=False)
    slug = models.SlugField(max_length=60)
    name_fr = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    contact = models.CharField(max_length=300, blank=True, help_text="How to reach those who have no account.")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="entities", help_text="Who may act in its name.")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name_fr", "id"]
        verbose_name_plural = "entities"
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="entity_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug


class EntityMessage(models.Model):
    """A message, or a question with the answers it takes, to one or several entities.

    Written by response.entities.moves alone.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", "message"
        QUESTION = "question", "question"

    class Ending(models.TextChoices):
        ANSWERED = "answered", "answered or acknowledged by all"
        ENDED = "ended", "ended by its sender"
        RECALLED = "recalled", "recalled by its sender"

    site = models.ForeignKey(Site, models.CASCADE, related_name="entity_messages", db_index=False)
    number = models.PositiveIntegerField(help_text="From 1, in the order of sending.")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField()
    form = models.JSONField(null=True, help_text="Of a question: the answers it takes, as response.entities.asking reads it.")
    due_at = models.DateTimeField(null=True, help_text="Of a question: until when it is to be answered.")
    alarm = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="entity_messages")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="entity_messages")
    sector = models.ForeignKey(Sector, models.SET_NULL, null=True, related_name="entity_messages")
    sender = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="sent", help_text="In whose name it was sent.")
    cause = models.CharField(max_length=60, blank=True, help_text="The step of a procedure that asks it, as `step:12`.")
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=150)
    settled_at = models.DateTimeField(null=True, help_text="Since when all have answered who must.")
    late_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="entity_message_number_once_per_site"),
            models.CheckConstraint(
                condition=Q(kind="message", form__isnull=True, due_at=None)
                | Q(kind="question", form__isnull=False, due_at__isnull=False),
                name="entity_message_asks_or_not",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, ending="") | (Q(closed_at__isnull=False) & ~Q(ending="")),
                name="entity_message_has_ended_or_not",
            ),
            models.UniqueConstraint(fields=["cause"], condition=~Q(cause=""), name="entity_message_once_per_step"),
        ]
        indexes = [models.Index(fields=["site"], condition=Q(closed_at=None), name="entity_message_open")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.number}"


class Recipient(models.Model):
    """An entity that a message is for, and that it was read there. Written by response.entities.moves alone."""

    message = models.ForeignKey(EntityMessage, models.CASCADE, related_name="recipients")
    entity = models.ForeignKey(Entity, models.PROTECT, related_name="received")
    must_answer = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["message", "entity"], name="recipient_once_per_message")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.entity_id}"


class EntityAnswer(models.Model):
    """What an entity answered, once. Written by response.entities.moves alone."""

    recipient = models.OneToOneField(Recipient, models.CASCADE, related_name="answer")
    answer = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    spoken_by = models.CharField(max_length=150, blank=True, help_text="Who said so, where the entity has no account.")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    late = models.BooleanField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.recipient_id}"
