"""The life of one alarm: what the journal says of it, and of what people, commands, procedures and orders did about it."""

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Alarm
from commands.models import Command
from hypervisor.api import shapes
from hypervisor.api.alarms import alarm_of
from hypervisor.api.daylog import readable
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.procedures import seen
from hypervisor.rights import Right
from journal.models import JournalEntry
from journal.reading import numbers_about
from journal.rows import entry_rows
from response.models import Note, Run, StepRun, WorkOrder


def commands_of(alarms: QuerySet[Alarm], runs: QuerySet[Run], right: Right) -> QuerySet[Command]:
    """Commands that these alarms brought about or that were steps of these runs, of assets that the right covers."""
    causes = _causes("alarm", alarms).union(_causes("step", StepRun.objects.filter(run__in=runs.order_by())), all=True)
    return Command.objects.filter(right.within("asset__sector"), site_id=right.site_id, cause__in=causes)


def _causes(noun: str, rows: QuerySet) -> QuerySet:
    """What names each of these rows as the cause of a command."""
    return rows.order_by().values_list(Concat(Value(f"{noun}:"), Cast("pk", CharField()), output_field=CharField()))


def orders_of(alarm: Alarm, right: Right) -> QuerySet[WorkOrder]:
    return WorkOrder.objects.filter(right.within(), site_id=alarm.site_id, alarm=alarm)


def runs_of(alarm: Alarm, right: Right) -> QuerySet[Run]:
    """Procedures that were carried out for it, or for its incident."""
    about = Q(alarm=alarm)
    if alarm.incident_id is not None:
        about |= Q(incident=alarm.incident_id)
    return seen(right).filter(about)


def notes_of(alarm: Alarm, right: Right) -> QuerySet[Note]:
    """Notes of the day log about its incident, and those about its asset while it stood."""
    about = Q(incident=alarm.incident_id) if alarm.incident_id is not None else Q(pk__in=())
    if alarm.asset_id is not None:
        while_it_stood = Q(asset=alarm.asset_id, happened_at__gte=alarm.first_raised_at or alarm.raised_at)
        if alarm.closed_at is not None:
            while_it_stood &= Q(happened_at__lte=alarm.closed_at)
        about |= while_it_stood
    return readable(right).filter(about)


def story(alarm: Alarm, right: Right) -> QuerySet[JournalEntry]:
    """The lines of the journal about it and about all of that, in no order yet. Lines of its incident for whoever sees all of it:
    they may tell of alarms elsewhere."""
    site = alarm.site_id
    lines = Q(seq__in=numbers_about(site, "alarm", [alarm.pk]))
    about: dict[str, QuerySet] = {
        "command": commands_of(Alarm.objects.filter(pk=alarm.pk), runs_of(alarm, right), right),
        "work_order": orders_of(alarm, right), "run": runs_of(alarm, right), "note": notes_of(alarm, right),
    }  # fmt: skip
    for noun, things in about.items():
        lines |= Q(seq__in=numbers_about(site, noun, things.order_by().values("pk")))
    if alarm.incident_id is not None and right.sectors is None:
        lines |= Q(seq__in=numbers_about(site, "incident", [alarm.incident_id]))
    return JournalEntry.objects.filter(lines, site_id=site)


class AlarmLife(APIView):
    @extend_schema(
        operation_id="list_alarm_life",
        summary="List the journal lines about an alarm and what was done about it, newest first",
        description="Its own lines, and those about the commands it brought about, its work orders, the procedures carried out "
        "for it, the notes about its asset while it stood, and its incident, as far as you may see them.",
        parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, right = alarm_of(request, alarm)
        return page(request, story(row, right), {"seq": "seq"}, entry_rows, newest=True)
