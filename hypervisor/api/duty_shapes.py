"""Shapes of positions, of who holds them and of their rota, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api.shapes import Bilingual
from response.duty.holding import LONGEST_REASON
from response.duty.settings import LONGEST_ANNOUNCEMENT, LONGEST_PATIENCE
from response.models import Holding
from response.rota import REGIONS

HOLIDAY_RULES = ("any", "not", "only")


class StretchRow(s.Serializer):
    who = s.CharField(help_text="User name; empty: somebody, whoever it is.")
    begins = s.DateTimeField()
    ends = s.DateTimeField()


class Closure(s.Serializer):
    begins = s.DateTimeField()
    ends = s.DateTimeField()


class PositionRow(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = Bilingual()
    place = s.IntegerField(help_text="In lists, the least first.")
    holder = s.CharField(allow_null=True, help_text="User name of the person who holds it; null: nobody.")
    desk = s.CharField()
    since = s.DateTimeField(allow_null=True)
    expected = StretchRow(many=True, help_text="Who the rota expects now.")
    next = StretchRow(allow_null=True, help_text="The next stretch of the rota, within eight days.")
    vacant_since = s.DateTimeField(allow_null=True, help_text="Since when nobody holds it though the rota expects somebody.")
    closure = Closure(allow_null=True, help_text="The planned closure under way, or the next within eight days.")


class NewPosition(s.Serializer):
    slug = s.SlugField(max_length=60)
    name_fr = s.CharField(max_length=100)
    name_en = s.CharField(max_length=100, required=False, default="", allow_blank=True)
    place = s.IntegerField(min_value=0, max_value=1000, default=0)


class DutySettingsRow(s.Serializer):
    patience_minutes = s.IntegerField(
        min_value=1, max_value=LONGEST_PATIENCE, help_text="After which a critical alarm nobody acknowledged becomes an event."
    )
    announce_minutes = s.IntegerField(
        min_value=1, max_value=LONGEST_ANNOUNCEMENT, help_text="Before the closure of a position it is announced."
    )
    region = s.ChoiceField(
        ["", *REGIONS], help_text="Part of France whose public holidays count for the rota of positions; empty: those of France."
    )


class HeldPosition(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = Bilingual()


class HoldingRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    position = HeldPosition()
    holder = s.CharField()
    desk = s.CharField()
    since = s.DateTimeField()
    closed_at = s.DateTimeField(allow_null=True, help_text="When it ended; null: it is held.")
    ending = s.ChoiceField(Holding.Ending.values, allow_null=True)
    reason = s.CharField(help_text="Why it was taken over or released.")


class HoldingReason(s.Serializer):
    reason = s.CharField(max_length=LONGEST_REASON, required=False, default="", allow_blank=True)


class TurnRow(s.Serializer):
    id = s.IntegerField()
    starts = s.CharField(help_text="On the clocks of `zone`, without an offset.")
    ends = s.CharField()
    zone = s.CharField()
    who = s.CharField()
    repeats = s.CharField(help_text="RRULE of RFC 5545 with its UNTIL on the clocks of `zone`; empty: once.")
    excluded = s.ListField(child=s.CharField(), help_text="Starts that do not take place.")
    holidays = s.ChoiceField(HOLIDAY_RULES, help_text="As on any day, not on public holidays, or only on them.")
    instead = s.BooleanField(help_text="Replaces what else would be, while it lasts.")
    nobody = s.BooleanField(help_text="Of one that replaces: nobody is expected.")
    imported = s.BooleanField(help_text="Came in a calendar.")
    note = s.CharField()
    written_at = s.DateTimeField()
    written_by = s.CharField()


class NewTurn(s.Serializer):
    starts = s.CharField(max_length=19, help_text="As 2026-03-01T06:00, on the site's clocks.")
    ends = s.CharField(max_length=19)
    who = s.CharField(max_length=150, required=False, default="", allow_blank=True)
    weekdays = s.ListField(
        child=s.IntegerField(min_value=0, max_value=6), required=False, max_length=7, help_text="0 Monday; none: once."
    )
    every = s.IntegerField(min_value=1, max_value=52, default=1, help_text="Weeks.")
    until = s.DateField(required=False, help_text="Last day of the repetition.")
    holidays = s.ChoiceField(HOLIDAY_RULES, default="any")
    instead = s.BooleanField(default=False)
    nobody = s.BooleanField(default=False)
    note = s.CharField(max_length=200, required=False, default="", allow_blank=True)


class Rota(s.Serializer):
    stretches = StretchRow(many=True)
    turns = TurnRow(many=True)


class LeftOut(s.Serializer):
    event = s.CharField(help_text="Its title, or the person it names.")
    code = s.CharField()
    reason = Bilingual()


class CalendarImport(s.Serializer):
    turns = s.IntegerField()
    left_out = LeftOut(many=True)
