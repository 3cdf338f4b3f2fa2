"""Present values on the live socket: told once, then what changed, to each what their sectors hold."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from alarms.models import Alarm
from assets.models import Latest
from tests.api.watching import watch
from tests.factories import NOON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(valkey, city):
    """Each alarm of the site is about its asset's point, which reads 1.5."""
    for name, point in city.points.items():
        Alarm.objects.filter(pk=city.alarms[name].pk).update(point=point)
        Latest.objects.create(point=point, at=NOON, received_at=NOON, value=1.5, trend=1)
    return city


@pytest.fixture
def clients(city):
    return {name: city.client(name) for name in ("operator", "auditor", "nord")}


@pytest.fixture(autouse=True)
async def _leave_no_connection(city):
    yield
    await sync_to_async(connections.close_all)()


async def told(desk) -> dict[int, dict]:
    frame = await desk.until(lambda frame: frame["type"] == "present")
    return {row["point"]: row for row in frame["points"]}


async def test_a_desk_hears_the_present_value_of_each_point_in_alarm_then_what_changed(city, clients):
    desk = await watch(clients["operator"])
    first = await told(desk)
    assert {row["value"] for row in first.values()} == {1.5}
    assert set(first) == {point.pk for point in city.points.values()}
    assert first[city.points["nord"].pk] == {
        "point": city.points["nord"].pk, "at": "2026-03-01T12:00:00.000Z", "value": 1.5, "unit": "m", "interval": 60,
        "state": None, "trend": "rising", "quality": "good", "silent_since": None,
        "alarm": None, "of": None, "rate": None, "rate_at": None,
    }  # fmt: skip
    await sync_to_async(Latest.objects.filter(point=city.points["sud"]).update)(value=1.24, trend=-1)
    second = await told(desk)
    assert [(row["point"], row["value"], row["trend"]) for row in second.values()] == [(city.points["sud"].pk, 1.24, "falling")]
    await desk.socket.disconnect()


async def test_who_comes_later_hears_all_of_it_and_who_is_confined_only_their_sectors(city, clients):
    early = await watch(clients["operator"])
    await told(early)
    late, confined = await watch(clients["auditor"]), await watch(clients["nord"])
    assert set(await told(late)) == {point.pk for point in city.points.values()}
    assert set(await told(confined)) == {city.points["nord"].pk, city.points["gare"].pk}
    for desk in (early, late, confined):
        await desk.socket.disconnect()


async def test_a_value_of_a_point_whose_alarm_closed_is_told_no_more(city, clients):
    desk = await watch(clients["operator"])
    await told(desk)
    await sync_to_async(Alarm.objects.filter(pk=city.alarms["sud"].pk).update)(state="normal")
    await sync_to_async(Latest.objects.update)(value=3.0)
    assert city.points["sud"].pk not in await told(desk)
    await desk.socket.disconnect()
