"""Shapes of hand-overs and of instructions, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api.duty_shapes import HeldPosition
from hypervisor.api.shapes import Bilingual, SectorBrief
from response.handover.moves import LONGEST as LONGEST_NOTE
from response.instructions.moves import LONGEST as LONGEST_INSTRUCTION


class ShiftFact(s.Serializer):
    key = s.CharField(help_text="Names the thing, as alarm:12.")
    text = Bilingual()
    severity = s.CharField(allow_null=True)
    at = s.DateTimeField(allow_null=True)
    until = s.DateTimeField(allow_null=True)
    who = s.CharField()
    more = Bilingual(allow_null=True, help_text="What is beside it: a state, the next step.")
    id = s.IntegerField(allow_null=True)


class FactSection(s.Serializer):
    total = s.IntegerField()
    facts = ShiftFact(many=True, help_text="The first of them.")


class ShiftFigures(s.Serializer):
    raised = s.IntegerField()
    acknowledged = s.IntegerField()
    median = s.FloatField(allow_null=True, help_text="Seconds from an alarm to its acknowledgement.")


class ShiftFacts(s.Serializer):
    at = s.DateTimeField()
    since = s.DateTimeField()
    severities = s.DictField(
        child=s.ListField(child=s.IntegerField()), help_text="By severity: open alarms, and how many of them are unacknowledged."
    )
    alarms = FactSection()
    silences = FactSection()
    overrides = FactSection()
    feeds = FactSection(allow_null=True, help_text="Feeds that are not well; null: nobody could tell.")
    incidents = FactSection()
    commands = FactSection(help_text="Under way, or not confirmed during the shift.")
    runs = FactSection()
    instructions = FactSection()
    notes = FactSection(help_text="Notes of the shift that belong into its summary.")
    figures = ShiftFigures()


class FactChanges(s.Serializer):
    appeared = s.DictField(child=ShiftFact(many=True), help_text="By section.")
    gone = s.DictField(child=ShiftFact(many=True))


class HandOverRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    position = HeldPosition()
    since = s.DateTimeField(help_text="When the shift began.")
    given_at = s.DateTimeField()
    given_by = s.CharField()
    note = s.CharField()
    accepted_at = s.DateTimeField(allow_null=True)
    accepted_by = s.CharField()
    withdrawn_at = s.DateTimeField(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True)


class HandOverDetail(HandOverRow):
    facts = ShiftFacts(help_text="As they were when it was given.")
    changes = FactChanges(allow_null=True, help_text="What had changed when it was accepted.")


class NewHandOver(s.Serializer):
    note = s.CharField(max_length=LONGEST_NOTE, required=False, default="", allow_blank=True)


class ReadBy(s.Serializer):
    person = s.CharField()
    at = s.DateTimeField()


class InstructionTimes(s.Serializer):
    starts = s.CharField()
    ends = s.CharField()
    repeats = s.CharField()


class InstructionRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    number = s.IntegerField()
    text = s.CharField()
    valid_from = s.DateTimeField()
    valid_to = s.DateTimeField(allow_null=True)
    times = InstructionTimes(allow_null=True, help_text="When it holds within that time; null: always.")
    in_force = s.BooleanField(help_text="Whether it holds now.")
    positions = HeldPosition(many=True, help_text="Whom it is for; none: all.")
    roles = s.ListField(child=s.CharField(), help_text="Likewise.")
    sector = SectorBrief(allow_null=True)
    must_read = s.BooleanField()
    written_at = s.DateTimeField()
    written_by = s.CharField()
    closed_at = s.DateTimeField(allow_null=True, help_text="When it was revoked.")
    revoked_by = s.CharField()
    read_by = ReadBy(many=True)


class NewInstruction(s.Serializer):
    text = s.CharField(max_length=LONGEST_INSTRUCTION)
    valid_from = s.DateTimeField(required=False, help_text="Default: now.")
    valid_to = s.DateTimeField(required=False)
    weekdays = s.ListField(
        child=s.IntegerField(min_value=0, max_value=6), required=False, max_length=7, help_text="0 Monday; with both clock times."
    )
    from_clock = s.TimeField(required=False, help_text="On the site's clocks.")
    to_clock = s.TimeField(required=False, help_text="The day after, unless it is later than `from_clock`.")
    positions = s.ListField(child=s.SlugField(max_length=60), required=False, default=list, max_length=50)
    roles = s.ListField(child=s.CharField(max_length=20), required=False, default=list, max_length=4)
    sector = s.SlugField(max_length=60, required=False)
    must_read = s.BooleanField(default=False)
