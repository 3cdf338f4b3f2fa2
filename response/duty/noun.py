"""What this room offers of holdings to the journal and the live channel: every desk shows the position its person holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from msgspec import Raw

from journal.lines import Lines
from journal.nouns import Noun, Row, VisibleChange
from response.duty.rows import holding_rows
from response.models import Holding

_PRIVATE = {"holder", "desk", "reason"}
"""Who is on duty stays in the house."""


class _Identified(msgspec.Struct):
    id: int


class HoldingNoun(Noun):
    """Who is on duty is told to everybody of the site, whatever sectors they see."""

    label = _("positions held")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        rows = holding_rows(Holding.objects.filter(pk__in=ids))
        return [{name: value for name, value in row.items() if name not in _PRIVATE} for row in rows]

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        return holding_rows(Holding.objects.filter(site_id=site, until=None))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return holding_rows(Holding.objects.filter(pk__in=about)) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Holding.objects.filter(site_id=site).values("id")

    def within(self, sectors: Collection[str], rows: list[Raw], lines: Lines) -> VisibleChange:
        return VisibleChange(
            rows, {msgspec.json.decode(raw, type=_Identified).id for raw in rows} | lines.about(self.name), set()
        )
