"""How the feeds do: counted by their health in the top bar, and told one by one to everybody who sees the site."""

import datetime as dt
import re
import time

import pytest
from django.utils import timezone, translation

from alarms.models import MaintenanceWindow
from assets import log
from assets.feeds import health
from assets.feeds.health import Tally
from assets.models import Feed
from hypervisor.pages.failure_words import failure
from tests.factories import make_alarm, make_feed, make_point, make_rule

pytestmark = pytest.mark.usefixtures("valkey")
SILENCE = {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 3}
NOW = 1_000_000
HOUR = dt.timedelta(hours=1)


def heard(valkey, feed, ago: float = 0.0, **counts: object) -> None:
    """A message of this feed came that long ago."""
    tally = Tally()
    tally.note(feed.pk, time.time_ns() // 1000 - int(ago * 1e6), **{"accepted": 1, **counts})
    tally.flush(valkey)


@pytest.fixture
def feeds(city, valkey):
    """One feed in each state, beside the city's own, which is well."""
    made = {slug: make_feed(city.site, slug, name=f"Flux {slug}", expected_interval=60) for slug in
            ("failing", "never", "late", "clock", "unusable", "impaired", "disabled")}  # fmt: skip
    Feed.objects.filter(pk=made["disabled"].pk).update(enabled=False)
    heard(valkey, city.feed)
    heard(valkey, made["late"], ago=600)
    heard(valkey, made["clock"], accepted=0, rejected=1, clock=7 * 60_000_000)
    heard(valkey, made["unusable"], accepted=0, rejected=1, clock=0)
    for slug in ("failing", "impaired"):
        heard(valkey, made[slug])
    health.failing(valkey, made["failing"], "10.0.0.7 refuses")
    health.note_pages_left(valkey, made["impaired"], 12)
    return made


def top(answer) -> tuple[str, str]:
    text = answer.content.decode()
    return tuple(re.search(rf'data-part="feeds-{part}">([^<]*)<', text)[1] for part in ("well", "all"))


def rows(answer) -> dict[str, tuple[str, str]]:
    """Slug → (state, why)."""
    text = answer.content.decode()
    found = re.findall(r'<tr data-feed="([^"]+)">.*?data-state="(\w+)">.*?<td class="why">(.*?)</td>', text, re.DOTALL)
    return {slug: (state, why.replace("\u00a0", " ")) for slug, state, why in found}


def test_the_top_bar_counts_the_health_of_feeds_and_not_their_alarms(city, feeds):
    assert top(city.client("operator").get("/sites/quai/")) == ("1", "7")


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "administrator", "auditor"])
def test_every_role_reads_of_each_feed_its_state_and_why(city, feeds, who):
    told = rows(city.client(who).get("/sites/quai/feeds"))
    assert {slug: state for slug, (state, _) in told.items()} == {slug: slug for slug in feeds} | {"jauges": "ok"}
    assert told["late"][1] == "Rien depuis 10 min ; rythme attendu : un message en 1 min."
    assert told["clock"][1] == "Son horloge avance de 7 min : il émet, mais ses mesures sont inutilisables."
    assert told["impaired"][1].startswith("Seules les 12 premières pages")
    assert ("10.0.0.7" in told["failing"][1]) == (who == "administrator")
    assert told["jauges"][1] == ""


def test_the_page_of_a_feed_says_why_it_is_not_well_and_what_came_late_twice_or_without_a_time(city, feeds, valkey):
    tally = Tally()
    tally.note(feeds["impaired"].pk, time.time_ns() // 1000, accepted=900, undated=33)
    tally.note_sorted(feeds["impaired"].pk, late=34, duplicate=128)
    tally.flush(valkey)
    told = city.client("administrator").get("/sites/quai/settings/feeds/impaired").content.decode()
    assert "dégradé" in told
    assert "Seules les 12 premières pages" in told
    for tile in ("34</b>mesures en retard", "128</b>mesures reçues en double", "33</b>retenues sans heure, écartées"):
        assert f"<b>{tile}" in told


def test_whoever_is_confined_to_sectors_sees_the_feeds_that_speak_of_them(city, feeds):
    make_point(city.assets["nord"], feeds["late"], "flow")
    make_point(city.assets["sud"], feeds["clock"], "flow")
    client = city.client("nord")
    assert rows(client.get("/sites/quai/feeds")).keys() == {"jauges", "late"}
    assert top(client.get("/sites/quai/")) == ("1", "2")


def test_a_feed_that_answers_and_brings_nothing_new_is_not_well_while_an_alarm_says_so(city, valkey):
    heard(valkey, city.feed)
    rule = make_rule(city.site, "muet", SILENCE)
    whose = {"feed": city.feed, "subject": f"feed:{city.feed.pk}"}
    make_alarm(rule, city.assets["none"], sentence_fr="Flux muet depuis 5 min", seq=1, **whose)
    client = city.client("operator")
    assert top(client.get("/sites/quai/")) == ("0", "1")
    assert rows(client.get("/sites/quai/feeds"))["jauges"] == ("late", "Flux muet depuis 5 min")


@pytest.mark.parametrize("change", [{"protocol": "push"}, {"address": "https://other.example/"}, {"mapping": {"items": "x"}}])
def test_a_feed_whose_settings_change_forgets_what_failed_with_the_old_ones(city, valkey, change):
    feed = make_feed(city.site, "pulled", protocol="pull", address="https://supervisor.example/")
    heard(valkey, feed)
    health.failing(valkey, feed, "it refuses")
    assert health.read([feed.pk])[0].state == "failing"
    Feed.objects.filter(pk=feed.pk).update(**change)
    [now] = health.read([feed.pk])
    assert (now.state, now.failures, now.last_error) == ("ok", 0, "")
    changed = Feed.objects.get(pk=feed.pk)
    assert health.failing(valkey, changed, "another") == 1
    Feed.objects.filter(pk=feed.pk).update(name="Other", expected_interval=50)
    assert health.read([feed.pk])[0].state == "failing"


def test_a_slow_feed_has_a_rate(city, valkey):
    feed = make_feed(city.site, "slow", expected_interval=300)
    heard(valkey, feed, ago=400, accepted=90)
    assert health.read([feed.pk])[0].rate == pytest.approx(90 / 900)


def test_without_valkey_the_top_bar_says_that_it_does_not_know(city, settings, monkeypatch):
    monkeypatch.setattr("assets.log._local", log._Local())
    settings.REDIS_URL = "redis://127.0.0.1:1"
    assert top(city.client("operator").get("/sites/quai/assets")) == ("—", "—")


@pytest.mark.parametrize(
    ("kept", "french"),
    [
        ("no answer within 20 s", "pas de réponse en 20 s"),
        ("answered 503 Service Unavailable", "réponse 503 Service Unavailable"),
        ("answered 302 Found, without a Location to go to", "réponse 302 Found, sans adresse où aller"),
        ("cannot be reached: [Errno 111] {refused}", "injoignable : [Errno 111] {refused}"),
        ("There is nothing at `data.items` in the document.", "Il n’y a rien à l’endroit `data.items` du document."),
        ("10.0.0.7 refuses", "10.0.0.7 refuses"),
    ],
)
def test_why_a_feed_or_a_webhook_fails_is_told_in_the_readers_language(kept, french):
    with translation.override("fr"):
        assert failure(kept) == french
    with translation.override("en"):
        assert failure(kept) == kept


def test_maintenance_of_a_feed_is_told_with_its_times_and_reason(city, feeds):
    now = timezone.now()
    for slug, starts in (("late", now - HOUR), ("impaired", now + HOUR)):
        MaintenanceWindow.objects.create(
            site=city.site, feed=feeds[slug], reason=f"Mise à jour {slug}", starts_at=starts, ends_at=starts + 3 * HOUR,
            created_at=now,
        )  # fmt: skip
    page = city.client("operator").get("/sites/quai/feeds?part=feeds").content.decode()
    rows = {slug: re.search(rf'data-feed="{slug}".*?</tr>', page, re.S)[0] for slug in ("late", "impaired", "never")}
    assert 'data-state="maintenance"' in rows["late"]
    assert "En maintenance jusqu’à" in rows["late"]
    assert "Mise à jour late" in rows["late"]
    assert 'data-state="impaired"' in rows["impaired"]
    assert "Maintenance prévue de" in rows["impaired"]
    assert "aintenance" not in rows["never"]


def test_the_desk_tells_what_is_announced_and_not_the_rest(city, feeds):
    now = timezone.now()
    told = {"site": city.site, "created_at": now, "ends_at": now + 5 * HOUR}
    for reason, starts, minutes in (
        ("en cours", -HOUR, 60), ("proche", HOUR / 2, 60), ("lointaine", 2 * HOUR, 60), ("non annoncée", -HOUR, None),
    ):  # fmt: skip
        MaintenanceWindow.objects.create(
            supervisor=city.feed.supervisor, reason=reason, starts_at=now + starts, announce_minutes=minutes, **told
        )
    page = city.client("operator").get("/sites/quai/handover?part=pinned").content.decode()
    assert [reason in page for reason in ("en cours", "proche", "lointaine", "non annoncée")] == [True, True, False, False]
    assert "Maintenance annoncée" in page
