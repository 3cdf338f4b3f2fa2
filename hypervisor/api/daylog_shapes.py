"""Shapes of the day log, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api import shapes
from hypervisor.api.rule_shapes import BriefAsset
from response.daylog.writing import LONGEST
from response.models import Note

CATEGORIES = Note.Category.values


class Numbered(s.Serializer):
    id = s.IntegerField()
    number = s.IntegerField()


class AttachmentRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    media_type = s.CharField(help_text="As its content says, whatever it was called.")
    size = s.IntegerField(help_text="Bytes.")
    sha256 = s.CharField(help_text="Also in the journal's line.")
    added_at = s.DateTimeField()
    added_by = s.CharField()


class NoteRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    number = s.IntegerField(help_text="In the day log, from 1 and without a gap.")
    happened_at = s.DateTimeField()
    written_at = s.DateTimeField()
    closed_at = s.DateTimeField(help_text="As `written_at`: a note is never open.")
    by = s.CharField()
    desk = s.CharField()
    category = s.ChoiceField(CATEGORIES)
    importance = s.ChoiceField(Note.Importance.values)
    in_summary = s.BooleanField(help_text="Belongs into the summary of the shift.")
    text = s.CharField()
    asset = BriefAsset(allow_null=True)
    sector = shapes.SectorBrief(allow_null=True)
    incident = Numbered(allow_null=True)
    corrects = Numbered(allow_null=True, help_text="The note it corrects.")
    corrected_by = Numbered(many=True, help_text="Notes that correct it.")
    mentions = s.ListField(child=s.CharField(), help_text="User names it calls by @.")
    attachments = AttachmentRow(many=True)


class NewNote(s.Serializer):
    text = s.CharField(max_length=LONGEST, help_text="What was so: facts. @name calls a person of the site.")
    happened_at = s.DateTimeField(required=False, help_text="When it was so; now, unless it is given. Not in the future.")
    category = s.ChoiceField(CATEGORIES, default=Note.Category.EVENT)
    importance = s.ChoiceField(Note.Importance.values, default=Note.Importance.ROUTINE)
    in_summary = s.BooleanField(default=False)
    asset = s.CharField(max_length=200, required=False, help_text="Its code, or words that find it alone.")
    sector = s.SlugField(max_length=60, required=False, help_text="Unless there is an asset, whose sector it is.")
    incident = s.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class SignatureRow(s.Serializer):
    id = s.IntegerField()
    day = s.DateField(help_text="On the site's clocks.")
    signed_at = s.DateTimeField()
    signed_by = s.CharField()
    first = s.IntegerField(help_text="Number of the first journal line it covers.")
    last = s.IntegerField(help_text="Of the last.")
    root = s.CharField(help_text="Hash of the last line: all lines before it are under it.")
    notes = s.IntegerField(help_text="Notes of that day it covers.")


class VerifiedSignature(SignatureRow):
    holds = s.BooleanField(help_text="Whether the lines are still what was signed, each reckoned again.")


class NewSignature(s.Serializer):
    day = s.DateField()
