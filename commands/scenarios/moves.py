"""What people and rules do with scenarios: write, delete, run and stop them; each one transaction, journaled. All raise Refused.

The only writer of Scenario and ScenarioRun, with `progress`, which takes a run from step to step.
"""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.db import IntegrityError, transaction

from assets.refusal import Meaning, Refused
from commands import moves as commands
from commands import offers
from commands.models import Command, Origin, Scenario, ScenarioRun
from commands.scenarios.preview import orders, read
from commands.scenarios.steps import Order
from commands.spec import EVERYBODY
from commands.states import UNSENT, Reason
from commands.wording import Words
from journal import live
from journal.actors import Actor
from journal.page import Line, Page

LONGEST = dt.timedelta(days=366)
_ORIGINS = {"person": Origin.DESK, "rule": Origin.RULE, "procedure": Origin.PROCEDURE}


def write(
    site: int, slug: str, name_fr: str, name_en: str, steps: object, *, by: Actor, now: dt.datetime,
    roles: Sequence[str] = EVERYBODY, automatic: bool = False, enabled: bool = True,
) -> Scenario:  # fmt: skip
    """Make a scenario, or say it anew; its version grows when its steps do."""
    told = msgspec.json.decode(msgspec.json.encode(read(steps)))  # as the database gives it back, to be compared
    orders(site, read(steps))  # what it reaches must be there
    with transaction.atomic():
        known = Scenario.objects.select_for_update(no_key=True).filter(site=site, slug=slug).first()
        version = 1 if known is None else known.version + (known.steps != told)
        values = {
            "name_fr": name_fr, "name_en": name_en, "steps": told, "roles": list(roles), "automatic": automatic,
            "enabled": enabled, "version": version,
        }  # fmt: skip
        row, _ = Scenario.objects.update_or_create(site_id=site, slug=slug, defaults=values)
        with live.writing(site) as page:
            words = Words("écrit", "written") if known is None else Words(f"modifié (v{version})", f"changed (v{version})")
            row.seq = page.write(_line(row, "written", words, now, by))
            row.save(update_fields=["seq"])
    return row


def delete(scenario: Scenario, *, by: Actor, now: dt.datetime) -> None:
    """Take a scenario away that is not running."""
    with transaction.atomic():
        row = _locked(scenario.pk)
        if row.runs.filter(state=ScenarioRun.State.RUNNING).exists():
            raise Refused("running", "Ce scénario est en cours.", "This scenario is running.")
        with live.writing(row.site_id) as page:
            page.write(_line(row, "deleted", Words("supprimé", "deleted"), now, by))
            row.delete()


def run(
    scenario: Scenario, *, by: Actor, role: str | None, now: dt.datetime, because: str = "", cause: str = "",
    until: dt.datetime | None = None,
) -> ScenarioRun:  # fmt: skip
    """Start a scenario: its steps as they are now, on the assets they reach now. A rule runs it once per cause."""
    try:
        with transaction.atomic():
            row = _locked(scenario.pk)
            _may(row, by, role)
            if until is not None and not now < until <= now + LONGEST:
                raise Refused("bad_until", "La fin doit être à venir.", "The end must be to come.", meaning=Meaning.INVALID,
                              field="until")  # fmt: skip
            wanted = orders(row.site_id, read(row.steps))
            if not wanted:
                raise Refused("nothing_reached", "Aucun équipement n’est concerné.", "No asset is reached.")
            started = ScenarioRun(
                site_id=row.site_id, scenario=row, version=row.version, orders=msgspec.to_builtins(wanted), step_at=now,
                cause=cause[:80], because=" ".join(because.split())[:300], until=until,
                origin=_ORIGINS.get(by.kind, Origin.API), actor_kind=by.kind, actor=by.name, desk=by.desk, role=role or "",
                started_at=now,
            )  # fmt: skip
            started.save(force_insert=True)
            with live.writing(row.site_id) as page:
                say(started, "started", _started(len(wanted)), page, now, by)
                started.save(update_fields=["seq"])
    except IntegrityError as error:
        raise _taken(scenario) from error
    return started


def stop(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> ScenarioRun:
    """End a run: nothing more is asked for, and what has not left is withdrawn. Idempotent."""
    with transaction.atomic():
        row = locked_run(id_)
        if by.kind in offers.WITH_ROLE and role not in row.scenario.roles:
            raise offers.refused(Reason.NO_ACCESS_AUTHORITY, Meaning.NOT_ALLOWED)
        if row.state != ScenarioRun.State.RUNNING:
            return row
        end(row, ScenarioRun.State.STOPPED, Words(f"arrêté par {by.name}", f"stopped by {by.name}"), now, by)
    for pk in Command.objects.filter(scenario_run__run=row, state__in=sorted(UNSENT)).order_by("pk").values_list("pk", flat=True):
        try:
            commands.cancel(pk, by=by, role=role, now=now)
        except Refused:
            continue  # it has left meanwhile: the field says what becomes of it
    return row


def locked_run(id_: int) -> ScenarioRun:
    row = (
        ScenarioRun.objects.select_for_update(no_key=True, of=("self",)).select_related("scenario", "site").filter(pk=id_).first()
    )
    if row is None:
        raise Refused("no_such_run", "Ce déroulement n’existe pas.", "There is no such run.", meaning=Meaning.NOT_FOUND)
    return row


def end(row: ScenarioRun, state: ScenarioRun.State, words: Words, now: dt.datetime, by: Actor) -> None:
    """Write down how a locked run ended."""
    row.state, row.ended_at, row.said_fr, row.said_en = state, now, words.fr[:300], words.en[:300]
    with live.writing(row.site_id) as page:
        say(row, state.value, words, page, now, by)
        row.save()


def say(row: ScenarioRun, kind: str, words: Words, page: Page, now: dt.datetime, by: Actor) -> None:
    row.seq = page.write(
        Line(
            f"scenario.{kind}", now, f"Scénario « {row.scenario.name_fr} » : {words.fr}"[:600],
            f"Scenario “{row.scenario.name_en}”: {words.en}"[:600], [("scenario_run", row.pk)], by,
            {"scenario_run": row.pk, "scenario": row.scenario.slug} | ({"cause": row.cause} if row.cause else {}),
        )
    )  # fmt: skip


def orders_of(row: ScenarioRun) -> list[Order]:
    return msgspec.convert(row.orders, list[Order])


def _locked(id_: int) -> Scenario:
    row = Scenario.objects.select_for_update(no_key=True).filter(pk=id_).first()
    if row is None:
        raise Refused("no_such_scenario", "Ce scénario n’existe pas.", "There is no such scenario.", meaning=Meaning.NOT_FOUND)
    return row


def _may(row: Scenario, by: Actor, role: str | None) -> None:
    if not row.enabled:
        raise Refused("not_enabled", "Ce scénario est suspendu.", "This scenario is switched off.")
    if by.kind in offers.WITH_ROLE and role not in row.roles:
        raise offers.refused(Reason.NO_ACCESS_AUTHORITY, Meaning.NOT_ALLOWED)
    if by.kind in ("rule", "procedure") and not row.automatic:
        raise offers.refused(Reason.NOT_AUTOMATIC, Meaning.NOT_ALLOWED)


def _taken(scenario: Scenario) -> Refused:
    if ScenarioRun.objects.filter(scenario=scenario, state=ScenarioRun.State.RUNNING).exists():
        return Refused("running", "Ce scénario est déjà en cours.", "This scenario is running already.")
    return Refused("once_per_cause", "Déjà lancé pour cette cause.", "Run already for this cause.")


def _started(count: int) -> Words:
    if count == 1:
        return Words("lancé, 1 commande", "started, 1 command")
    return Words(f"lancé, {count} commandes", f"started, {count} commands")


def _line(row: Scenario, kind: str, words: Words, now: dt.datetime, by: Actor) -> Line:
    fr, en = f"Scénario « {row.name_fr} » {words.fr}"[:600], f"Scenario “{row.name_en}” {words.en}"[:600]
    return Line(f"scenario.{kind}", now, fr, en, [("scenario", row.pk)], by, {"scenario": row.slug})
