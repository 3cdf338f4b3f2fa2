"""Modbus TCP end to end: a device that others wrote, a connector of its own process, a real web process, and the log."""

import datetime as dt
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from urllib.error import HTTPError

import psutil
import pytest
from django.utils import timezone

from assets import log
from assets.models import Feed, Point, UnknownAddress
from commands import connectors as command_connectors
from commands import moves
from commands.delivery import worker
from tests.commands.field import CHIEF, OPERATOR, again
from tests.connectors.devices import ROOT, Device
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_site

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = """
[vigie]
url = "{url}"
feed = "{feed}"
token = "{token}"
spool = "spool"

[orders]
port = {orders}
token = "an-order"

[[modbus]]
name = "CH-1"
host = "127.0.0.1"
port = {port}
every = 0.2
timeout = {timeout}

[[modbus.register]]
address = "supply"
at = 10
type = "f32"
asset = "CH-1"
quantity = "supply_temperature"
unit = "°C"

[[modbus.register]]
address = "return"
at = 12
type = "i16"
scale = 0.1

[[modbus.register]]
address = "fault"
at = 13
bits = 2

[[modbus.register]]
address = "pump"
kind = "coil"
at = 0
writable = true

[[modbus.register]]
address = "setpoint"
at = 20
scale = 0.5
writable = true
minimum = 20
maximum = 80

[[modbus.register]]
address = "flow"
kind = "input"
at = 4
type = "u32"
words = "little"
"""


def text(served, device: Device, orders: int = 0, *, feed: str = "jauges", timeout: float = 2.0, url: str = "") -> str:
    return DEVICE.format(
        url=url or served.url, feed=feed, token=TOKEN, orders=orders, port=device.port, timeout=timeout,
    )  # fmt: skip


@pytest.fixture
def boiler(transactional_db, valkey) -> Feed:
    site = make_site()
    feed = make_feed(site)
    asset = make_asset(site, "CH-1", "boiler")
    for name in ("supply", "return", "fault", "pump", "setpoint", "flow", "online"):
        make_point(asset, feed, name, address=f"CH-1/{name}")
    return feed


def stored(feed: Feed) -> dict[str, list[float]]:
    """What the log has of each address, in order."""
    names = dict(Point.objects.filter(feed=feed).values_list("pk", "address"))
    found: dict[str, list[float]] = {}
    for entry in log.shared().read(feed.supervisor.site_id, "0", 100_000, 1):
        readings = entry.opened().readings
        if readings is None or int(entry.feed) != feed.pk:
            continue
        for point, value in zip(readings.point, readings.value, strict=True):
            found.setdefault(names[int(point)].removeprefix("CH-1/"), []).append(float(value))
    return found


def newest(feed: Feed) -> dict[str, float]:
    return {name: values[-1] for name, values in stored(feed).items()}


def told(feed: Feed) -> list[tuple[str, dict[str, object]]]:
    """The events of the log: (kind, attributes)."""
    found = []
    for entry in log.shared().read(feed.supervisor.site_id, "0", 100_000, 1):
        found += [(event.kind, event.attributes) for event in entry.opened().events or ()]
    return found


def order(port: int, address: str, value: object, *, token: str = "an-order", key: str = "") -> tuple[int, dict[str, str]]:
    headers = {"authorization": f"Token {token}", "idempotency-key": key}
    body = json.dumps({"address": address, "value": value}).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/orders", body, headers), timeout=30
        ) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_registers_become_readings_and_what_no_point_has_can_be_adopted(boiler, served, device, connect, wait_until):
    Point.objects.filter(address="CH-1/flow").delete()
    device.set(holding={10: 0x4282, 11: 0, 12: 0xFF9C, 13: 0b100, 20: 130}, input={4: 7, 5: 1}, coils=1)
    connect(text(served, device))
    wait_until(lambda: len(newest(boiler)) == 6)
    assert newest(boiler) == {"supply": 65.0, "return": -10.0, "fault": 1, "pump": 1, "setpoint": 65, "online": 1}
    wait_until(lambda: UnknownAddress.objects.filter(address="CH-1/flow", sample="65543.0").exists())
    device.set(holding={12: 250})
    wait_until(lambda: newest(boiler)["return"] == 25.0)


def test_a_device_that_was_gone_is_told_with_its_gap_and_read_again(boiler, served, device, connect, wait_until):
    connect(text(served, device, timeout=0.5))
    wait_until(lambda: newest(boiler).get("online") == 1)
    device.end()
    wait_until(lambda: newest(boiler)["online"] == 0)
    device.start()
    device.set(holding={12: 10})
    wait_until(lambda: newest(boiler)["online"] == 1 and newest(boiler)["return"] == 1.0)
    wait_until(lambda: [kind for kind, _ in told(boiler)] == ["device_gone", "device_back"])
    (_, gone), (_, back) = told(boiler)
    assert gone["why"]
    away = dt.datetime.fromisoformat(str(back["until"])) - dt.datetime.fromisoformat(str(back["from"]))
    assert away.total_seconds() == pytest.approx(back["seconds"], abs=0.1)


def test_a_device_that_stalls_holds_up_no_other(boiler, served, device, connect, wait_until):
    stalled = Device()
    try:
        second = text(served, stalled, timeout=0.5).split("[[modbus]]")[1].replace("CH-1", "CH-2")
        connect(text(served, device) + "[[modbus]]" + second)
        wait_until(lambda: newest(boiler).get("online") == 1)
        stalled.send(signal.SIGSTOP)
        wait_until(lambda: UnknownAddress.objects.filter(address="CH-2/online", sample="0.0").exists())
        before = len(stored(boiler)["online"])
        wait_until(lambda: len(stored(boiler)["online"]) >= before + 10, timeout=20)
        assert set(stored(boiler)["online"]) == {1}
    finally:
        stalled.send(signal.SIGCONT)
        stalled.end()


def test_nothing_is_lost_while_vigie_is_away_or_the_connector_is_killed(boiler, served, device, connect, wait_until):
    running = connect(text(served, device))
    wait_until(lambda: newest(boiler).get("return") == 0)
    served.kill()
    device.set(holding={12: 111})
    wait_until(lambda: "not reached" in running.said())
    spool = running.folder / "spool"
    wait_until(lambda: any(b"11.1" in path.read_bytes() for path in list(spool.glob("*.json"))))
    running.end(signal.SIGKILL)
    waiting = [path.stem for path in spool.glob("*.json")]
    device.set(holding={12: 222})
    served.start()
    running.start()
    wait_until(lambda: newest(boiler)["return"] == 22.2)
    assert 11.1 in stored(boiler)["return"]
    wait_until(lambda: not {path.stem for path in spool.glob("*.json")} & {*waiting})
    assert running.end() == 0


def test_a_connector_that_is_killed_or_stopped_disturbs_nobody(boiler, served, device, connect, wait_until):
    other = make_feed(boiler.supervisor.site, "autre")
    make_point(make_asset(boiler.supervisor.site, "CH-9", "boiler"), other, "online", address="CH-1/online")
    first, second = connect(text(served, device)), connect(text(served, device, feed="autre"))
    wait_until(lambda: stored(boiler) and stored(other))
    first.send(signal.SIGSTOP)
    for _ in range(2):  # stopped, then killed
        before = len(stored(other)["online"])
        wait_until(lambda before=before: len(stored(other)["online"]) >= before + 5)
        with urllib.request.urlopen(f"{served.url}/health/live", timeout=10) as answer:
            assert answer.status == 200
        first.process.kill()
    assert second.process.poll() is None


def test_an_order_is_written_once_and_proved_by_what_is_read_next(boiler, served, device, connect, wait_until, free_port):
    port = free_port()
    connect(text(served, device, port))
    wait_until(lambda: taken(port) and newest(boiler).get("setpoint") == 0)
    assert order(port, "CH-1/setpoint", 65, key="k1") == (200, {"state": "written"})
    assert order(port, "CH-1/setpoint", 65, key="k1") == (200, {"state": "written"})
    assert len(device.told) == 1
    assert device.told[0]["holding"][80:84] == f"{130:04x}"
    wait_until(lambda: newest(boiler)["setpoint"] == 65)
    assert order(port, "CH-1/pump", 1)[0] == 200
    wait_until(lambda: newest(boiler)["pump"] == 1)


@pytest.mark.parametrize(
    ("address", "value", "token", "status"),
    [
        ("CH-1/setpoint", 81, "an-order", 422), ("CH-1/setpoint", "warm", "an-order", 422), ("CH-1/supply", 20, "an-order", 422),
        ("CH-7/setpoint", 20, "an-order", 422), ("CH-1/setpoint", 50, "another", 401), (["x"], 50, "an-order", 422),
    ],
)  # fmt: skip
def test_an_order_that_may_not_be_is_refused_and_nothing_is_written(
    boiler, served, device, connect, wait_until, free_port, address, value, token, status
):
    port = free_port()
    connect(text(served, device, port))
    wait_until(lambda: taken(port))
    assert order(port, address, value, token=token)[0] == status
    assert device.told == []


def test_a_command_of_the_desk_goes_to_a_coil_and_is_confirmed_by_the_field_alone(
    field, served, device, connect, wait_until, free_port
):
    port = free_port()
    connect(text(served, device, port, feed=field.point.feed.slug))
    wait_until(lambda: taken(port))
    field.point.address = "CH-1/pump"
    field.point.save()
    mapping = {
        "protocol": "http", "path": "/orders", "headers": {"authorization": "Token an-order"},
        "body": {"address": "{address}", "value": 1}, "types": {"close": {"body": {"address": "{address}", "value": 0}}},
        "answer": {"field": "state", "accepted": ["written"], "refused": ["refused"], "failed": ["failed"], "message": "why"},
    }  # fmt: skip
    now = timezone.now()
    command_connectors.set_up(
        field.gate.supervisor, f"http://127.0.0.1:{port}", mapping, by=CHIEF, now=now, allow_private_address=True
    )
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=now)
    worker.deliver(command.pk)
    assert (again(command).state, device.told[-1]["coils"]) == ("accepted", 1)
    field.read(1, timezone.now())
    assert again(command).state == "confirmed"


def test_a_file_is_tried_and_its_points_are_printed(boiler, served, device, connect):
    device.set(holding={10: 0x4282, 11: 0})
    trying = connect(text(served, device), "--try")
    assert trying.process.wait(30) == 0
    assert "CH-1/supply = 65 °C" in trying.said().splitlines()
    points = connect(text(served, device), "--points")
    assert points.process.wait(30) == 0
    assert points.said().splitlines()[1:] == ["CH-1,supply_temperature,°C,1,jauges,CH-1/supply"]
    broken = connect(text(served, device).replace('type = "f32"', 'type = "f31"'))
    assert broken.process.wait(30) == 1
    assert "f31" in broken.said()


def test_a_folder_is_run_file_by_file_and_what_ends_is_begun_again(boiler, served, device, connect, wait_until):
    alone = connect(text(served, device))  # a folder with one file
    wait_until(lambda: newest(boiler).get("online") == 1)
    assert alone.end() == 0
    folder = connect("", folder=alone.folder)
    wait_until(lambda: len(psutil.Process(folder.process.pid).children()) == 1)
    before = len(stored(boiler)["online"])
    psutil.Process(folder.process.pid).children()[0].kill()
    wait_until(lambda: "is begun again" in folder.said() and len(stored(boiler)["online"]) > before + 2)
    alive = [sys.executable, "-m", "connectors", "--alive", str(alone.folder)]
    assert subprocess.run(alive, cwd=ROOT, check=False).returncode == 0
    assert folder.end() == 0
