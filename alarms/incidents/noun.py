"""What this room offers of its incidents to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from django.utils.translation import gettext_lazy as _
from msgspec import Raw, Struct

from alarms.incidents.partial import with_seen_alarms
from alarms.incidents.rows import incident_row, incident_rows, incidents_by_id
from alarms.models import Incident
from assets import sector_filters
from journal.lines import Lines
from journal.nouns import Noun, Row, VisibleChange

MOST = 200
"""Incidents told at once, the newest: they are a handful, and a frame has a limit."""
FEW = 3
"""Incidents that are asked one by one, each by a statement planned once."""


class _Row(Struct):
    id: int


_row = msgspec.json.Decoder(_Row).decode


class IncidentNoun(Noun):
    """An incident is changed by its own lines and by whatever changes its alarms: their counts are others then. Whoever sees
    some of its alarms sees an incident of these; its own lines, which speak of all of it, are for the whole site."""

    label = _("incidents")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return incidents_by_id(ids)

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        alarms = sector_filters.within(sectors)
        alive = Incident.objects.filter(site_id=site).exclude(state=Incident.State.CLOSED).order_by("-id")
        return incident_rows(with_seen_alarms(alive, alarms)[:MOST], alarms, sectors)

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        touched = lines.about(self.name) | {row["incident"].id for row in before["alarm"] if row["incident"] is not None}
        if len(touched) <= FEW:
            return [row for row in map(incident_row, sorted(touched)) if row is not None]
        return incident_rows(Incident.objects.filter(id__in=sorted(touched)[-MOST:]).order_by("id"))

    def within(self, sectors: Collection[str], rows: list[Raw], lines: Lines) -> VisibleChange:
        touched = [_row(raw).id for raw in rows]
        if not touched:
            return VisibleChange([], (), ())
        alarms = sector_filters.within(sectors)
        seen = incident_rows(with_seen_alarms(Incident.objects.filter(id__in=touched), alarms), alarms, sectors)
        moved = lines.about("alarm", "alarm.moved")
        gone = {*touched} - {row["id"] for row in seen} if moved else ()
        return VisibleChange([Raw(msgspec.json.encode(row)) for row in seen], (), gone)
