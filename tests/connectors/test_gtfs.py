"""GTFS-Realtime end to end: feeds that others wrote, a connector of its own process, a real web process, and the log."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import text_format
from google.transit import gtfs_realtime_pb2 as feeds

from assets.models import Feed as FeedRow
from connectors.tables.gtfs import NoFeed, Transit, read
from tests.connectors.test_modbus import newest, told
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_site

DATA = Path(__file__).resolve().parents[1] / "data" / "gtfs"
ALERTS, TRIPS, VEHICLES = ((DATA / f"{name}.pb").read_bytes() for name in ("alerts", "trip_updates", "vehicle_positions"))
NOON = dt.datetime(2026, 10, 12, 12, tzinfo=dt.UTC)
FILE = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[[gtfs]]
name = "TRAM"
url = "{publisher}/feed.pb"
every = 0.2
asset = "RESEAU"
delays = ["15", "175", "none"]
"""


def changed(content: bytes, change: Callable[[feeds.FeedMessage], object]) -> bytes:
    message = feeds.FeedMessage.FromString(content)
    change(message)
    return message.SerializeToString()


def written(text: str) -> bytes:
    """From the text form of protocol buffers, in which the specification's examples are."""
    return text_format.Parse(text, feeds.FeedMessage()).SerializeToString()


@pytest.fixture
def feed(transactional_db, valkey) -> FeedRow:
    site = make_site()
    made = make_feed(site)
    network = make_asset(site, "RESEAU", "network")
    for name in ("alerts", "vehicles", "trips", "age", "online", "delay/15", "delay/175"):
        make_point(network, made, name.replace("/", "_"), address=f"TRAM/{name}")
    return made


@pytest.fixture
def connector(feed, served, connect, publisher, tmp_path):
    publisher.files["/feed.pb"] = ALERTS
    return lambda: connect(FILE.format(url=served.url, token=TOKEN, publisher=publisher.url), folder=tmp_path / "connector")


def happened(feed: FeedRow) -> list[tuple[str, object, object]]:
    return [(kind, what.get("identifier"), what.get("why")) for kind, what in told(feed) if kind.startswith("gtfs_")]


def test_alerts_begin_change_and_end_and_vehicles_and_delays_are_values(feed, connector, publisher, wait_until):
    connector()
    wait_until(lambda: happened(feed) and newest(feed).get("TRAM/alerts") == 1)
    ((_, what),) = [one for one in told(feed) if one[0] == "gtfs_alert"]
    assert (what["identifier"], what["effect"], what["routes"], what["stops"]) == ("a2", "STOP_MOVED", ["175"], ["S4"])

    def say(message: feeds.FeedMessage) -> None:
        message.entity[1].alert.header_text.translation.add(text="Arrêt déplacé", language="fr-FR")

    publisher.files["/feed.pb"] = changed(ALERTS, say)
    wait_until(lambda: len(happened(feed)) == 2)
    assert [(kind, what["header"]) for kind, what in told(feed)[-1:]] == [("gtfs_changed", "Arrêt déplacé")]
    publisher.files["/feed.pb"] = TRIPS
    wait_until(lambda: len(happened(feed)) == 3)
    assert happened(feed)[2] == ("gtfs_ended", "a2", "left_the_list")
    wait_until(lambda: newest(feed).get("TRAM/trips") == 4)
    values = newest(feed)
    assert (values["TRAM/delay/15"], values["TRAM/delay/175"], values["TRAM/vehicles"]) == (60, 300, 0)
    assert values["TRAM/age"] > 0
    publisher.files["/feed.pb"] = VEHICLES
    wait_until(lambda: newest(feed).get("TRAM/vehicles") == 4)


def test_what_cannot_be_read_is_said_and_ends_nothing(feed, connector, publisher, wait_until):
    running = connector()
    wait_until(lambda: happened(feed))
    for content, why in [(ALERTS[:-20], "not all of one"), (b"\0" * 50_000_000, "is larger than 30000000 bytes")]:
        publisher.files["/feed.pb"] = content
        wait_until(lambda why=why: why in running.said())
        publisher.files["/feed.pb"] = ALERTS
        wait_until(lambda: running.said().count("is gone") == running.said().count("is back"))
    assert happened(feed) == [("gtfs_alert", "a2", None)]


def test_the_example_of_the_specification_is_read():
    found = read(written((DATA / "alerts.asciipb").read_text()), "fr", NOON)
    alert = found.alerts["0"]
    assert (alert.said["cause"], alert.said["effect"], alert.routes, alert.stops) == (
        "CONSTRUCTION",
        "DETOUR",
        ("219", "100"),
        ("16230", "16299"),
    )
    assert alert.said["header"] == "Stop at Elm street is closed, temporary stop at Oak street"
    assert alert.over(NOON)
    within = dt.datetime.fromtimestamp(1284460000, dt.UTC)
    assert (alert.stands(within), alert.end(within)) == (True, dt.datetime(2010, 9, 14, 12, 41, 12, tzinfo=dt.UTC))


def test_an_alert_stands_in_its_periods_and_speaks_the_wanted_language():
    found = read(ALERTS, "en", NOON).alerts
    assert found["a1"].said["header"] == "Line 15 detour"
    assert (found["a1"].stands(NOON), found["a2"].stands(NOON)) == (True, True)
    assert (found["a1"].over(NOON + dt.timedelta(days=1)), found["a2"].over(NOON + dt.timedelta(days=999))) == (True, False)
    assert not found["a2"].stands(NOON - dt.timedelta(days=1))


@pytest.mark.parametrize(
    ("entity", "routes", "stops", "concerned"),
    [
        ('route_id: "1"', ["1"], [], True), ('route_id: "1"', ["2"], [], False), ('trip { route_id: "1" }', ["1"], [], True),
        ('stop_id: "S"', ["1"], ["S"], True), ('stop_id: "S"', ["1"], [], False), ('agency_id: "A"', ["1"], [], True),
        ('trip { trip_id: "T" }', ["1"], [], False), ('route_id: "1"', [], [], True),
    ],
)  # fmt: skip
def test_alerts_of_the_routes_and_stops_and_of_the_network_concern_the_site(entity, routes, stops, concerned):
    text = f'header {{ gtfs_realtime_version: "2.0" }} entity {{ id: "a" alert {{ informed_entity {{ {entity} }} }} }}'
    (alert,) = read(written(text), "fr", NOON).alerts.values()
    assert Transit(name="t", url="http://x", routes=routes, stops=stops).concerns(alert) is concerned


def test_a_delay_is_that_at_the_next_stop_and_of_what_runs():
    past, ahead = int(NOON.timestamp()) - 60, int(NOON.timestamp()) + 60
    stops = "".join(f"stop_time_update {{ arrival {{ delay: {delay} time: {at} }} }}" for delay, at in ((10, past), (90, ahead)))
    trips = [
        f'trip {{ route_id: "1" }} {stops}', 'trip { route_id: "1" } delay: 30',
        'trip { route_id: "1" schedule_relationship: CANCELED } delay: 900', 'trip { route_id: "1" }',
        'trip { route_id: "2" } delay: -60',
    ]  # fmt: skip
    entities = "".join(f'entity {{ id: "{number}" trip_update {{ {trip} }} }}' for number, trip in enumerate(trips))
    found = read(written(f'header {{ gtfs_realtime_version: "2.0" incrementality: DIFFERENTIAL }} {entities}'), "fr", NOON)
    assert (found.delay("1"), found.delay("2"), found.delay("3"), len(found.trips)) == (60, -60, None, 5)
    assert not found.whole


@pytest.mark.parametrize("content", [b"", b"<html></html>", b'{"header": {}}', ALERTS[:-20], b"\0" * 1000, b"\n\0"])
def test_what_is_no_feed_is_refused(content):
    with pytest.raises(NoFeed, match="GTFS-Realtime"):
        read(content, "fr", NOON)
