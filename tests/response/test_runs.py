"""Procedures in the database: versions, runs of incidents and alarms, what the journal says, what keeps an incident open."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from alarms.incidents import moves as incident_moves
from alarms.incidents import upkeep
from alarms.models import Alarm, Incident
from assets.refusal import Refused
from journal.actors import SYSTEM, Actor
from journal.models import JournalEntry
from journal.reading import verify
from response.models import Procedure, ProcedureVersion, Run
from response.procedures import authoring, runs
from response.procedures.rows import run_rows
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site, make_user
from tests.response.test_carrying import PEOPLE, named

pytestmark = pytest.mark.django_db(transaction=True)


def later(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


@pytest.fixture
def ana(valkey) -> Actor:
    return Actor.of(make_user("ana"), "poste 1")


@pytest.fixture
def site():
    return make_site()


def simple(*steps: dict[str, object], **fields: object) -> dict[str, object]:
    return {"kind": "simple", "name": {"fr": "Crue", "en": "Flood"}, "steps": list(steps), **fields}


def in_force(site, definition: dict[str, object], slug: str = "crue") -> Procedure:
    return authoring.activate(authoring.write(site.pk, slug, definition, by=SYSTEM, now=NOON), by=SYSTEM, now=NOON)


def make_incident(site, by: Actor) -> tuple[Incident, Alarm]:
    alarm = make_alarm(make_rule(site), make_asset(site))
    return incident_moves.open_by_hand(site.pk, [alarm.pk], by=by, now=NOON), alarm


def calm(alarm: Alarm) -> None:
    Alarm.objects.filter(pk=alarm.pk).update(state="normal", closed_at=later(1))


def lines() -> list[str]:
    return list(JournalEntry.objects.filter(kind__startswith="run.").order_by("seq").values_list("text_fr", flat=True))


def test_a_version_is_written_once_and_a_run_keeps_the_one_it_began_with(site, ana):
    procedure = in_force(site, simple(named("a")))
    run = runs.begin(procedure, by=ana, now=NOON)
    second = authoring.write(site.pk, "crue", simple(named("a"), named("b")), by=ana, now=NOON)
    assert authoring.write(site.pk, "crue", simple(named("a"), named("b")), by=ana, now=NOON) == second
    authoring.activate(second, by=ana, now=NOON)
    assert run_rows([Run.objects.get(pk=run.pk)])[0]["version"] == 1
    assert [row["version"] for row in run_rows([runs.begin(procedure, by=ana, now=NOON)])] == [2]
    assert ProcedureVersion.objects.count() == 2


def test_doing_a_step_takes_the_incident_in_charge_and_is_journaled_in_both_languages(site, ana):
    incident, _ = make_incident(site, ana)
    run = runs.begin(in_force(site, simple(named("a"), named("b"))), incident=incident, by=ana, now=NOON)
    runs.act(run.pk, "do", "a", answer="porte fermée", by=ana, now=later(5))
    runs.act(run.pk, "skip", "b", reason="déjà sur place", by=ana, now=later(9))
    incident.refresh_from_db()
    assert incident.owner.username == "ana"
    assert lines() == [
        "Fiche « Crue », commencée", "Fiche « Crue », étape « a » faite", "Fiche « Crue », étape « b » sautée — déjà sur place",
        "Fiche « Crue », chef de quart prévenu : étape « b » sautée par ana : déjà sur place",
        "Fiche « Crue », terminée",
    ]  # fmt: skip
    entry = JournalEntry.objects.get(kind="run.step_done")
    assert (entry.actor, entry.desk, entry.ids("run"), entry.ids("incident")) == ("ana", "poste 1", [run.pk], [incident.pk])
    assert list(verify(site.pk)) == []


def test_an_incident_with_mandatory_steps_to_do_closes_with_a_reason_only(site, ana):
    incident, alarm = make_incident(site, ana)
    run = runs.begin(in_force(site, simple(named("a"), named("b"))), incident=incident, by=ana, now=NOON)
    calm(alarm)
    with pytest.raises(Refused, match=r"Still to be done: “a” \(procedure Flood\) and 1 more") as refused:
        incident_moves.close(incident.pk, by=ana, now=later(5))
    assert (refused.value.code, refused.value.field) == ("something_to_do", "comment")
    incident_moves.close(incident.pk, by=ana, now=later(6), comment="fausse alerte")
    assert runs.sweep(site.pk, later(8)) == 1
    run.refresh_from_db()
    assert (run.state, run.ended_at) == ("abandoned", later(8))


def test_an_incident_does_not_close_by_itself_while_a_mandatory_step_is_to_do(site, ana):
    incident, alarm = make_incident(site, ana)
    Incident.objects.filter(pk=incident.pk).update(state="open", owner=None)
    run = runs.begin(in_force(site, simple(named("a"))), incident=incident, by=SYSTEM, now=NOON)
    calm(alarm)
    upkeep.sweep(site.pk, later(60))
    assert Incident.objects.get().state == "open"
    runs.act(run.pk, "do", "a", by=SYSTEM, now=later(70))
    upkeep.sweep(site.pk, later(80))
    assert Incident.objects.get().state == "closed"


def test_exercises_keep_nothing_open_and_are_marked(site, ana):
    incident, alarm = make_incident(site, ana)
    run = runs.begin(in_force(site, simple(named("a"))), incident=incident, exercise=True, by=ana, now=NOON)
    calm(alarm)
    incident_moves.close(incident.pk, by=ana, now=later(5))
    assert lines()[0] == "EXERCICE — Fiche « Crue », commencée"
    assert run_rows([run])[0]["exercise"] is True


def test_what_is_late_is_told_once_after_any_restart(site, ana):
    run = runs.begin(in_force(site, simple(named("a", timeout=60))), by=ana, now=NOON)
    assert runs.sweep(site.pk, later(59)) == 0
    assert runs.sweep(site.pk, later(60)) == 1
    assert runs.sweep(site.pk, later(600)) == 0
    assert lines()[-2:] == [
        "Fiche « Crue », étape « a » en retard",
        "Fiche « Crue », chef de quart prévenu : étape « a » en retard",
    ]
    assert run_rows([Run.objects.get(pk=run.pk)])[0]["steps"][0]["late"] is True


def test_a_flow_that_waits_goes_on_when_the_alarms_are_over(site, ana):
    incident, alarm = make_incident(site, ana)
    waits = {"type": "wait_state", "id": "wait", "title": {"fr": "Retour", "en": "Return"}, "next": "end"}
    flow = {"kind": "flow", "name": {"fr": "Crue", "en": "Flood"}, "steps": [waits, named("end")]}
    run = runs.begin(in_force(site, flow), incident=incident, by=ana, now=NOON)
    with pytest.raises(Refused, match="done by itself"):
        runs.act(run.pk, "do", "wait", by=ana, now=later(1))
    assert runs.sweep(site.pk, later(2)) == 0
    calm(alarm)
    assert runs.sweep(site.pk, later(4)) == 1
    assert [step["state"] for step in run_rows([Run.objects.get(pk=run.pk)])[0]["steps"]] == ["done", "open"]


def test_a_procedure_within_another_is_a_run_of_its_own_and_ends_the_step(site, ana):
    in_force(site, simple(named("inner"), name={"fr": "Appels", "en": "Calls"}), "appels")
    whole = simple({"type": "sub_procedure", "id": "sub", "title": {"fr": "s", "en": "s"}, "procedure": "appels"}, named("after"))
    run = runs.begin(in_force(site, whole), by=ana, now=NOON)
    inner = Run.objects.exclude(pk=run.pk).get()
    runs.act(inner.pk, "do", "inner", by=ana, now=later(1))
    assert runs.sweep(site.pk, later(2)) == 1
    assert [step["state"] for step in run_rows([Run.objects.get(pk=run.pk)])[0]["steps"]] == ["done", "open"]
    runs.abandon(run.pk, reason="fin", by=ana, now=later(3))


def test_a_procedure_among_its_own_steps_never_comes_into_force(site, ana):
    def within(slug: str) -> dict[str, object]:
        return simple({"type": "sub_procedure", "id": "sub", "title": {"fr": "s", "en": "s"}, "procedure": slug})

    in_force(site, simple(named("x")), "b")
    in_force(site, within("b"), "a")
    with pytest.raises(Refused, match="among its own steps"):
        in_force(site, within("a"), "b")
    with pytest.raises(Refused, match="is called c"):
        in_force(site, within("c"), "d")


def test_a_run_with_mandatory_steps_is_abandoned_with_a_reason_only(site, ana):
    run = runs.begin(in_force(site, simple(named("a"))), by=ana, now=NOON)
    with pytest.raises(Refused, match="skipped with a reason"):
        runs.abandon(run.pk, by=ana, now=later(1))
    runs.abandon(run.pk, reason="exercice annulé", by=ana, now=later(1))
    assert lines()[-1] == "Fiche « Crue », abandonnée — exercice annulé"
    with pytest.raises(Refused, match="over"):
        runs.act(run.pk, "do", "a", by=ana, now=later(2))


def test_two_who_begin_and_tick_at_once_make_one_run_and_one_line(site, ana):
    incident, _ = make_incident(site, ana)
    flow = {"kind": "flow", "name": {"fr": "Crue", "en": "Flood"},
            "steps": [PEOPLE, named("rescue"), named("contractor")]}  # fmt: skip
    procedure = in_force(site, flow)
    bob = Actor.of(make_user("bob"))

    def both(by: Actor) -> int:
        try:
            run = runs.begin(procedure, incident=incident, by=by, now=later(1))
            runs.act(run.pk, "do", "people", answer="yes", by=by, now=later(2))
            return run.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(both, [ana, bob]))) == 1
    assert JournalEntry.objects.filter(kind="run.step_done").count() == 1
    assert list(verify(site.pk)) == []
