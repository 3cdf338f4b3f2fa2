"""The live socket: what is told first, then every change, and that nothing is missed."""

import random
import time

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from alarms import lifecycle
from alarms.incidents import moves
from alarms.models import Alarm
from alarms.site.survey import survey
from alarms.verdicts import places
from alarms.verdicts.batch import lock_open
from assets.feeds.health import Tally
from assets.models import Asset
from hypervisor.consumers import LiveSocket
from hypervisor.live import Pulse
from hypervisor.models import Grant
from journal import live
from journal.actors import Actor
from journal.page import open_page
from tests.api.watching import acknowledge, burst, impatient, raise_burst, rows, started, watch
from tests.factories import make_feed, make_point, make_site, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "no_connection_left")]


async def test_a_desk_is_told_where_the_site_stands_and_then_every_change(city, operator):
    desk = await started(operator)
    assert set(desk.alarms) == {alarm.pk for name, alarm in city.alarms.items() if name != "other"}
    await sync_to_async(acknowledge)(city, "nord")
    frame = await desk.until(lambda frame: frame["type"] == "entries")
    assert [row["state"] for row in rows(frame, "alarm")] == ["acknowledged"]
    assert [entry["kind"] for entry in frame["entries"]] == ["alarm.acknowledged"]
    assert (frame["from"], frame["to"]) == (2, 2)
    await desk.socket.disconnect()


async def test_a_desk_that_comes_back_is_told_only_what_it_missed(city, operator):
    await sync_to_async(acknowledge)(city, "nord", "sud")
    desk = await watch(operator, since=1)
    desk.seq = 1
    frame = await desk.hear()
    assert (frame["type"], frame["from"], frame["to"], len(rows(frame, "alarm"))) == ("entries", 2, 3, 2)
    await desk.socket.disconnect()


async def test_a_desk_that_missed_nothing_hears_a_pulse(city, operator):
    desk = await watch(operator, since=1)
    desk.seq = 1
    assert (await desk.hear())["type"] == "pulse"
    await desk.socket.disconnect()


@pytest.mark.parametrize("since", ["9999", "-1", "x", "1" * 30, ""])
async def test_a_number_that_cannot_be_gone_on_from_gives_a_snapshot(city, operator, since):
    desk = await watch(operator, since=since)
    assert (await desk.hear())["type"] == "snapshot"
    await desk.socket.disconnect()


async def test_a_desk_that_missed_too_much_gets_a_snapshot(city, operator):
    last = await raise_burst(city.rule, city.assets["nord"], 5_100)
    desk = await started(operator, since=1)
    assert {frame["type"] for frame in desk.frames} == {"snapshot", "pulse"}
    assert (len(desk.alarms), desk.seq) == (5_104, last)
    assert max(len(str(frame)) for frame in desk.frames) < 250_000
    await desk.socket.disconnect()


async def test_a_burst_is_told_in_pages_without_a_gap(city, operator):
    desks = [await started(operator) for _ in range(3)]
    last = await raise_burst(city.rule, city.assets["nord"], 2_000)
    for desk in desks:
        await desk.reach(last)
        assert len(desk.alarms) == 2_004
        assert sum(frame["type"] == "entries" for frame in desk.frames) > 5
        await desk.socket.disconnect()


async def test_the_confined_hear_of_their_sectors_and_still_of_every_number(city):
    desk = await started(await sync_to_async(city.client)("nord"))
    assert set(desk.alarms) == {city.alarms["nord"].pk, city.alarms["gare"].pk}
    await sync_to_async(acknowledge)(city, "sud")
    frame = await desk.until(lambda frame: frame["type"] == "entries")
    assert (frame["from"], frame["to"], rows(frame, "alarm"), frame["entries"]) == (2, 2, [], [])
    await sync_to_async(acknowledge)(city, "gare", "none")
    frame = await desk.until(lambda frame: frame["type"] == "entries")
    assert [row["id"] for row in rows(frame, "alarm")] == [city.alarms["gare"].pk]
    assert [entry["about"] for entry in frame["entries"]] == [{"alarm": [city.alarms["gare"].pk]}]
    await desk.socket.disconnect()


def move(city, name: str, sector: str) -> None:
    """As a correlator does when the inventory has changed."""
    Asset.objects.filter(pk=city.assets[name].pk).update(sector=city.sectors[sector])
    with transaction.atomic():
        lock_open(city.site.pk)
        page = open_page(city.site.pk)
        places.follow(survey(city.site.pk), None, page, timezone.now())
        live.publish(page)


async def test_an_alarm_that_moves_leaves_the_desks_of_its_old_sector_and_comes_to_those_of_the_new(city):
    old, south = await sync_to_async(city.client)("nord"), await sync_to_async(lambda: make_user("sud"))()
    await Grant.objects.acreate(user=south, site=city.site, role="operator", confined=True)
    await (await Grant.objects.aget(user=south)).sectors.aset([city.sectors["sud"]])
    city.users["sud"] = south
    left, gained = await started(old), await started(await sync_to_async(city.client)("sud"))
    incident = await sync_to_async(moves.open_by_hand)(
        city.site.pk, [city.alarms["nord"].pk], by=Actor.of(city.users["operator"]), now=timezone.now()
    )
    for desk in (left, gained):
        await desk.until(lambda frame: frame["type"] == "entries")
    await sync_to_async(move)(city, "nord", "sud")
    frame = await left.until(lambda frame: frame["type"] == "entries")
    assert (rows(frame, "alarm"), frame["entries"]) == ([], [])
    assert frame["gone"] == {"alarm": [city.alarms["nord"].pk], "incident": [incident.pk]}
    frame = await gained.until(lambda frame: frame["type"] == "entries")
    assert [row["id"] for row in rows(frame, "alarm")] == [city.alarms["nord"].pk]
    assert [entry["kind"] for entry in frame["entries"]] == ["alarm.moved"]
    assert [row["id"] for row in rows(frame, "incident")] == [incident.pk]
    for desk in (left, gained):
        await desk.socket.disconnect()


async def test_what_the_layer_lost_is_told_at_the_next_pulse(city, operator):
    desk = await started(operator)
    last = await raise_burst(city.rule, city.assets["nord"], 3, announced=False)
    await desk.reach(last)
    assert len(desk.alarms) == 7
    await desk.socket.disconnect()


async def test_a_pulse_comes_by_itself_and_on_demand(city, operator):
    desk = await started(operator)
    await desk.socket.send_to(text_data='{"type":"ping"}')
    assert (await desk.hear())["type"] == "pulse"
    assert (await desk.hear())["type"] == "pulse"
    await desk.socket.disconnect()


async def test_a_pulse_says_how_many_feeds_are_well_of_those_that_concern_one(city, valkey, operator):
    def arrange() -> None:
        make_point(city.assets["sud"], make_feed(city.site, "never-heard"), "flow")
        tally = Tally()
        tally.note(city.feed.pk, time.time_ns() // 1000, accepted=1)
        tally.flush(valkey)

    await sync_to_async(arrange)()
    confined = await sync_to_async(city.client)("nord")
    for client, feeds in ((operator, {"well": 1, "all": 2}), (confined, {"well": 1, "all": 1})):
        desk = await started(client)
        assert desk.frames[-1]["feeds"] == feeds
        await desk.socket.disconnect()


async def test_a_pulse_is_never_ahead_of_what_the_client_was_told(city, operator):
    async def overtaken(self, told):
        """As if the site moved on while the snapshot was being sent."""
        self._relay.pulse = Pulse(self._relay.heard + 3, timezone.now())
        await LiveSocket._send_all(self, told)

    desk = await watch(operator, application=impatient(_send_all=overtaken))
    pulse = await desk.until(lambda frame: frame["type"] == "pulse")
    assert pulse["seq"] == desk.seq > 0
    await desk.socket.disconnect()


async def test_snapshot_and_entries_make_the_next_snapshot(city, operator):
    """Whatever is done meanwhile, who watched from the start knows what who comes now is told."""
    chance = random.Random(7)
    clients = {name: await sync_to_async(city.client)(name) for name in ("operator", "nord", "auditor")}
    watchers = {name: await started(client) for name, client in clients.items()}
    site, users = city.site.pk, (city.users["operator"], city.users["administrator"])
    for number in range(12):
        await sync_to_async(_something)(city, chance, number, users)
    last = (await Alarm.objects.filter(site=site).order_by("-seq").afirst()).seq
    for name, desk in watchers.items():
        await desk.reach(last)
        newcomer = await started(clients[name])
        assert desk.alarms == newcomer.alarms
        assert desk.seq == newcomer.seq
        await desk.socket.disconnect()
        await newcomer.socket.disconnect()


def _something(city, chance: random.Random, number: int, users: tuple) -> None:
    ids = list(Alarm.objects.filter(site=city.site).exclude(state="normal").values_list("pk", flat=True))
    chosen, by, now = chance.sample(ids, min(len(ids), chance.randint(1, 4))), chance.choice(users), timezone.now()
    match chance.choice(["acknowledge", "raise", "take", "comment", "return", "storm"]):
        case "acknowledge":
            lifecycle.acknowledge(chosen, by=Actor.of(by), now=now)
        case "raise":
            burst(city.rule, city.assets[chance.choice(["nord", "sud", "none"])], 3, prefix=f"asset-{number}")
        case "take":
            lifecycle.take_charge([chosen[0]], by=Actor.of(by), now=now)
        case "comment":
            lifecycle.add_comment([chosen[0]], text="vu", by=Actor.of(by), now=now)
        case "return":
            Alarm.objects.filter(pk=chosen[0]).update(state="returned")
            lifecycle.acknowledge(chosen[:1], by=Actor.of(by), now=now)
        case "storm":
            burst(city.rule, city.assets["gare"], 450, prefix=f"storm-{number}")


async def test_sockets_of_two_sites_do_not_hear_of_each_other(city, operator):
    other = await started(await sync_to_async(_elsewhere)(), site="loin")
    await sync_to_async(acknowledge)(city, "nord")
    await other.until(lambda frame: frame["type"] == "pulse")
    assert {frame["type"] for frame in other.frames} == {"snapshot", "pulse"}
    await other.socket.disconnect()


def _elsewhere():
    from django.test import Client

    client = Client()
    client.force_login(make_user("lointain", make_site("loin"), "operator"))
    return client


async def test_the_relay_ends_with_its_last_socket(city, operator):
    from hypervisor import live

    desks = [await started(operator) for _ in range(2)]
    assert live.sockets() == {city.site.pk: 2}
    for desk in desks:
        await desk.socket.disconnect()
    assert live.sockets() == {}
