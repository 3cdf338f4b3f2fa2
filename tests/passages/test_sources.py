"""What each reader says becomes one form, and what is wrong with each is known."""

import contextlib
import datetime as dt

import pytest

from passages import plates
from passages.reads import Direction, Malformed, Message, Phase
from passages.sources import DECODERS
from tests.passages.reading import decoded, recording

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def _utc(micros):
    return dt.datetime.fromtimestamp(micros / 1e6, dt.UTC)


def _multipart(*parts):
    lines = b""
    for name, kind, content in parts:
        lines += b"--edge\r\n" + f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        lines += content + b"\r\n"
    return lines + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def test_axis_is_dated_by_utc_not_by_the_local_time_without_a_zone():
    (read,) = decoded("axis", "axis-update.json").reads
    assert _utc(read.at) == dt.datetime(2023, 12, 11, 12, 27, 5, 507000, dt.UTC)  # `datetime` says 14:27


def test_axis_tells_one_car_from_its_first_sight_to_its_last():
    new, update, lost = (decoded("axis", f"axis-{name}.json").reads[0] for name in ("new", "update", "lost"))
    assert {new.arrival, update.arrival, lost.arrival} == {"54950"}
    assert [new.phase, update.phase, lost.phase] == [Phase.NEW, Phase.UPDATE, Phase.END]
    assert [new.direction, update.direction] == [Direction.UNKNOWN, Direction.IN]
    assert (new.raw, update.raw, update.country, update.confidence) == ("MWR6677", "HWR6677", "DE", 0.73721)
    assert update.listed == "block"


def test_axis_without_a_car_is_a_sign_of_life():
    assert DECODERS["axis"](b'{"numberOfReads": "12", "camera_info": {}}', "application/json").reads == ()


def test_hikvision_in_its_factory_zone_keeps_what_its_zone_says_for_whoever_compares_clocks():
    (read,) = decoded("hikvision", "hikvision-anpr.xml", "application/xml").reads
    assert _utc(read.at) == dt.datetime(2026, 5, 21, 8, 10, 6, tzinfo=dt.UTC)
    assert (read.raw, read.direction, read.confidence, len(read.chars)) == ("38AAP084", Direction.IN, 0.98, 8)
    assert read.arrival.endswith("0001")
    assert not read.retransmitted


def test_hikvision_says_of_what_it_kept_through_a_cut_that_it_did_and_in_its_older_words():
    (read,) = decoded("hikvision", "hikvision-kept.xml", "application/xml").reads
    assert (read.raw, read.direction, read.retransmitted) == ("AB123CD", Direction.OUT, True)


def test_hikvision_without_a_plate_or_a_zone_says_neither():
    (read,) = decoded("hikvision", "hikvision-unknown.xml", "application/xml").reads
    assert (read.raw, read.at) == ("", None)


def test_hikvision_comes_with_its_pictures():
    body, media_type = _multipart(
        ("anpr.xml", "application/xml", recording("hikvision-anpr.xml")),
        ("licensePlatePicture.jpg", "image/jpeg", b"\xff\xd8\xff\xe0"),
    )
    message = DECODERS["hikvision"](body, media_type)
    assert (message.reads[0].raw, message.picture) == ("38AAP084", b"\xff\xd8\xff\xe0")


def test_hikvision_expands_no_entity():
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><EventNotificationAlert><eventType>&b;</eventType></EventNotificationAlert>'
    with pytest.raises(Malformed, match="entities"):
        DECODERS["hikvision"](bomb, "application/xml")


def test_openalpr_says_a_preview_first_and_then_better():
    (preview,), (group,) = (decoded("openalpr", f"openalpr-{name}.json").reads for name in ("preview", "group"))
    assert preview.preview
    assert preview.parked
    assert preview.arrival == group.arrival == "KSI-1"
    assert not group.preview
    assert (group.raw, group.confidence, group.guesses[0]) == ("A13709", pytest.approx(0.9207), "A137O9")
    assert (group.country, preview.country) == ("", "FR")  # "mo" is Missouri, not Macao
    assert _utc(group.at).year == 2015


def test_openalpr_beats():
    assert decoded("openalpr", "openalpr-heartbeat.json").reads == ()


def test_plate_recognizer_reads_in_lower_case_and_without_an_arrival():
    (read,) = decoded("plate-recognizer", "plate-recognizer-stream.json").reads
    assert (read.raw, plates.normalised(read.raw), read.arrival) == ("9jub11", "9JUB11", "")
    assert (read.country, read.guesses, read.vehicle) == ("GB", ("sju88y",), "Big Truck")
    assert _utc(read.at).hour == 5  # timestamp_local says 7


def test_plate_recognizer_posts_a_picture_without_a_plate_too():
    assert decoded("plate-recognizer", "plate-recognizer-empty.json").reads == ()


def test_plate_recognizer_snapshot_sends_a_form_with_a_picture():
    document = recording("plate-recognizer-stream.json")
    body, media_type = _multipart(("json", "application/json", document), ("upload", "image/png", PNG))
    message = DECODERS["plate-recognizer"](body, media_type)
    assert (message.reads[0].raw, message.picture) == ("9jub11", PNG)


def test_frigate_tells_one_object_by_two_topics():
    (update,), (event,) = (decoded("frigate", f"frigate-{name}.json").reads for name in ("update", "event"))
    assert update.arrival == event.arrival
    assert (plates.normalised(update.raw), event.raw) == ("AB123CD", "AB123CD")
    assert (event.phase, event.zone) == (Phase.END, "gate")


def test_frigate_sees_people_too():
    assert decoded("frigate", "frigate-person.json").reads == ()


def test_verkada_counts_milliseconds_where_it_says_detected():
    (read,) = decoded("verkada", "verkada-lpr.json").reads
    assert read.at == 1_700_000_000_250_000
    assert (read.raw, read.confidence) == ("ABCD123", 0.963)


def test_onvif_tells_what_was_so_before_from_what_comes():
    (read,) = decoded("onvif", "onvif-plate.json").reads
    assert (read.raw, read.arrival, read.country, read.zone) == ("AB-123-CD", "417", "FR", "gate-lane-1")
    assert decoded("onvif", "onvif-initialized.json").reads == ()


def test_plain_takes_one_read_or_many_and_refuses_a_time_without_a_zone():
    decode = DECODERS["plain"]
    assert decode(b'{"plate": "AB-123-CD", "at": "2026-05-21T08:00:00+02:00"}', "application/json").reads[0].at
    assert len(decode(b'{"reads": [{"plate": "A"}, {"plate": "B"}]}', "application/json").reads) == 2
    with pytest.raises(Malformed, match="zone"):
        decode(b'{"plate": "AB-123-CD", "at": "2026-05-21T08:00:00"}', "application/json")
    with pytest.raises(Malformed, match="plat"):
        decode(b'{"plate": "AB-123-CD", "plat": 1}', "application/json")


@pytest.mark.parametrize("source", sorted(DECODERS))
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'"AB123CD"', b"\xff\xfe", b"<", b"[" * 5000, b'{"data": null, "reads": 3}', b"{}" * 2],
    ids=["empty", "null", "list", "cut", "text", "bytes", "angle", "deep", "types", "twice"],
)
@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x", "multipart/mixed"])
def test_nonsense_is_malformed_and_nothing_else(source, body, media_type):
    with contextlib.suppress(Malformed):
        assert isinstance(DECODERS[source](body, media_type), Message)


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("axis", b'{"plateUTF8": {"a": 1}, "carID": [1], "capture_timestamp": "NaN", "vehicle_info": 4, "plateConfidence": "x"}'),
        ("frigate", b'{"type": "new", "after": {"label": "car", "current_zones": 3, "start_time": "yesterday"}}'),
        ("openalpr", b'{"data_type": "alpr_group", "best_plate": [], "uuids": {}, "vehicle": 3, "epoch_end": -1}'),
        ("plate-recognizer", b'{"data": {"results": [{"plate": 3, "region": 1, "candidates": [1], "vehicle": []}, 7]}}'),
        ("frigate", b'{"type": {"a": 1}, "after": {"label": "car"}}'),
        ("frigate", b'{"type": "new", "after": {"label": {}, "start_time": 1e308}}'),
        ("onvif", b'{"Topic": "tns1:RuleEngine/Recognition/LicensePlate", "UtcTime": "0001-01-01T00:00:00+14:00"}'),
        ("verkada", b'{"webhook_type": "lpr", "data": {"image_url": "javascript:alert(1)", "confidence": true}}'),
        ("onvif", b'{"Topic": "tns1:RuleEngine/Recognition/LicensePlate", "Data": [], "Key": 1, "UtcTime": 3}'),
    ],
)
def test_members_of_wrong_types_are_as_good_as_not_said(source, body):
    with contextlib.suppress(Malformed):
        for read in DECODERS[source](body, "application/json").reads:
            assert read.picture == ""
            assert read.confidence is None
            assert read.at is None
