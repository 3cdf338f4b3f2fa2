"""What this room offers of work orders to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row
from response.models import WorkOrder
from response.orders.rows import order_rows, without_people


class WorkOrderNoun(Noun):
    """A work order is seen where its asset lies; one of no sector is of the whole site."""

    label = _("work orders")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return without_people(order_rows(WorkOrder.objects.filter(pk__in=ids).order_by("pk")))

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        found = WorkOrder.objects.filter(within(sectors), site_id=site, closed_at=None)
        return order_rows(found.order_by(F("due_at").asc(nulls_last=True), "pk"))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return order_rows(WorkOrder.objects.filter(pk__in=about).order_by("pk")) if about else []

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        return dict(WorkOrder.objects.filter(pk__in=ids).values_list("pk", "sector__path"))

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return WorkOrder.objects.filter(within(sectors), site_id=site).values("id")
