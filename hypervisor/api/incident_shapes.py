"""The shapes of incidents in the public interface, beside `shapes`."""

from rest_framework import serializers as s

from alarms.lifecycle.reasons import WORDS
from alarms.models import Incident
from hypervisor.api.shapes import SEVERITIES, STAKES, AlarmRow, Bilingual, IncidentBrief
from hypervisor.rights import Verb

INCIDENT_STATES = list(Incident.State.values)


class IncidentCounts(s.Serializer):
    alarms = s.IntegerField(help_text="Number of alarms, open and closed.")
    open = s.IntegerField(help_text="Number of open alarms, including suppressed and set-aside ones.")
    unacknowledged = s.IntegerField(help_text="Number of alarms to be acknowledged that are not silenced.")
    suppressed = s.IntegerField(help_text="Number of open alarms that a cause suppresses and that are not set aside.")
    set_aside = s.IntegerField(help_text="Number of open alarms that are shelved or out of service.")
    critical = s.IntegerField(
        help_text="Number of open critical alarms that are not silenced; `high`, `medium` and `low` likewise."
    )
    high = s.IntegerField()
    medium = s.IntegerField()
    low = s.IntegerField()


class IncidentRow(IncidentBrief):
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the last journal line about the incident itself.")
    title = Bilingual()
    state = s.ChoiceField(INCIDENT_STATES)
    severity = s.ChoiceField(
        SEVERITIES,
        allow_null=True,
        help_text="The worst severity of its open alarms that are not silenced, else of its open alarms, else of all.",
    )
    stake = s.ChoiceField(STAKES, allow_null=True, help_text="Stake of its worst alarm: what is lost if nobody responds.")
    cause = s.IntegerField(allow_null=True, help_text="Id of the alarm that explains the others; null if there is none.")
    rule = s.CharField(allow_null=True, help_text="Slug of the rule whose advice is the procedure.")
    procedure = Bilingual(allow_null=True)
    owner = s.CharField(allow_null=True)
    owned_at = s.DateTimeField(allow_null=True)
    opened_at = s.DateTimeField()
    joined_at = s.DateTimeField(help_text="When the last alarm joined.")
    closed_at = s.DateTimeField(allow_null=True)
    merged_into = IncidentBrief(allow_null=True)
    comments = s.IntegerField()
    counts = IncidentCounts()
    partial = s.BooleanField(
        help_text="Whether some of its alarms lie outside your sectors; title and counts then cover the alarms you may see."
    )


class WhyTogether(s.Serializer):
    code = s.ChoiceField(list(WORDS), help_text="What the alarm shares with the rest of the incident.")
    alarm = s.IntegerField(allow_null=True, help_text="The alarm it refers to, when that is yours to see.")
    text = Bilingual(help_text="The reason as text.")


class MemberRow(AlarmRow):
    why_together = WhyTogether()


class IncidentDetail(IncidentRow):
    verbs = s.ListField(child=s.ChoiceField([verb.value for verb in Verb]), help_text="The verbs that you may use on its site.")


class NewIncident(s.Serializer):
    alarms = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=10_000)
    title = s.CharField(max_length=200, allow_blank=True, default="", help_text="Default: the sentence of the worst alarm.")


class Merging(s.Serializer):
    incidents = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=100)
