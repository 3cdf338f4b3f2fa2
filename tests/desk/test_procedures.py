"""Procedures on the desk, in a real browser: what is offered and why, each step by keyboard, seen by whoever else looks."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from alarms.models import Incident
from journal.actors import SYSTEM, Actor
from response.models import Run
from response.procedures import authoring, runs
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

FLOOD = {
    "kind": "flow",
    "name": {"fr": "Crue", "en": "Flood"},
    "attached_to": {"rules": ["level"]},
    "steps": [
        {"id": "level", "type": "form", "title": {"fr": "Relever la cote", "en": "Note the level"}, "next": "low", "timeout": 600,
         "fields": [{"id": "level", "label": {"fr": "Cote", "en": "Level"}, "kind": "number", "unit": "m"}]},
        {"id": "low", "type": "question", "title": {"fr": "Parking menacé ?", "en": "Car park at risk?"},
         "choices": [{"value": "yes", "label": {"fr": "Oui", "en": "Yes"}, "next": "close"},
                     {"value": "no", "label": {"fr": "Non", "en": "No"}, "next": "warn"}]},
        {"id": "close", "type": "manual", "title": {"fr": "Fermer le parking", "en": "Close the car park"}, "next": "warn"},
        {"id": "warn", "type": "call", "number": "04 67 00 00 00", "title": {"fr": "Appeler l’astreinte", "en": "Call"}},
    ],
}  # fmt: skip


@pytest.fixture
def flood(room):
    def write():
        definition = FLOOD | {"attached_to": {"rules": [room.rule.slug]}}
        now = timezone.now()
        version = authoring.write(room.site.pk, "crue", definition, by=SYSTEM, now=now)
        return authoring.activate(version, by=SYSTEM, now=now)

    return elsewhere(write)


def begun(room, procedure, **about):
    """A run of the operator."""
    by = Actor.of(room.people["operateur"])
    return elsewhere(lambda: runs.begin(procedure, by=by, now=timezone.now(), **about))


def test_a_procedure_is_followed_by_keyboard_and_seen_on_another_desk(enter, room, flood):
    room.raise_alarms(range(3), "high")
    page, other = enter(), enter("chef")
    for each in (page, other):
        each.keyboard.press("j")
    offer = page.locator("#incident .offered")
    expect(offer).to_contain_text("Suivre « Crue »")
    expect(offer).to_contain_text(f"convient : règle « {room.rule.name_fr} »")
    page.keyboard.press("t")
    expect(page.locator("#incident .offered button")).to_be_focused()
    page.keyboard.press("Enter")
    steps = page.locator("#incident .procedure-step")
    expect(steps).to_have_count(1)
    expect(steps.first.locator(".step-left")).to_contain_text("encore 9 min")
    expect(steps.first.locator("[name=level]")).to_be_focused()
    page.keyboard.type("2,4 m")
    page.keyboard.press("Enter")
    expect(steps.first).not_to_have_attribute("data-state", "done")  # that is no figure
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(steps.first).to_have_attribute("data-state", "done")
    expect(steps.first).to_contain_text("Cote : 2,4 m")
    expect(page.locator("#incident .answers button").first).to_be_focused()
    page.keyboard.press("Enter")  # the first answer has the hand
    expect(steps).to_have_count(3)
    expect(other.locator("#incident .procedure-step")).to_have_count(3)
    expect(other.locator("#incident .procedure-step").nth(1)).to_contain_text("faite par operateur")
    expect(page.locator("#incident .flags")).to_contain_text("operateur")
    assert findings(page) == []


def test_a_mandatory_step_is_skipped_with_a_reason_and_the_incident_says_what_keeps_it_open(enter, room, flood):
    room.raise_alarms(range(3), "high")
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("t")
    expect(page.locator("#incident .offered button")).to_be_focused()
    page.keyboard.press("Enter")
    step = page.locator("#incident .procedure-step[aria-current]")
    expect(step).to_have_count(1)
    room.clear(range(3), "high")
    page.get_by_role("button", name="Clore l’incident").click()
    page.locator("#close-incident").get_by_role("button", name="Clore l’incident").click()
    expect(page.locator(".toast.bad")).to_contain_text("« Relever la cote » (fiche Crue)")
    page.locator(".toast.bad").get_by_role("button", name="Fermer").click()
    step.get_by_role("button", name="Sauter…").click()
    dialog = page.locator("#step-reason")
    expect(dialog).to_contain_text("le motif est exigé")
    dialog.get_by_role("button", name="Sauter l’étape").click()
    expect(dialog).to_be_visible()  # not without a reason
    dialog.locator("textarea").fill("capteur noyé")
    dialog.get_by_role("button", name="Sauter l’étape").click()
    expect(page.locator("#incident .procedure-step").first).to_contain_text("capteur noyé")


def test_what_is_typed_in_a_step_stays_while_others_act_on_the_same_run(enter, room, flood):
    room.raise_alarms(range(3), "high")
    run = begun(room, flood, incident=elsewhere(Incident.objects.get))
    page = enter()
    page.keyboard.press("j")
    field = page.locator("#incident [name=level]")
    field.fill("3.1")
    elsewhere(lambda: runs.act(run.pk, "start", "level", by=Actor.of(room.people["chef"]), now=timezone.now()))
    expect(page.locator("#incident .procedure-step").first).to_contain_text("commencée par chef")
    expect(field).to_have_value("3.1")


def test_a_late_step_says_by_how_much_and_an_exercise_is_marked(enter, room, flood):
    room.raise_alarms([0], "high")
    by, since = Actor.of(room.people["operateur"]), timezone.now() - dt.timedelta(minutes=13)
    alarm = elsewhere(lambda: room.alarm(0))
    about = {"incident": alarm.incident} if alarm.incident_id else {"alarm": alarm}
    elsewhere(lambda: runs.begin(flood, exercise=True, by=by, now=since, **about))
    page = enter(grouped=False)
    page.keyboard.press("j")
    card = page.locator("#detail .procedure-run")
    expect(card).to_contain_text("EXERCICE")
    expect(card.locator(".step-left")).to_contain_text("en retard de 3 min")
    card.get_by_role("button", name="Abandonner…").click()
    page.locator("#step-reason textarea").fill("fin de l’exercice")
    page.locator("#step-reason").get_by_role("button", name="Abandonner la fiche").click()
    expect(card).to_contain_text("abandonnée")
    assert elsewhere(lambda: Run.objects.get().state) == "abandoned"


def test_a_skipped_mandatory_step_reaches_the_shift_supervisor_on_another_page_and_nobody_else(enter, room, flood):
    run = begun(room, flood)
    page, other = enter("chef", path="procedures"), enter("operateur", path=f"procedures/runs/{run.pk}")
    other.get_by_role("button", name="Sauter…").click()
    other.locator("#step-reason textarea").fill("capteur noyé")
    other.locator("#step-reason").get_by_role("button", name="Sauter l’étape").click()
    told = page.locator(".toast")
    expect(told).to_contain_text("étape « Relever la cote » sautée par operateur : capteur noyé")
    expect(other.locator(".toast")).to_have_count(0)
    told.get_by_role("button", name="Voir le déroulé").click()
    expect(page.locator(".procedure-step").first).to_contain_text("capteur noyé")
