"""The shapes of gates, readers, permit sources and purposes: what administrators set."""

from rest_framework import serializers as s

from hypervisor.api.passage_shapes import BASES, DIRECTIONS, POLICIES, SOURCES, USES, WHY_ERASED, BarrierRow
from hypervisor.api.shapes import AssetBrief, Bilingual, SectorBrief
from passages.gates import INTERVAL, QUIET, WAITS
from passages.purposes import MOST_DAYS, MOST_HOURS


class ReaderRow(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = s.CharField()
    source = s.ChoiceField(SOURCES)
    direction = s.ChoiceField(DIRECTIONS)
    asset = s.IntegerField(allow_null=True)
    address = s.CharField(allow_blank=True, help_text="Address of an MQTT reader, without its password.")
    camera = s.CharField(allow_blank=True)
    enabled = s.BooleanField()
    token_hint = s.CharField(allow_blank=True)
    heard_at = s.DateTimeField(allow_null=True)
    clock_off = s.IntegerField(allow_null=True, help_text="Seconds by which the reader's clock is ahead of the server's.")
    refused = s.IntegerField()
    refusal = s.CharField(allow_blank=True)


class GateRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = s.CharField()
    asset = AssetBrief()
    sector = SectorBrief(allow_null=True)
    area = s.CharField(allow_blank=True)
    direction = s.ChoiceField(DIRECTIONS)
    policy = s.ChoiceField(POLICIES)
    threshold = s.FloatField()
    zones = s.ListField(child=s.CharField())
    purpose = s.IntegerField(allow_null=True)
    reads_plates = s.BooleanField(help_text="Whether a purpose is in force for the gate.")
    quiet_after = s.IntegerField()
    waits = s.IntegerField()
    intercom = s.CharField(allow_blank=True, help_text="Address of the intercom; empty where the barrier's attribute applies.")
    enabled = s.BooleanField()
    barrier = BarrierRow()
    readers = ReaderRow(many=True)


class NewGate(s.Serializer):
    slug = s.SlugField(max_length=60)
    name = s.CharField(max_length=120)
    asset = s.IntegerField(help_text="The barrier or the bollard.")
    area = s.SlugField(max_length=60, required=False, default="", allow_blank=True)
    direction = s.ChoiceField(DIRECTIONS, required=False, default="unknown")
    policy = s.ChoiceField(POLICIES, required=False, default="assisted")
    threshold = s.FloatField(min_value=0.5, max_value=1.0, required=False, default=0.95)
    zones = s.ListField(child=s.CharField(max_length=80), required=False, default=list, max_length=20)
    purpose = s.IntegerField(
        required=False, allow_null=True, default=None, help_text="Id of a purpose; without one, no plate is read."
    )
    quiet_after = s.IntegerField(min_value=QUIET[0], max_value=QUIET[1], required=False, default=30)
    waits = s.IntegerField(min_value=WAITS[0], max_value=WAITS[1], required=False, default=300)
    intercom = s.CharField(
        max_length=200, required=False, default="", allow_blank=True, help_text="sip:, sips:, tel: or https: address."
    )
    enabled = s.BooleanField(required=False, default=True)


class NewReader(s.Serializer):
    slug = s.SlugField(max_length=60)
    name = s.CharField(max_length=120)
    source = s.ChoiceField(SOURCES)
    direction = s.ChoiceField(DIRECTIONS, required=False, default="unknown")
    asset = s.IntegerField(required=False, allow_null=True, default=None)
    address = s.CharField(
        max_length=500, required=False, default="", allow_blank=True, help_text="mqtt(s)://user:password@host:port/topic/filter"
    )
    camera = s.CharField(max_length=80, required=False, default="", allow_blank=True)
    enabled = s.BooleanField(required=False, default=True)


class SourceRow(s.Serializer):
    """An access-management system."""

    id = s.IntegerField()
    slug = s.CharField()
    name = s.CharField()
    address = s.CharField(
        allow_blank=True, help_text="Address that is pulled, without its password; empty for a system that pushes."
    )
    has_secret = s.BooleanField(help_text="Whether an Authorization header is sent with a pull.")
    interval = s.IntegerField()
    allow_private_address = s.BooleanField()
    enabled = s.BooleanField()
    token_hint = s.CharField(allow_blank=True)
    heard_at = s.DateTimeField(allow_null=True)
    failure = s.CharField(allow_blank=True)
    permits = s.IntegerField()


class NewSource(s.Serializer):
    slug = s.SlugField(max_length=60)
    name = s.CharField(max_length=120)
    address = s.URLField(max_length=500, required=False, default="", allow_blank=True)
    secret = s.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Value of the Authorization header; never returned."
    )
    interval = s.IntegerField(min_value=INTERVAL[0], max_value=INTERVAL[1], required=False, default=900)
    allow_private_address = s.BooleanField(required=False, default=False)
    enabled = s.BooleanField(required=False, default=True)


class PurposeRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    use = s.ChoiceField(USES)
    basis = s.ChoiceField(BASES)
    statement = s.CharField()
    assessment = s.CharField()
    contact = s.CharField()
    clear_hours = s.IntegerField()
    history_days = s.IntegerField()
    stated_at = s.DateTimeField()
    stated_by = s.CharField()
    withdrawn_at = s.DateTimeField(allow_null=True)
    withdrawn_by = s.CharField(allow_blank=True)
    gates = s.ListField(child=s.CharField(), help_text="Slugs of the gates that read under it.")


class NewPurpose(s.Serializer):
    use = s.ChoiceField(USES)
    basis = s.ChoiceField(BASES)
    statement = s.CharField(max_length=2000, help_text="In the words of the register of processing.")
    assessment = s.CharField(max_length=120, help_text="Reference of the impact assessment (AIPD).")
    contact = s.CharField(max_length=200, help_text="The data protection officer.")
    clear_hours = s.IntegerField(min_value=0, max_value=MOST_HOURS, required=False, default=24)
    history_days = s.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, default=30)
    not_policing = s.BooleanField(help_text="Declares that no plate is read for policing.")


class TemplateRow(s.Serializer):
    use = s.ChoiceField(USES)
    statement = Bilingual()


class ErasureRow(s.Serializer):
    id = s.IntegerField()
    at = s.DateTimeField()
    why = s.ChoiceField(WHY_ERASED)
    passages = s.IntegerField()
    reads = s.IntegerField()
    pictures = s.IntegerField()
    digest = s.CharField(help_text="SHA-256 of the ids of the erased rows.")
    seq = s.IntegerField(help_text="Number of the journal line that records the erasure.")


class Erased(s.Serializer):
    passages = s.IntegerField()


class Taken(s.Serializer):
    new = s.IntegerField()
    changed = s.IntegerField()
    unchanged = s.IntegerField()
    gone = s.IntegerField()
    refused = s.IntegerField()
    details = s.DictField()
