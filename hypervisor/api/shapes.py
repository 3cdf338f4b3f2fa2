"""The shapes of the public interface: what comes in is checked by them, what goes out is described by them.

Rows are built elsewhere (alarms.rows, the views) and are not passed through these on the way out; a test holds every answer
against the schema they make.
"""

from functools import cache

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers as s

from alarms.models import Alarm, Rule, Severity
from assets.feeds import health
from assets.models import Protocol
from hypervisor.models import Role
from hypervisor.rights import Verb

SEVERITIES = [severity.label for severity in Severity]
ALARM_STATES = list(Alarm.State.values)
RULE_STATES = list(Rule.State.values)
FEED_STATES = list(health.STATES)


class Bilingual(s.Serializer):
    fr = s.CharField()
    en = s.CharField()


class AssetBrief(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()
    kind = s.CharField()
    lon = s.FloatField()
    lat = s.FloatField()


class SectorBrief(s.Serializer):
    slug = s.CharField()
    name = s.CharField()
    path = s.CharField()


class IncidentBrief(s.Serializer):
    id = s.IntegerField()
    number = s.IntegerField(help_text="Within the site, from 1.")


class AlarmRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Journal number of the last change of this row.")
    rule = s.CharField()
    rule_name = Bilingual()
    severity = s.ChoiceField(SEVERITIES, help_text="The worst since somebody last acknowledged it.")
    eased_to = s.ChoiceField(SEVERITIES, allow_null=True, help_text="How severe it is now, where that is less.")
    state = s.ChoiceField(ALARM_STATES)
    sentence = Bilingual()
    suggested_action = Bilingual(allow_null=True)
    subject = s.CharField(help_text="What the rule speaks of: point:12, asset:7, feed:3.")
    point = s.IntegerField(allow_null=True)
    feed = s.CharField(allow_null=True)
    asset = AssetBrief(allow_null=True)
    sector = SectorBrief(allow_null=True)
    raised_at = s.DateTimeField(help_text="When it truly began, or last began again, on the readings' clock.")
    first_raised_at = s.DateTimeField(help_text="When it began first; `raised_at` of one that did not come again.")
    learned_at = s.DateTimeField()
    returned_at = s.DateTimeField(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True)
    acknowledged_at = s.DateTimeField(allow_null=True)
    acknowledged_by = s.CharField(allow_null=True)
    taken_by = s.CharField(allow_null=True)
    taken_at = s.DateTimeField(allow_null=True)
    shelved_until = s.DateTimeField(allow_null=True)
    shelved_reason = s.CharField()
    out_of_service_until = s.DateTimeField(allow_null=True)
    out_of_service_reason = s.CharField()
    suppressed_by = s.IntegerField(allow_null=True)
    comments = s.IntegerField()
    occurrences = s.IntegerField(help_text="Times it came, those of the same alarm closed within ten minutes included.")
    chattering = s.BooleanField(help_text="It comes and goes: three times within ten minutes.")
    maintenance = s.IntegerField(allow_null=True, help_text="The maintenance window that silences it.")
    incident = IncidentBrief(allow_null=True)


class Cause(s.Serializer):
    id = s.IntegerField()
    sentence = Bilingual()


class AlarmDetail(AlarmRow):
    cause = Cause(allow_null=True, help_text="The alarm that explains this one, and keeps it silent.")
    suppresses = s.IntegerField(help_text="Open alarms that this one keeps silent.")
    offers = s.ListField(child=s.ChoiceField(["shelving"]), help_text="What is advised: shelving, of one that chatters.")
    evidence = s.DictField(help_text="Why it is as severe as shown: values against limits, with times, as the engine gave it.")
    ended = s.DictField(allow_null=True, help_text="Of one back to normal: why it ended, in the same form.")
    named = s.DictField(help_text="The assets (code, name) and points (asset, unit, codes) of the evidence, by their id.")
    version = s.IntegerField(help_text="Number of the rule's version that raised it.")
    unit = s.CharField(help_text="Of the point the alarm is about; empty when it has none.")
    codes = s.DictField(help_text="Names of the point's states by their number, below fr and en; empty when it has none.")
    verbs = s.ListField(child=s.ChoiceField([verb.value for verb in Verb]), help_text="What you may do with it.")


class Entry(s.Serializer):
    seq = s.IntegerField()
    at = s.DateTimeField()
    kind = s.CharField()
    alarm = s.IntegerField(allow_null=True)
    incident = s.IntegerField(allow_null=True)
    actor = s.CharField(help_text="User name; empty when the correlator speaks.")
    desk = s.CharField()
    text = Bilingual()
    hash = s.CharField()


class SiteRow(s.Serializer):
    slug = s.CharField()
    name = s.CharField()
    timezone = s.CharField()
    assets = s.IntegerField()
    points = s.IntegerField()
    open_alarms = s.IntegerField()
    seq = s.IntegerField()
    longitude = s.FloatField()
    latitude = s.FloatField()
    zoom = s.FloatField()
    inventory_version = s.IntegerField()
    demo = s.BooleanField()
    role = s.ChoiceField(Role.values)


class SectorRow(SectorBrief):
    assets = s.IntegerField()


class KindRow(s.Serializer):
    slug = s.CharField()
    name = Bilingual()
    domain = s.CharField()
    glyph = s.CharField()


class SiteRight(s.Serializer):
    site = s.CharField()
    role = s.ChoiceField(Role.values)
    sectors = s.ListField(child=s.CharField(), allow_null=True, help_text="Paths; null is the whole site.")
    verbs = s.ListField(child=s.ChoiceField([verb.value for verb in Verb]))


class Person(s.Serializer):
    username = s.CharField()
    name = s.CharField()
    language = s.ChoiceField(["fr", "en"])
    theme = s.ChoiceField(["dark", "light"])
    desk = s.CharField()
    sites = SiteRight(many=True)


class AssetRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    code = s.CharField()
    name = s.CharField()
    kind = s.CharField()
    kind_name = Bilingual()
    sector = SectorBrief(allow_null=True)
    supervisor = s.CharField(allow_null=True)
    lon = s.FloatField()
    lat = s.FloatField()
    level = s.IntegerField()
    retired_at = s.DateTimeField(allow_null=True)


class LatestReading(s.Serializer):
    at = s.DateTimeField()
    received_at = s.DateTimeField()
    value = s.FloatField()
    quality = s.ChoiceField(["good", "uncertain", "bad"])


class PointRow(s.Serializer):
    id = s.IntegerField()
    quantity = s.CharField()
    name = Bilingual()
    unit = s.CharField()
    interval = s.IntegerField(help_text="Expected seconds between two readings.")
    codes = s.DictField(child=s.CharField(), help_text="For states: number → label.")
    codes_en = s.DictField(child=s.CharField())
    limits = s.DictField(child=s.FloatField())
    feed = s.CharField(allow_null=True)
    address = s.CharField()
    latest = LatestReading(allow_null=True)


class AssetDetail(AssetRow):
    attributes = s.DictField()
    points = PointRow(many=True)
    depends_on = AssetBrief(allow_null=True)
    dependents = s.IntegerField()
    open_alarms = s.IntegerField()


class Camera(AssetBrief):
    level = s.IntegerField()
    distance = s.FloatField(help_text="Metres from the asset, as the crow flies.")
    attributes = s.DictField(help_text="Of the camera: its picture's addresses, its bearing, when they are known.")


class Columns(s.Serializer):
    point = s.IntegerField()
    resolution = s.ChoiceField(["raw", "minute", "hour"])
    at = s.ListField(
        child=extend_schema_field({"type": ["string", "number"]})(s.CharField)(),
        help_text="ISO 8601 in UTC, or milliseconds since the epoch when `times=epoch`.",
    )
    minimum = s.ListField(child=s.FloatField())
    maximum = s.ListField(child=s.FloatField())
    mean = s.ListField(child=s.FloatField())
    count = s.ListField(child=s.IntegerField())


class FeedHealth(s.Serializer):
    state = s.ChoiceField(FEED_STATES)
    last_message_at = s.DateTimeField(allow_null=True)
    accepted = s.IntegerField()
    unknown = s.IntegerField()
    rejected = s.IntegerField()
    rate = s.FloatField(help_text="Readings per second over the last whole minute.")
    per_minute = s.ListField(child=s.IntegerField())
    connected = s.BooleanField(allow_null=True)
    connected_since = s.DateTimeField(allow_null=True)
    failures = s.IntegerField()
    last_error = s.CharField(help_text="For who may change feeds; empty for others.")
    pages_left = s.IntegerField(help_text="Pages after which a pull was given up, although the supervisor named more; else 0.")
    rejections = s.ListField(child=s.DictField(), help_text="Samples of what was refused, likewise.")


class FeedRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = s.CharField()
    supervisor = s.CharField()
    protocol = s.ChoiceField(Protocol.values)
    enabled = s.BooleanField()
    expected_interval = s.IntegerField()
    points = s.IntegerField()
    unknown_addresses = s.IntegerField()
    address = s.CharField(allow_null=True, help_text="For who may change feeds; null for others.")
    token_hint = s.CharField(allow_null=True)
    health = FeedHealth()


class Token(s.Serializer):
    token = s.CharField(help_text="Shown this once; only its hash is kept.")


class UnknownAddressRow(s.Serializer):
    id = s.IntegerField()
    address = s.CharField()
    first_seen_at = s.DateTimeField()
    last_seen_at = s.DateTimeField()
    seen = s.IntegerField()
    sample = s.CharField()


class Acknowledged(s.Serializer):
    acknowledged = s.ListField(child=s.IntegerField())


class Figure(s.Serializer):
    data = s.ListField(child=s.DictField())
    layout = s.DictField()


class ProblemDetails(s.Serializer):
    """RFC 9457."""

    type = s.CharField()
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField()


@cache
def paged(row: type[s.Serializer]) -> s.Serializer:
    """The description of one page of rows."""
    fields = {"results": row(many=True), "next": s.CharField(allow_null=True, help_text="Address of the next page.")}
    return inline_serializer(f"{row.__name__}Page", fields)


# --- what comes in: one per verb ---


class Preferences(s.Serializer):
    language = s.ChoiceField(["fr", "en"], required=False)
    theme = s.ChoiceField(["dark", "light"], required=False)
    desk = s.CharField(max_length=60, allow_blank=True, required=False, help_text="Written in the journal beside what you do.")

    def validate_desk(self, desk: str) -> str:
        """One line, without marks that turn it round: it stands beside other people's words."""
        desk = " ".join(desk.split())
        if not desk.isprintable():
            raise s.ValidationError("Only what can be printed on one line.")
        return desk


class Acknowledgement(s.Serializer):
    comment = s.CharField(max_length=300, allow_blank=True, default="")


class ManyAcknowledgements(Acknowledgement):
    ids = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=10_000)


class Comment(s.Serializer):
    text = s.CharField(max_length=500)


class Ending(s.Serializer):
    """A flag with an end: give `until`, or `minutes` from now."""

    until = s.DateTimeField(required=False)
    minutes = s.IntegerField(required=False, min_value=1, max_value=366 * 1440)
    reason = s.CharField(max_length=300)

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if ("until" in given) == ("minutes" in given):
            raise s.ValidationError({"until": "Give either until or minutes."})
        return given


class Adoption(s.Serializer):
    """Where the address belongs: an existing point, or a quantity of an asset (a point is made if it has none)."""

    point = s.IntegerField(required=False)
    asset = s.IntegerField(required=False)
    quantity = s.SlugField(required=False, max_length=60)

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if ("point" in given) == ("asset" in given) or ("asset" in given) != ("quantity" in given):
            raise s.ValidationError({"point": "Give either point, or asset and quantity."})
        return given
