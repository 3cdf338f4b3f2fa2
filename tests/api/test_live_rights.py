"""Who may watch the live socket, how many at once, and when it is cut."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from hypervisor import consumers
from hypervisor.models import Grant
from tests.api.watching import Desk, Socket, closing, cookie_of, impatient, raise_burst, started, watch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "no_connection_left")]


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


@pytest.mark.parametrize(
    ("version", "headers"),
    [(1, {}), (3, {}), ("x", {}), (None, {"origin": "http://localhost"}), (1, {"origin": "http://localhost"})],
)
async def test_a_client_of_another_version_is_told_to_load_again(city, operator, version, headers):
    frames, code = await closing(await watch(operator, version=version, host="localhost", **headers))
    assert ([frame["type"] for frame in frames], code) == (["refused"], 4400)
    assert "reload the page" in frames[0]["reason"]


async def test_a_program_that_names_no_version_is_told_which_one_it_hears(city, operator):
    desk = await watch(operator, version=None)
    assert (await desk.hear())["version"] == 2
    await desk.socket.disconnect()


async def test_an_account_has_no_more_windows_than_a_wall_of_screens(city, operator, monkeypatch):
    monkeypatch.setattr(consumers, "MOST_SOCKETS", 2)
    first, second = await started(operator), await started(operator)
    frames, code = await closing(await watch(operator))
    assert ([frame["type"] for frame in frames], code) == (["refused"], 4429)
    auditor = await started(await sync_to_async(city.client)("auditor"))
    await first.socket.disconnect()
    third = await started(operator)
    for desk in (second, third, auditor):
        await desk.socket.disconnect()


async def test_an_address_without_a_socket_is_closed(city, operator):
    from hypervisor import sockets

    assert (await Socket(sockets.application, "/ws/nothing").connect())[0] is False


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
    assert (frames[-1]["type"], code) == ("refused", 4429)
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
