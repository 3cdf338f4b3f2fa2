"""Supervisors and feeds are set up, paused and deleted on pages, and nothing that history needs goes with them."""

import pytest

from alarms.models import MaintenanceWindow
from assets import tokens
from assets.models import Feed, Supervisor, UnknownAddress
from journal.models import JournalEntry
from tests.factories import NOON, make_alarm, make_asset, make_feed

PAGE = "/sites/quai/settings/supervisors"
FEED = {"act": "feed", "name": "Débits", "slug": "debits", "protocol": "push", "address": "", "expected_interval": "30"}


def told() -> list[str]:
    return list(JournalEntry.objects.order_by("seq").values_list("text_fr", flat=True))


@pytest.fixture
def water(city):
    return Supervisor.objects.get(site=city.site, slug="eau")


def test_a_supervisor_and_its_feed_are_made_and_the_token_shown_once_opens_the_feed(city):
    admin = city.client("administrator")
    assert admin.post(PAGE, {"act": "supervisor", "name": " Éclairage  public ", "slug": "eclairage"}).status_code == 302
    lights = Supervisor.objects.get(site=city.site, slug="eclairage")
    shown = admin.post(PAGE, FEED | {"supervisor": lights.pk})
    token = shown.context["token"]
    assert (lights.name, shown.status_code, token in shown.text) == ("Éclairage public", 200, True)
    assert "no-store" in shown.headers["Cache-Control"]
    assert token not in admin.get(PAGE).text
    assert told()[-3:] == ["Superviseur Éclairage public : ajouté", "Flux Débits : ajouté", "Jeton renouvelé : flux Débits"]
    assert tokens.opens(token, Feed.objects.get(slug="debits").token_hash)
    assert admin.post("/sites/quai/settings/feeds/debits/revocation").status_code == 302
    row = Feed.objects.get(slug="debits")
    assert (row.token_hash, row.token_hint, told()[-1]) == ("", "", "Flux Débits : sans jeton désormais")


def test_a_feed_that_we_ask_waits_switched_off_for_its_mapping(city, water):
    sent = FEED | {"supervisor": water.pk, "protocol": "pull", "address": "https://x.example/v"}
    answer = city.client("administrator").post(PAGE, sent)
    row = Feed.objects.get(slug="debits")
    assert (answer["Location"], row.enabled, row.token_hash) == ("/sites/quai/settings/feeds/debits/mapping", False, "")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"slug": "jauges"}, "Ce nom court est déjà pris."), ({"name": "a\u202eb"}, "Il faut un nom."),
        ({"protocol": "pull", "address": "ftp://x"}, "L’adresse à interroger commence par http:// ou https://."),
        ({"expected_interval": "0"}, "supérieure"),
    ],
)  # fmt: skip
def test_a_feed_is_refused_in_words_at_its_field(city, water, sent, said):
    answer = city.client("administrator").post(PAGE, FEED | {"supervisor": water.pk} | sent)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert Feed.objects.count() == 1


def test_what_history_needs_is_not_deleted_and_what_nothing_hangs_on_is(city, water):
    admin, path = city.client("administrator"), "/sites/quai/settings/feeds/{}/deletion"
    assert "Points qu’il mesure" in admin.post(path.format("jauges"), follow=True).text
    past = make_feed(city.site, "passe")
    make_alarm(city.rule, make_asset(city.site, "P-1"), subject=f"feed:{past.pk}", feed=past, seq=1)
    assert "l’arrêter au lieu de le supprimer" in admin.post(path.format("passe"), follow=True).text
    planned = make_feed(city.site, "prevu")
    MaintenanceWindow.objects.create(site=city.site, feed=planned, reason="x", starts_at=NOON, ends_at=NOON, created_at=NOON)
    assert "elle doit d’abord être supprimée" in admin.post(path.format("prevu"), follow=True).text
    free = make_feed(city.site, "vide")
    UnknownAddress.objects.create(feed=free, address="x", first_seen_at=NOON, last_seen_at=NOON)
    assert "Le flux Vide est supprimé." in admin.post(path.format("vide"), follow=True).text
    assert set(Feed.objects.values_list("slug", flat=True)) == {"jauges", "passe", "prevu"}
    assert "Ses flux d’abord" in admin.post(f"{PAGE}/eau/deletion", follow=True).text
    alone = Supervisor.objects.create(site=city.site, slug="seul", name="Seul")
    asset = make_asset(city.site, "S-1", supervisor=alone)
    assert "Équipements dont il parle : 1." in admin.post(f"{PAGE}/seul/deletion", follow=True).text
    asset.delete()
    admin.post(f"{PAGE}/seul/deletion")
    assert (Supervisor.objects.filter(slug="seul").exists(), told()[-1]) == (False, "Superviseur Seul : supprimé")


def test_another_name_raises_the_inventory_and_is_in_the_journal(city, water):
    city.client("administrator").post(f"{PAGE}/eau/name", {"name": "Eaux"})
    before = city.site.inventory_version
    city.site.refresh_from_db()
    assert (city.site.inventory_version, told()[-1]) == (before + 1, "Superviseur Eaux : renommé (avant : Eau)")


def test_supervisors_are_for_who_may_change_feeds_of_their_own_site(city):
    for who, status in (("operator", 403), ("shift_supervisor", 403), ("nord_admin", 403), ("stranger", 404)):
        client = city.client(who)
        assert {client.get(PAGE).status_code, client.post(f"{PAGE}/eau/deletion").status_code,
                client.post("/sites/quai/settings/feeds/jauges/deletion").status_code} == {status}  # fmt: skip


def test_programs_add_rename_and_delete_a_supervisor_and_are_refused_as_the_page_is(city, water):
    admin, path = city.client("administrator"), "/api/v1/sites/quai/supervisors"
    for name in ("Éclairage", "Éclairage public"):
        assert admin.put(f"{path}/eclairage", {"name": name}, "application/json").json()["name"] == name
    assert [(row["slug"], row["feeds"]) for row in admin.get(path).json()] == [("eau", ["jauges"]), ("eclairage", [])]
    assert told()[-1] == "Superviseur Éclairage public : renommé (avant : Éclairage)"
    assert (admin.delete(f"{path}/eau").status_code, admin.delete(f"{path}/eclairage").status_code) == (409, 204)
    assert admin.put(f"{path}/x", {"name": "a\u202eb"}, "application/json").status_code == 422
    assert city.client("shift_supervisor").get(path).status_code == 403
