"""The live socket: who may watch, what is told first, that nothing is missed, and when it is cut."""

import random

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.db import connections, transaction
from django.urls import path
from django.utils import timezone

from alarms import lifecycle, live
from alarms.incidents import moves
from alarms.journal import open_page
from alarms.lifecycle import places
from alarms.lifecycle.verdicts import lock_open
from alarms.models import Alarm
from alarms.survey import survey
from assets.models import Asset
from hypervisor import consumers
from hypervisor.consumers import LiveSocket
from hypervisor.live import Pulse
from hypervisor.models import Grant
from tests.api.watching import Desk, Socket, burst, closing, cookie_of, raise_burst, watch
from tests.factories import make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(valkey, city):
    return city


@pytest.fixture(autouse=True)
async def _leave_no_connection(city):
    """What the tests ask of the database from a coroutine runs in one thread, whose connection nobody else closes."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def operator(city):
    return city.client("operator")


def impatient(**options: object):
    """The socket with other intervals than in production."""
    consumer = type("Impatient", (LiveSocket,), options)
    return CookieMiddleware(URLRouter([path("ws/sites/<slug:site>/live", consumer.as_asgi())]))


def acknowledge(city, *names: str) -> None:
    ids = [city.alarms[name].pk for name in names]
    lifecycle.acknowledge(ids, by=city.users["operator"], now=timezone.now())


async def started(client, **options: object) -> Desk:
    """A desk that has heard where the site stands."""
    desk = await watch(client, **options)
    await desk.until(lambda frame: frame["type"] == "pulse")
    return desk


async def test_who_is_not_signed_in_is_refused(city):
    frames, code = await closing(await watch(None))
    assert (frames[0]["type"], code) == ("refused", 4401)


async def test_a_session_that_is_made_up_is_refused(city, operator):
    operator.cookies[settings.SESSION_COOKIE_NAME] = "abcdefghijklmnopqrstuvwxyz012345"
    _, code = await closing(await watch(operator))
    assert code == 4401


@pytest.mark.parametrize("site", ["ailleurs", "nulle-part"])
async def test_a_site_one_may_not_see_is_refused_like_one_that_is_not_there(city, operator, site):
    frames, code = await closing(await watch(operator, site))
    assert ([frame["type"] for frame in frames], code) == (["refused"], 4404)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost", "https://evil.example"), ("localhost", "null"), ("localhost:8000", "http://localhost:9999"),
        ("localhost:8000", "http://localhost"), ("localhost", "https://localhost"), ("127.0.0.1", "http://localhost"),
        ("evil.example", "http://evil.example"), ("", "http://"), ("[", "http://["), ("localhost", ""),
    ],
)  # fmt: skip
async def test_a_page_of_another_origin_cannot_watch(city, operator, host, origin):
    from hypervisor import sockets

    told = [(b"cookie", cookie_of(operator)), (b"host", host.encode()), (b"origin", origin.encode())]
    assert (await Socket(sockets.application, "/ws/sites/quai/live", told).connect())[0] is False


@pytest.mark.parametrize(
    ("host", "origin", "proto"),
    [
        ("localhost:8443", "http://localhost:8443", ""),
        ("[::1]:8000", "http://[::1]:8000", ""),
        ("inside:8000", "https://vigie.example", ""),
        ("inside:8000", "https://north.cities.example", ""),
        ("localhost", "https://localhost", "https"),
    ],
)
async def test_a_page_of_ours_may_watch(city, operator, settings, host, origin, proto):
    settings.CSRF_TRUSTED_ORIGINS = ["https://vigie.example", "https://*.cities.example"]
    settings.BEHIND_PROXY = bool(proto)
    headers = {"host": host, "origin": origin} | ({"x-forwarded-proto": proto} if proto else {})
    desk = await watch(operator, **headers)
    assert (await desk.hear())["type"] == "snapshot"
    await desk.socket.disconnect()


async def test_an_account_has_no_more_windows_than_a_wall_of_screens(city, operator, monkeypatch):
    monkeypatch.setattr(consumers, "MOST_SOCKETS", 2)
    first, second = await started(operator), await started(operator)
    frames, code = await closing(await watch(operator))
    assert ([frame["type"] for frame in frames], code) == (["refused"], 1013)
    auditor = await started(await sync_to_async(city.client)("auditor"))
    await first.socket.disconnect()
    third = await started(operator)
    for desk in (second, third, auditor):
        await desk.socket.disconnect()


async def test_an_address_without_a_socket_is_closed(city, operator):
    from hypervisor import sockets

    assert (await Socket(sockets.application, "/ws/nothing").connect())[0] is False


async def test_a_desk_is_told_where_the_site_stands_and_then_every_change(city, operator):
    desk = await started(operator)
    assert set(desk.alarms) == {alarm.pk for name, alarm in city.alarms.items() if name != "other"}
    await sync_to_async(acknowledge)(city, "nord")
    frame = await desk.until(lambda frame: frame["type"] == "entries")
    assert [row["state"] for row in frame["alarms"]] == ["acknowledged"]
    assert [entry["kind"] for entry in frame["entries"]] == ["alarm.acknowledged"]
    assert (frame["from"], frame["to"]) == (2, 2)
    await desk.socket.disconnect()


async def test_a_desk_that_comes_back_is_told_only_what_it_missed(city, operator):
    await sync_to_async(acknowledge)(city, "nord", "sud")
    desk = await watch(operator, since=1)
    desk.seq = 1
    frame = await desk.hear()
    assert (frame["type"], frame["from"], frame["to"], len(frame["alarms"])) == ("entries", 2, 3, 2)
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
    assert (frame["from"], frame["to"], frame["alarms"], frame["entries"]) == (2, 2, [], [])
    await sync_to_async(acknowledge)(city, "gare", "none")
    frame = await desk.until(lambda frame: frame["type"] == "entries")
    assert [row["id"] for row in frame["alarms"]] == [city.alarms["gare"].pk]
    assert [entry["alarm"] for entry in frame["entries"]] == [city.alarms["gare"].pk]
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
        city.site.pk, [city.alarms["nord"].pk], by=city.users["operator"], now=timezone.now()
    )
    for desk in (left, gained):
        await desk.until(lambda frame: frame["type"] == "entries")
    await sync_to_async(move)(city, "nord", "sud")
    frame = await left.until(lambda frame: frame["type"] == "entries")
    assert (frame["alarms"], frame["entries"]) == ([], [])
    assert frame["gone"] == {"alarms": [city.alarms["nord"].pk], "incidents": [incident.pk]}
    frame = await gained.until(lambda frame: frame["type"] == "entries")
    assert [row["id"] for row in frame["alarms"]] == [city.alarms["nord"].pk]
    assert [entry["kind"] for entry in frame["entries"]] == ["alarm.moved"]
    assert [row["id"] for row in frame["incidents"]] == [incident.pk]
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


async def test_a_pulse_is_never_ahead_of_what_the_client_was_told(city, operator):
    async def overtaken(self, told):
        """As if the site moved on while the snapshot was being sent."""
        self._relay.pulse = Pulse(self._relay.heard + 3, timezone.now())
        await LiveSocket._send_all(self, told)

    desk = await watch(operator, application=impatient(_send_all=overtaken))
    pulse = await desk.until(lambda frame: frame["type"] == "pulse")
    assert pulse["seq"] == desk.seq > 0
    await desk.socket.disconnect()


NESTED = '{"type":"ping","x":' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize("message", ['{"type":"acknowledge","id":1}', "[]", "nonsense", "", '{"kind":"ping"}', NESTED])
async def test_any_other_message_ends_the_socket(city, operator, message):
    desk = await started(operator)
    await desk.socket.send_input({"type": "websocket.receive", "text": message})
    frames, code = await closing(desk)
    assert (frames[-1]["type"], code) == ("refused", 4400)


async def test_who_logs_out_is_cut(city, operator):
    desk = await started(operator, application=impatient(rights_interval=0.1))
    await sync_to_async(operator.logout)()
    frames, code = await closing(desk)
    assert (frames[-1]["type"], code) == ("refused", 4401)


async def test_who_changes_the_password_is_cut(city, operator):
    desk = await started(operator, application=impatient(rights_interval=0.1))
    user = city.users["operator"]
    user.set_password("un-autre-mot-de-passe")
    await user.asave()
    _, code = await closing(desk)
    assert code == 4401


async def test_who_loses_the_right_is_cut(city, operator):
    desk = await started(operator, application=impatient(rights_interval=0.1))
    await Grant.objects.filter(user=city.users["operator"]).adelete()
    frames, code = await closing(desk)
    assert (frames[-1]["type"], code) == ("refused", 4403)


async def test_who_is_confined_while_watching_gets_a_new_snapshot(city, operator):
    desk = await started(operator, application=impatient(rights_interval=0.1))
    grant = await Grant.objects.aget(user=city.users["operator"])
    await grant.sectors.aset([city.sectors["sud"]])
    await desk.until(lambda frame: frame["type"] == "snapshot")
    assert set(desk.alarms) == {city.alarms["sud"].pk}
    await desk.socket.disconnect()


async def test_a_client_that_does_not_take_what_it_is_sent_is_sent_away(city, operator):
    from hypervisor import backpressure

    await raise_burst(city.rule, city.assets["nord"], 3_000)
    socket = Socket(impatient(patience=0.1), "/ws/sites/quai/live", [(b"cookie", cookie_of(operator))])
    socket.scope[backpressure.KEY] = lambda: True
    await socket.connect()
    frames, code = await closing(Desk(socket))
    assert (frames[-1]["type"], code) == ("refused", 1013)
    assert len(frames) < 10


async def test_a_client_that_pings_without_end_is_sent_away_and_answered_no_more(city, operator):
    from hypervisor import consumers

    desk = await started(operator)
    for _ in range(100):
        await desk.socket.send_to(text_data='{"type":"ping"}')
    frames, code = await closing(desk)
    assert (frames[-1]["type"], code) == ("refused", 4400)
    assert len(frames) < 2 * consumers.MOST_PINGS
    assert await desk.socket.receive_nothing()


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
            lifecycle.acknowledge(chosen, by=by, now=now)
        case "raise":
            burst(city.rule, city.assets[chance.choice(["nord", "sud", "none"])], 3, prefix=f"asset-{number}")
        case "take":
            lifecycle.take_charge(chosen[0], by=by, now=now)
        case "comment":
            lifecycle.add_comment(chosen[0], text="vu", by=by, now=now)
        case "return":
            Alarm.objects.filter(pk=chosen[0]).update(state="returned")
            lifecycle.acknowledge(chosen[:1], by=by, now=now)
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
