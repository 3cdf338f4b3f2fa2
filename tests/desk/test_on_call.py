"""Astreinte in a browser: set by an administrator, replaced by a shift supervisor, contacts added and confirmed by anybody."""

import datetime as dt

from playwright.sync_api import expect

from response.models import Contact, Escalation, Gateway, Message
from response.notification.sealed import opened
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

POLICY = {"name": "Nuit", "steps": [{"targets": [{"person": "operateur"}]}, {"targets": [{"person": "chef"}]}]}


def act(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def set_up(page) -> None:
    """A rota of two people and a policy that tells it, as an administrator writes them."""
    page.get_by_text("Écrire un tour d’astreinte").click()
    rota = page.locator("form", has=page.locator("#id_rota_people"))
    rota.get_by_label("Nom").fill("Astreinte technique")
    rota.get_by_label("Identifiants").first.fill("chef, operateur")
    rota.get_by_label("Première relève").first.fill("2026-01-05T08:00")
    rota.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice").first).to_have_text("Enregistré.")
    page.get_by_text("Écrire une escalade", exact=True).click()
    policy = page.locator("form", has=page.locator("#id_policy_repeat"))
    policy.get_by_label("Nom").fill("Nuit")
    policy.get_by_label("Étape 1 : qui").select_option(label="Astreinte technique")
    policy.get_by_role("button").click()
    page.get_by_text("Ajouter une règle").click()
    rule = page.locator("form", has=page.locator("#id_rule_policy"))
    rule.get_by_label("Nom").fill("Critiques")
    rule.get_by_label("critique").check()
    rule.get_by_role("button").click()
    expect(page.get_by_role("cell", name="critique", exact=True)).to_be_visible()


def test_who_is_on_call_is_set_read_and_replaced_on_pages(enter, room):
    page = enter("admin", "settings/notification")
    set_up(page)
    expect(page.get_by_role("region", name="Ne joindrait personne").get_by_text("n’a pas de contact").first).to_be_visible()
    mail = page.locator("form", has=page.locator("#id_mail_host"))
    mail.get_by_label("Serveur").fill("mail.ville.fr")
    mail.get_by_label("Expéditeur").fill("vigie@ville.fr")
    mail.get_by_label("Compte").fill("vigie")
    mail.get_by_label("Mot de passe").fill("s3cret")
    mail.get_by_role("button").click()
    expect(page.locator(".notice").first).to_have_text("Enregistré.")
    assert elsewhere(lambda: '"password":"s3cret"' in opened(Gateway.objects.get().settings))
    assert "s3cret" not in page.content()
    assert findings(page) == []
    page = enter("chef", "on-call")
    expect(page.locator(".rota .now b")).to_have_count(1)
    page.get_by_text("Remplacer un temps").click()
    page.get_by_label("À la place").select_option("admin")
    page.locator("[name=starts_at]").fill("2026-01-01T00:00")
    page.locator("[name=ends_at]").fill("2100-01-01T00:00")
    act(page, "Remplacer")
    expect(page.locator(".rota .now b")).to_contain_text("admin")
    assert findings(page) == []


def test_a_contact_is_added_and_confirmed_and_what_was_sent_is_shown(enter, room):
    page = enter("operateur", "on-call")
    page.get_by_label("Adresse ou numéro").fill("operateur@ville.fr")
    act(page, "Ajouter un contact")
    expect(page.get_by_text("o…@ville.fr")).to_be_visible()
    page.get_by_label("Code reçu").fill(elsewhere(lambda: opened(Message.objects.get(kind="code").body)))
    act(page, "Confirmer")
    expect(page.get_by_role("cell", name="confirmé")).to_be_visible()
    room.raise_alarms([0], "critical")

    def told() -> None:
        contact = Contact.objects.get()
        alarm = room.site.alarms.latest("pk")
        now = alarm.learned_at
        row = Escalation.objects.create(
            alarm=alarm,
            site=room.site,
            policy="nuit",
            document=POLICY,
            severity=alarm.severity,
            began_at=now,
            step=1,
            next_at=now + dt.timedelta(hours=1),
        )
        Message.objects.create(
            site=room.site, contact=contact, kind="alarm", escalation=row, created_at=now, due_at=now, held_since=now
        )

    elsewhere(told)
    page.reload()
    expect(page.get_by_role("cell", name="retenu par la limite jusqu’à")).to_be_visible()
    assert findings(page) == []
    page = enter("operateur", grouped=False)
    page.keyboard.press("j")
    told = page.locator("#detail .notified")
    expect(told).to_contain_text("Nuit : étape 2 dans 59:")
    expect(told.locator("li")).to_contain_text("operateur · courriel · retenu par la limite : 1 pour ce contact, prochain à")
    assert findings(page) == []
