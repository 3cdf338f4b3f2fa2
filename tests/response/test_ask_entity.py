"""A step that asks other rooms: sent when it can be done, done by their answers, late by its own limit, closed with the step."""

import datetime as dt
import json

import msgspec
import pytest

from assets.refusal import Refused
from journal.actors import SYSTEM, Actor
from response.entities import moves
from response.models import EntityMessage, Run
from response.procedures import authoring, cacao, runs, spec
from response.procedures.rows import run_rows
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site, make_user
from tests.response.asking import YES_NO, make_entity
from tests.response.test_runs import in_force, later, lines, simple

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"fr": "Fermez-vous le quai ?", "en": "Do you close the quay?"}


def ask(*entities: str, **fields: object) -> dict[str, object]:
    told = {"type": "ask_entity", "id": "ask", "title": {"fr": "Demander", "en": "Ask"}, "entities": list(entities)}
    return {**told, "question": WORDS, **(YES_NO if "fields" not in fields else {}), "timeout": 300, **fields}


def manual(id_: str) -> dict[str, object]:
    return {"type": "manual", "id": id_, "title": {"fr": id_, "en": id_}}


@pytest.fixture
def site(valkey):
    return make_site()


@pytest.fixture
def ana(site) -> Actor:
    return Actor.of(make_user("ana"), "poste 1")


@pytest.fixture
def maire(site) -> Actor:
    person = make_user("maire", site, "auditor")
    make_entity(site, "mairie", person)
    make_entity(site, "police", person)
    return Actor.of(person)


def states(run: Run) -> list[str]:
    return [each["state"] for each in run_rows([Run.objects.get(pk=run.pk)])[0]["steps"]]


def answer(site, slug: str, told: object, by: Actor, seconds: float) -> None:
    message = EntityMessage.objects.latest("id")
    entity = message.recipients.get(entity__slug=slug).entity
    moves.answer(message.pk, entity, told, by=by, now=later(seconds))


def test_the_answer_ends_the_step_and_leads_on(site, ana, maire):
    leads = {"choices": [{**each, "next": to} for each, to in zip(YES_NO["choices"], ("go", "call"), strict=True)]}
    flow = {"kind": "flow", "name": {"fr": "Crue", "en": "Flood"},
            "steps": [ask("mairie", **leads), manual("go"), manual("call")]}  # fmt: skip
    alarm = make_alarm(make_rule(site), make_asset(site))
    run = runs.begin(in_force(site, flow), alarm=alarm, by=ana, now=NOON)
    message = EntityMessage.objects.get()
    assert (message.text, message.alarm_id, message.due_at) == (WORDS["fr"], alarm.pk, later(300))
    told = run_rows([run])[0]["steps"][0]
    assert "do" not in told["may"]
    with pytest.raises(Refused, match="by itself"):
        runs.act(run.pk, "do", "ask", answer="yes", by=ana, now=later(1))
    answer(site, "mairie", "no", maire, 2)
    runs.sweep(site.pk, later(3))
    row = run_rows([Run.objects.get(pk=run.pk)])[0]
    assert next((each["state"], each["by"], each["answer"]) for each in row["steps"]) == ("done", "maire", "no")
    assert [each["state"] for each in row["steps"]] == ["done", "todo", "open"]


def test_of_several_entities_all_must_answer_and_the_answers_are_kept_by_name(site, ana, maire):
    run = runs.begin(in_force(site, simple(ask("mairie", "police"))), by=ana, now=NOON)
    answer(site, "mairie", "yes", maire, 1)
    runs.sweep(site.pk, later(2))
    assert states(run) == ["open"]
    answer(site, "police", "no", maire, 3)
    runs.sweep(site.pk, later(4))
    step = run_rows([Run.objects.get(pk=run.pk)])[0]["steps"][0]
    assert (step["state"], step["answer"]) == ("done", {"mairie": "yes", "police": "no"})


def test_without_an_answer_in_time_the_shift_supervisor_is_told_and_a_late_answer_still_ends_it(site, ana, maire):
    run = runs.begin(in_force(site, simple(ask("mairie"))), by=ana, now=NOON)
    runs.sweep(site.pk, later(301))
    moves.sweep(site.pk, later(301))
    assert any("chef de quart prévenu : étape « Demander » en retard" in each for each in lines())
    assert EntityMessage.objects.get().late_since is not None
    answer(site, "mairie", "yes", maire, 400)
    runs.sweep(site.pk, later(401))
    assert states(run) == ["done"]


@pytest.mark.parametrize("how", ["skip", "fail", "time_out", "abandon"])
def test_a_step_that_ends_otherwise_closes_its_question(site, ana, maire, how):
    run = runs.begin(in_force(site, simple(ask("mairie", on_timeout="fail"), manual("after"))), by=ana, now=NOON)
    match how:
        case "abandon":
            runs.abandon(run.pk, reason="erreur", by=ana, now=later(1))
        case "time_out":
            runs.sweep(site.pk, later(301))
        case _:
            runs.act(run.pk, how, "ask", reason="on a déjà la réponse", by=ana, now=later(1))
    message = EntityMessage.objects.get()
    assert message.ending == "ended"
    with pytest.raises(Refused, match="closed"):
        moves.answer(message.pk, message.recipients.get().entity, "yes", by=maire, now=later(302))


def test_an_exercise_asks_nobody_and_a_question_that_was_recalled_is_answered_by_hand(site, ana, maire):
    procedure = in_force(site, simple(ask("mairie")))
    exercise = runs.begin(procedure, exercise=True, by=ana, now=NOON)
    assert EntityMessage.objects.count() == 0
    runs.act(exercise.pk, "do", "ask", answer="yes", by=ana, now=later(1))
    assert states(exercise) == ["done"]
    run = runs.begin(procedure, by=ana, now=NOON)
    moves.end(EntityMessage.objects.get().pk, "recalled", by=ana, now=later(1))
    runs.act(run.pk, "do", "ask", answer="no", by=ana, now=later(2))
    assert states(run) == ["done"]


def test_a_procedure_that_asks_an_entity_nobody_knows_is_not_brought_into_force(site, ana):
    version = authoring.write(site.pk, "crue", simple(ask("mairie")), by=SYSTEM, now=NOON)
    with pytest.raises(Refused, match="No entity is called mairie"):
        authoring.activate(version, by=SYSTEM, now=NOON)


@pytest.mark.parametrize(
    "wrong",
    [
        {"choices": []}, {"choices": YES_NO["choices"][:1]}, {"entities": []}, {"entities": ["mairie", "mairie"]},
        {"fields": [{"id": "n", "label": WORDS}], "choices": YES_NO["choices"]},
    ],
)  # fmt: skip
def test_what_asks_nothing_is_refused_as_it_is_written(wrong):
    with pytest.raises(spec.SpecError):
        spec.decode(simple(ask("mairie") | wrong))


def test_it_leaves_as_a_playbook_and_comes_back(site):
    fields = {"fields": [{"id": "n", "label": {"fr": "Combien", "en": "How many"}, "kind": "number"}], "choices": []}
    leads = {"choices": [{**each, "next": to} for each, to in zip(YES_NO["choices"], ("form", "end"), strict=True)]}
    steps = [ask("mairie", **leads), ask("mairie", "police", **fields) | {"id": "form", "next": "end"}, manual("end")]
    flow = {"kind": "flow", "name": {"fr": "Crue", "en": "Flood"}, "steps": steps}
    definition = msgspec.to_builtins(spec.decode(flow))
    told = json.loads(json.dumps(cacao.playbook("crue", definition, written=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))))
    _, made = cacao.definition(told, {})
    back = msgspec.to_builtins(spec.decode(made))
    assert {step["id"]: step for step in back["steps"]} == {step["id"]: step for step in definition["steps"]}
