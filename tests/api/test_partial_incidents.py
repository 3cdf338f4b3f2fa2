"""Whoever sees one sector reads nothing of another through an incident that is about both: at no door."""

import json

import pytest
from asgiref.sync import sync_to_async

from alarms.incidents import moves
from alarms.models import Alarm, Incident
from alarms.verdicts.suppression import Quoted, suppressed
from assets.models import Asset, Sector
from journal.actors import Actor
from tests.api.test_incidents import LIST, at, post
from tests.api.watching import watch
from tests.factories import NOON

SECRETS = ("Coffre", "COF-1", "Zone cachée", "Titre caché", "Panne cachée")


@pytest.fixture
def secret(city) -> Incident:
    return keep_secret(city)


def keep_secret(city) -> Incident:
    """An incident of the station, in the north, and of what explains it in the south, which the north must not know."""
    south, station = city.alarms["sud"], city.alarms["gare"]
    Sector.objects.filter(pk=south.sector_id).update(name="Zone cachée")
    Asset.objects.filter(pk=south.asset_id).update(name="Coffre", code="COF-1")
    Alarm.objects.filter(pk=south.pk).update(severity=1, sentence_fr="Panne cachée — Coffre", sentence_en="Panne cachée — Coffre")
    incident = moves.open_by_hand(
        city.site.pk, [station.pk, south.pk], title="Titre caché", by=Actor.of(city.users["operator"]), now=NOON
    )
    Incident.objects.filter(pk=incident.pk).update(cause=south)
    Alarm.objects.filter(pk=station.pk).update(suppressed_by=south, together=f"cause:{south.pk}")
    moves.add_comment(incident.pk, text="Coffre : équipe en route", by=Actor.of(city.users["operator"]), now=NOON)
    return incident


def untold(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


def test_no_address_of_the_interface_tells_of_it(city, secret):
    client, station = city.client("nord"), city.alarms["gare"].pk
    doors = (
        LIST, f"{LIST}?state=all", at(secret.pk), at(secret.pk, "alarms"), at(secret.pk, "journal"), "/api/v1/sites/quai/journal",
        "/api/v1/sites/quai/alarms?state=all", f"/api/v1/alarms/{station}", f"/api/v1/alarms/{station}/journal",
    )  # fmt: skip
    for door in doors:
        answer = client.get(door)
        assert answer.status_code == 200, door
        assert untold(json.dumps(answer.json(), ensure_ascii=False)), door


def test_what_they_see_of_it_is_named_counted_and_as_severe_as_their_own_alarms(city, secret):
    row = city.client("nord").get(at(secret.pk)).json()
    station = city.alarms["gare"]
    assert row["title"]["fr"] == f"{city.rule.name_fr} — {station.sector.name} ({station.asset.code})"
    assert (row["partial"], row["severity"], row["counts"]["alarms"], row["cause"], row["comments"]) == (True, "high", 1, None, 0)
    (member,) = city.client("nord").get(at(secret.pk, "alarms")).json()["results"]
    assert member["why_together"] == {
        "code": "cause", "alarm": None,
        "text": {"fr": "Même cause, avec une alarme hors de vos secteurs", "en": "Same cause, with an alarm beyond your sectors"},
    }  # fmt: skip
    whole = city.client("operator").get(at(secret.pk)).json()
    assert (whole["title"]["fr"][:11], whole["partial"], whole["severity"]) == ("Titre caché", False, "critical")


def test_the_page_of_the_desk_tells_nothing_of_it(city, secret):
    Alarm.objects.filter(pk=city.alarms["gare"].pk).update(suppressed_by=None)
    page = city.client("nord").get("/sites/quai/").content.decode()
    assert city.assets["nord"].code in page
    assert untold(page)


def test_it_stays_untold_once_what_lies_elsewhere_was_split_off(city, secret):
    moves.split(secret.pk, [city.alarms["sud"].pk], by=Actor.of(city.users["operator"]), now=NOON)
    client = city.client("nord")
    for door in (at(secret.pk), at(secret.pk, "journal")):
        assert untold(json.dumps(client.get(door).json(), ensure_ascii=False)), door


def test_one_that_never_was_beyond_their_sectors_is_told_whole(city):
    client = city.client("nord")
    answer = post(client, LIST, {"alarms": [city.alarms["nord"].pk, city.alarms["gare"].pk], "title": "À nous"}).json()
    post(client, at(answer["id"], "comments"), {"text": "équipe en route"})
    row = client.get(at(answer["id"])).json()
    assert (row["title"]["fr"], row["partial"], row["comments"]) == ("À nous", False, 1)
    kinds = [line["kind"] for line in client.get(at(answer["id"], "journal")).json()["results"]]
    assert kinds == ["incident.commented", "alarm.attached", "alarm.attached", "incident.opened"]


def test_the_line_of_an_alarm_quotes_its_cause_only_when_both_lie_in_one_sector(city):
    draft = city.alarms["gare"]
    quoted = suppressed(draft, 7, Quoted("Panne", "Failure", draft.sector_id), NOON)
    elsewhere = suppressed(draft, 7, Quoted("Panne cachée", "Panne cachée", city.alarms["sud"].sector_id), NOON)
    assert quoted.text_fr.startswith("Inhibée, expliquée par « Panne » : ")
    assert elsewhere.text_fr.startswith("Inhibée, expliquée par l'alarme 7 : ")
    assert untold(elsewhere.text_en)


@pytest.mark.django_db(transaction=True)
async def test_no_frame_of_the_socket_tells_of_it(valkey, transactional_db):
    from tests.api.city import build

    city = await sync_to_async(build)()
    watching = await watch(await sync_to_async(city.client)("nord"))
    await watching.until(lambda frame: frame["type"] == "pulse")
    incident = await sync_to_async(keep_secret)(city)
    told = await watching.until(lambda frame: "incident" in frame.get("rows", {}))
    assert told["rows"]["incident"][0]["id"] == incident.pk
    newcomer = await watch(await sync_to_async(city.client)("nord"))
    await newcomer.until(lambda frame: frame["type"] == "snapshot" and not frame["more"])
    for desk in (watching, newcomer):
        assert untold(json.dumps(desk.frames, ensure_ascii=False))
        await desk.socket.disconnect()
