"""How a procedure is carried out: which steps can be done now, what doing one brings, when it is over. Pure; instants are given.

A run keeps the definition it began with. Every act answers a new run and what changed, or raises `NotNow`, and then nothing has.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from msgspec import Struct, structs

from alarms.engine.faults import Faulty
from response.procedures import mistakes
from response.procedures.spec import Definition, Step

StepState = Literal["todo", "open", "doing", "done", "skipped", "failed", "left_out"]
RunState = Literal["running", "done", "abandoned"]
ENDED: frozenset[StepState] = frozenset({"done", "skipped", "failed", "left_out"})
NOW: frozenset[StepState] = frozenset({"open", "doing"})

MOVES: dict[tuple[StepState, str], StepState] = {
    ("todo", "open"): "open",
    ("todo", "leave_out"): "left_out",
    ("open", "begin"): "doing",
    ("open", "do"): "done",
    ("open", "skip"): "skipped",
    ("open", "fail"): "failed",
    ("doing", "do"): "done",
    ("doing", "skip"): "skipped",
    ("doing", "fail"): "failed",
    ("failed", "do"): "done",  # tried again, while nothing follows from its failure
    ("failed", "skip"): "skipped",
}
"""Everything a step can become, by what is done to it."""


class StepRun(Struct, frozen=True):
    """One step carried out once. `at`: when its state last changed; `late`: told that it was not done in time."""

    step: str
    state: StepState = "todo"
    at: dt.datetime | None = None
    open_since: dt.datetime | None = None
    by: str = ""
    answer: Any = None
    reason: str = ""
    late: bool = False


class Run(Struct, frozen=True):
    """A procedure carried out once. `path`: ids of the steps in the order in which they could be done."""

    state: RunState
    steps: tuple[StepRun, ...]
    path: tuple[str, ...] = ()

    def of(self, step: str) -> StepRun:
        return next(each for each in self.steps if each.step == step)

    def now(self) -> tuple[StepRun, ...]:
        """The steps that can be done now."""
        return tuple(each for each in self.steps if each.state in NOW)


class StepChange(Struct, frozen=True):
    """What an act brought: a step's new state, or the run's (then `step` is empty)."""

    step: str
    state: str
    late: bool = False


Code = Literal["ended", "no_such_step", "not_open", "ended_step", "reason_missing", "by_itself", "bad_answer"]


class NotNow(Exception):
    """An act that a run does not allow. `code` says which of a closed list of reasons, `step` which step it is about, `detail`
    more of it, in French and English."""

    def __init__(self, code: Code, step: str = "", detail: tuple[str, str] = ("", "")) -> None:
        super().__init__(f"{step}: {code}" + (f": {detail[1]}" if detail[1] else ""))
        self.code, self.step, self.detail = code, step, detail


Outcome = tuple[Run, list[StepChange]]


def begin(definition: Definition, at: dt.datetime) -> Outcome:
    """A new run whose first steps are open."""
    run = Run("running", tuple(StepRun(step.id) for step in definition.steps))
    changes: list[StepChange] = []
    return _advance(definition, run, at, changes), changes


def start(definition: Definition, run: Run, step: str, by: str, at: dt.datetime) -> Outcome:
    """Somebody is at a step. Who begins it again, or another person, changes who is at it."""
    found = _open(definition, run, step)
    if found.state == "doing":
        return _put(run, structs.replace(found, by=by, at=at)), [StepChange(step, "doing")]
    return _moved(run, found, "begin", at, by=by)


def do(definition: Definition, run: Run, step: str, by: str, at: dt.datetime, answer: Any = None) -> Outcome:
    """A step is done, with its answer. Doing what is done already with the same answer changes nothing."""
    asked = _step(definition, step)
    found = run.of(step)
    try:
        kept = asked.check(answer)
    except Faulty as error:
        raise NotNow("bad_answer", step, mistakes.said(error)) from error
    if found.state == "done" and found.answer == kept:
        return run, []
    found = _open(definition, run, step, again=True)
    return _ended(definition, run, found, "do", at, by=by, answer=kept, reason="")


def skip(definition: Definition, run: Run, step: str, by: str, at: dt.datetime, reason: str = "") -> Outcome:
    """A step is left undone; a mandatory one needs a reason."""
    found = _open(definition, run, step, again=True)
    if _step(definition, step).mandatory and not reason.strip():
        raise NotNow("reason_missing", step)
    return _ended(definition, run, found, "skip", at, by=by, reason=reason.strip())


def fail(definition: Definition, run: Run, step: str, by: str, at: dt.datetime, reason: str = "") -> Outcome:
    """A step was tried in vain; a flow goes on where the step says."""
    found = _open(definition, run, step)
    return _ended(definition, run, found, "fail", at, by=by, reason=reason.strip())


def abandon(run: Run) -> Outcome:
    """The run ends where it is: what was not done stays undone."""
    if run.state != "running":
        raise NotNow("ended")
    return structs.replace(run, state="abandoned"), [StepChange("", "abandoned")]


def due(definition: Definition, run: Run) -> dt.datetime | None:
    """When the next step that can be done now is late; None when none of them has a limit."""
    return min((instant for instant, _ in _deadlines(definition, run)), default=None)


def time_out(definition: Definition, run: Run, at: dt.datetime) -> Outcome:
    """What is late at this instant is told once, and fails where its step says so."""
    changes: list[StepChange] = []
    if run.state != "running":
        return run, changes
    for instant, step in sorted(_deadlines(definition, run), key=lambda each: each[0]):
        if instant > at:
            break
        run = _put(run, structs.replace(run.of(step.id), late=True))
        changes.append(StepChange(step.id, run.of(step.id).state, late=True))
        if step.on_timeout == "fail":
            run, more = _ended(definition, run, run.of(step.id), "fail", at, reason="late")
            changes += more
    return run, changes


def limit(each: StepRun, step: Step) -> dt.datetime | None:
    """Until when a step that can be done is in time; None when it has no limit, or cannot be done yet."""
    if step.timeout is None or each.open_since is None:
        return None
    return each.open_since + dt.timedelta(seconds=step.timeout)


def acts(definition: Definition, run: Run, step: str) -> tuple[str, ...]:
    """What a person may do about a step as the run stands."""
    found = run.of(step)
    if run.state != "running":
        return ()
    if found.state in NOW:
        return ("start", "do", "skip", "fail")
    return ("do", "skip") if found.state == "failed" and not _followed(definition, step) else ()


def undone(definition: Definition, run: Run) -> tuple[str, ...]:
    """Ids of mandatory steps that keep an incident from closing: those that can or could still be done, and those that failed.

    Of a flow only what its answers led to counts: a branch that nobody took owes nothing.
    """
    owed = {step.id for step in definition.steps if step.mandatory}
    return tuple(
        each.step
        for each in run.steps
        if each.step in owed
        and (each.state in NOW or (each.state == "failed" and not _followed(definition, each.step))
             or (each.state == "todo" and definition.kind == "simple"))
    )  # fmt: skip


def _step(definition: Definition, step: str) -> Step:
    if (found := definition.step(step)) is None:
        raise NotNow("no_such_step", step)
    return found


def _open(definition: Definition, run: Run, step: str, again: bool = False) -> StepRun:
    """The step as it stands, when something can be done about it; `again`: also one that failed, until something follows."""
    _step(definition, step)
    if run.state != "running":
        raise NotNow("ended", step)
    found = run.of(step)
    if again and found.state == "failed" and not _followed(definition, step):
        return found
    if found.state in ENDED:
        raise NotNow("ended_step", step)
    if found.state not in NOW:
        raise NotNow("not_open", step)
    return found


def _moved(run: Run, found: StepRun, act: str, at: dt.datetime, **fields: Any) -> Outcome:
    state = MOVES[(found.state, act)]
    return _put(run, structs.replace(found, state=state, at=at, **fields)), [StepChange(found.step, state)]


def _ended(definition: Definition, run: Run, found: StepRun, act: str, at: dt.datetime, **fields: Any) -> Outcome:
    run, changes = _moved(run, found, act, at, **fields)
    return _advance(definition, run, at, changes), changes


def _advance(definition: Definition, run: Run, at: dt.datetime, changes: list[StepChange]) -> Run:
    """Open what can be done now; end the run when nothing can."""
    for step in _openable(definition, run):
        run = _put(run, structs.replace(run.of(step), state="open", at=at, open_since=at))
        run = structs.replace(run, path=(*run.path, step))
        changes.append(StepChange(step, "open"))
    if run.now() or any(each.state == "failed" and not _followed(definition, each.step) for each in run.steps):
        return run
    for each in run.steps:
        if each.state == "todo":
            run = _put(run, structs.replace(each, state="left_out", at=at))
            changes.append(StepChange(each.step, "left_out"))
    changes.append(StepChange("", "done"))
    return structs.replace(run, state="done")


def _openable(definition: Definition, run: Run) -> list[str]:
    if definition.kind == "flow":
        if not run.path:
            return [definition.steps[0].id]
        following = _following(definition, run.of(run.path[-1]))
        return [following] if following is not None and run.of(following).state == "todo" else []
    waiting = [each.step for each in run.steps if each.state == "todo"]
    if definition.free_order:
        return waiting
    barred = any(each.state in NOW for each in run.steps)
    return [] if barred else waiting[:1]


def _following(definition: Definition, ended: StepRun) -> str | None:
    step = _step(definition, ended.step)
    if ended.state == "done":
        return step.following(ended.answer)
    return {"skipped": step.next, "failed": step.on_failure}.get(ended.state)


def _followed(definition: Definition, step: str) -> bool:
    """Whether a flow went on after this step failed. In a simple procedure a failed step is owed until it is done."""
    return definition.kind == "flow" and _step(definition, step).on_failure is not None


def _deadlines(definition: Definition, run: Run) -> list[tuple[dt.datetime, Step]]:
    if run.state != "running":
        return []
    open_steps = [(each, _step(definition, each.step)) for each in run.now() if not each.late]
    return [(instant, step) for each, step in open_steps if (instant := limit(each, step)) is not None]


def _put(run: Run, changed: StepRun) -> Run:
    return structs.replace(run, steps=tuple(changed if each.step == changed.step else each for each in run.steps))
