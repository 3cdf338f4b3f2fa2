"""The shapes of incidents in the public interface, beside `shapes`."""

from rest_framework import serializers as s

from alarms.models import Incident
from hypervisor.api.shapes import SEVERITIES, Bilingual, IncidentBrief
from hypervisor.rights import Verb

INCIDENT_STATES = list(Incident.State.values)


class IncidentCounts(s.Serializer):
    alarms = s.IntegerField(help_text="All of them, closed ones included.")
    open = s.IntegerField()
    unacknowledged = s.IntegerField(help_text="To be acknowledged, in alarm or back, not suppressed.")
    suppressed = s.IntegerField(help_text="Open, silent because a cause explains them.")
    critical = s.IntegerField(help_text="Open ones of this severity; likewise the next.")
    high = s.IntegerField()
    medium = s.IntegerField()
    low = s.IntegerField()


class IncidentRow(IncidentBrief):
    site = s.CharField()
    seq = s.IntegerField(help_text="Journal number of the last line about the incident itself.")
    title = Bilingual()
    state = s.ChoiceField(INCIDENT_STATES)
    severity = s.ChoiceField(SEVERITIES, allow_null=True, help_text="The worst of its open alarms, else of all of them.")
    cause = s.IntegerField(allow_null=True, help_text="The alarm that explains the others, when one does.")
    rule = s.CharField(allow_null=True, help_text="Slug of the rule whose advice is the procedure.")
    procedure = Bilingual(allow_null=True)
    owner = s.CharField(allow_null=True)
    owned_at = s.DateTimeField(allow_null=True)
    opened_at = s.DateTimeField()
    joined_at = s.DateTimeField(help_text="When an alarm joined last.")
    closed_at = s.DateTimeField(allow_null=True)
    merged_into = IncidentBrief(allow_null=True)
    comments = s.IntegerField()
    counts = IncidentCounts()


class IncidentDetail(IncidentRow):
    verbs = s.ListField(child=s.ChoiceField([verb.value for verb in Verb]), help_text="What you may do on its site.")


class NewIncident(s.Serializer):
    alarms = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=10_000)
    title = s.CharField(max_length=200, allow_blank=True, default="", help_text="The worst alarm's sentence unless said.")


class Merging(s.Serializer):
    incidents = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=100)
