"""Rules and feeds of the interface, for those who may change them."""

import hashlib

import pytest

from alarms.models import Rule
from assets.feeds import health
from assets.feeds.intake import Rejection
from assets.models import Feed, Point, Site, UnknownAddress
from journal.models import JournalEntry
from tests.factories import NOON, THRESHOLD

NEW = {"site": "quai", "slug": "gel", "name": {"fr": "Gel", "en": "Frost"}, "spec": THRESHOLD, "note": "premier essai"}


def post(client, path, body=None):
    return client.post(path, body, content_type="application/json")


def test_a_rule_is_written_activated_changed_and_retired(city):
    client = city.client("administrator")
    made = post(client, "/api/v1/rules", NEW)
    assert made.status_code == 201, made.content
    rule = made.json()
    assert (rule["state"], rule["active_version"], rule["versions"][0]["note"]) == ("draft", None, "premier essai")
    path = f"/api/v1/rules/{rule['id']}"
    second = post(client, f"{path}/versions", {"spec": {**THRESHOLD, "deadband": 0.2}}).json()
    assert [version["number"] for version in second["versions"]] == [2, 1]
    active = post(client, f"{path}/activation", {"version": 2}).json()
    assert (active["state"], active["active_version"]) == ("active", 2)
    assert client.delete(f"{path}/activation").json()["state"] == "retired"
    kinds = JournalEntry.objects.filter(details__contains='"rule":"gel"').values_list("kind", "actor")
    assert list(kinds) == [("rule.activated", "administrator"), ("rule.retired", "administrator")]
    assert [row["slug"] for row in client.get("/api/v1/rules").json()["results"]] == ["crue", "gel"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [({**THRESHOLD, "direction": "sideways"}, "spec.direction"), ({"kind": "magic"}, "spec.kind"), ({}, "spec.kind")],
)
def test_a_spec_that_cannot_be_used_names_the_field(city, spec, field):
    answer = post(city.client("administrator"), "/api/v1/rules", {**NEW, "spec": spec})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert not Rule.objects.filter(slug="gel").exists()


def test_a_rule_is_not_written_over_another(city):
    assert post(city.client("administrator"), "/api/v1/rules", {**NEW, "slug": "crue"}).status_code == 409


def test_a_version_that_is_not_there_is_not_activated(city):
    assert post(city.client("administrator"), f"/api/v1/rules/{city.rule.pk}/activation", {"version": 9}).status_code == 404


def test_the_schema_of_specs_is_for_everybody(city):
    assert "$defs" in city.client("operator").get("/api/v1/rules/schema").json()


def test_a_feeds_token_is_told_once_and_only_its_hash_is_kept(city):
    told = post(city.client("administrator"), "/api/v1/feeds/jauges/token")
    token = told.json()["token"]
    feed = Feed.objects.get(slug="jauges")
    assert feed.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert token.endswith(feed.token_hint)
    listed = city.client("administrator").get("/api/v1/feeds?site=quai")
    assert token not in listed.content.decode()


def test_feeds_are_listed_with_their_health_and_their_address_to_administrators_alone(city):
    Feed.objects.update(address="https://secret.example/api")
    (row,) = city.client("operator").get("/api/v1/feeds?site=quai").json()
    assert (row["slug"], row["health"]["state"], row["points"], row["address"]) == ("jauges", "never", 4, None)
    (row,) = city.client("administrator").get("/api/v1/feeds?site=quai").json()
    assert row["address"] == "https://secret.example/api"


@pytest.mark.parametrize(("name", "told"), [("administrator", True), ("operator", False), ("nord_admin", False)])
def test_what_a_feed_was_refused_and_why_it_fails_is_told_to_administrators_alone(city, valkey, name, told):
    health.failing(valkey, city.feed, "https://user:secret@10.0.0.7/api: refused")
    tally = health.Tally()
    tally.note(city.feed.pk, health.now_micros(), accepted=0, rejected=1, told=[Rejection(0, "no number", "SUD-1: x")])
    tally.flush(valkey)
    (row,) = city.client(name).get("/api/v1/feeds?site=quai").json()
    assert (row["health"]["failures"], row["health"]["rejected"]) == (1, 1)
    assert ("secret" in row["health"]["last_error"], bool(row["health"]["rejections"])) == (told, told)


@pytest.fixture
def stranger(city):
    return UnknownAddress.objects.create(
        feed=city.feed, address="GAUGE-7", first_seen_at=NOON, last_seen_at=NOON, seen=3, sample="1.25"
    )


def test_an_unknown_address_becomes_a_point_of_an_asset(city, stranger):
    client, path = city.client("administrator"), "/api/v1/feeds/jauges/unknown-addresses"
    (row,) = client.get(path).json()["results"]
    assert (row["address"], row["seen"], row["sample"]) == ("GAUGE-7", 3, "1.25")
    version = Site.objects.get(slug="quai").inventory_version
    body = {"asset": city.assets["sud"].pk, "quantity": "flow"}
    answer = post(client, f"{path}/{stranger.pk}/adoption", body)
    assert answer.status_code == 201, answer.content
    assert Point.objects.get(address="GAUGE-7").asset == city.assets["sud"]
    assert Site.objects.get(slug="quai").inventory_version == version + 1
    assert client.get(path).json()["results"] == []


def test_an_address_is_not_adopted_by_a_point_that_has_one_nor_by_another_site(city, stranger):
    client, path = city.client("administrator"), f"/api/v1/feeds/jauges/unknown-addresses/{stranger.pk}/adoption"
    assert post(client, path, {"point": city.points["sud"].pk}).status_code == 409
    assert post(client, path, {"asset": city.assets["other"].pk, "quantity": "flow"}).status_code == 404
    assert post(client, path, {"point": 1, "asset": 1, "quantity": "x"}).status_code == 422
    Point.objects.filter(pk=city.points["sud"].pk).update(address="")
    assert post(client, path, {"point": city.points["sud"].pk}).status_code == 201
