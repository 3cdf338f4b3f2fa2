"""What this room offers of its alarms to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from alarms.models import Alarm
from alarms.rows import WORST_FIRST, alarm_rows, alarms_by_id, alarms_moved
from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row


class AlarmNoun(Noun):
    """An alarm is changed by the line whose number it carries, and seen in the sector it lies in."""

    label = _("alarms")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return alarms_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        alarms = Alarm.objects.filter(within(sectors), site_id=site, is_open=True)
        return alarm_rows(alarms.order_by(*WORST_FIRST, "-id"))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        return alarms_moved(lines.about("alarm"), lines.first, lines.last)

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Alarm]:
        return Alarm.objects.filter(within(sectors), site_id=site).values("id")

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        return dict(Alarm.objects.filter(id__in=ids).values_list("id", "sector__path"))
