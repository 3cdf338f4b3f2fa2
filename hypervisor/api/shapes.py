"""The shapes of the public interface: what comes in is checked by them, what goes out is described by them.

Rows are built elsewhere (alarms.rows, the views) and are not passed through these on the way out; a test holds every answer
against the schema they make.
"""

from functools import cache

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers as s

from alarms import rows
from alarms.lifecycle import limits
from alarms.models import SEVERITY_NUMBERS, STAKE_NUMBERS, Alarm, Rule
from assets.feeds import health
from assets.models import Protocol
from hypervisor.api.row_shapes import shape_of
from hypervisor.models import Role
from hypervisor.preferences import HABITS
from hypervisor.rights import Verb
from journal import typed_rows

SEVERITIES = list(SEVERITY_NUMBERS)
STAKES = list(STAKE_NUMBERS)
ALARM_STATES = list(Alarm.State.values)
RULE_STATES = list(Rule.State.values)
FEED_STATES = list(health.STATES)


Bilingual = shape_of(typed_rows.Bilingual)
AssetBrief = shape_of(rows.AssetBrief)
SectorBrief = shape_of(rows.SectorBrief)
IncidentBrief = shape_of(rows.IncidentBrief)
AlarmRow = shape_of(rows.AlarmRow)


class Cause(s.Serializer):
    id = s.IntegerField()
    sentence = Bilingual()


class AlarmDetail(AlarmRow):
    cause = Cause(allow_null=True, help_text="The alarm that explains this one and suppresses it.")
    suppresses = s.IntegerField(help_text="Number of open alarms that this one suppresses, directly or indirectly.")
    offers = s.ListField(child=s.ChoiceField(["shelving"]), help_text="Recommended actions: shelving, for a chattering alarm.")
    evidence = s.DictField(help_text="Evidence of the current severity: values, limits and times.")
    ended = s.DictField(
        allow_null=True, help_text="Evidence of the return to normal, in the same form; null while the alarm stands."
    )
    named = s.DictField(help_text="The assets (code, name) and points (asset, unit, codes) of the evidence, by their id.")
    version = s.IntegerField(help_text="Number of the rule version that raised the alarm.")
    unit = s.CharField(help_text="Unit of the point the alarm is about; empty without a point.")
    codes = s.DictField(help_text="Names of the states of the point by number, under `fr` and `en`; empty without states.")
    verbs = s.ListField(child=s.ChoiceField([verb.value for verb in Verb]), help_text="The verbs that you may use on this alarm.")


class Entry(s.Serializer):
    seq = s.IntegerField()
    at = s.DateTimeField()
    kind = s.CharField()
    about = s.DictField(child=s.ListField(child=s.IntegerField()), help_text="Ids of the things the line is about, by noun.")
    actor_kind = s.ChoiceField(["person", "token", "rule", "procedure", "supervisor", "system"])
    actor = s.CharField(help_text="User name of a person, or slug of another actor; empty for the system.")
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
    sectors = s.ListField(child=s.CharField(), allow_null=True, help_text="Paths of sectors; null means the whole site.")
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
    codes = s.DictField(child=s.CharField(), help_text="Names of the states by number.")
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
    attributes = s.DictField(help_text="Attributes of the camera, such as the addresses of its picture and its bearing.")


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
    undated = s.IntegerField(
        help_text="Number of readings dropped because they came in retained MQTT messages without a timestamp."
    )
    late = s.IntegerField(help_text="Accepted readings older than the newest of their point: stored, not judged.")
    duplicate = s.IntegerField(help_text="Accepted readings of the same instant as the newest of their point: dropped.")
    rate = s.FloatField(help_text="Readings per second, averaged over the whole minutes that three messages take.")
    per_minute = s.ListField(child=s.IntegerField())
    connected = s.BooleanField(allow_null=True)
    connected_since = s.DateTimeField(allow_null=True)
    failures = s.IntegerField()
    last_error = s.CharField(help_text="Visible to people who may change feeds; empty for others.")
    clock_ahead = s.FloatField(
        allow_null=True,
        help_text="In the state `clock`: seconds by which the supervisor's clock is ahead of the server's; negative if behind.",
    )
    lag = s.FloatField(
        allow_null=True,
        help_text="Seconds between the time of a reading and its reception, the median of the last messages; negative if ahead.",
    )
    pages_left = s.IntegerField(
        help_text="Number of pages after which a pull stopped although the supervisor announced more; else 0."
    )
    rejections = s.ListField(child=s.DictField(), help_text="Samples of refused items, visible to people who may change feeds.")


class FeedRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = s.CharField()
    supervisor = s.CharField()
    protocol = s.ChoiceField(Protocol.values)
    made_from = s.CharField(help_text="Entry of the list of protocols that the feed was made from; empty for none.")
    enabled = s.BooleanField()
    expected_interval = s.IntegerField()
    points = s.IntegerField()
    unknown_addresses = s.IntegerField()
    address = s.CharField(allow_null=True, help_text="Visible to people who may change feeds; null for others.")
    token_hint = s.CharField(allow_null=True)
    health = FeedHealth()


class Announced(s.Serializer):
    since = s.DateTimeField()
    announced = s.ListField(child=s.DateTimeField())


class Token(s.Serializer):
    token = s.CharField(help_text="Returned only once; only its hash is stored.")


class UnknownAddressRow(s.Serializer):
    id = s.IntegerField()
    address = s.CharField()
    first_seen_at = s.DateTimeField()
    last_seen_at = s.DateTimeField()
    seen = s.IntegerField()
    sample = s.CharField()


class Refusal(s.Serializer):
    id = s.IntegerField()
    detail = s.CharField(help_text="Reason, in the language of the request.")


class Many(s.Serializer):
    """Result of a move on many alarms."""

    done = s.ListField(
        child=s.IntegerField(), help_text="Ids of the alarms that were changed, or already were in the requested state."
    )
    refused = Refusal(many=True, help_text="The other alarms, which were not changed.")
    acknowledged = s.ListField(child=s.IntegerField(), required=False, help_text="Same as `done`, for an acknowledgement.")


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
    desk = s.CharField(max_length=60, allow_blank=True, required=False, help_text="Recorded in the journal with your actions.")
    toured = s.BooleanField(required=False, help_text="Whether you have seen the tour of the desk; it is offered until then.")

    habits = s.DictField(
        child=s.CharField(max_length=1000, allow_blank=True), required=False,
        help_text=f"How you have the desk: {', '.join(sorted(HABITS))}. What is not named stays.",
    )  # fmt: skip

    def validate_habits(self, habits: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(habits) - HABITS):
            raise s.ValidationError(_("Unknown: {name}.").format(name=unknown[0][:40]))
        return habits

    def validate_desk(self, desk: str) -> str:
        """One line, without marks that turn it round: it stands beside other people's words."""
        desk = " ".join(desk.split())
        if not desk.isprintable():
            raise s.ValidationError(_("Only what can be printed on one line."))
        return desk


class Acknowledgement(s.Serializer):
    comment = s.CharField(max_length=300, allow_blank=True, default="")


class ManyAlarms(s.Serializer):
    ids = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=10_000)


class ManyAcknowledgements(Acknowledgement, ManyAlarms):
    returned = s.BooleanField(
        default=False, help_text="Acknowledge only alarms that have returned to normal; an alarm that has come again is refused."
    )


class Comment(s.Serializer):
    text = s.CharField(max_length=500)


class Ending(s.Serializer):
    """An end: either `until`, or `minutes` from now."""

    until = s.DateTimeField(required=False)
    minutes = s.IntegerField(required=False, min_value=1, max_value=limits.LONGEST // limits.MINUTE)
    reason = s.CharField(max_length=300)

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if ("until" in given) == ("minutes" in given):
            raise s.ValidationError({"until": _("Give either until or minutes.")})
        return given


class ManyShelvings(Ending, ManyAlarms):
    pass


class ManyComments(Comment):
    ids = s.ListField(child=s.IntegerField(min_value=1), min_length=1, max_length=500)


class Adoption(s.Serializer):
    """The target: an existing point, or a quantity of an asset, for which a point is created if there is none."""

    point = s.IntegerField(required=False)
    asset = s.IntegerField(required=False)
    quantity = s.SlugField(required=False, max_length=60)

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if ("point" in given) == ("asset" in given) or ("asset" in given) != ("quantity" in given):
            raise s.ValidationError({"point": _("Give either point, or asset and quantity.")})
        return given
