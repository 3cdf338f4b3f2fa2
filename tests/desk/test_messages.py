"""Messages between rooms in a browser: asked from the desk by keyboard, counted where they wait, answered, and seen at once."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from journal.actors import Actor
from response.entities import moves
from response.models import EntityAnswer, EntityMessage
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings
from tests.factories import make_sector, make_user
from tests.response.asking import YES_NO, make_entity


@pytest.fixture
def mairie(room):
    """The auditor answers for the town hall; the concierge has no account and is called."""
    made = elsewhere(lambda: make_entity(room.site, "mairie", room.people["auditeur"]))
    elsewhere(lambda: make_entity(room.site, "gardien", contact="poste 4512"))
    return made


def ask(room, *to, minutes: float = 10, **told) -> EntityMessage:
    now = dt.datetime.now(dt.UTC)
    due = now + dt.timedelta(minutes=minutes)
    draft = moves.Draft("Fermez-vous le quai ?", to, to, YES_NO, due, **told)
    return elsewhere(lambda: moves.send(room.site.pk, draft, by=Actor.of(room.people["operateur"]), now=now))


def test_a_question_goes_from_the_desk_to_another_room_and_its_answer_comes_back_beside_the_alarm(enter, room, mairie):
    room.raise_alarms([0], "critical")
    desk, other = enter("operateur"), enter("auditeur", "messages")
    desk.keyboard.press("j")
    desk.keyboard.press("q")
    compose = desk.locator("#compose")
    expect(compose.locator(".about")).to_contain_text("CR-000")
    expect(desk.locator("#link")).to_have_attribute("data-state", "live")
    compose.get_by_label("Texte").fill("Pouvez-vous fermer le quai ?")
    compose.get_by_label("Mairie").check()
    compose.get_by_label("Réponse attendue").select_option("choices")
    compose.get_by_label("Texte").press("Control+Enter")
    expect(desk.locator(".toast")).to_contain_text("Message n° 1 envoyé")
    expect(desk.locator(".message .countdown")).to_contain_text("reste 14 min")
    desk.go_back()
    desk.keyboard.press("j")
    expect(other.locator('.rail [data-part="messages-waiting"]')).to_have_text("1")
    expect(other.locator(".message")).to_contain_text("Pouvez-vous fermer le quai ?")
    other.keyboard.press("r")
    other.keyboard.press("ArrowRight")  # Oui is chosen by the first stop, Non by an arrow
    other.get_by_label("Note (facultatif)").fill("il est déjà ouvert")
    other.keyboard.press("Enter")
    expect(other.locator('.rail [data-part="messages-waiting"]')).to_be_hidden()
    row = elsewhere(lambda: EntityAnswer.objects.get())
    assert (row.by, row.note) == ("auditeur", "il est déjà ouvert")
    assert elsewhere(lambda: EntityMessage.objects.get().alarm_id) is not None


def test_answers_come_live_beside_the_alarm(enter, room, mairie):
    room.raise_alarms([0], "critical")
    police = elsewhere(lambda: make_entity(room.site, "police", room.people["chef"]))
    asked = ask(room, mairie, police, alarm=elsewhere(lambda: room.alarm(0)))
    desk = enter("operateur")
    desk.keyboard.press("j")
    beside = desk.locator("#detail [data-part=messages]")
    expect(beside).to_contain_text("Question n° 1 à Mairie, Police · 0 réponse(s) sur 2 · reste 9 min")
    by = Actor.of(room.people["auditeur"])
    elsewhere(lambda: moves.answer(asked.pk, mairie, "yes", by=by, now=dt.datetime.now(dt.UTC)))
    expect(beside).to_contain_text("1 réponse(s) sur 2")
    expect(beside).to_contain_text("Mairie : Oui")


def test_what_was_said_on_the_telephone_is_written_down_and_a_question_is_recalled(enter, room, mairie):
    gardien = elsewhere(lambda: type(mairie).objects.get(slug="gardien"))
    ask(room, gardien)
    late = ask(room, mairie, minutes=0.02)
    page = enter("operateur", "messages?box=all")
    first = page.locator(".message").filter(has_text="Gardien")
    expect(first).to_contain_text("poste 4512")
    first.get_by_label("Non").check()
    first.get_by_label("Répondu par").fill("M. Petit")
    first.get_by_role("button", name="Répondre").click()
    expect(first).to_be_hidden()  # all have answered: it is closed
    other = page.locator(f"#message-{late.pk}")
    expect(other.locator(".countdown")).to_contain_text("en retard de")
    other.get_by_role("button", name="Rappeler").click()
    page.locator("#message-end input").fill("erreur")
    page.keyboard.press("Enter")
    expect(other).to_be_hidden()
    page.get_by_role("link", name="Les clos aussi").click()
    expect(page.locator(f"#message-{late.pk}")).to_contain_text("rappelé par son expéditeur · operateur")


def test_whoever_sees_one_sector_gets_what_concerns_them_elsewhere_as_it_is_written_and_answered(enter, room):
    quay = elsewhere(lambda: make_sector(room.site, "quai-sud"))
    room.people["gardien"] = elsewhere(lambda: make_user("gardien", room.site, "operator", (quay,)))
    lodge = elsewhere(lambda: make_entity(room.site, "loge", room.people["gardien"]))
    police = elsewhere(lambda: make_entity(room.site, "police", room.people["chef"]))
    desk, page = enter("gardien"), enter("gardien", "messages")
    asked = ask(room, lodge, police)
    expect(desk.locator('.rail [data-part="messages-waiting"]')).to_have_text("1")
    expect(desk.locator(".toast")).to_contain_text("Fermez-vous le quai ?")
    message = page.locator(f"#message-{asked.pk}")
    expect(message).to_contain_text("Fermez-vous le quai ?")
    elsewhere(lambda: moves.answer(asked.pk, police, "no", by=Actor.of(room.people["chef"]), now=dt.datetime.now(dt.UTC)))
    expect(message).to_contain_text("Non")


def test_an_administrator_adds_an_entity(enter, room):
    page = enter("admin", "messages")
    form = page.locator("#entity")
    form.get_by_label("Nom en français").fill("Sapeurs-pompiers")
    form.get_by_label("Contact").fill("18")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("table.grid")).to_contain_text("Sapeurs-pompiers")


@pytest.mark.parametrize(("theme", "language"), [("dark", "fr-FR"), ("light", "en-GB")])
def test_the_page_has_no_barrier_and_fits_a_telephone(enter, room, mairie, theme, language):
    user = room.people["auditeur"]
    user.theme = theme
    user.save(update_fields=["theme"])
    ask(room, mairie)
    page = enter("auditeur", "messages", locale=language)
    expect(page.locator(".message form")).to_be_visible()
    assert findings(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
