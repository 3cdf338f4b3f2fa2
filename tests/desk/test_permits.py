"""Permits in a real browser: written by hand, imported after a look at the difference, and the law of a gate."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from journal.models import JournalEntry
from passages.models import Gate, Permit, PermitImport, Purpose
from tests.desk.gatehouse import Gatehouse
from tests.desk.room import press_and_agree
from tests.desk.test_accessible import findings


@pytest.fixture
def house(room):
    return Gatehouse(room)


def filled(page, **fields):
    for label, text in fields.items():
        page.get_by_label(label).fill(text)


def test_a_permit_is_written_changed_suspended_and_ended(enter, room, house):
    page = enter("chef", "permits")
    expect(page.locator(".grid .none")).to_have_text("Aucune autorisation.")
    page.get_by_role("link", name="Nouvelle autorisation").click()
    form = page.locator(".permit-form")
    filled(
        form,
        **{
            "Référence": "A-7",
            "Société": "Martin BTP",
            "Plaques": "AB-123-CD, DE:HH X 12",
            "Valable jusqu’au": "2040-01-01T18:00",
        },
    )
    form.get_by_label("Horaires").fill("lundi au vendredi")
    form.get_by_label("Accès sud").check()
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".errorlist")).to_contain_text("ne sont pas des horaires")
    assert findings(page) == []
    form.get_by_label("Horaires").fill("lun-ven 7h-18h")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice")).to_have_text("L’autorisation est enregistrée.")
    expect(page.locator(".plate.small")).to_have_text(["AB-123-CD", "HHX12"])
    expect(page.locator(".facts")).to_contain_text("lun–ven 07:00–18:00")
    assert findings(page) == []
    page.locator(".permit-form").get_by_label("Durée maximale").fill("8h30")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice")).to_have_text("L’autorisation est modifiée.")
    assert Permit.objects.get().longest_stay == 510
    page.get_by_role("button", name="Suspendre").click()
    expect(page.locator(".facts")).to_contain_text("suspendue")
    press_and_agree(page, page.get_by_role("button", name="Mettre fin définitivement"))
    expect(page.locator(".facts")).to_contain_text("terminée")
    assert Permit.objects.get().state == "ended"
    expect(page.locator(".permit-form")).to_have_count(0)


def test_plates_that_are_easily_confused_are_told_when_a_permit_is_written(enter, room, house):
    house.permit("AB125CD")
    page = enter("chef", "permits/new")
    form = page.locator(".permit-form")
    filled(form, **{"Référence": "A-2", "Société": "Martin BTP", "Plaques": "AB-126-CD", "Valable jusqu’au": "2040-01-01T18:00"})
    form.get_by_label("tous les accès").check()
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice.bad")).to_contain_text("se confond")


def test_a_file_is_compared_before_anything_is_written(enter, room, house):
    house.permit("AB125CD")
    page = enter("chef", "permits/imports")
    text = (
        "référence;société;plaques;accès;fin;horaires\n"
        "A-1;Dupont TP;AB-125-CD, AB-129-CD;sud;2040-01-01;\n"
        "A-2;Martin;AB-126-CD;*;31/12/2040;lun-ven 7h-18h\n"
        "A-3;Rien;;sud;2040-01-01;\n"
    )
    page.get_by_label("Fichier CSV").set_input_files({"name": "permis.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Comparer").click()
    expect(page.locator(".tile", has_text="nouvelle")).to_contain_text("1")
    expect(page.get_by_role("region", name="Lignes refusées")).to_contain_text("le champ plaques est vide")
    expect(page.get_by_role("region", name="Plaques qui se confondent")).to_contain_text("A-1 · A-2")
    expect(page.get_by_role("region", name="Modifiées")).to_contain_text("Plaques")
    assert Permit.objects.count() == 1
    assert findings(page) == []
    page.get_by_label("Laisser de côté les lignes refusées").check()
    page.get_by_role("button", name="Enregistrer cela").click()
    expect(page.locator(".notice")).to_have_text("Les autorisations sont enregistrées.")
    assert Permit.objects.count() == 2
    assert PermitImport.objects.get().state == "done"


def test_a_file_that_is_none_is_refused_in_the_readers_language(enter, room, house):
    page = enter("chef", "permits/imports")
    page.get_by_label("Fichier CSV").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"a;b\n1;2\n"})
    page.get_by_role("button", name="Comparer").click()
    expect(page.locator(".notice.bad")).to_contain_text("colonne")
    assert findings(page) == []


def test_what_ends_soon_and_the_week_are_seen_and_a_plate_is_looked_for_by_a_form(enter, room, house):
    house.permit(valid_until=timezone.now() + dt.timedelta(days=3))
    house.permit("ZZ999ZZ", reference="A-2", company="Martin", valid_until=timezone.now() + dt.timedelta(days=60))
    page = enter("operateur", "permits")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="1 autorisation prend fin sous 7 jours").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name="Nouvelle autorisation")).to_have_count(0)
    assert "AB-123-CD" not in page.content()
    assert findings(page) == []
    page.get_by_label("Chercher une plaque").fill("zz-999-zz")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page.locator("tbody tr")).to_contain_text("Martin")
    assert "ZZ" not in page.url.upper()
    assert JournalEntry.objects.filter(kind="plates.looked_up").exists()
    page.get_by_role("link", name="Semaine", exact=True).click()
    expect(page.locator(".week tbody tr")).to_have_count(2)
    expect(page.locator(".week .day.valid").first).to_have_text("toute la journée")
    assert findings(page) == []


def test_an_administrator_states_a_purpose_chooses_it_and_withdraws_it(enter, room, house):
    page = enter("admin", "settings/plates?use=car_park")
    expect(page.get_by_label("Finalité, dans les mots du registre")).to_have_value(
        "Exécuter le contrat de stationnement : reconnaître le véhicule à l’entrée et à la sortie, ouvrir la barrière, connaître "
        "l’occupation. Données : plaque, image, heure, sens. Destinataires : exploitant du parc, agents habilités."
    )
    assert findings(page) == []
    page.get_by_label("Référence de l’analyse d’impact").fill("AIPD 2026-9")
    page.get_by_label("Délégué à la protection").fill("dpo@ville.example")
    page.get_by_label("Elle ne sert aucune fin de police").check()
    page.get_by_role("button", name="Déclarer", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("La finalité est déclarée.")
    page.get_by_label("Lit les plaques pour").select_option("parc de stationnement · AIPD 2026-9")
    page.locator(".gate-form").get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice")).to_have_text("L’accès Accès sud est réglé.")
    purpose = Purpose.objects.get(use="car_park")
    assert Gate.objects.get().purpose_id == purpose.pk
    press_and_agree(page, page.get_by_role("row", name="parc de stationnement").get_by_role("button", name="Retirer"))
    expect(page.locator(".notice")).to_contain_text("La finalité est retirée")
    purpose.refresh_from_db()
    assert purpose.withdrawn_at is not None


def test_an_operator_writes_no_permit_and_states_nothing(enter, room, house):
    permit = house.permit()
    page = enter("operateur", f"permits/{permit.pk}")
    expect(page.locator(".plate.small")).to_have_text("AB-123-CD")
    expect(page.locator(".permit-form")).to_have_count(0)
    for path in ("permits/new", "permits/imports", "settings/plates"):
        assert page.goto(f"{room.served.url}/sites/{room.site.slug}/{path}").status == 403
    page.goto(f"{room.served.url}/sites/{room.site.slug}/permits")
    auditor = enter("auditeur", f"permits/{permit.pk}")
    expect(auditor.locator(".facts")).to_contain_text("plaque non montrée à votre rôle")
    assert "AB-123-CD" not in auditor.content()
