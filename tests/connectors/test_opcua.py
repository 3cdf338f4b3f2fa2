"""OPC UA end to end: a server that others wrote, a connector of its own process, a real web process, and the log."""

import shutil
from collections.abc import Iterator

import pytest

from assets.models import Feed
from connectors.tables.opcua import Method, Node, NoValue, Server
from tests.connectors.devices import ROOT, Device
from tests.connectors.test_modbus import newest, order, stored, taken, told
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_site

SERVER = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[orders]
port = {orders}
token = "an-order"

[[opcua]]
name = "CH-1"
url = "opc.tcp://127.0.0.1:{port}"
every = 0.3
timeout = 2.0
conditions = true

[[opcua.node]]
address = "level"
node = "nsu=urn:example:pumps;s=Pump.Level"

[[opcua.node]]
address = "speed"
node = "nsu=urn:example:pumps;s=Pump.Speed"
scale = 0.5
writable = true
maximum = 50

[[opcua.node]]
address = "running"
node = "nsu=urn:example:pumps;s=Pump.Running"
writable = true

[[opcua.node]]
address = "state"
node = "nsu=urn:example:pumps;s=Pump.State"
codes = {{auto = 1, manual = 0}}

[[opcua.node]]
address = "missing"
node = "ns=2;s=Pump.Missing"

[[opcua.method]]
address = "start"
object = "nsu=urn:example:pumps;s=Pump"
method = "nsu=urn:example:pumps;s=Pump.Start"
argument = "Double"
"""


class Pump(Device):
    """node-opcua in a process of its own."""

    def argv(self) -> list[str]:
        return [str(shutil.which("node")), str(ROOT / "tests" / "connectors" / "opcua.mjs"), str(self.port)]


@pytest.fixture
def pump(free_port) -> Iterator[Pump]:
    running = Pump(free_port())
    yield running
    running.end()


@pytest.fixture
def feed(transactional_db, valkey) -> Feed:
    site = make_site()
    made = make_feed(site)
    asset = make_asset(site, "CH-1", "pump")
    for name in ("level", "speed", "running", "state", "online", "condition/2:Pump/HighLevel"):
        make_point(asset, made, name.rpartition("/")[2].lower(), address=f"CH-1/{name}")
    return made


def text(served, pump: Pump, orders: int = 0) -> str:
    return SERVER.format(url=served.url, token=TOKEN, orders=orders, port=pump.port)


HIGH = "condition/2:Pump/HighLevel"


def test_values_become_readings_and_what_is_not_there_is_named_once(feed, served, pump, connect, wait_until):
    running = connect(text(served, pump))
    wait_until(lambda: {"level", "speed", "running", "state", "online"} <= {*newest(feed)})
    values = newest(feed)
    assert [values[name] for name in ("level", "speed", "running", "state")] == [1.5, 20, 1, 1]
    pump.set(Level=2.25, State="manual")
    wait_until(lambda: newest(feed)["level"] == 2.25 and newest(feed)["state"] == 0)
    assert running.said().count("missing cannot be read: the server says BadNodeIdUnknown") == 1


def test_a_condition_is_an_event_and_a_reading_and_what_ended_in_a_gap_is_told(feed, served, pump, connect, wait_until):
    connect(text(served, pump))
    wait_until(lambda: newest(feed).get("level") == 1.5)
    pump.set(Level=7.0)
    wait_until(lambda: newest(feed).get(HIGH) == 1)
    wait_until(lambda: "condition_active" in dict(told(feed)))
    active = dict(told(feed))["condition_active"]
    assert (active["source"], active["condition"], active["acknowledged"]) == ("2:Pump", "HighLevel", False)
    pump.set(Level=2.0)
    wait_until(lambda: newest(feed)[HIGH] == 0)
    pump.set(Level=8.0)
    wait_until(lambda: newest(feed)[HIGH] == 1)
    pump.end()
    wait_until(lambda: newest(feed)["online"] == 0)
    pump.start()  # with its level as at first
    wait_until(lambda: newest(feed)["online"] == 1 and newest(feed)[HIGH] == 0, timeout=60)
    wait_until(lambda: any(said.get("ended_in_a_gap") for _, said in told(feed)))
    wait_until(lambda: [kind for kind, _ in told(feed) if kind.startswith("device")] == ["device_gone", "device_back"])


def test_an_order_writes_a_value_or_calls_a_method(feed, served, pump, connect, wait_until, free_port):
    port = free_port()
    connect(text(served, pump, port))
    wait_until(lambda: taken(port) and newest(feed).get("speed") == 20)
    assert order(port, "CH-1/speed", 30) == (200, {"state": "written"})
    wait_until(lambda: newest(feed)["speed"] == 30)
    assert order(port, "CH-1/running", 0)[0] == 200
    wait_until(lambda: newest(feed)["running"] == 0)
    assert order(port, "CH-1/start", 42, key="k")[0] == 200
    assert order(port, "CH-1/start", 42, key="k")[0] == 200
    wait_until(lambda: any("called" in one for one in pump.told))
    assert [one for one in pump.told if "called" in one] == [{"called": "Start", "speed": 42}]
    status, answer = order(port, "CH-1/start", 200)
    assert (status, answer["state"]) == (422, "refused")
    assert "invalid" in answer["why"]
    assert [order(port, f"CH-1/{name}", value)[0] for name, value in (("speed", 51), ("level", 1), ("running", 3))] == [422] * 3
    assert stored(feed)["online"].count(0) == 0


def test_a_file_is_tried(feed, served, pump, connect):
    trying = connect(text(served, pump), "--try")
    assert trying.process.wait(60) == 0
    assert {"CH-1/level = 1.5", "CH-1/missing = the server says BadNodeIdUnknown"} <= {*trying.said().splitlines()}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"node": []}, "node"), ({"security": "Basic256Sha256"}, "certificate"), ({"password": "p"}, "user"),
        ({"method": [Method("x", "i=1", "i=2")]}, "one address"),
    ],
)  # fmt: skip
def test_a_server_that_cannot_be_asked_so_is_refused(said, why):
    with pytest.raises(ValueError, match=why):
        Server(**{"name": "a", "url": "opc.tcp://h", "node": [Node("x", "i=1")], **said})


def test_a_value_is_a_number_or_a_code_or_is_refused_by_name():
    one = Node("x", "i=1", scale=0.1, codes={"true": 5})
    assert [one.value(raw) for raw in (235, 23.5, True, False)] == [23.5, 2.35, 5, 0]
    with pytest.raises(NoValue, match="no number"):
        one.value([1, 2])
