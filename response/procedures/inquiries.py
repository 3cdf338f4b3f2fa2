"""Questions that steps ask of entities: sent when the step can be done, closed when it ends otherwise than by the answers."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from journal.actors import Actor
from journal.page import Page
from response.entities import moves as entities
from response.models import Entity, EntityMessage, Run, StepRun
from response.procedures import spec
from response.procedures.carrying import NOW

UNSAID = dt.timedelta(minutes=15)
"""How long a question may take whose step has no time limit."""


def cause_of(step_run: int) -> str:
    """What names a step as the cause of a command, a scenario or a question."""
    return f"step:{step_run}"


def held(run: Run, definition: spec.Definition) -> list[EntityMessage]:
    """Lock what the steps of a run ask and what is still open: before the ledger is locked."""
    asking = {step.id for step in definition.steps if isinstance(step, spec.AskEntity)}
    return entities.asked_by([cause_of(row.pk) for row in run.steps.all() if row.step in asking]) if asking else []


def ask(page: Page, run: Run, row: StepRun, step: spec.AskEntity, *, by: Actor, now: dt.datetime) -> None:
    """Send the question of a step on an open page; to nobody when its entities exist no longer: then a person does the step."""
    to = tuple(Entity.objects.filter(site_id=page.site, slug__in=step.entities, retired_at=None))
    if run.exercise or not to:
        return
    limit = dt.timedelta(seconds=step.timeout) if step.timeout else UNSAID
    draft = entities.Draft(
        step.question.fr, to, to, step.answers(), now + limit, alarm=run.alarm, incident=run.incident,
        sector=run.alarm.sector if run.alarm is not None else None, cause=cause_of(row.pk),
    )  # fmt: skip
    entities.write(page, draft, by=by, now=now)


def close(page: Page, run: Run, rows: Iterable[EntityMessage], *, by: Actor, now: dt.datetime) -> None:
    """Close what is asked by steps that are over, or by a run that is."""
    over = {
        cause_of(row.pk) for row in run.steps.all() if row.state not in NOW or run.state != Run.State.RUNNING
    }  # fmt: skip
    entities.close(page, [row for row in rows if row.cause in over], EntityMessage.Ending.ENDED, by=by, now=now)


def is_asked(run: Run, step: spec.AskEntity) -> bool:
    """Whether the entities can still end the step; else a person does."""
    causes = [cause_of(row.pk) for row in run.steps.all() if row.step == step.id]
    return EntityMessage.objects.filter(Q(closed_at=None) | Q(settled_at__isnull=False), cause__in=causes).exists()


def answered(row: StepRun, step: spec.AskEntity) -> tuple[str, object] | None:
    """(who answered last, the answer) once all have; of several entities by their slugs. None while somebody has not."""
    message = EntityMessage.objects.filter(cause=cause_of(row.pk), settled_at__isnull=False).first()
    if message is None:
        return None
    given = message.recipients.filter(answer__isnull=False).select_related("entity", "answer").order_by("answer__at")
    told = {each.entity.slug: each.answer.answer for each in given}
    last = given.last()
    alone = len(step.entities) == 1
    return (last.answer.by if last else ""), (next(iter(told.values()), None) if alone else told)
