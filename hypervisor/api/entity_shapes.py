"""Shapes of entities and of messages between rooms, as the interface tells and takes them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from hypervisor.api.shapes import SectorBrief
from response.entities.moves import LONGEST, LONGEST_NOTE, LONGEST_REASON, MOST_ENTITIES
from response.models import EntityMessage

MESSAGE_KINDS = EntityMessage.Kind.values
MESSAGE_ENDINGS = EntityMessage.Ending.values
SENDER_ENDINGS = [EntityMessage.Ending.ENDED, EntityMessage.Ending.RECALLED]


class Words(s.Serializer):
    fr = s.CharField()
    en = s.CharField()


class EntityBrief(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = Words()


class EntityRow(EntityBrief):
    contact = s.CharField()
    members = s.ListField(child=s.CharField(), help_text="User names of whoever acts in its name.")
    retired_at = s.DateTimeField(allow_null=True)


class WantedEntity(s.Serializer):
    name_fr = s.CharField(max_length=120)
    name_en = s.CharField(max_length=120, required=False, default="", allow_blank=True)
    contact = s.CharField(max_length=300, required=False, default="", allow_blank=True)
    members = s.ListField(child=s.CharField(max_length=150), required=False, default=list, max_length=200)
    retired = s.BooleanField(required=False, default=False)


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]})
class AnswerValue(s.JSONField):
    """The value of a choice, or the values of a form by the ids of its fields."""


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnswerForm(s.JSONField):
    """`{"choices": [{"value", "label": {"fr", "en"}}]}`, or `{"fields": [{"id", "label", "kind", "required", "unit"}]}`."""


class AnswerRow(s.Serializer):
    value = AnswerValue()
    words = Words()
    note = s.CharField()
    by = s.CharField(help_text="User name of whoever wrote it down.")
    spoken_by = s.CharField(help_text="Who said so, where the entity has no account.")
    late = s.BooleanField()


class RecipientRow(s.Serializer):
    entity = EntityBrief()
    contact = s.CharField()
    members = s.ListField(child=s.CharField())
    must_answer = s.BooleanField()
    acknowledged_at = s.DateTimeField(allow_null=True)
    acknowledged_by = s.CharField()
    answered_at = s.DateTimeField(allow_null=True)
    answer = AnswerRow(allow_null=True)


class IncidentNumber(s.Serializer):
    id = s.IntegerField()
    number = s.IntegerField()


class EntityMessageRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    number = s.IntegerField()
    kind = s.ChoiceField(MESSAGE_KINDS)
    text = s.CharField()
    form = AnswerForm(allow_null=True, help_text="The answers that a question takes.")
    due_at = s.DateTimeField(allow_null=True)
    alarm = s.IntegerField(allow_null=True)
    incident = IncidentNumber(allow_null=True)
    sector = SectorBrief(allow_null=True)
    sender = EntityBrief(allow_null=True, help_text="In whose name it was sent.")
    sent_at = s.DateTimeField()
    sent_by = s.CharField()
    by_procedure = s.BooleanField(help_text="Whether a step of a procedure asks it.")
    settled_at = s.DateTimeField(allow_null=True, help_text="Since when all have answered who must.")
    late = s.BooleanField(help_text="Whether somebody who must answer has not, and the time is over.")
    closed_at = s.DateTimeField(allow_null=True)
    closed_by = s.CharField()
    ending = s.ChoiceField([*MESSAGE_ENDINGS, ""])
    reason = s.CharField()
    recipients = RecipientRow(many=True)


class NewEntityMessage(s.Serializer):
    text = s.CharField(max_length=LONGEST)
    to = s.ListField(child=s.SlugField(max_length=60), min_length=1, max_length=MOST_ENTITIES, help_text="Slugs of entities.")
    must_answer = s.ListField(
        child=s.SlugField(max_length=60), required=False, default=list, max_length=MOST_ENTITIES, help_text="Slugs, of `to`."
    )
    form = AnswerForm(required=False, allow_null=True, default=None, help_text="The answers it takes; none: a message.")
    due_at = s.DateTimeField(required=False, allow_null=True, default=None, help_text="Of a question: until when.")
    alarm = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    incident = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    sender = s.SlugField(max_length=60, required=False, default="", allow_blank=True, help_text="An entity you are a member of.")


class NewAnswer(s.Serializer):
    entity = s.SlugField(max_length=60, help_text="In whose name.")
    answer = AnswerValue()
    note = s.CharField(max_length=LONGEST_NOTE, required=False, default="", allow_blank=True)
    spoken_by = s.CharField(max_length=150, required=False, default="", allow_blank=True)


class NewAcknowledgement(s.Serializer):
    entity = s.SlugField(max_length=60, help_text="In whose name.")


class NewEnding(s.Serializer):
    ending = s.ChoiceField(SENDER_ENDINGS)
    reason = s.CharField(max_length=LONGEST_REASON, required=False, default="", allow_blank=True)
