"""SNMP end to end: an agent that others wrote, a connector of its own process, a real web process, and the log."""

import shutil
from collections.abc import Iterator

import pytest

from assets.models import Feed, UnknownAddress
from connectors.tables.snmp import Agent, NoValue, Object, Trap
from tests.connectors.devices import ROOT, Device
from tests.connectors.test_modbus import newest, order, stored, taken, told
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_site

BASE = "1.3.6.1.4.1.99999.1"
AGENT = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[orders]
port = {orders}
token = "an-order"

[traps]
host = "127.0.0.1"
port = {traps}

[[snmp]]
name = "UPS-1"
host = "127.0.0.1"
port = {port}
every = 0.3
timeout = 0.5
{who}

[[snmp.object]]
address = "charge"
oid = "1.3.6.1.4.1.99999.1.1.0"

[[snmp.object]]
address = "temperature"
oid = ".1.3.6.1.4.1.99999.1.2.0"

[[snmp.object]]
address = "source"
oid = "1.3.6.1.4.1.99999.1.3.0"
codes = {{mains = 0, battery = 1}}

[[snmp.object]]
address = "setpoint"
oid = "1.3.6.1.4.1.99999.1.4.0"
scale = 0.5
writable = true
maximum = 50

[[snmp.object]]
address = "description"
oid = "1.3.6.1.4.1.99999.1.5.0"

[[snmp.object]]
address = "missing"
oid = "1.3.6.1.4.1.99999.1.77.0"

[[snmp.object]]
address = "outlet"
oid = "1.3.6.1.4.1.99999.1.9.1.2"
walk = true

[[snmp.trap]]
oid = "1.3.6.1.4.1.99999.1.0.1"
kind = "ups_on_battery"
"""
V2 = 'community = "private"'
V3 = """version = "3"
user = "vigie"
auth = "sha256"
auth_key = "authentication"
priv = "aes128"
priv_key = "confidentiality"
engine = "8000B98380ABCDEF0123456789"
"""


class Ups(Device):
    """net-snmp in a process of its own, on a port that is free."""

    def __init__(self, port: int, traps: int) -> None:
        self.traps = traps
        super().__init__(port)

    def argv(self) -> list[str]:
        return [str(shutil.which("node")), str(ROOT / "tests" / "connectors" / "snmp.mjs"), str(self.port), str(self.traps)]


@pytest.fixture
def ups(free_port) -> Iterator[Ups]:
    running = Ups(free_port(), free_port())
    yield running
    running.end()


@pytest.fixture
def feed(transactional_db, valkey) -> Feed:
    site = make_site()
    made = make_feed(site)
    asset = make_asset(site, "UPS-1", "ups")
    for name in ("charge", "temperature", "source", "setpoint", "outlet/2", "online"):
        make_point(asset, made, name.replace("/", "_"), address=f"CH-1/{name}")
    return made


def text(served, ups: Ups, who: str = V2, orders: int = 0) -> str:
    said = AGENT.format(url=served.url, token=TOKEN, orders=orders, port=ups.port, traps=ups.traps, who=who)
    return said.replace('name = "UPS-1"', 'name = "CH-1"')


@pytest.mark.parametrize("who", [V2, V3], ids=["2c", "3"])
def test_objects_become_readings_and_the_rows_of_a_table_can_be_adopted(feed, served, ups, connect, wait_until, who):
    running = connect(text(served, ups, who))
    wait_until(lambda: len(newest(feed)) == 6)
    assert newest(feed) == {"charge": 87, "temperature": 23.5, "source": 0, "setpoint": 2.5, "outlet/2": 0, "online": 1}
    wait_until(lambda: UnknownAddress.objects.filter(address__in=["CH-1/outlet/1", "CH-1/outlet/3"]).count() == 2)
    ups.set(charge=12)
    wait_until(lambda: newest(feed)["charge"] == 12)
    assert running.said().count("missing cannot be read") == 1
    assert "'UPS 3000' is no number" in running.said()


@pytest.mark.parametrize(("who", "version"), [(V2.replace("private", "public"), 2), (V3, 3)], ids=["2c", "3"])
def test_a_trap_is_an_event_and_what_it_says_a_reading(feed, served, ups, connect, wait_until, who, version):
    connect(text(served, ups, who).replace("every = 0.3", "every = 600"))
    wait_until(lambda: newest(feed).get("source") == 0)
    ups.set(trap=version)
    wait_until(lambda: told(feed))
    [(kind, said)] = told(feed)
    assert kind == "ups_on_battery"
    assert said == {"oid": f"{BASE}.0.1", f"{BASE}.3.0": "battery"}
    # The trap says battery; what the agent says when it is asked at once comes after it.
    wait_until(lambda: stored(feed)["source"] == [0, 1, 0])


def test_an_agent_that_is_gone_is_told_and_comes_back(feed, served, ups, connect, wait_until):
    connect(text(served, ups))
    wait_until(lambda: newest(feed).get("online") == 1)
    ups.end()
    wait_until(lambda: newest(feed)["online"] == 0)
    ups.start()
    wait_until(lambda: newest(feed)["online"] == 1)
    wait_until(lambda: [kind for kind, _ in told(feed)] == ["device_gone", "device_back"])


def test_wrong_keys_are_an_agent_that_is_gone(feed, served, ups, connect, wait_until):
    running = connect(text(served, ups, V3.replace("confidentiality", "another password")))
    wait_until(lambda: newest(feed).get("online") == 0)
    assert "CH-1 is gone" in running.said()
    assert {*stored(feed)} == {"online"}


def test_an_order_sets_an_object_and_is_proved_by_what_is_read_next(feed, served, ups, connect, wait_until, free_port):
    port = free_port()
    connect(text(served, ups, orders=port))
    wait_until(lambda: taken(port) and newest(feed).get("setpoint") == 2.5)
    assert order(port, "CH-1/setpoint", 20, key="k1") == (200, {"state": "written"})
    wait_until(lambda: newest(feed)["setpoint"] == 20)
    assert [one["value"] for one in ups.told if one.get("set") == "setpoint"] == [40]
    assert order(port, "CH-1/setpoint", 51)[0] == 422
    assert order(port, "CH-1/charge", 1)[0] == 422


def test_an_order_that_the_agent_refuses_is_refused(feed, served, ups, connect, wait_until, free_port):
    port = free_port()
    connect(text(served, ups, V2.replace("private", "public"), port))
    wait_until(lambda: taken(port))
    status, answer = order(port, "CH-1/setpoint", 20)
    assert (status, answer["state"]) == (422, "refused")


def test_a_file_is_tried(feed, served, ups, connect):
    trying = connect(text(served, ups), "--try")
    assert trying.process.wait(60) == 0
    lines = trying.said().splitlines()
    assert {"CH-1/charge = 87", "CH-1/outlet/3 = 1", "CH-1/missing = there is no such object"} <= {*lines}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"version": "3"}, "user"), ({"community": ""}, "community"), ({"auth": "sha"}, "go together"),
        ({"version": "3", "community": "", "user": "u", "priv": "des", "priv_key": "12345678"}, "authenticated"),
        ({"version": "3", "community": "", "user": "u", "auth": "sha", "auth_key": "short"}, "8 characters"),
        ({"object": []}, "object"),
    ],
)  # fmt: skip
def test_an_agent_that_cannot_be_asked_so_is_refused(said, why):
    with pytest.raises(ValueError, match=why):
        Agent(**{"name": "a", "host": "h", "community": "c", "object": [Object("x", "1.3.6.1.0")], **said})


def test_a_text_is_a_number_or_a_code_or_is_refused_by_name():
    one = Object("x", "1.3.6.1.0", scale=0.1, codes={"on": 1})
    assert [one.value(raw) for raw in (235, " 235 ", "on")] == [23.5, 23.5, 1]
    with pytest.raises(NoValue, match="'23,5 C'"):
        one.value("23,5 C")
    agent = Agent("a", "h", [one], [Trap("1.3.6.1.4.1.9.0.1", "door_open")], community="c")
    assert [agent.kind_of((1, 3, 6, 1, 4, 1, 9, 0, last)) for last in (1, 2)] == ["door_open", "snmp_trap"]
