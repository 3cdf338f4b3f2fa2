"""What this room offers of messages between rooms to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row
from response.entities.rows import message_rows, without_people
from response.models import EntityMessage


class EntityMessageNoun(Noun):
    """A message is seen where its alarm lies; one of no sector is of the whole site. Its recipients read it by the interface."""

    label = _("messages between rooms")
    named = True

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return without_people(message_rows(EntityMessage.objects.filter(pk__in=ids).order_by("pk")))

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        found = EntityMessage.objects.filter(within(sectors), site_id=site, closed_at=None)
        return message_rows(found.order_by("-pk"))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return message_rows(EntityMessage.objects.filter(pk__in=about).order_by("pk")) if about else []

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        return dict(EntityMessage.objects.filter(pk__in=ids).values_list("pk", "sector__path"))

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return EntityMessage.objects.filter(within(sectors), site_id=site).values("id")
