"""Passages in a real browser: who waits, one key to decide, two people at once, what happened before, who is inside."""

import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from assets.models import Asset
from journal.models import JournalEntry
from passages.models import Decision, Passage, Stay
from tests.desk.gatehouse import Gatehouse
from tests.desk.room import press_and_agree
from tests.desk.test_accessible import findings
from tests.passages.settled import PLATE

QUICK = 2.0
"""Seconds in which a known contractor is let in, from the key to what the desk says of it."""


@pytest.fixture
def house(room):
    return Gatehouse(room)


def ready(page):
    """The vehicle has been in view for long enough to be decided on."""
    expect(page.get_by_role("button", name="Valider")).to_be_enabled()
    return page


def test_a_known_contractor_is_let_in_by_one_key_within_two_seconds(enter, room, house):
    house.permit()
    page = enter("operateur", "passages")
    expect(page.locator(".gate .none")).to_have_text("Personne n’attend.")
    passage = house.arrive()
    expect(page.locator(".vehicle")).to_contain_text("AB-123-CD")
    case = page.locator("#case")
    expect(case.locator("h2")).to_have_text("Recommandation : ouvrir")
    expect(case).to_contain_text("Autorisation de Dupont TP valable")
    expect(case.locator(".barrier")).to_contain_text("barrière fermée")
    expect(page.locator("#arrivals")).to_have_text("Accès sud : un véhicule attend, recommandation : ouvrir")
    ready(page)
    began = time.perf_counter()
    page.keyboard.press("v")
    expect(case.locator(".decided").first).to_contain_text("Ouvert par vous")
    assert time.perf_counter() - began < QUICK
    made = Decision.objects.get(passage=passage)
    assert (made.verdict, made.actor) == ("open", "operateur")
    house.obey(passage)
    expect(case.locator(".order")).to_have_text("Ordre à la barrière : confirmée par le terrain")
    assert findings(page) == []


def test_a_refusal_takes_a_reason_of_the_list(enter, room, house):
    passage = house.arrive("ZZ999ZZ")
    page = ready(enter("operateur", "passages"))
    page.keyboard.press("r")
    dialog = page.locator("#refuse")
    expect(dialog).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#case .decided").first).to_contain_text("Refusé par vous")
    expect(page.locator("#case .decided").first).to_contain_text("aucune autorisation")
    line = JournalEntry.objects.get(kind="passage.refused")
    assert (line.text_fr, line.text_en) == (
        "Accès sud : passage refusé : aucune autorisation",
        "Accès sud: passage refused: no permit",
    )
    assert Passage.objects.get(pk=passage.pk).state == "refused"


def test_another_reason_is_said_in_words_and_an_opening_against_the_recommendation_has_one_too(enter, room, house):
    passage = house.arrive("ZZ999ZZ")
    Passage.objects.filter(pk=passage.pk).update(verdict="refuse")
    page = enter("chef", "passages")
    expect(page.locator("#case h2")).to_have_text("Recommandation : refuser")
    ready(page)
    page.keyboard.press("v")
    expect(page.locator("#against")).to_be_visible()
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(page.locator("#against")).to_be_visible()  # nothing was said yet
    page.keyboard.type("attendu par le maire")
    page.keyboard.press("Enter")
    expect(page.locator("#case .decided").first).to_contain_text("attendu par le maire")
    assert Decision.objects.get(passage=passage).reason == "attendu par le maire"


def test_the_second_of_two_people_sees_who_decided(enter, room, house):
    house.permit()
    passage = house.arrive()
    page = ready(enter("operateur", "passages"))
    house.decide(passage, "refuse", "chef", "full")
    expect(page.locator("#case .decided").first).to_contain_text("Refusé par chef · Poste 2")
    expect(page.locator("#case .decided").first).to_contain_text("plus de place à l’intérieur")
    expect(page.get_by_role("button", name="Valider")).to_be_disabled()
    page.keyboard.press("v")
    assert Decision.objects.get(passage=passage).verdict == "refuse"


def test_two_keys_in_the_same_second_make_one_decision_and_one_message(enter, room, house):
    house.permit()
    passage = house.arrive()
    page = ready(enter("operateur", "passages"))
    page.context.set_offline(True)  # what the other desk does is not seen here yet
    house.decide(passage, "open", "chef")
    page.context.set_offline(False)
    page.keyboard.press("v")
    expect(page.locator(".toast, #case .decided").first).to_contain_text("par chef")
    assert Decision.objects.get(passage=passage).actor == "chef"


def test_a_barrier_that_did_not_obey_is_asked_again(enter, room, house):
    house.permit()
    passage = house.arrive()
    page = ready(enter("operateur", "passages"))
    page.keyboard.press("v")
    expect(page.locator("#case .decided").first).to_contain_text("Ouvert par vous")
    first = Passage.objects.get(pk=passage.pk).command_id
    house.disobey(passage)
    page.reload()
    again = page.get_by_role("button", name="Redemander l’ouverture")
    expect(again).to_be_enabled()
    page.keyboard.press("v")
    expect(page.locator("#case .journal")).to_contain_text("ouverture redemandée")
    assert Passage.objects.get(pk=passage.pk).command_id != first


def test_a_doubtful_plate_shows_whose_it_may_be_and_where_it_differs(enter, room, house):
    house.permit("AB123CD")
    other = house.permit("AB128CD", reference="A-2", company="Martin")
    house.arrive("AB125CD")
    page = ready(enter("operateur", "passages"))
    candidates = page.locator(".candidate")
    expect(candidates).to_have_count(2)
    expect(page.locator(".candidate mark").first).to_be_visible()
    expect(page.locator("#case h2")).to_have_text("Recommandation : à vérifier")
    page.get_by_label("Martin").check()
    page.keyboard.press("v")
    expect(page.locator("#case .decided").first).to_contain_text("Ouvert par vous")
    assert Decision.objects.get().permit_id == other.pk
    assert findings(page) == []


def test_the_intercom_is_offered_where_one_is_known(enter, room, house):
    house.arrive()
    page = ready(enter("operateur", "passages"))
    expect(page.locator('[data-act="intercom"]')).to_be_hidden()
    for address, offered in (("sip:acces-sud@ville.example", True), ("javascript:alert(1)", False)):
        Asset.objects.filter(pk=house.gate.asset_id).update(attributes={"intercom": address})
        page.reload()
        ready(page)
        expect(page.locator('[data-act="intercom"]')).to_be_visible(visible=offered)


def test_an_auditor_sees_the_queue_without_plates_and_decides_nothing(enter, room, house):
    house.permit()
    house.arrive()
    page = enter("auditeur", "passages")
    expect(page.locator(".vehicle")).to_contain_text("Dupont TP")
    expect(page.locator("#case .plate.large")).to_have_text("plaque non montrée à votre rôle")
    assert "AB-123-CD" not in page.content()
    expect(page.get_by_role("button", name="Valider")).to_have_count(0)
    assert page.goto(f"{room.served.url}/sites/{room.site.slug}/passages/history").status == 200
    expect(page.get_by_label("Chercher une plaque")).to_have_count(0)


def test_a_look_at_what_is_over_is_asked_for_and_journaled(enter, room, house):
    house.permit()
    passage = house.arrive()
    Passage.objects.filter(pk=passage.pk).update(state="left", closed_at=timezone.now())
    page = enter("operateur", "passages/history")
    expect(page.locator("#past tr")).to_have_count(1)
    assert "AB-123-CD" not in page.content()
    assert not JournalEntry.objects.filter(kind="plates.looked_at").exists()
    page.get_by_role("button", name="Consulter").click()
    expect(page.locator("#case .plate.large")).to_have_text("AB-123-CD")
    assert JournalEntry.objects.filter(kind="plates.looked_at", actor="operateur").exists()
    page.get_by_label("Chercher une plaque").fill("ab 123 cd")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("1 passage de cette plaque")
    assert PLATE not in page.url.upper()
    assert JournalEntry.objects.filter(kind="plates.searched").count() == 1
    assert findings(page) == []


def test_the_exit_of_a_vehicle_nobody_saw_leave_is_noted(enter, room, house):
    house.permit()
    passage = house.arrive()
    Stay.objects.create(site=room.site, area="dalle", tokens=[], entry=passage, entered_at=timezone.now())
    page = enter("operateur", "passages/inside")
    expect(page.locator(".tile")).to_contain_text("dalle")
    press_and_agree(page, page.get_by_role("button", name="Noter sa sortie"))
    expect(page.locator(".notice")).to_have_text("La sortie est notée.")
    assert Stay.objects.get().left_at is not None
    assert findings(page) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_agent_at_the_gate_decides_on_a_phone(enter, room, house, language):
    house.permit()
    house.arrive()
    locale = "en-GB" if language == "en" else "fr-FR"
    page = enter("operateur", "passages", viewport={"width": 390, "height": 844}, has_touch=True, locale=locale)
    button = page.get_by_role("button", name="Validate" if language == "en" else "Valider")
    expect(button).to_be_enabled()
    expect(page.locator("#case .plate.large")).to_be_in_viewport()
    expect(page.locator("#case .advice")).to_be_in_viewport()
    box = button.bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert findings(page) == []
    button.tap()
    expect(page.locator("#case .decided").first).to_contain_text("Opened by you" if language == "en" else "Ouvert par vous")
