"""Procedures carried out: begun, their steps done, late or skipped, and over; the only writer of Run and StepRun.

Each act is one transaction, journaled. Locks are taken in one order: the run, then alarms and incidents, then the ledger.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from django.db import transaction

from alarms.engine.wording import Bilingual
from alarms.incidents import moves as incident_moves
from alarms.lifecycle import moves as alarm_moves
from alarms.models import Alarm, Incident
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page, open_page
from response.models import Procedure, Run, StepRun
from response.procedures import carrying, inquiries, outside, spec
from response.procedures.authoring import definition_of
from response.procedures.carrying import NotNow, Outcome

SAID = {
    "doing": ("en cours", "begun"),
    "done": ("faite", "done"),
    "skipped": ("sautée", "skipped"),
    "failed": ("en échec", "failed"),
}
"""What the journal says of a step; of what can merely be done now, or was left out, it says nothing."""
REFUSALS = {
    "ended": ("Cette fiche est terminée.", "This run is over."),
    "no_such_step": ("La fiche n’a pas cette étape.", "The procedure has no such step."),
    "not_open": ("Une étape précédente est à faire d’abord.", "An earlier step comes first."),
    "ended_step": ("Cette étape est déjà faite ou sautée.", "This step was done or skipped already."),
    "reason_missing": ("Une étape obligatoire ne se saute qu’avec un motif.", "A mandatory step is skipped with a reason."),
    "by_itself": ("Cette étape se fait d’elle-même.", "This step is done by itself."),
    "bad_answer": ("La réponse ne convient pas", "The answer does not fit"),
}
Act = Callable[[spec.Definition, carrying.Run], Outcome]


def begin(
    procedure: Procedure,
    *,
    incident: Incident | None = None,
    alarm: Alarm | None = None,
    exercise: bool = False,
    by: Actor,
    now: dt.datetime,
) -> Run:
    """Follow the version in force, for an incident, an alarm, or nothing in particular. One that is under way is given back.

    Raises Refused.
    """
    with transaction.atomic():
        # Two who begin it at once wait for each other here.
        procedure = Procedure.objects.select_for_update(no_key=True).get(pk=procedure.pk)
        if procedure.active_id is None:
            raise Refused("not_in_force", "Aucune version de cette fiche n’est en vigueur.", "No version of it is in force.")
        if (incident is not None and incident.closed_at is not None) or (alarm is not None and alarm.closed_at is not None):
            raise Refused("is_closed", "C’est clos : il n’y a plus rien à suivre.", "It is closed: nothing is left to follow.")
        if not exercise and (incident is not None or alarm is not None):
            same = Run.objects.filter(version=procedure.active_id, state=Run.State.RUNNING, exercise=False)
            if (run := same.filter(incident=incident, alarm=alarm).first()) is not None:
                return run
        page = open_page(procedure.site_id)
        run = _begun(procedure, incident, alarm, exercise, None, page, by, now)
        live.publish(page)
    return run


def act(id_: int, what: str, step: str, *, answer: Any = None, reason: str = "", by: Actor, now: dt.datetime) -> Run:
    """Start, do, skip or fail a step. Who acts takes the incident or the alarm in charge when nobody has. Raises Refused."""

    def moved(definition: spec.Definition, run: carrying.Run) -> Outcome:
        match what:
            case "start":
                return carrying.start(definition, run, step, by.name, now)
            case "do":
                return carrying.do(definition, run, step, by.name, now, answer)
            case "skip":
                return carrying.skip(definition, run, step, by.name, now, reason)
            case "fail":
                return carrying.fail(definition, run, step, by.name, now, reason)
        raise ValueError(f"{what} is nothing that is done to a step")

    with transaction.atomic():
        run = _locked(id_)
        if what == "do" and outside.waits(run, definition_of(run.version).step(step)):
            raise refusal(NotNow("by_itself", step))
        return _move(run, moved, by, now)


def abandon(id_: int, *, reason: str = "", by: Actor, now: dt.datetime) -> Run:
    """End a run where it is; one with mandatory steps to do needs a reason. Raises Refused."""
    with transaction.atomic():
        run = _locked(id_)
        if not reason.strip() and _owed(run):
            raise refusal(NotNow("reason_missing"))
        return _move(run, _abandoned, by, now, reason.strip())


def undone(incident: Incident) -> list[tuple[Run, spec.Step]]:
    """Mandatory steps that are still to be done for an incident, exercises apart."""
    runs = Run.objects.filter(incident=incident, state=Run.State.RUNNING, exercise=False)
    theirs = runs.select_related("version").prefetch_related("steps").order_by("id")
    return [(run, step) for run in theirs for step in _owed(run)]


def _owed(run: Run) -> list[spec.Step]:
    """Mandatory steps of a run that are still to be done."""
    definition = definition_of(run.version)
    steps = map(definition.step, carrying.undone(definition, state_of(run, definition)))
    return [step for step in steps if step is not None]


def kept_open(incidents: Collection[int]) -> dict[int, Bilingual]:
    """Of these incidents those with mandatory steps to do: a keeper of alarms.incidents."""
    kept = {}
    for incident in Incident.objects.filter(id__in=incidents, runs__state=Run.State.RUNNING).distinct():
        if left := undone(incident):
            run, step = left[0]
            name = definition_of(run.version).name
            more = len(left) - 1
            fr = f"« {step.title.fr} » (fiche {name.fr})" + (f" et {more} autre{'s' if more > 1 else ''}" if more else "")
            en = f"“{step.title.en}” (procedure {name.en})" + (f" and {more} more" if more else "")
            kept[incident.pk] = Bilingual(fr=fr[:400], en=en[:400])
    return kept


def state_of(run: Run, definition: spec.Definition) -> carrying.Run:
    """A run as the pure rules have it; `definition` is that of its version."""
    order = {step.id: index for index, step in enumerate(definition.steps)}
    steps = [
        carrying.StepRun(row.step, row.state, row.at, row.open_since, row.by, row.answer, row.reason, row.late)
        for row in sorted(run.steps.all(), key=lambda row: order[row.step])
    ]
    return carrying.Run(run.state, tuple(steps), tuple(run.path))


def refusal(not_now: NotNow) -> Refused:
    """What a person is told of an act that a run does not allow."""
    fr, en = REFUSALS[not_now.code]
    if any(not_now.detail):
        fr, en = f"{fr} : {not_now.detail[0]}", f"{en}: {not_now.detail[1]}"
    meaning = {"no_such_step": Meaning.NOT_FOUND, "reason_missing": Meaning.INVALID, "bad_answer": Meaning.INVALID}
    field = {"reason_missing": "reason", "bad_answer": "answer"}.get(not_now.code, "")
    return Refused(not_now.code, fr, en, meaning=meaning.get(not_now.code, Meaning.CONFLICT), field=field)


# --- what happens by itself ---


def sweep(site: int, now: dt.datetime) -> int:
    """Tell what is late, end what was waited for, abandon what its incident outlived; how many runs were changed."""
    late = Run.objects.filter(site_id=site, state=Run.State.RUNNING, due_at__lte=now).values_list("id", flat=True)
    moved = sum(_swept(id_, lambda definition, run: carrying.time_out(definition, run, now), now) for id_ in list(late))
    running = Run.objects.filter(site_id=site, state=Run.State.RUNNING)
    over = running.exclude(incident__closed_at=None, alarm__closed_at=None).filter(parent=None)
    for run in over.select_related("version", "incident").prefetch_related("steps"):
        if run.incident is not None or not _owed(run):
            moved += _swept(run.pk, _abandoned, now)
    orphans = running.exclude(parent=None).exclude(parent__run__state=Run.State.RUNNING)
    moved += sum(_swept(id_, _abandoned, now) for id_ in list(orphans.values_list("id", flat=True)))
    for run in running.select_related("version", "incident", "alarm").prefetch_related("steps"):
        moved += sum(_swept(run.pk, act, now) for act in _arrived(run, now))
    return moved


def _abandoned(_: spec.Definition, run: carrying.Run) -> Outcome:
    return carrying.abandon(run)


def _swept(id_: int, moved: Act, now: dt.datetime) -> int:
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",), skip_locked=True).select_related("version").filter(pk=id_).first()
        if run is None or run.state != Run.State.RUNNING:
            return 0
        seq = run.seq
        return int(_move(run, moved, SYSTEM, now).seq != seq)


def _arrived(run: Run, now: dt.datetime) -> Iterator[Act]:
    """What ends the open steps of a run whose wait is over."""
    definition = definition_of(run.version)
    for row in run.steps.all():
        asked = definition.step(row.step)
        if row.state in carrying.NOW and asked is not None and (end := outside.end_of(run, row, asked)) is not None:
            yield partial(_end, row.step, end, now)


def _end(step: str, end: outside.End, now: dt.datetime, definition: spec.Definition, run: carrying.Run) -> Outcome:
    if end.done:
        return carrying.do(definition, run, step, end.by, now, end.answer)
    return carrying.fail(definition, run, step, end.by, now)


# --- storing ---


def _locked(id_: int) -> Run:
    return Run.objects.select_for_update(of=("self",)).select_related("version").get(pk=id_)


def _move(run: Run, moved: Act, by: Actor, now: dt.datetime, reason: str = "") -> Run:
    definition = definition_of(run.version)
    try:
        state, changes = moved(definition, state_of(run, definition))
    except NotNow as not_now:
        raise refusal(not_now) from not_now
    if not changes:
        return run
    if by.kind == "person" and not run.exercise:
        _take_charge(run, by, now)
    asked = inquiries.held(run, definition)
    page = open_page(run.site_id)
    _store(run, definition, state, changes, page, by, now, reason)
    inquiries.close(page, run, asked, by=by, now=now)
    live.publish(page)
    return run


def _begun(
    procedure: Procedure, incident: Incident | None, alarm: Alarm | None, exercise: bool, parent: StepRun | None, page: Page,
    by: Actor, now: dt.datetime,
) -> Run:  # fmt: skip
    version = procedure.active
    definition = definition_of(version)
    state, changes = carrying.begin(definition, now)
    run = Run.objects.create(
        site_id=procedure.site_id, version=version, incident=incident, alarm=alarm, exercise=exercise, parent=parent,
        begun_at=now, begun_by=by.name, seq=0,
    )  # fmt: skip
    StepRun.objects.bulk_create([StepRun(run=run, step=each.step, state="todo") for each in state.steps])
    page.write(_line(run, definition, "begun", "commencée", "begun", by, now))
    _store(run, definition, state, changes, page, by, now)
    return run


def _store(
    run: Run, definition: spec.Definition, state: carrying.Run, changes: list[carrying.StepChange], page: Page, by: Actor,
    now: dt.datetime, reason: str = "",
) -> None:  # fmt: skip
    """Write what changed, with a line for all that a person wants to read later, and begin the procedures that are steps."""
    rows = {row.step: row for row in run.steps.all()}
    for change in changes:
        if (line := _said(run, definition, state, change, by, now, reason)) is not None:
            page.write(line)
        if (line := _for_the_supervisor(run, definition, state, change, by, now)) is not None:
            page.write(line)
    for each in state.steps:
        row = rows[each.step]
        values = {name: getattr(each, name) for name in ("state", "at", "open_since", "by", "answer", "reason", "late")}
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
    for change in changes:
        step = definition.step(change.step)
        if change.state == "open" and not change.late and isinstance(step, spec.SubProcedure):
            child = Procedure.objects.filter(site_id=run.site_id, slug=step.procedure, active__isnull=False).first()
            if child is not None and _depth(run) < DEEPEST:
                _begun(child, run.incident, run.alarm, run.exercise, rows[change.step], page, by, now)
        if change.state == "open" and not change.late and isinstance(step, spec.AskEntity):
            inquiries.ask(page, run, rows[change.step], step, by=by, now=now)
        if change.state == "open" and not change.late and isinstance(step, spec.Notify):
            page.write(_line(run, definition, TELLS[step.to], step.message.fr, step.message.en, by, now, {"step": step.id}))
    run.state, run.path, run.due_at = state.state, list(state.path), carrying.due(definition, state)
    run.ended_at = now if state.state != "running" else None
    run.seq = page.seq
    run.save(update_fields=["state", "path", "due_at", "ended_at", "seq"])


TELLS = {"supervisor": "supervisor_told", "on_call": "notify"}
"""Kinds of lines by whom a step tells: pages show the first to shift supervisors, the other is for notification."""
DEEPEST = 4
"""Procedures carried out as steps, one within the next; what would be deeper is a step to skip with a reason."""


def _depth(run: Run) -> int:
    depth, parent = 1, run.parent
    while parent is not None:
        depth, parent = depth + 1, parent.run.parent
    return depth


def _said(
    run: Run,
    definition: spec.Definition,
    state: carrying.Run,
    change: carrying.StepChange,
    by: Actor,
    now: dt.datetime,
    reason: str,
) -> Line | None:
    if not change.step:
        fr, en = {"done": ("terminée", "over"), "abandoned": ("abandonnée", "abandoned")}[change.state]
        tail = f" — {reason}" if reason else ""
        return _line(run, definition, change.state, fr + tail, en + tail, by, now)
    step = definition.step(change.step)
    assert step is not None  # changes are about steps of the definition
    told = ("en retard", "late") if change.late else SAID.get(change.state)
    if told is None:
        return None
    row = state.of(change.step)
    details: dict[str, object] = {"step": step.id, "mandatory": step.mandatory}
    if row.answer is not None:
        details["answer"] = row.answer
    tail = f" — {row.reason}" if row.reason and not change.late and row.reason != "late" else ""
    kind = "step_late" if change.late else f"step_{change.state}"
    fr, en = f"étape « {step.title.fr} » {told[0]}{tail}", f"step “{step.title.en}” {told[1]}{tail}"
    return _line(run, definition, kind, fr, en, by, now, details)


def _for_the_supervisor(
    run: Run, definition: spec.Definition, state: carrying.Run, change: carrying.StepChange, by: Actor, now: dt.datetime
) -> Line | None:
    """A mandatory step that was skipped, and whatever is late, is a line of its own, which pages show to shift supervisors."""
    step = definition.step(change.step)
    if step is None or not (change.late or (change.state == "skipped" and step.mandatory)):
        return None
    row = state.of(change.step)
    fr, en = (
        ("en retard", "late") if change.late else (f"sautée par {row.by} : {row.reason}", f"skipped by {row.by}: {row.reason}")
    )
    fr, en = f"chef de quart prévenu : étape « {step.title.fr} » {fr}", f"shift supervisor told: step “{step.title.en}” {en}"
    return _line(run, definition, "supervisor_told", fr, en, by, now, {"step": step.id, "late": change.late})


def _line(
    run: Run, definition: spec.Definition, kind: str, fr: str, en: str, by: Actor, now: dt.datetime, details: Any = None
) -> Line:
    about = [("run", run.pk), ("procedure", run.version.procedure_id)]
    about += [("incident", run.incident_id)] if run.incident_id else []
    about += [("alarm", run.alarm_id)] if run.alarm_id else []
    head_fr, head_en = ("EXERCICE — ", "EXERCISE — ") if run.exercise else ("", "")
    text_fr = f"{head_fr}Fiche « {definition.name.fr} », {fr}"[:600]
    text_en = f"{head_en}Procedure “{definition.name.en}”, {en}"[:600]
    return Line(f"run.{kind}", now, text_fr, text_en, about, by, details or {})


def _take_charge(run: Run, by: Actor, now: dt.datetime) -> None:
    if run.incident_id is not None:
        incident = Incident.objects.get(pk=run.incident_id)
        if incident.owner_id is None and incident.closed_at is None:
            incident_moves.take_charge(incident.pk, by=by, now=now)
    elif run.alarm_id is not None:
        alarm = Alarm.objects.get(pk=run.alarm_id)
        if alarm.taken_by_id is None and alarm.closed_at is None:
            alarm_moves.take_charge([alarm.pk], by=by, now=now)
