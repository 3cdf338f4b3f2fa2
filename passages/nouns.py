"""What this room offers of passages and permits to the journal and the live channel. No plate is told there: who sees an open
passage asks the interface for its plate, which says that it was looked at."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row
from passages.models import Passage
from passages.rows import passage_rows, passages_by_id, permits_by_id


class PassageNoun(Noun):
    """A passage is seen where the barrier of its gate lies."""

    label = _("passages")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return passages_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return passage_rows(Passage.objects.filter(within(sectors, "gate__asset__sector"), site_id=site, closed_at=None))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return passage_rows(Passage.objects.filter(pk__in=about).order_by("pk")) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Passage.objects.filter(within(sectors, "gate__asset__sector"), site_id=site).values("id")


class PermitNoun(Noun):
    """A permit is looked up, not watched: a site has thousands, and an import changes most of them at once."""

    label = _("permits")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return permits_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return []

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        return []
