"""Shapes of sirens, as the interface tells and takes them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from hypervisor.api.entity_shapes import Words
from response.siren.spec import LAMPS, SOUNDS

SIREN_SOUNDS, SIREN_LAMPS = list(SOUNDS), list(LAMPS)


@extend_schema_field({"type": "object", "additionalProperties": True})
class SirenSettings(s.JSONField):
    """How it is reached: `{"protocol": "modbus", "host": …}` or `{"protocol": "http", "url": …}`."""


class SirenPattern(s.Serializer):
    sound = s.ChoiceField(SIREN_SOUNDS, required=False, default="off")
    lamp = s.ChoiceField(SIREN_LAMPS, required=False, default="off")


class SirenPatterns(s.Serializer):
    critical = SirenPattern(required=False)
    high = SirenPattern(required=False)
    medium = SirenPattern(required=False)
    low = SirenPattern(required=False)


class SirenCall(s.Serializer):
    severity = s.IntegerField(help_text="0 none, 1 low to 4 critical.")
    sound = s.IntegerField(help_text="0 off, 1 continuous, 2 slow, 3 fast.")
    lamp = s.IntegerField(help_text="0 off, 1 steady, 2 slow, 3 fast.")
    test = s.IntegerField()
    alarms = s.IntegerField(help_text="Unacknowledged alarms it calls for.")


class SirenRow(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = s.CharField()
    settings = SirenSettings(help_text="What is secret in it is shown as `…`.")
    patterns = SirenPatterns()
    enabled = s.BooleanField()
    reached_at = s.DateTimeField(allow_null=True, help_text="When it last took what it was told.")
    said = SirenCall(allow_null=True, help_text="What it was told then.")
    fault = Words(allow_null=True, help_text="Why it was not reached the last time.")
    failing_since = s.DateTimeField(allow_null=True)
    test_until = s.DateTimeField(allow_null=True)


class WantedSiren(s.Serializer):
    name = s.CharField(max_length=120)
    settings = SirenSettings()
    patterns = SirenPatterns()
    enabled = s.BooleanField(required=False, default=True)
