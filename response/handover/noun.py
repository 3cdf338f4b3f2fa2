"""What this room offers of hand-overs to the journal and the live channel; they tell of the whole site."""

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from journal.lines import Lines
from journal.nouns import Noun, Row
from response.handover.moves import PENDING
from response.handover.rows import handover_rows
from response.models import HandOver

_PRIVATE = {"given_by", "accepted_by", "note"}


class HandOverNoun(Noun):
    """Only whoever sees the whole site is told."""

    label = _("hand-overs")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        rows = handover_rows(HandOver.objects.filter(pk__in=ids))
        return [{name: value for name, value in row.items() if name not in _PRIVATE} for row in rows]

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return handover_rows(HandOver.objects.filter(site_id=site, **PENDING)) if sectors is None else []

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return handover_rows(HandOver.objects.filter(pk__in=about)) if about else []
