"""The shapes of passages, permits, gates and purposes in the public interface; rows are built by passages.rows."""

from rest_framework import serializers as s

from alarms.engine.calendar import DAYS
from commands.states import Reason, State
from hypervisor.api import shapes
from hypervisor.api.shapes import Bilingual
from passages.match import Kind
from passages.models import Erasure, Passage, Permit, PermitImport, Purpose
from passages.reads import Direction, Phase
from passages.recommendation import Barrier, Policy, Verdict
from passages.sources import DECODERS

PASSAGE_STATES = list(Passage.State.values)
PERMIT_STATES = list(Permit.State.values)
IMPORT_STATES = list(PermitImport.State.values)
VERDICTS = [each.value for each in Verdict]
DECISIONS = [Verdict.OPEN.value, Verdict.REFUSE.value]
POLICIES = [each.value for each in Policy]
DIRECTIONS = [each.value for each in Direction]
PHASES = [each.value for each in Phase]
MATCHES = [each.value for each in Kind]
BARRIERS = [each.value for each in Barrier]
USES, BASES = list(Purpose.Use.values), list(Purpose.Basis.values)
WHY_ERASED = [value for value, _ in Erasure._meta.get_field("why").choices]
SOURCES = list(DECODERS)
STEPS = ["decide", "open_again"]
OPENING_STATES = [state.value for state in State]
OPENING_REASONS = [reason.value for reason in Reason]


class GateBrief(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = s.CharField()


class PermitBrief(s.Serializer):
    id = s.IntegerField()
    reference = s.CharField()
    company = s.CharField()


class FactRow(s.Serializer):
    code = s.CharField()
    leans = s.ChoiceField(VERDICTS, allow_null=True, help_text="The verdict that the fact supports; null if it supports none.")
    weight = s.IntegerField(help_text="Weight from 0 to 100; facts are ordered by it, heaviest first.")
    fr = s.CharField()
    en = s.CharField()


class CandidateRow(s.Serializer):
    """A permit that the plate may belong to."""

    permit = s.IntegerField()
    plate = s.CharField()
    distance = s.FloatField()
    differs = s.ListField(child=s.IntegerField(), help_text="Positions in `plate`, from 0, where the reads differ.")
    twin = s.BooleanField(help_text="Whether another permit has a plate that is easily confused with this one.")


class OpeningRow(s.Serializer):
    id = s.IntegerField()
    state = s.ChoiceField(
        OPENING_STATES, help_text="State of the opening command; only a reading of the barrier makes it `confirmed`."
    )
    reason = s.ChoiceField(OPENING_REASONS, allow_null=True)


class DecisionRow(s.Serializer):
    verdict = s.ChoiceField(DECISIONS)
    at = s.DateTimeField()
    recommended = s.ChoiceField(VERDICTS)
    automatic = s.BooleanField()
    by = s.CharField(allow_null=True)
    desk = s.CharField(allow_null=True)
    reason = s.CharField(allow_null=True)
    reason_said = Bilingual(allow_null=True, help_text="The reason as people read it.")


class PassageRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that last changed this row.")
    gate = GateBrief()
    asset = shapes.AssetBrief(help_text="The barrier.")
    sector = shapes.SectorBrief(allow_null=True)
    state = s.ChoiceField(PASSAGE_STATES)
    policy = s.ChoiceField(POLICIES)
    first_at = s.DateTimeField(help_text="Reception of the first read.")
    last_at = s.DateTimeField()
    happened_at = s.DateTimeField(help_text="When the vehicle was at the gate, by the reader's clock if the read was sent late.")
    closed_at = s.DateTimeField(allow_null=True)
    confirmed_at = s.DateTimeField(allow_null=True, help_text="When a reading confirmed that the barrier opened.")
    erased_at = s.DateTimeField(allow_null=True, help_text="When the plate was erased.")
    has_plate = s.BooleanField()
    plate = s.CharField(
        allow_null=True, help_text="Visible to people who may read plates; for a past passage, only in its detail."
    )
    country = s.CharField(allow_null=True)
    candidates = CandidateRow(many=True)
    direction = s.ChoiceField(DIRECTIONS)
    vehicle = s.CharField(allow_null=True)
    colour = s.CharField(allow_null=True)
    reads = s.IntegerField()
    agreement = s.IntegerField(help_text="Number of reads that agree on the plate.")
    confidence = s.FloatField()
    match = s.ChoiceField(MATCHES, allow_null=True)
    verdict = s.ChoiceField(VERDICTS, help_text="The recommended verdict.")
    facts = FactRow(many=True)
    permit = PermitBrief(allow_null=True)
    picture = s.BooleanField()
    command = OpeningRow(allow_null=True)
    decision = DecisionRow(allow_null=True)


class ReadRow(s.Serializer):
    id = s.IntegerField()
    reader = s.CharField(allow_null=True)
    at = s.DateTimeField(allow_null=True, help_text="Instant by the reader's clock.")
    received_at = s.DateTimeField()
    confidence = s.FloatField(allow_null=True)
    direction = s.ChoiceField(DIRECTIONS)
    phase = s.ChoiceField(PHASES)
    retransmitted = s.BooleanField()
    preview = s.BooleanField()
    parked = s.BooleanField()
    zone = s.CharField(allow_null=True)
    listed = s.CharField(allow_null=True)
    raw = s.CharField(allow_null=True, allow_blank=True)
    plate = s.CharField(allow_null=True, allow_blank=True)
    link = s.CharField(allow_null=True, help_text="Link to the picture on the reader.")


class BarrierRow(s.Serializer):
    state = s.ChoiceField(BARRIERS)
    age = s.FloatField(allow_null=True, help_text="Seconds since the newest reading of the barrier.")
    stale = s.BooleanField()


class PassageDetail(PassageRow):
    plate_reads = ReadRow(many=True)
    barrier = BarrierRow()
    permits = s.ListField(child=s.DictField(), help_text="Permits of the candidates, without plates.")
    may = s.ListField(child=s.ChoiceField(STEPS))


class NewDecision(s.Serializer):
    verdict = s.ChoiceField(DECISIONS)
    reason = s.CharField(
        max_length=300, required=False, default="", allow_blank=True,
        help_text="Required to refuse, and to open where a refusal is recommended: the name of a usual one, or other words.",
    )  # fmt: skip
    permit = s.IntegerField(required=False, allow_null=True, default=None, help_text="Id of the permit among the candidates.")


class Searched(s.Serializer):
    """A search. The plate is in the body, because addresses are logged."""

    plate = s.CharField(max_length=40)


class SearchedPassages(Searched):
    gate = s.SlugField(required=False)
    start = s.DateTimeField(required=False)
    end = s.DateTimeField(required=False)


class Found(s.Serializer):
    results = PassageRow(many=True)


class OccupancyRow(s.Serializer):
    area = s.CharField()
    inside = s.IntegerField()
    overstayed = s.IntegerField()


class StayRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    area = s.CharField()
    permit = PermitBrief(allow_null=True)
    entry = s.IntegerField(help_text="Id of the passage through which the vehicle entered.")
    exit = s.IntegerField(allow_null=True)
    entered_at = s.DateTimeField()
    leave_by = s.DateTimeField(allow_null=True)
    overstayed = s.BooleanField()
    left_at = s.DateTimeField(allow_null=True)
    ended_by = s.CharField(allow_null=True)
    minutes = s.IntegerField()


class Window(s.Serializer):
    days = s.ListField(child=s.ChoiceField(list(DAYS)), required=False)

    def get_fields(self) -> dict[str, s.Field]:
        clock = {"help_text": "Local time of the site; `to` is on the next day if not after `from`."}
        return super().get_fields() | {"from": s.CharField(max_length=5, **clock), "to": s.CharField(max_length=5, **clock)}


class PlateRow(s.Serializer):
    plate = s.CharField(max_length=40)
    country = s.CharField(allow_null=True, required=False, default=None, max_length=10)


class PermitRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField()
    reference = s.CharField()
    company = s.CharField()
    contact = s.CharField(allow_null=True, allow_blank=True)
    purpose = s.CharField(allow_blank=True)
    state = s.ChoiceField(PERMIT_STATES)
    valid_from = s.DateTimeField()
    valid_until = s.DateTimeField()
    weekly = Window(many=True, help_text="Weekly hours; empty means at all hours.")
    hours = Bilingual()
    gates = GateBrief(many=True, allow_null=True, help_text="Slugs of gates; null means every gate.")
    escort = s.BooleanField()
    longest_stay = s.IntegerField(allow_null=True, help_text="Longest stay in minutes.")
    source = s.CharField(
        allow_null=True, help_text="Slug of the access-management system it comes from; null for people and files."
    )
    vehicles = s.IntegerField()
    plates = PlateRow(many=True, allow_null=True, help_text="Visible to people who may read plates.")
    changed_at = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True)


class TwinRow(s.Serializer):
    """Two permits whose plates are easily confused."""

    one = s.CharField(help_text="Reference of a permit.")
    other = s.CharField(allow_null=True, help_text="Null: a permit of gates that you do not see.")


class PermitWritten(PermitRow):
    twins = TwinRow(many=True)


class NewPermit(s.Serializer):
    reference = s.CharField(max_length=80)
    company = s.CharField(max_length=160)
    contact = s.CharField(max_length=200, required=False, default="", allow_blank=True)
    purpose = s.CharField(max_length=300, required=False, default="", allow_blank=True)
    plates = PlateRow(many=True, allow_empty=False)
    gates = s.ListField(
        child=s.SlugField(), allow_null=True, allow_empty=False, help_text="Slugs of gates; null means every gate."
    )
    valid_from = s.DateTimeField(required=False, allow_null=True, default=None)
    valid_until = s.DateTimeField()
    weekly = Window(many=True, required=False, default=list)
    escort = s.BooleanField(required=False, default=False)
    longest_stay = s.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=100_000)


class PermitStateAsked(s.Serializer):
    state = s.ChoiceField(PERMIT_STATES)


class NewPermitImport(s.Serializer):
    """A CSV file as text; its columns are those of a permit (docs/passages.md)."""

    file_name = s.CharField(max_length=200, required=False, default="permits.csv")
    content = s.CharField(trim_whitespace=False)
    whole = s.BooleanField(
        required=False, default=False, help_text="Whether permits from people and files that are missing in the file end."
    )


class Confirmation(s.Serializer):
    without_refused = s.BooleanField(required=False, default=False)


class PermitImportRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    source = s.CharField(allow_null=True)
    file_name = s.CharField(allow_blank=True)
    state = s.ChoiceField(IMPORT_STATES)
    started_at = s.DateTimeField()
    started_by = s.CharField(allow_blank=True)
    finished_at = s.DateTimeField(allow_null=True)
    whole = s.BooleanField()
    new = s.IntegerField()
    changed = s.IntegerField()
    unchanged = s.IntegerField()
    gone = s.IntegerField()
    refused = s.IntegerField()
    message = s.CharField(allow_blank=True)
    details = s.DictField(help_text="First entries of each class: new, changed, gone, refused (with row and sentence), twins.")
