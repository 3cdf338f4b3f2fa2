"""What this room offers of procedures that are carried out to the journal and the live channel."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from msgspec import Raw, Struct

from alarms.models import Alarm
from assets.sector_filters import within
from journal.lines import Lines
from journal.nouns import Noun, Row, VisibleChange
from response.models import Run
from response.procedures.rows import run_rows


class _Row(Struct):
    id: int


_row = msgspec.json.Decoder(_Row).decode


class RunNoun(Noun):
    """A run is seen by whoever sees what it is about; one by hand is of the whole site."""

    label = _("procedures carried out")

    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        return [_without_people(row) for row in run_rows(Run.objects.filter(pk__in=ids))]

    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        running = Run.objects.filter(site_id=site, state=Run.State.RUNNING).order_by("-pk")
        return run_rows(running if sectors is None else running.filter(_theirs(sectors)))

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        about = lines.about(self.name)
        return run_rows(Run.objects.filter(pk__in=about).order_by("pk")) if about else []

    def readable(self, site: int, sectors: Collection[str]) -> QuerySet[Any]:
        return Run.objects.filter(_theirs(sectors), site_id=site).values("id")

    def within(self, sectors: Collection[str], rows: list[Raw], lines: Lines) -> VisibleChange:
        touched = {_row(raw).id: raw for raw in rows}
        if not touched:
            return VisibleChange([], (), ())
        seen = set(Run.objects.filter(_theirs(sectors), pk__in=touched).values_list("pk", flat=True))
        return VisibleChange([raw for id_, raw in touched.items() if id_ in seen], seen, ())


def _without_people(row: dict[str, Any]) -> Row:
    """A row as it may leave the house: who acted is not named."""
    steps = [{name: value for name, value in step.items() if name != "by"} for step in row["steps"]]
    return {name: value for name, value in row.items() if name != "begun_by"} | {"steps": steps}


def _theirs(sectors: Collection[str]) -> Q:
    """Runs about an alarm in these sectors, or about an incident with one."""
    alarms = Alarm.objects.filter(within(sectors)).values("id")
    return Q(alarm__in=alarms) | Q(incident__in=Alarm.objects.filter(within(sectors)).values("incident"))
