"""DATEX II situations end to end: what publishers wrote, a connector of its own process, a real web process, and the log."""

import datetime as dt
import gzip
import time
from pathlib import Path

import pytest

from alarms.models import Alarm
from assets.models import Feed
from connectors.tables.datex import NoSituations, Record, Roadside, read
from tests.connectors.test_modbus import newest, told
from tests.correlating import correlating
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_rule, make_site

DATA = Path(__file__).resolve().parents[1] / "data" / "datex"
TIPI = (DATA / "tipi.xml").read_text()
FILE = """
[vigie]
url = "{url}"
feed = "jauges"
token = "{token}"
spool = "spool"

[[datex]]
name = "TRAFIC"
url = "{publisher}/situations.xml"
every = 0.2
asset = "VILLE"
{more}
"""
PARIS = [2.2, 48.7, 2.5, 48.95]
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
# Written after the standard, for what no recording has: v3.5, one situation with a single record.
SITUATION = """<sit:situation id="s-{id}"><sit:overallSeverity>high</sit:overallSeverity><sit:headerInformation>
<com:informationStatus>{information}</com:informationStatus></sit:headerInformation>
<sit:situationRecord xsi:type="sit:EquipmentOrSystemFault" id="{id}" version="{version}">
<sit:situationRecordVersionTime>{stamped}</sit:situationRecordVersionTime>
<sit:probabilityOfOccurrence>certain</sit:probabilityOfOccurrence>
<sit:validity><com:validityStatus>{status}</com:validityStatus><com:validityTimeSpecification>{times}</com:validityTimeSpecification>
</sit:validity><sit:cause><sit:causeDescription><com:values><com:value lang="en">Power</com:value>
<com:value lang="fr">Courant</com:value></com:values></sit:causeDescription>
<sit:causeType>powerSupplyFault</sit:causeType></sit:cause>
<sit:generalPublicComment><sit:comment><com:values><com:value lang="en">Tunnel lights off</com:value>
<com:value lang="fr">Tunnel sans éclairage</com:value></com:values></sit:comment></sit:generalPublicComment>
<sit:locationReference xsi:type="loc:LinearLocation">{place}</sit:locationReference>
<sit:equipmentOrSystemFaultType>notWorking</sit:equipmentOrSystemFaultType>
<sit:faultyEquipmentOrSystemType>tunnelLights</sit:faultyEquipmentOrSystemType></sit:situationRecord></sit:situation>"""
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?><con:messageContainer xmlns:con="http://datex2.eu/schema/3/messageContainer"
xmlns:sit="http://datex2.eu/schema/3/situation" xmlns:com="http://datex2.eu/schema/3/common"
xmlns:loc="http://datex2.eu/schema/3/locationReferencing" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<con:payload xsi:type="sit:{type}"><com:publicationTime>{at}</com:publicationTime>{situations}</con:payload>
<con:exchangeInformation><codedExchangeProtocol>{exchange}</codedExchangeProtocol></con:exchangeInformation></con:messageContainer>"""
POINT = """<loc:pointByCoordinates><loc:pointCoordinates><loc:latitude>{}</loc:latitude><loc:longitude>{}</loc:longitude>
</loc:pointCoordinates></loc:pointByCoordinates>"""
LINE = "<loc:gmlLineString><loc:posList>{}</loc:posList></loc:gmlLineString>"
AREA = """<loc:gmlMultiPolygon><loc:gmlPolygon><loc:exterior><loc:gmlLinearRing><loc:posList>{}</loc:posList></loc:gmlLinearRing>
</loc:exterior></loc:gmlPolygon></loc:gmlMultiPolygon>"""


def situation(
    id_: str, *, version: int = 1, information: str = "real", status: str = "active", start: object = "", end: object = "",
    more: str = "", place: str = "", stamped: object = "",
) -> str:  # fmt: skip
    times = "".join(f"<com:overall{word}Time>{at}</com:overall{word}Time>" for word, at in (("Start", start), ("End", end)) if at)
    return SITUATION.format(
        id=id_, version=version, information=information, status=status, times=times + more, place=place,
        stamped=stamped or NOON.isoformat(),
    )  # fmt: skip


def publication(*situations: str, type_: str = "SituationPublication", exchange: str = "snapshotPull") -> bytes:
    at = dt.datetime.now(dt.UTC).isoformat()
    return CONTAINER.format(type=type_, at=at, situations="".join(situations), exchange=exchange).encode()


def only(content: bytes) -> Record:
    (record,) = read(content, "fr").records.values()
    return record


def soon(seconds: float) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def feed(transactional_db, valkey) -> Feed:
    site = make_site()
    made = make_feed(site)
    city = make_asset(site, "VILLE", "city")
    for name in ("records", "age", "online"):
        make_point(city, made, name, address=f"TRAFIC/{name}")
    return made


@pytest.fixture
def connector(feed, served, connect, publisher, tmp_path):
    return lambda more="": connect(
        FILE.format(url=served.url, token=TOKEN, publisher=publisher.url, more=more), folder=tmp_path / "connector"
    )


def happened(feed: Feed) -> list[tuple[str, object, object]]:
    return [(kind, what.get("identifier"), what.get("why")) for kind, what in told(feed) if kind.startswith("datex_")]


def test_what_the_french_roads_publish_begins_changes_and_ends(feed, connector, publisher, wait_until):
    publisher.files["/situations.xml"] = TIPI.encode()
    connector(f"box = {PARIS}")
    wait_until(lambda: happened(feed) and newest(feed).get("TRAFIC/records") == 1)
    assert newest(feed)["TRAFIC/age"] > 0
    ((kind, what),) = [one for one in told(feed) if one[0].startswith("datex_")]
    assert (kind, what["identifier"], what["situation"]) == ("datex_record", "260724-000456-1", "260724-000456")
    assert (what["type"], what["detail"], what["severity"]) == ("VehicleObstruction", "brokenDownVehicle", "medium")
    assert (what["roads"], what["latitude"], what["longitude"]) == ("A4, A0004", "48.821583", "2.398887")
    assert "situé 582 m à l'est de Paris - Porte de Bercy" in what["where"]
    stamped = TIPI.replace("<situationRecordVersionTime>2026-07-24T08:06", "<situationRecordVersionTime>2026-07-24T08:09")
    publisher.files["/situations.xml"] = stamped.encode()
    asked = len(publisher.asked)
    wait_until(lambda: len(publisher.asked) > asked + 2)
    changed = TIPI.replace('id="260724-000456-1" version="1"', 'id="260724-000456-1" version="2"').replace("500 m", "800 m")
    publisher.files["/situations.xml"] = gzip.compress(changed.encode())
    wait_until(lambda: len(happened(feed)) == 2)
    assert [(kind, what["version"], what["comment"]) for kind, what in told(feed)[-1:]] == [("datex_changed", "2", "Sur 800 m")]
    publisher.files["/situations.xml"] = (DATA / "ndw_safety.xml").read_bytes()
    wait_until(lambda: len(happened(feed)) == 3 and newest(feed).get("TRAFIC/records") == 0)
    kind, what = told(feed)[-1]
    assert (kind, what["why"], what["detail"]) == ("datex_ended", "left_the_list", "brokenDownVehicle")
    assert len(happened(feed)) == 3, "a new stamp alone is no change, and Zeeland is not in the box"


def test_what_is_planned_waits_what_ends_is_told_once_also_after_a_gap(feed, connector, publisher, wait_until):
    publisher.files["/situations.xml"] = publication(
        situation("stays"), situation("gone"), situation("exercise", information="securityExercise"),
        situation("later", status="planned", start=soon(-9)), situation("tomorrow", status="", start=soon(86_400)),
        situation("short", status="", end=soon(6)),
    )  # fmt: skip
    running = connector()
    began = [("datex_record", name, None) for name in ("stays", "gone", "short")]
    wait_until(lambda: len(happened(feed)) == 4)
    assert sorted(happened(feed), key=str) == sorted([*began, ("datex_test", "exercise", None)], key=str)
    wait_until(lambda: ("datex_ended", "short", "expired") in happened(feed))
    publisher.files["/situations.xml"] = publication(situation("stays", status="suspended"), exchange="deltaPull")
    wait_until(lambda: ("datex_ended", "stays", "suspended") in happened(feed))
    wait_until(lambda: newest(feed).get("TRAFIC/records") == 1)
    running.process.kill()
    running.process.wait()
    publisher.files["/situations.xml"] = publication(situation("new"))
    running.start()
    wait_until(lambda: ("datex_record", "new", None) in happened(feed))
    assert happened(feed)[6:] == [("datex_record", "new", None), ("datex_ended", "gone", "left_the_list")]


def test_a_rule_makes_an_alarm_of_each_record_for_as_long_as_it_stands(feed, connector, publisher, wait_until):
    spec = {"kind": "missing", "scope": {"kinds": ["city"]}, "first": {"event": "datex_record"}, "then": {"event": "datex_ended"},
            "by": {"attribute": "identifier"}, "within": 1, "severity": "high"}  # fmt: skip
    make_rule(feed.supervisor.site, "trafic", spec)
    publisher.files["/situations.xml"] = publication(situation("a"), situation("b"))

    def active() -> set[str]:
        return {alarm.subject for alarm in Alarm.objects.filter(site=feed.supervisor.site, returned_at=None)}

    with correlating(feed.supervisor.site):
        connector()
        wait_until(lambda: active() == {"attribute:identifier=a", "attribute:identifier=b"})
        publisher.files["/situations.xml"] = publication(situation("b"))
        wait_until(lambda: active() == {"attribute:identifier=b"})


def test_what_cannot_be_read_is_said_and_ends_nothing(feed, connector, publisher, wait_until):
    publisher.files["/situations.xml"] = publication(situation("a"))
    running = connector()
    wait_until(lambda: happened(feed))
    bomb = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;">]><d2LogicalModel>&c;</d2LogicalModel>'
    for content, why in [
        (bomb, "cannot be read: it is no XML that is read: DTDForbidden"),
        (b" " * 50_000_000, "is larger than 30000000 bytes"),
        (gzip.compress(b" " * 50_000_000), "is larger than 30000000 bytes"),
        (gzip.compress(publication())[:-30], "is a gzip file without its end"),
    ]:
        publisher.files["/situations.xml"] = content
        wait_until(lambda why=why, running=running: why in running.said())
        publisher.files["/situations.xml"] = publication(situation("a"))
        wait_until(lambda running=running: running.said().count("is gone") == running.said().count("is back"))
    assert happened(feed) == [("datex_record", "a", None)]


def test_what_publishers_wrote_is_read():
    lanes = only((DATA / "ndw_lanes.xml").read_bytes())
    assert (lanes.said["type"], lanes.said["detail"], lanes.said["cause"], lanes.said["severity"]) == (
        "RoadOrCarriagewayOrLaneManagement",
        "laneClosures",
        "roadMaintenance",
        "medium",
    )
    assert (lanes.said["lanes_restricted"], lanes.place.shown, len(lanes.place.lines[0])) == ("1", (52.693642, 6.207613), 20)
    assert lanes.place.codes == ("8802", "8803")
    safety = only((DATA / "ndw_safety.xml").read_bytes())
    assert (safety.start, safety.said["comment"]) == (dt.datetime(2026, 7, 24, 20, 5, 0, 43328, tzinfo=dt.UTC), "Botsabsorber")
    finland = read((DATA / "fintraffic.xml").read_bytes(), "fr").records
    assert len(finland) == 5
    assert finland["GUID5036607201"].said["comment"].startswith("Tie 21, Muonio. Liikennetiedote onnettomuudesta. Tie 21")
    assert finland["GUID5036607203"].place.codes == ("2287", "2288"), "the place of its situation stands in the first record"
    assert finland["GUID5036607301"].end is None, "its end is no time"
    over = only((DATA / "fintraffic_over.xml").read_bytes())
    assert (over.over(NOON), over.stands(NOON)) == ("ended", False)


def test_a_publication_in_an_envelope_of_soap_is_read():
    bare = TIPI.partition("?>")[2]
    envelope = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{bare}</s:Body></s:Envelope>'
    assert only(envelope.encode()) == only(TIPI.encode())


def test_of_one_record_the_highest_version_counts_and_in_the_wanted_language():
    found = only(publication(situation("a", version=9), situation("a", version=10), situation("a", version=8)))
    assert (found.version, found.said["comment"], found.said["cause_description"]) == ("10", "Tunnel sans éclairage", "Courant")
    assert found.said["detail"] == "notWorking, tunnelLights"
    (english,) = read(publication(situation("a")), "en").records.values()
    assert english.said["comment"] == "Tunnel lights off"
    assert read(publication(situation("")), "fr").nameless == 1


HOUR = dt.timedelta(hours=1)
TONIGHT = f"""<com:validPeriod><com:startOfPeriod>{(NOON - 3 * HOUR).isoformat()}</com:startOfPeriod>
<com:endOfPeriod>{{}}</com:endOfPeriod></com:validPeriod>"""


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ({"status": ""}, True), ({"status": "planned"}, False), ({"status": "suspended"}, False),
        ({"status": "", "start": NOON + HOUR}, False), ({"status": "active", "start": NOON + HOUR}, True),
        ({"status": "", "start": NOON - HOUR, "end": NOON + HOUR}, True), ({"status": "active", "end": NOON - HOUR}, False),
        ({"status": "", "end": NOON}, False), ({"status": "", "end": "2026-11-28 noon"}, True),
        ({"status": "", "more": TONIGHT.format(NOON + HOUR)}, True), ({"status": "", "more": TONIGHT.format(NOON - HOUR)}, False),
    ],
)  # fmt: skip
def test_a_record_stands_while_it_is_valid(said, stands):
    assert only(publication(situation("a", **said))).stands(NOON) is stands


@pytest.mark.parametrize(
    ("place", "concerned"),
    [
        (POINT.format(48.8, 2.3), True), (POINT.format(43.6, 3.9), False), (POINT.format("nan", "x"), False),
        (LINE.format("48.5 2.3 49.2 2.3"), True), (LINE.format("48.5 2.0 49.2 2.0"), False), (LINE.format("48.8 x 1"), False),
        (AREA.format("48 1 50 1 50 4 48 4 48 1"), True), (AREA.format("48 1 48.5 1 48.5 4 48 4 48 1"), False), ("", False),
    ],
)  # fmt: skip
def test_what_lies_in_the_box_or_goes_through_it_concerns_the_site(place, concerned):
    record = only(publication(situation("a", place=place)))
    assert Roadside(name="t", url="http://x", box=PARIS).concerns(record) is concerned
    assert Roadside(name="t", url="http://x").concerns(record)


def test_a_road_concerns_the_site_however_it_is_written():
    bercy = only(TIPI.encode())
    for road, concerned in (("a4", True), ("A 0004", True), ("A-4", True), ("A40", False), ("N4", False)):
        assert Roadside(name="t", url="http://x", roads=[road]).concerns(bercy) is concerned, road
    assert Roadside(name="t", url="http://x", codes=["14494"]).concerns(bercy)
    with pytest.raises(ValueError, match="west, south, east, north"):
        Roadside(name="t", url="http://x", box=[48.7, 2.2, 48.6, 2.5])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no XML"), (b"<html/>", "no publication"), (b"<a>" * 200_000, "nested"), (b"\x1f\x8b\x08", "no XML"),
        (publication(type_="MeasuredDataPublication"), "'MeasuredDataPublication', not situations"),
        (TIPI.replace("schema/2/2_0", "schema/1_0/1_0").encode(), "not of DATEX II v2 or v3"),
        (TIPI.replace("schema/2/2_0", "../situation").encode(), "not of DATEX II v2 or v3"),
    ],
)  # fmt: skip
def test_what_is_no_publication_of_situations_is_refused(content, why):
    with pytest.raises(NoSituations, match=why):
        read(content, "fr")


def test_a_publication_made_to_be_slow_is_read_in_time():
    started = time.monotonic()
    with pytest.raises(NoSituations, match="nested more than 100 deep"):
        read(publication(situation("a", place="<loc:gmlPolygon>" * 20_000 + "</loc:gmlPolygon>" * 20_000)), "fr")
    nested = "<loc:gmlPolygon><loc:name>" * 40 + "</loc:name></loc:gmlPolygon>" * 40
    assert only(publication(situation("a", place=nested * 500))).place.shown is None
    assert time.monotonic() - started < 10
