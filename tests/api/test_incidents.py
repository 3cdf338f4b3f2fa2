"""Incidents in the interface: seen by right, moved by people, journaled, and told on the live channel."""

import itertools

import pytest
from asgiref.sync import sync_to_async

from alarms.incidents import moves, upkeep
from alarms.models import Alarm, Incident
from journal.actors import Actor
from journal.reading import lines_about, verify
from tests.api.watching import rows, watch
from tests.factories import NOON, make_alarm, make_asset

LIST = "/api/v1/sites/quai/incidents"


def at(incident: int, what: str = "") -> str:
    return f"/api/v1/incidents/{incident}" + (f"/{what}" if what else "")


def post(client, path: str, body: dict | None = None):
    return client.post(path, body or {}, content_type="application/json")


def opened(city, *names: str, by: str = "operator", title: str = "") -> int:
    answer = post(city.client(by), LIST, {"alarms": [city.alarms[name].pk for name in names], "title": title})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def titles(client, query: str = "") -> list[str]:
    return [row["title"]["fr"] for row in client.get(LIST + query).json()["results"]]


def test_an_incident_opened_by_hand_has_a_number_the_worst_severity_and_its_counts(city):
    incident = opened(city, "nord", "sud")
    row = city.client("auditor").get(at(incident)).json()
    assert (row["number"], row["state"], row["severity"], row["owner"]) == (1, "open", "critical", None)
    assert row["counts"] == {
        "alarms": 2, "open": 2, "unacknowledged": 2, "suppressed": 0, "set_aside": 0,
        "critical": 1, "high": 0, "medium": 1, "low": 0,
    }  # fmt: skip
    alarm = city.client("auditor").get(f"/api/v1/alarms/{city.alarms['nord'].pk}").json()
    assert alarm["incident"] == {"id": incident, "number": 1}


def test_what_is_back_and_nobody_acknowledged_is_still_counted_as_waiting(city):
    incident = opened(city, "nord", "sud")
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(state="returned")
    counts = city.client("auditor").get(at(incident)).json()["counts"]
    assert (counts["open"], counts["unacknowledged"]) == (2, 2)


def test_each_open_alarm_of_an_incident_is_counted_once_and_as_the_lists_and_the_lamps_count_it(city):
    """One that is shelved and explained by a cause is set aside, wherever it is counted."""
    cause, client = city.alarms["nord"], city.client("operator")
    silences = [{"suppressed_by": cause}, {"shelved_until": NOON}, {"out_of_service_until": NOON}]
    silences.append(silences[0] | silences[1])
    rule = cause.rule
    assets = [make_asset(city.site, f"J-{n}9", sector=cause.sector) for n in range(len(silences))]
    made = [make_alarm(rule, asset, **silent) for asset, silent in zip(assets, silences, strict=True)]
    ids = [cause.pk, *(alarm.pk for alarm in made)]
    incident = post(client, LIST, {"alarms": ids}).json()["id"]
    counts = client.get(at(incident)).json()["counts"]
    assert (counts["open"], counts["suppressed"], counts["set_aside"]) == (5, 1, 3)
    assert sum(counts[severity] for severity in ("critical", "high", "medium", "low")) == 1
    listed = {
        state: [row["id"] for row in client.get(f"/api/v1/sites/quai/alarms?state={state}&incident={incident}").json()["results"]]
        for state in ("in_view", "suppressed", "set_aside")
    }
    assert sorted(itertools.chain(*listed.values())) == sorted(ids)
    assert {state: len(found) for state, found in listed.items()} == {"in_view": 1, "suppressed": 1, "set_aside": 3}
    page = client.get("/sites/quai/").content.decode()
    assert '<b data-part="shelved">3</b>' in page
    assert '<b data-part="suppressed">1</b>' in page


def test_the_list_is_newest_first_pages_and_filters_by_state_and_owner(city):
    client = city.client("operator")
    first, second = opened(city, "nord", title="un"), opened(city, "sud", title="deux")
    assert titles(client) == ["deux", "un"]
    post(client, at(first, "charge"))
    assert titles(client, "?state=in_hand") == titles(client, "?owner=operator") == ["un"]
    page = client.get(f"{LIST}?limit=1").json()
    assert [row["id"] for row in page["results"]] == [second]
    assert [row["id"] for row in client.get(page["next"]).json()["results"]] == [first]
    assert client.get(f"{LIST}?state=lost").status_code == 422


def test_it_is_taken_in_charge_commented_released_and_closed_once_its_alarms_are(city):
    client, incident = city.client("operator"), opened(city, "nord")
    taken = post(client, at(incident, "charge")).json()
    assert (taken["state"], taken["owner"]) == ("in_hand", "operator")
    assert post(client, at(incident, "comments"), {"text": "équipe en route"}).status_code == 201
    refused = post(client, at(incident, "closure"))
    assert (refused.status_code, refused.json()["detail"]) == (409, "Il a encore 1 alarme ouverte.")
    Alarm.objects.filter(incident=incident).update(state="normal", closed_at=NOON)
    closed = post(client, at(incident, "closure"), {"comment": "réparé"}).json()
    assert (closed["state"], closed["comments"]) == ("closed", 2)
    assert post(client, at(incident, "closure")).status_code == 200
    assert post(client, at(incident, "charge")).status_code == 409
    lines = lines_about(city.site.pk, "incident", [incident]).filter(kind__startswith="incident.").order_by("seq")
    assert list(lines.values_list("kind", "actor")) == [
        (f"incident.{kind}", "operator") for kind in ("opened", "taken", "commented", "closed")
    ]  # fmt: skip
    assert list(verify(city.site.pk)) == []


def test_another_persons_incident_is_released_by_a_shift_supervisor_only(city):
    incident = opened(city, "nord")
    post(city.client("shift_supervisor"), at(incident, "charge"))
    assert city.client("operator").delete(at(incident, "charge")).status_code == 403
    assert post(city.client("operator"), at(incident, "closure")).status_code == 403
    post(city.client("operator"), at(incident, "charge"))
    answer = city.client("shift_supervisor").delete(at(incident, "charge"))
    assert (answer.json()["state"], answer.json()["owner"]) == ("open", None)


def test_merging_brings_the_alarms_over_and_later_arrivals_follow(city):
    client = city.client("operator")
    one, two = opened(city, "nord"), opened(city, "sud", "gare")
    merged = post(client, at(one, "merging"), {"incidents": [two]}).json()
    assert merged["counts"]["alarms"] == 3
    other = client.get(at(two)).json()
    assert (other["state"], other["merged_into"]) == ("closed", {"id": one, "number": 1})
    assert other["severity"] is None
    assert {row["incident"]["id"] for row in client.get(at(one, "alarms")).json()["results"]} == {one}
    assert post(client, at(one, "merging"), {"incidents": [one]}).status_code == 409
    assert post(client, at(one, "merging"), {"incidents": [10**9]}).status_code == 404
    assert list(verify(city.site.pk)) == []


@pytest.mark.parametrize("name", ["operator", "shift_supervisor"])
def test_the_incident_another_has_in_hand_is_ended_by_no_detour_but_for_a_shift_supervisor(city, name):
    one, two = opened(city, "nord"), opened(city, "sud", "gare")
    assert post(city.client("administrator"), at(two, "charge")).status_code == 200
    client, (split, merged) = city.client(name), {"operator": (403, 403), "shift_supervisor": (201, 200)}[name]
    assert post(client, at(two, "splitting"), {"alarms": [city.alarms["sud"].pk]}).status_code == split
    assert post(client, at(one, "merging"), {"incidents": [two]}).status_code == merged
    assert Incident.objects.get(pk=two).state == ("in_hand" if name == "operator" else "closed")


def test_splitting_makes_another_incident_and_never_empties_the_first(city):
    client = city.client("operator")
    incident = opened(city, "nord", "sud")
    sud = city.alarms["sud"].pk
    answer = post(client, at(incident, "splitting"), {"alarms": [sud], "title": "à part"})
    assert answer.status_code == 201
    assert (answer.json()["title"]["en"], answer.json()["counts"]["alarms"]) == ("à part", 1)
    assert post(client, at(incident, "splitting"), {"alarms": [sud]}).status_code == 409
    assert post(client, at(incident, "splitting"), {"alarms": [city.alarms["nord"].pk]}).status_code == 409


def test_the_timeline_has_the_lines_of_the_incident_and_of_its_alarms(city):
    client, incident = city.client("operator"), opened(city, "nord")
    post(client, f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement")
    lines = client.get(at(incident, "journal")).json()["results"]
    assert [line["kind"] for line in lines] == ["alarm.acknowledged", "alarm.attached", "incident.opened"]
    assert [line["about"].get("incident") for line in lines] == [None, [incident], [incident]]


def test_who_is_confined_sees_what_touches_their_sectors_counts_that_only_and_changes_nothing_beyond(city):
    wide, beyond = opened(city, "gare", "sud"), opened(city, "none")
    client = city.client("nord")
    assert [row["id"] for row in client.get(LIST).json()["results"]] == [wide]
    row = client.get(at(wide)).json()
    assert (row["counts"]["alarms"], row["severity"]) == (1, "high")
    assert [each["id"] for each in client.get(at(wide, "alarms")).json()["results"]] == [city.alarms["gare"].pk]
    assert post(client, at(wide, "charge")).status_code == 403
    assert client.get(at(beyond)).status_code == 404
    own = opened(city, "nord", by="nord")
    assert post(client, at(own, "charge")).status_code == 200
    assert post(client, LIST, {"alarms": [city.alarms["none"].pk]}).status_code == 404


@pytest.mark.parametrize(("name", "status"), [("auditor", 403), ("stranger", 404), ("root", 404)])
def test_who_may_not_act_may_not_act_on_incidents_either(city, name, status):
    incident = opened(city, "nord")
    client = city.client(name)
    bodies = {"charge": {}, "closure": {}, "comments": {"text": "vu"}, "merging": {"incidents": [incident]},
              "splitting": {"alarms": [city.alarms["nord"].pk]}}  # fmt: skip
    assert {post(client, at(incident, what), body).status_code for what, body in bodies.items()} == {status}
    assert post(client, LIST, {"alarms": [city.alarms["sud"].pk]}).status_code == status


def test_an_alarm_that_has_an_incident_or_is_closed_makes_no_other(city):
    client = city.client("operator")
    opened(city, "nord")
    assert post(client, LIST, {"alarms": [city.alarms["nord"].pk]}).status_code == 409
    closed = make_alarm(city.rule, city.assets["sud"], subject="asset:0", state="normal")
    assert post(client, LIST, {"alarms": [closed.pk]}).status_code == 409


def test_an_incident_nobody_took_closes_with_its_last_alarm_and_one_in_hand_waits_for_its_owner(city):
    loose, held = opened(city, "nord"), opened(city, "sud")
    post(city.client("operator"), at(held, "charge"))
    Alarm.objects.filter(site=city.site).update(state="normal", closed_at=NOON)
    now = Incident.objects.latest("joined_at").joined_at.replace(year=2100)
    assert upkeep.sweep(city.site.pk, now) == 1
    assert Incident.objects.get(pk=loose).state == "closed"
    assert Incident.objects.get(pk=held).state == "in_hand"
    assert list(verify(city.site.pk)) == []


@pytest.mark.django_db(transaction=True)
async def test_the_live_channel_tells_of_incidents_by_right(valkey, transactional_db):
    from tests.api.city import build

    city = await sync_to_async(build)()
    desks = {name: await watch(await sync_to_async(city.client)(name)) for name in ("operator", "nord")}
    for desk in desks.values():
        await desk.until(lambda frame: frame["type"] == "pulse")
    ids = [city.alarms[name].pk for name in ("gare", "sud")]
    incident = await sync_to_async(moves.open_by_hand)(city.site.pk, ids, by=Actor.of(city.users["operator"]), now=NOON)
    told = {name: await desk.until(lambda frame: frame["type"] == "entries") for name, desk in desks.items()}
    assert [row["counts"]["alarms"] for row in rows(told["operator"], "incident")] == [2]
    assert [row["counts"]["alarms"] for row in rows(told["nord"], "incident")] == [1]
    assert {row["incident"]["id"] for row in rows(told["operator"], "alarm")} == {incident.pk}
    newcomer = await watch(await sync_to_async(city.client)("nord"))
    snapshot = await newcomer.until(lambda frame: frame["type"] == "snapshot")
    assert [row["number"] for row in rows(snapshot, "incident")] == [1]
    for desk in (*desks.values(), newcomer):
        await desk.socket.disconnect()
