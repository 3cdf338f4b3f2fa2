"""CAP alerts end to end: what publishers wrote, a connector of its own process, a real web process, and the log."""

import datetime as dt
from pathlib import Path

import pytest

from assets.models import Feed
from connectors.tables.cap import Alert, NoAlert, Warnings, read
from tests.connectors.publisher import Publisher
from tests.connectors.test_modbus import newest, told
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_site

DATA = Path(__file__).resolve().parents[1] / "data" / "cap"
FILE = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[[cap]]
name = "METEO"
url = "{publisher}/list.atom"
every = 0.2
asset = "VILLE"
{more}
"""
ALERT = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{id}</identifier><sender>meteo@example.fr</sender>
<sent>{sent}</sent><status>{status}</status><msgType>{type}</msgType><scope>Public</scope>{references}
<info><language>en</language><category>Met</category><event>Wind</event><urgency>Expected</urgency><severity>Severe</severity>
<certainty>Likely</certainty><headline>Strong wind</headline></info>
<info><language>fr-FR</language><category>Met</category><event>Vent violent</event><urgency>Expected</urgency>
<severity>Severe</severity><certainty>Likely</certainty>{expires}<headline>Vent violent</headline>
<area><areaDesc>Hérault</areaDesc><polygon>43.4,3.6 43.4,4.0 43.8,4.0 43.8,3.6 43.4,3.6</polygon>
<geocode><valueName>INSEE</valueName><value>34</value></geocode></area></info></alert>"""
NOON = dt.datetime.now(dt.UTC).replace(microsecond=0)


def alert(
    id_: str, type_: str = "Alert", *, status: str = "Actual", of: str = "", expires: float | None = 3600, sent: int = 0
) -> str:
    """`of`: what it refers to, by its identifier; `expires`: in so many seconds."""
    at = (NOON + dt.timedelta(seconds=sent)).isoformat()
    references = f"<references>meteo@example.fr,{of},{NOON.isoformat()}</references>" if of else ""
    ends = (
        "" if expires is None else f"<expires>{(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=expires)).isoformat()}</expires>"
    )
    return ALERT.format(id=id_, sent=at, status=status, type=type_, references=references, expires=ends)


def publish(publisher: Publisher, *alerts: str) -> None:
    """A list of them, each at an address of its own."""
    entries = ""
    for text in alerts:
        name = f"/{text.partition('<identifier>')[2].partition('<')[0]}.cap"
        publisher.files[name] = text.encode()
        entries += f'<entry><updated>{hash(text)}</updated><link type="application/cap+xml" href="{name}"/></entry>'
    publisher.files["/list.atom"] = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


@pytest.fixture
def feed(transactional_db, valkey) -> Feed:
    site = make_site()
    made = make_feed(site)
    city = make_asset(site, "VILLE", "city")
    for name in ("alerts", "online"):
        make_point(city, made, name, address=f"METEO/{name}")
    return made


@pytest.fixture
def connector(feed, served, connect, publisher, tmp_path):
    publish(publisher)
    return lambda more="": connect(
        FILE.format(url=served.url, token=TOKEN, publisher=publisher.url, more=more), folder=tmp_path / "connector"
    )


def happened(feed: Feed) -> list[tuple[str, object, object]]:
    return [(kind, what.get("identifier"), what.get("why")) for kind, what in told(feed) if kind.startswith("cap_")]


def test_an_alert_begins_is_replaced_is_cancelled_expires_and_leaves(feed, connector, publisher, wait_until):
    connector()
    publish(publisher, alert("a"), alert("b", expires=None))
    wait_until(lambda: len(happened(feed)) == 2)
    update = alert("a2", "Update", of="a", sent=1, expires=5)
    publish(publisher, alert("a"), update, alert("b", expires=None))
    wait_until(lambda: len(happened(feed)) == 4)
    assert happened(feed)[2:] == [("cap_ended", "a", "replaced"), ("cap_alert", "a2", None)]
    publish(
        publisher,
        alert("b", expires=None),
        alert("c", "Cancel", of="b", sent=2),
        alert("a2", "Update", of="a", sent=1, expires=5),
    )
    wait_until(lambda: ("cap_ended", "b", "cancelled") in happened(feed))
    wait_until(lambda: ("cap_ended", "a2", "expired") in happened(feed))
    publish(publisher, alert("d"))
    wait_until(lambda: ("cap_alert", "d", None) in happened(feed))
    wait_until(lambda: newest(feed).get("METEO/alerts") == 1)
    publish(publisher)
    wait_until(lambda: ("cap_ended", "d", "left_the_list") in happened(feed))
    wait_until(lambda: newest(feed).get("METEO/alerts") == 0)
    _, what = told(feed)[0]
    assert (what["event"], what["headline"], what["severity"], what["area"]) == (
        "Vent violent",
        "Vent violent",
        "Severe",
        "Hérault",
    )
    assert what["codes"] == ["34"]


def test_what_ended_while_the_connector_was_away_is_told_and_nothing_twice(feed, connector, publisher, wait_until):
    publish(publisher, alert("a"), alert("b"))
    running = connector()
    wait_until(lambda: len(happened(feed)) == 2)
    running.process.kill()
    running.process.wait()
    publish(publisher, alert("b"))
    running.start()
    wait_until(lambda: ("cap_ended", "a", "left_the_list") in happened(feed))
    assert sorted(happened(feed)) == [("cap_alert", "a", None), ("cap_alert", "b", None), ("cap_ended", "a", "left_the_list")]


def test_an_exercise_is_told_as_such_and_once(feed, connector, publisher, wait_until):
    connector()
    publish(publisher, alert("e", status="Exercise"), alert("t", status="Test"))
    wait_until(lambda: len(happened(feed)) == 2)
    asked = len(publisher.asked)
    wait_until(lambda: len(publisher.asked) > asked + 3)
    assert happened(feed) == [("cap_test", "e", None), ("cap_test", "t", None)]
    wait_until(lambda: newest(feed).get("METEO/alerts") == 0)


def test_only_what_concerns_the_site_is_told_and_other_hosts_are_not_asked(feed, connector, publisher, wait_until):
    other = Publisher()
    try:
        running = connector("place = [3.87, 43.61]")
        far = alert("far").replace("43.", "48.")
        publish(publisher, alert("near"), far)
        publisher.files["/list.atom"] = publisher.files["/list.atom"].replace(
            b"</feed>", f'<entry><link href="{other.url}/x.cap"/></entry></feed>'.encode()
        )
        wait_until(lambda: happened(feed))
        wait_until(lambda: "its host is not that of the list" in running.said())
        assert happened(feed) == [("cap_alert", "near", None)]
        assert other.asked == []
    finally:
        other.end()


def test_a_publisher_that_is_away_ends_nothing(feed, connector, publisher, wait_until):
    running = connector()
    publish(publisher, alert("a"))
    wait_until(lambda: happened(feed))
    del publisher.files["/list.atom"]
    wait_until(lambda: newest(feed).get("METEO/online") == 0)
    publish(publisher, alert("a"))
    wait_until(lambda: newest(feed).get("METEO/online") == 1)
    listed = publisher.files["/list.atom"]
    publisher.files |= {"/a.cap": b"<html/>", "/list.atom": listed.replace(b"<updated>", b"<updated>new")}
    wait_until(lambda: "a.cap cannot be read: it begins with 'html'" in running.said())
    asked = len(publisher.asked)
    wait_until(lambda: len(publisher.asked) > asked + 3)
    assert happened(feed) == [("cap_alert", "a", None)]
    assert "METEO is gone" in running.said()


def test_what_publishers_wrote_is_read():
    quake = read((DATA / "earthquake.cap").read_bytes(), "fr")
    assert (quake.identifier, quake.status, quake.type) == (
        "USGS-earthquakes-us2010apcd.6.20100831T000925.496Z",
        "Actual",
        "Alert",
    )
    assert quake.expires == dt.datetime(2010, 9, 2, 5, 9, 25, tzinfo=dt.UTC)
    assert quake.said["headline"] == "EQ 6.3 Neiafu, Tonga - PRELIMINARY REPORT"
    canada = read((DATA / "canada.cap").read_bytes(), "fr")
    assert (canada.said["event"], read((DATA / "canada.cap").read_bytes(), "en").said["event"]) == ("orages", "thunderstorm")
    assert all(len(area.polygons) == 1 for area in canada.areas)
    listed = read((DATA / "weather_index.atom").read_bytes(), "en")
    assert [each.url.partition("?")[0] for each in listed] == ["http://www.weather.gov/alerts-beta/wwacapget.php"] * 2
    assert [each.alert.said["event"] for each in read((DATA / "amber.atom").read_bytes(), "en")] == ["Child Abduction"]
    assert len(read((DATA / "ny_index.rss").read_bytes(), "en")) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ((DATA / "xee.cap").read_bytes(), "no XML that is read"), (b"", "no XML"), (b"<html/>", "neither an alert"),
        (b"<alert/>", "not of CAP"), (alert("a").replace("Actual", "Real").encode(), "none of CAP"),
        (alert("").encode(), "no `identifier`"), (b"<a>" * 200_000, "nested"),
        (b"<alert>" * 20_000 + b"</alert>" * 20_000, "nested more than 100 deep"),
    ],
)  # fmt: skip
def test_what_is_no_alert_is_refused(content, why):
    with pytest.raises(NoAlert, match=why):
        read(content, "fr")


@pytest.mark.parametrize(
    ("area", "place", "concerned"),
    [
        ("<polygon>43,3 43,4 44,4 44,3 43,3</polygon>", [3.5, 43.5], True),
        ("<polygon>43,3 43,4 44,4 44,3 43,3</polygon>", [4.5, 43.5], False),
        ("<circle>43.6,3.88 10</circle>", [3.95, 43.6], True), ("<circle>43.6,3.88 10</circle>", [4.1, 43.6], False),
        ("<circle>x</circle><polygon>1,2 nan</polygon><polygon>1,2 3,4</polygon>", [2, 1], False),
        ("<polygon>1000,2 3,4 5,6 1000,2</polygon>", [3, 4], False),
    ],
)  # fmt: skip
def test_an_area_holds_what_lies_in_it(area, place, concerned):
    text = alert("a")
    start, end = text.index("<polygon>"), text.index("<geocode>")
    found = read(f"{text[:start]}{area}{text[end:]}".encode(), "fr")
    assert isinstance(found, Alert)
    assert Warnings(name="m", url="http://x", place=place).concerns(found) is concerned
    assert Warnings(name="m", url="http://x", codes=["34"]).concerns(found)
    assert not Warnings(name="m", url="http://x", codes=["75"]).concerns(found)
