"""What ends a step instead of a person: the field, another run or room, or a command or scenario asked for as this step."""

from typing import Any

from msgspec import Struct

from alarms.models import Alarm
from assets.models import Asset
from commands.models import Command, ScenarioRun
from commands.states import State
from response.models import Run, StepRun
from response.procedures import inquiries, spec
from response.procedures.inquiries import cause_of

STANDING = (Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED)
CONFIRMED = (State.CONFIRMED, State.CONFIRMED_LATE)


class End(Struct, frozen=True):
    """How a step ended by itself; `by`: the person whose command it was."""

    done: bool
    by: str = ""
    answer: Any = None


def waits(run: Run, asked: spec.Step | None) -> bool:
    """Whether something other than a person ends the step. In an exercise nothing is commanded: a person confirms it."""
    if isinstance(asked, spec.Command | spec.Scenario):
        return not run.exercise
    if isinstance(asked, spec.AskEntity):
        return inquiries.is_asked(run, asked)
    if isinstance(asked, spec.Notify):
        return asked.to == "supervisor"
    return isinstance(asked, spec.SubProcedure) or (isinstance(asked, spec.WaitState) and bool(run.incident_id or run.alarm_id))


def end_of(run: Run, row: StepRun, asked: spec.Step) -> End | None:
    """How an open step has ended, or None while what it waits for has not come. A command that failed may be asked for again."""
    if not waits(run, asked):
        return None
    if isinstance(asked, spec.WaitState):
        return End(True) if _is_normal(run) else None
    if isinstance(asked, spec.AskEntity):
        given = inquiries.answered(row, asked)
        return None if given is None else End(True, *given)
    if isinstance(asked, spec.SubProcedure):
        child = Run.objects.filter(parent=row).order_by("-id").first()
        return None if child is None or child.state == Run.State.RUNNING else End(child.state == Run.State.DONE)
    if isinstance(asked, spec.Command):
        asset = asset_of(run, asked)
        found = Command.objects.filter(asset=asset, cause=cause_of(row.pk), type__slug=asked.command, state__in=CONFIRMED)
        command = None if asset is None else found.first()
        return None if command is None else End(True, command.actor, f"{command.asset.code} · {asked.command}")
    if isinstance(asked, spec.Scenario):
        runs = ScenarioRun.objects.filter(site_id=run.site_id, scenario__slug=asked.scenario, cause=cause_of(row.pk))
        scenario = runs.filter(state=ScenarioRun.State.DONE).first()
        return None if scenario is None else End(True, scenario.actor, asked.scenario)
    return End(True)


def asset_of(run: Run, asked: spec.Command) -> Asset | None:
    """The asset that a command of a step is for; None when the step names none and what it is about has not just one."""
    if asked.asset is not None:
        return Asset.objects.filter(site_id=run.site_id, code=asked.asset).first()
    if not (run.incident_id or run.alarm_id):
        return None
    about: dict[str, Any] = {"alarms__incident": run.incident_id} if run.incident_id else {"alarms": run.alarm_id}
    found = Asset.objects.filter(kind__command_types__slug=asked.command, **about).distinct()[:2]
    return found[0] if len(found) == 1 else None


def _is_normal(run: Run) -> bool:
    if run.incident is not None:
        return not run.incident.alarms.filter(state__in=STANDING).exists()
    return run.alarm is not None and run.alarm.state not in STANDING
