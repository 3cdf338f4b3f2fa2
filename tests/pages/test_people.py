"""Who may do what is changed on a page and in the administration, and each change is a line of the site's journal."""

import pytest

from assets.models import Sector
from hypervisor.models import Grant, User
from journal.models import JournalEntry
from journal.reading import verify
from tests.factories import make_user

PEOPLE = "/sites/quai/settings/people"
NEW = {"username": "nouvelle", "full_name": "Nouvelle", "role": "operator"}


def told(city) -> list[tuple[str, str, str, str]]:
    assert list(verify(city.site.pk)) == []
    lines = JournalEntry.objects.filter(site=city.site).exclude(kind__startswith="rule.").order_by("seq")
    return list(lines.values_list("kind", "actor", "text_fr", "text_en"))


def test_a_role_given_changed_and_taken_away_is_told_in_the_journal(city):
    client = city.client("administrator")
    assert client.post(PEOPLE, NEW).status_code == 200  # the page that shows the link
    grant = Grant.objects.get(user__username="nouvelle")
    change = {"role": "shift_supervisor", "sectors": [city.sectors["nord"].pk]}
    for _ in range(2):  # the second changes nothing
        assert client.post(f"{PEOPLE}/{grant.pk}", change).status_code == 302
    assert client.post(f"{PEOPLE}/{grant.pk}/withdrawal").status_code == 302
    assert told(city) == [
        ("grant.given", "administrator", "Rôle donné à nouvelle : opérateur, tout le site",
         "Role given to nouvelle: operator, whole site"),
        ("account.link_made", "administrator", "Lien de mot de passe remis pour nouvelle", "Password link made for nouvelle"),
        ("grant.changed", "administrator", "Rôle de nouvelle changé : chef de quart, Nord",
         "Role of nouvelle changed: shift supervisor, Nord"),
        ("grant.withdrawn", "administrator", "Rôle retiré à nouvelle : chef de quart",
         "Role taken from nouvelle: shift supervisor"),
    ]  # fmt: skip


def test_who_loses_the_last_sector_does_not_gain_the_site(city):
    client, person = city.client("nord_admin"), city.client("nord")
    assert {row["id"] for row in person.get("/api/v1/sites/quai/alarms").json()["results"]}
    Sector.objects.filter(slug="nord").delete()  # as an inventory does that names it otherwise
    assert client.get("/api/v1/rules?site=quai").status_code == 403
    assert client.get(PEOPLE).status_code == 403
    for address in ("alarms", "journal", "incidents", "sectors"):
        answer = person.get(f"/api/v1/sites/quai/{address}")
        assert answer.status_code == 200
        assert not (answer.json() if address == "sectors" else answer.json()["results"]), address
    assert person.get("/api/v1/assets").json()["results"] == []
    assert person.get("/sites/quai/").status_code == 200
    assert person.get("/tiles/quai/key.json").json()["sectors"] == []
    assert person.get(f"/tiles/quai/{city.site.inventory_version}/12/2073/1408.mvt").status_code == 200
    assert "plus aucun secteur" in city.client("administrator").get(PEOPLE).content.decode()


@pytest.mark.parametrize("name", ["ｎｏｒｄ", "NORD", "Nord"])
def test_a_name_that_is_almost_anothers_is_that_others_and_no_new_account(city, name):
    answer = city.client("administrator").post(PEOPLE, {**NEW, "username": name})
    assert answer.status_code == 422
    assert User.objects.filter(username__iexact="nord").count() == 1


def test_nobody_gives_themselves_another_site_or_role(city):
    client = city.client("administrator")
    own = Grant.objects.get(user=city.users["administrator"])
    assert client.post("/sites/ailleurs/settings/people", {**NEW, "username": "administrator"}).status_code == 404
    client.post(f"{PEOPLE}/{own.pk}", {"role": "auditor"})
    client.post(f"{PEOPLE}/{own.pk}/withdrawal")
    client.post(PEOPLE, {**NEW, "is_superuser": "on", "is_staff": "on", "site": city.other.pk})
    made = User.objects.get(username="nouvelle")
    assert (made.is_superuser, made.is_staff, made.grants.get().site) == (False, False, city.site)
    own.refresh_from_db()
    assert own.role == "administrator"


def test_no_grant_reaches_another_sites_sectors_or_grants(city):
    from tests.factories import make_sector

    client, elsewhere = city.client("administrator"), make_sector(city.other, "loin")
    assert client.post(PEOPLE, {**NEW, "sectors": [elsewhere.pk]}).status_code == 422
    there = make_user("lointain", city.other, "operator").grants.get()
    assert client.post(f"{PEOPLE}/{there.pk}", {"role": "auditor"}).status_code == 404
    assert client.post(f"{PEOPLE}/{there.pk}/withdrawal").status_code == 404


def test_a_renewed_token_and_a_changed_feed_are_told_without_any_secret(city):
    client = city.client("administrator")
    token = client.post("/api/v1/feeds/jauges/token").json()["token"]
    form = {"name": "Jauges", "expected_interval": city.feed.expected_interval}
    assert client.post("/sites/quai/settings/feeds/jauges/rhythm", form).status_code == 302
    assert client.post("/sites/quai/settings/feeds/jauges/token").status_code == 200
    assert [line[:3] for line in told(city)] == [
        ("feed.token_renewed", "administrator", "Jeton renouvelé : flux Jauges"),
        ("feed.changed", "administrator", "Flux arrêté : Jauges"),
        ("feed.token_renewed", "administrator", "Jeton renouvelé : flux Jauges"),
    ]
    assert not JournalEntry.objects.filter(details__contains=token).exists()
