"""A wall is opened by its token, sees its site without anybody's name, and reaches nothing else, whatever its holder tries."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from alarms.models import Alarm
from hypervisor import walls
from hypervisor.models import Wall
from hypervisor.pages.walls import COOKIE
from journal.actors import Actor
from journal.models import JournalEntry

SETTINGS = "/sites/quai/settings/walls"


def make(city, name: str = "Mur nord", site: object = None) -> tuple[Wall, str]:
    return walls.create(site or city.site, name, by=Actor.of(city.users["administrator"]), now=timezone.now())


@pytest.fixture
def screen(city):
    """A browser that was let in, and the token it was let in with."""
    _wall, token = make(city)
    client = Client()
    answer = client.get(f"/walls/quai/open/{token}?view=alarms")
    assert (answer.status_code, answer["Location"]) == (302, "/walls/quai/alarms")
    return client, token


def test_an_administrator_makes_it_once_and_revokes_it_and_the_journal_says_both(city):
    admin = city.client("administrator")
    shown = admin.post(SETTINGS, {"name": "Mur nord"})
    address = shown.context["addresses"][0][1]
    assert (shown.status_code, address in shown.text, address in admin.get(SETTINGS).text) == (200, True, False)
    wall = Wall.objects.get()
    token = address.split("/")[-1].split("?")[0]
    assert token not in f"{wall.token_hash} {list(JournalEntry.objects.values_list('details', 'text_fr'))}"
    screen = Client()
    assert screen.get(address, follow=True).status_code == 200
    wall.refresh_from_db()
    assert wall.used_at is not None
    assert admin.post(f"{SETTINGS}/{wall.pk}/revocation").status_code == 302
    assert [screen.get(f"/walls/quai/{path}").status_code for path in ("all", "state", "key.json")] == [403, 403, 403]
    assert Client().get(address).status_code == 403
    assert list(JournalEntry.objects.filter(kind__startswith="wall.").order_by("seq").values_list("kind", flat=True)) == [
        "wall.created", "wall.revoked",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_nobody_else_makes_one(city, role):
    assert city.client(role).post(SETTINGS, {"name": "x"}).status_code == 403
    assert not Wall.objects.exists()


def test_it_is_told_what_stands_and_nobodys_name(city, screen):
    client, _token = screen
    city.alarms["nord"].taken_by = city.users["operator"]
    city.alarms["nord"].save(update_fields=["taken_by"])
    told = client.get("/walls/quai/state").json()["stands"]
    assert len(told["alarms"]) == sum(told["totals"][f"open_{each}"] for each in ("critical", "high", "medium", "low"))
    assert told["alarms"]
    assert city.users["operator"].username not in client.get("/walls/quai/state").text
    assert client.get(f"/walls/quai/state?seq={told['seq']}").json()["stands"] is None


def test_the_screens_of_a_site_share_what_was_made_a_moment_ago(city, screen, django_assert_max_num_queries):
    first, _token = screen
    other = Client()
    other.get(f"/walls/quai/open/{make(city, 'Hall')[1]}")
    told = first.get("/walls/quai/state").json()
    with django_assert_max_num_queries(4):
        assert other.get("/walls/quai/state").json()["stands"] == told["stands"]
    cache.delete(f"wall:{city.site.pk}")
    worst, *rest = told["stands"]["alarms"]
    Alarm.objects.filter(pk=worst["id"]).update(state=Alarm.State.NORMAL)
    assert other.get("/walls/quai/state").json()["stands"]["alarms"] == rest


def test_its_token_reaches_nothing_else(city, screen):
    client, token = screen
    client.cookies[COOKIE]["path"] = "/"  # as an attacker sends it everywhere
    asset = city.assets["nord"].pk
    for path in (
        "/sites/quai/", "/sites/quai/alarms", "/sites/quai/settings", f"/sites/quai/cameras/{asset}/picture", "/admin/",
        "/sites/quai/settings/walls", "/sites/quai/daylog", "/sites/quai/alarms/1",
    ):  # fmt: skip
        assert client.get(path).status_code == 302, path
        assert "login" in client.get(path)["Location"], path
    reads = ("/api/v1/me", "/api/v1/sites", "/api/v1/sites/quai/alarms", "/api/v1/sites/quai/journal", "/tiles/quai/key.json")
    for path in reads:
        assert client.get(path).status_code in (401, 403), path
        assert Client(headers={"authorization": f"Token {token}"}).get(path).status_code in (401, 403), path
    for path in ("state", "all", f"open/{token}"):
        assert client.post(f"/walls/quai/{path}").status_code in (403, 405), path
    assert client.post(f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement").status_code in (401, 403)
    assert client.get("/walls/ailleurs/state").status_code == 403
    assert client.get(f"/walls/ailleurs/open/{token}").status_code == 403
    assert client.get(f"/walls/quai/cameras/{asset}").status_code == 404  # no camera that it shows
    assert Client().get("/walls/quai/state").status_code == 403
    assert client.get("/walls/quai/settings").status_code == 404


def test_the_map_of_a_wall_has_its_own_addresses(city, screen):
    client, _token = screen
    key = client.get("/walls/quai/key.json").json()
    assert key["tiles"].startswith("/walls/quai/tiles/")
    tile = client.get(key["tiles"].format(z=14, x=8300, y=5636))
    assert (tile.status_code, tile["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")


def test_a_token_sent_by_url_is_kept_from_scripts_and_other_addresses(city):
    _wall, token = make(city)
    cookie = Client().get(f"/walls/quai/open/{token}").cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/walls/quai/")
