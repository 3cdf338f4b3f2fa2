"""Shapes of contacts, on-call rotas, escalation policies and messages, as the interface tells and takes them."""

from rest_framework import serializers as s

from response.models import Escalation, Means, Message
from response.notification.outbox import LIMITED
from response.notification.reach import WHY

MEANS = Means.values
MESSAGE_STATES = Message.State.values
MESSAGE_KINDS = [kind.value for kind in LIMITED]
ESCALATION_ENDS = Escalation.End.values


class ContactRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    person = s.CharField()
    means = s.ChoiceField(MEANS)
    hint = s.CharField(help_text="The part of the address that is shown; the address itself is never returned.")
    created_at = s.DateTimeField()
    verified_at = s.DateTimeField(allow_null=True, help_text="When the person returned the code; null: nothing is sent yet.")
    code_until = s.DateTimeField(allow_null=True, help_text="Until when the code that was sent is accepted.")


class NewContact(s.Serializer):
    means = s.ChoiceField(MEANS)
    address = s.CharField(max_length=1000, help_text="Mail address, phone number, URL or push subscription.")


class AddedContact(ContactRow):
    secret = s.CharField(help_text="What signs the messages of a webhook, returned only when it is added; otherwise empty.")


class ContactSecret(s.Serializer):
    secret = s.CharField(help_text="Returned only once.")


class GivenCode(s.Serializer):
    code = s.RegexField(r"^\s*\d{6}\s*\Z")


class NotificationDocument(s.Serializer):
    document = s.DictField(help_text="Following docs/notification.md.")


class EscalationPolicyRow(NotificationDocument):
    slug = s.CharField()


class OnCallOverrideRow(s.Serializer):
    id = s.IntegerField()
    person = s.CharField()
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField()
    created_by = s.CharField()


class NewOnCallOverride(s.Serializer):
    person = s.CharField(max_length=150)
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField()


class OnCallRotaRow(NotificationDocument):
    slug = s.CharField()
    overrides = OnCallOverrideRow(many=True, help_text="Those that are not over.")


class WatchRow(s.Serializer):
    person = s.CharField(help_text="User name; empty: nobody is on call.")
    starts_at = s.DateTimeField()
    ends_at = s.DateTimeField()


class OnCallRow(s.Serializer):
    slug = s.CharField()
    name = s.CharField()
    watches = WatchRow(many=True, help_text="From now on for two weeks, without a gap.")


class GatewayRow(s.Serializer):
    means = s.ChoiceField(MEANS)
    settings = s.DictField(help_text="Secrets are replaced by `…`; sent back so, they remain as they are.")
    changed_at = s.DateTimeField()
    changed_by = s.CharField()
    receipts = s.BooleanField(help_text="Whether a token for receipts exists.")


class GatewaySettings(s.Serializer):
    settings = s.DictField(help_text="Following docs/notification.md.")


class ReceiptToken(s.Serializer):
    token = s.CharField(help_text="Returned only once.")


class MessageRow(s.Serializer):
    id = s.IntegerField()
    kind = s.ChoiceField(MESSAGE_KINDS, help_text="That an alarm is there, that it has ended, or what is said of maintenance.")
    alarm = s.IntegerField(allow_null=True, help_text="Null of maintenance.")
    person = s.CharField()
    means = s.ChoiceField(MEANS)
    hint = s.CharField()
    step = s.IntegerField(help_text="Of the policy, from 1.")
    turn = s.IntegerField(help_text="Of the policy's repetitions, from 1.")
    state = s.ChoiceField(MESSAGE_STATES)
    created_at = s.DateTimeField()
    due_at = s.DateTimeField(allow_null=True, help_text="When a pending message may leave.")
    held_since = s.DateTimeField(allow_null=True, help_text="Since when the limit of the contact holds it back.")
    held = s.IntegerField(help_text="Number of messages of the contact that its limit holds back now; 0: not this one.")
    sent_at = s.DateTimeField(allow_null=True)
    delivered_at = s.DateTimeField(allow_null=True)
    failed_at = s.DateTimeField(allow_null=True)
    cancelled_at = s.DateTimeField(allow_null=True)
    tries = s.IntegerField()
    reason = s.CharField()
    letter = s.CharField(allow_null=True, help_text="What it leaves with: messages with the same letter are sent together.")
    answered_at = s.DateTimeField(allow_null=True, help_text="When the link of its letter was used.")


class GapReason(s.Serializer):
    code = s.ChoiceField(WHY)
    who = s.CharField(help_text="User name, or slug of a rota or position.")


class GapRow(s.Serializer):
    policy = s.CharField(help_text="Slug of the policy; empty: an announcement of maintenance.")
    name = s.CharField()
    step = s.IntegerField(allow_null=True, help_text="From 1; null of an announcement.")
    starts_at = s.DateTimeField(help_text="Now, or when its first gap within a day begins.")
    ends_at = s.DateTimeField(help_text="A day from now at the latest.")
    reasons = GapReason(many=True, help_text="Of each target, why it is not reached.")


class EscalationRow(s.Serializer):
    policy = s.CharField()
    name = s.CharField()
    severity = s.ChoiceField(["critical", "high", "medium", "low"])
    run = s.IntegerField(help_text="Number of times the escalation began for this alarm.")
    turn = s.IntegerField()
    step = s.IntegerField(help_text="Number of steps carried out in this turn.")
    steps = s.IntegerField()
    began_at = s.DateTimeField()
    next_at = s.DateTimeField(allow_null=True, help_text="When the next step is carried out; null once it has ended.")
    ended_at = s.DateTimeField(allow_null=True)
    end = s.ChoiceField(["", *ESCALATION_ENDS])


class AlarmNotification(s.Serializer):
    escalation = EscalationRow(allow_null=True, help_text="Null if no rule applied to the alarm.")
    messages = MessageRow(many=True, help_text="Newest first, 200 at most.")
