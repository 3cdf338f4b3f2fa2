"""Steps that people do not end: a command once the field confirmed it, a scenario once all of it did, somebody who is told."""

import pytest
from django.utils import timezone

from assets.refusal import Refused
from commands import moves
from commands.delivery import worker
from journal.actors import SYSTEM, Actor
from journal.models import JournalEntry
from response.procedures import authoring, runs
from response.procedures.rows import run_rows
from tests.commands.field import OPERATOR
from tests.factories import NOON, make_site, make_user
from tests.response.test_runs import in_force, later, lines, simple

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(valkey) -> Actor:
    return Actor.of(make_user("ana"), "poste 1")


def step(id_: str, type_: str, **fields: object) -> dict[str, object]:
    return {"type": type_, "id": id_, "title": {"fr": id_, "en": id_}, **fields}


def state(run) -> list[str]:
    return [each["state"] for each in run_rows([type(run).objects.get(pk=run.pk)])[0]["steps"]]


def test_the_shift_supervisor_is_told_by_the_step_itself_and_the_on_call_staff_by_a_person(ana):
    site = make_site()
    message = {"fr": "Crue au Verdanson", "en": "Flood at the Verdanson"}
    told = simple(
        step("chef", "notify", to="supervisor", message=message), step("astreinte", "notify", to="on_call", message=message)
    )
    run = runs.begin(in_force(site, told), by=ana, now=NOON)
    assert "Fiche « Crue », Crue au Verdanson" in lines()
    with pytest.raises(Refused, match="by itself"):
        runs.act(run.pk, "do", "chef", by=ana, now=later(1))
    runs.sweep(site.pk, later(2))
    assert state(run) == ["done", "open"]
    assert list(JournalEntry.objects.filter(kind="run.notify").values_list("text_en", flat=True)) == [
        "Procedure “Flood”, Flood at the Verdanson"
    ]
    runs.act(run.pk, "do", "astreinte", by=ana, now=later(3))
    assert state(run) == ["done", "done"]


def test_a_procedure_that_names_a_command_nobody_knows_is_not_brought_into_force(ana):
    site = make_site()
    for fields in ({"type_": "command", "command": "teleport"}, {"type_": "scenario", "scenario": "all-dark"}):
        version = authoring.write(site.pk, "crue", simple(step("a", **fields)), by=SYSTEM, now=NOON)
        with pytest.raises(Refused, match="No command and no scenario"):
            authoring.activate(version, by=SYSTEM, now=NOON)


def test_a_command_is_done_as_a_step_once_the_field_confirms_it_and_not_by_a_person(field, ana):
    definition = simple(step("ouvrir", "command", command="open", asset=field.gate.code))
    run = runs.begin(in_force(field.site, definition), by=ana, now=timezone.now())
    told = run_rows([run])[0]["steps"][0]
    assert (told["may"], told["asks"]["asset"]["code"]) == (["start", "skip", "fail"], field.gate.code)
    with pytest.raises(Refused, match="by itself"):
        runs.act(run.pk, "do", "ouvrir", by=ana, now=timezone.now())
    cause = told["asks"]["cause"]
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", cause=cause, now=timezone.now())
    worker.deliver(command.pk)
    runs.sweep(field.site.pk, timezone.now())
    assert state(run) == ["open"]  # accepted is never done
    field.read(1, timezone.now())
    runs.sweep(field.site.pk, timezone.now())
    assert state(run) == ["done"]
    assert run_rows([type(run).objects.get(pk=run.pk)])[0]["steps"][0]["by"] == OPERATOR.name


def test_the_same_command_asked_for_another_reason_does_not_do_the_step_and_an_exercise_commands_nothing(field, ana):
    procedure = in_force(field.site, simple(step("ouvrir", "command", command="open", asset=field.gate.code)))
    run = runs.begin(procedure, by=ana, now=timezone.now())
    exercise = runs.begin(procedure, exercise=True, by=ana, now=timezone.now())
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", cause="alarm:1", now=timezone.now())
    worker.deliver(command.pk)
    field.read(1, timezone.now())
    runs.sweep(field.site.pk, timezone.now())
    assert state(run) == ["open"]
    assert "cause" not in run_rows([exercise])[0]["steps"][0]["asks"]
    runs.act(exercise.pk, "do", "ouvrir", by=ana, now=timezone.now())
    assert state(exercise) == ["done"]
