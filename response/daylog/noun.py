"""What this room offers of notes to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from journal.nouns import Noun, Row
from response.daylog.rows import note_rows
from response.models import Note

_PRIVATE = {"by", "desk", "text", "mentions", "attachments"}
"""What people wrote and who they are stays in the house."""


class NoteNoun(Noun):
    """A note is seen by whoever sees its sector; one of no sector is of the whole site."""

    label = _("notes of the day log")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        rows = note_rows(Note.objects.filter(pk__in=ids))
        return [{name: value for name, value in row.items() if name not in _PRIVATE} for row in rows]

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return []  # none ever is open

    def changed(self, lines: Any, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return note_rows(Note.objects.filter(pk__in=about)) if about else []

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        return dict(Note.objects.filter(pk__in=ids).values_list("pk", "sector__path"))

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Note.objects.filter(within(sectors), site_id=site).values("id")
