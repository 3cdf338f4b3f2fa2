"""Push over HTTP: what a supervisor sends is in the log before it is told so, and what is wrong is told apart."""

import asyncio
import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from assets import log
from assets.feeds import append, body, directory, events, health, unknown
from assets.feeds.ways import push
from assets.models import Feed, UnknownAddress
from tests.feeds.city import Pusher, make_feed, point_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


def readings(*values: object, address: str = "lamp-1", at: str | None = None) -> dict[str, object]:
    when = at or datetime.now(UTC).isoformat()
    return {"readings": [{"address": address, "at": when, "value": value} for value in values]}


def all_in_log(feed: Feed) -> list[log.LogEntry]:
    return [packed.opened() for packed in log.shared().read(feed.supervisor.site_id, "0", 100, 1)]


def in_log(feed: Feed) -> list[log.LogEntry]:
    """Without what tells of a message that nothing of it could be used."""
    return [entry for entry in all_in_log(feed) if entry.unusable is None]


def test_an_accepted_batch_is_in_the_log_with_its_points(feed: Feed, supervisor: Pusher) -> None:
    answer = supervisor.push({"readings": [
        {"address": "lamp-1", "at": "2026-11-22T08:00:00Z", "value": 12.5},
        {"address": "lamp-2", "at": "2026-11-22T09:00:00+01:00", "value": 0, "quality": "uncertain"},
        {"address": "lamp-9", "at": "2026-11-22T08:00:00Z", "value": 1},
        {"address": "lamp-3", "at": "2026-11-22T08:00:00", "value": 1},
    ]})  # fmt: skip
    assert (answer.status, answer.body) == (202, {
        "accepted": 2, "unknown": 1, "rejected_count": 1,
        "rejected": [
            {"index": 3, "reason": "at has no offset: end it with Z or ±hh:mm", "sample": "lamp-3 at '2026-11-22T08:00:00'"}
        ],
    })  # fmt: skip
    [entry] = in_log(feed)
    assert entry.feed == feed.id
    assert entry.readings.point.tolist() == [point_of(feed, "lamp-1"), point_of(feed, "lamp-2")]
    assert entry.readings.value.tolist() == [12.5, 0.0]
    assert entry.readings.at.tolist() == [1795334400000000] * 2
    assert entry.readings.quality.tolist() == [0, 1]


def test_a_label_is_looked_up_in_the_codes_of_its_point(feed: Feed, supervisor: Pusher) -> None:
    answer = supervisor.push(readings(" Allumé", "LAMPE EN DÉFAUT", 1, True, "inconnu", address="lamp-1/state"))
    assert in_log(feed)[0].readings.value.tolist() == [1.0, 2.0, 1.0, 1.0]
    assert answer.body["rejected"][0]["reason"] == "value 'inconnu' is not one of the point's codes"


def test_lines_of_json_are_taken_and_a_broken_line_costs_itself_alone(feed: Feed, supervisor: Pusher) -> None:
    lines = b'{"address": "lamp-1", "value": 1}\n{"address": "lamp-1", "value":\n\n{"address": "lamp-2", "value": 2}\n'
    answer = supervisor.push(lines, headers={"content-type": "application/x-ndjson"})
    assert (answer.status, answer.body["accepted"], answer.body["rejected_count"]) == (202, 2, 1)
    assert answer.body["rejected"][0]["index"] == 1


def test_a_large_batch_is_cut_into_entries_that_come_together(feed: Feed, supervisor: Pusher) -> None:
    count = append.MOST_READINGS * 2 + 1
    answer = supervisor.push(readings(*range(count), at="2026-11-22T08:00:00Z"))
    assert answer.body["accepted"] == count
    entries = in_log(feed)
    assert [len(entry.readings) for entry in entries] == [append.MOST_READINGS, append.MOST_READINGS, 1]
    assert entries[1].readings.value[0] == append.MOST_READINGS


@pytest.mark.parametrize(
    ("slug", "token"), [("lighting", "wrong"), ("lighting", ""), ("nobody", "a-token-for-tests"), ("lighting", "é" * 30)]
)
def test_a_wrong_token_and_an_unknown_feed_get_the_same_answer(feed: Feed, supervisor: Pusher, slug: str, token: str) -> None:
    answer = supervisor.push(readings(1), slug=slug, token=token)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Token"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["detail"] == "Send the feed's own token as `Authorization: Token …`."
    assert in_log(feed) == []


@pytest.mark.parametrize("authorization", ["", "Token", "Bearer a-token-for-tests", "Token  ", "a-token-for-tests"])
def test_other_forms_of_authorisation_are_refused(feed: Feed, supervisor: Pusher, authorization: str) -> None:
    assert supervisor.push(readings(1), headers={"authorization": authorization}).status == 401


def test_a_feed_without_a_token_takes_nothing(supervisor: Pusher) -> None:
    feed = make_feed()
    Feed.objects.filter(id=feed.id).update(token_hash="")
    for token in ("", "-", "-" * 64):
        assert supervisor.push(readings(1), token=token).status == 401


def test_a_feed_disabled_or_given_a_new_token_is_refused_within_two_seconds(feed: Feed) -> None:
    clock = [0.0]
    pusher = Pusher()
    pusher.app.directory = directory.Directory(clock=lambda: clock[0])
    try:
        assert pusher.push(readings(1)).status == 202
        Feed.objects.filter(id=feed.id).update(enabled=False)
        clock[0] = directory.STALE
        assert pusher.push(readings(1)).status == 403
        Feed.objects.filter(id=feed.id).update(enabled=True, token_hash="0" * 64)
        clock[0] += directory.STALE
        assert pusher.push(readings(1)).status == 401
    finally:
        pusher.close()


def test_a_feed_of_another_protocol_is_refused(supervisor: Pusher) -> None:
    make_feed(protocol="pull")
    make_feed("cabinets", protocol="ngsi-ld")
    assert supervisor.push(readings(1)).status == 403
    assert supervisor.push(readings(1), slug="cabinets").status == 403


def test_an_address_adopted_by_a_point_is_known_once_the_inventory_version_grew(feed: Feed) -> None:
    clock = [0.0]
    pusher = Pusher()
    pusher.app.directory = directory.Directory(clock=lambda: clock[0])
    try:
        assert pusher.push(readings(1, address="lamp-99")).body["unknown"] == 1
        pusher.flush()
        stranger = UnknownAddress.objects.get(feed=feed)
        assert (stranger.address, stranger.seen, stranger.sample) == ("lamp-99", 1, "1.0")
        unknown.adopt(stranger, feed.supervisor.site.assets.get(code="lighting-2"), "energy", unit="kWh", interval=900)
        clock[0] = directory.STALE
        assert pusher.push(readings(1, address="lamp-99")).body["accepted"] == 1
        assert not UnknownAddress.objects.exists()
    finally:
        pusher.close()


def test_a_body_that_cannot_be_read_is_a_problem_that_says_where(feed: Feed, supervisor: Pusher) -> None:
    broken = supervisor.push(b'{"readings": [}')
    assert (broken.status, broken.body["position"]) == (422, 14)
    other = supervisor.push(b'{"readings": 3}')
    assert (other.status, other.body["field"]) == (422, "$.readings")
    assert in_log(feed) == []


def test_only_the_first_twenty_rejections_are_told_and_all_are_counted(feed: Feed, supervisor: Pusher) -> None:
    answer = supervisor.push(readings(*[None] * 50))
    assert len(answer.body["rejected"]) == 20
    assert answer.body["rejected_count"] == 50


def test_a_body_larger_than_the_limit_is_refused_at_once(feed: Feed, supervisor: Pusher) -> None:
    assert supervisor.push(b" " * 50_000_000).status == 413
    assert supervisor.push(b" " * (body.MOST_SENT + 1), headers={"content-length": "10"}).status == 413
    assert supervisor.push(b"x", headers={"content-length": "99999999999999"}).status == 413


def test_a_gzip_body_is_inflated_and_a_bomb_is_not(feed: Feed, supervisor: Pusher) -> None:
    packed = {"content-encoding": "gzip"}
    assert supervisor.push(gzip.compress(json.dumps(readings(1, 2)).encode()), headers=packed).body["accepted"] == 2
    bomb = gzip.compress(b" " * (body.MOST_INFLATED + 1))
    assert supervisor.push(bomb, headers=packed).status == 413
    many = gzip.compress(b"") * 350_000  # seven megabytes that cost a copy of themselves each
    assert "members" in supervisor.push(many, headers=packed).body["detail"]
    few = gzip.compress(json.dumps(readings(1)).encode()) + gzip.compress(b" ") * 100
    assert supervisor.push(few, headers=packed).body["accepted"] == 1
    for broken in (b"not gzip", gzip.compress(b"{}")[:-4], b"", zlib.compress(b"{}")):
        assert supervisor.push(broken, headers=packed).status == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-encoding": "br"}, 415),
        ({"content-encoding": "gzip, gzip"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/json; charset=utf-8"}, 202),
        ({"content-type": "APPLICATION/JSON"}, 202),
        ({"content-length": "ten"}, 202),
        ({"idempotency-key": "é"}, 422),
        ({"idempotency-key": "k" * 201}, 422),
    ],
)
def test_headers_decide_or_are_refused(feed: Feed, supervisor: Pusher, headers: dict[str, str], status: int) -> None:
    assert supervisor.push(readings(1), headers=headers).status == status


def test_another_method_is_told_what_is_allowed(feed: Feed, supervisor: Pusher) -> None:
    answer = supervisor.push(b"", method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_full_log_answers_later_and_takes_nothing(feed: Feed, supervisor: Pusher, settings: object) -> None:
    settings.LOG_MAX_ENTRIES = 1
    assert supervisor.push(readings(1)).status == 202
    answer = supervisor.push(readings(2))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert len(in_log(feed)) == 1


def test_without_valkey_the_supervisor_is_told_to_come_back(feed: Feed, supervisor: Pusher, settings: object) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    answer = supervisor.push(readings(1))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    supervisor.app._flushing = None


def test_a_resend_with_the_same_key_is_answered_and_not_stored_again(feed: Feed, supervisor: Pusher) -> None:
    key, batch = {"idempotency-key": "b-1"}, readings(1, None)
    first = supervisor.push(batch, headers=key)
    again = supervisor.push(batch, headers=key)
    assert first.body == again.body
    assert len(in_log(feed)) == 1
    assert supervisor.push(readings(2), headers=key).status == 422
    assert supervisor.push(readings(2), headers={"idempotency-key": "b-2"}).status == 202


def test_one_key_sent_by_many_at_once_is_stored_once(feed: Feed, supervisor: Pusher) -> None:
    answers = supervisor.push_at_once([readings(1, at="2026-11-22T08:00:00Z")] * 20, headers={"idempotency-key": "b"})
    assert {answer.status for answer in answers} == {202}
    assert len(in_log(feed)) == 1


def test_many_at_once_are_all_stored(feed: Feed, supervisor: Pusher) -> None:
    answers = supervisor.push_at_once([readings(number) for number in range(100)])
    assert {answer.status for answer in answers} == {202}
    assert sorted(entry.readings.value[0] for entry in in_log(feed)) == list(range(100))


def test_a_sender_that_goes_away_gets_no_answer_and_leaves_nothing(feed: Feed, supervisor: Pusher) -> None:
    with pytest.raises(IndexError):  # nothing was sent back
        supervisor.push(readings(1), cut=True)
    assert in_log(feed) == []


def test_an_event_is_tied_to_its_asset_by_point_address_or_by_code(feed: Feed, supervisor: Pusher) -> None:
    answer = supervisor.push(noun="events", content={"events": [
        {"address": "lamp-2", "at": "2026-11-22T08:00:00Z", "kind": "door_forced"},
        {"address": "lighting-3", "at": 1795334400, "kind": "plate_read", "attributes": {"plate": "AA-123-BB"}},
        {"address": "elsewhere", "kind": "call"},
        {"address": "lamp-2", "at": "2026-11-22T08:00:00", "kind": "call"},
        {"address": "lamp-2", "kind": ""},
        {"address": "lamp-2", "kind": "call", "attributes": {"a": "\u0000"}},
        {"address": "lamp-2", "kind": "call", "attributes": {"a": "x" * 20_000}},
    ]})  # fmt: skip
    assert (answer.status, answer.body["accepted"], answer.body["unknown"], answer.body["rejected_count"]) == (202, 2, 1, 4)
    [entry] = in_log(feed)
    codes = dict(feed.supervisor.site.assets.values_list("id", "code"))
    assert [codes.get(event.asset) for event in entry.events] == ["lighting-2", "lighting-3", None]
    assert entry.events[1].attributes == {"plate": "AA-123-BB"}
    assert entry.events[1].at == 1795334400000000


def test_an_event_that_only_its_sender_could_hold_is_refused(feed: Feed, supervisor: Pusher) -> None:
    nested = [json.loads("[" * depth + "]" * depth) for depth in (10, events.DEEPEST + 1, 900)]
    answer = supervisor.push(noun="events", content={"events": [
        {"address": "lamp-2", "kind": "call", "attributes": {"a": value}} for value in (*nested, 2**63, -(2**63) - 1, 10**30)
    ]})  # fmt: skip
    assert (answer.status, answer.body["accepted"], answer.body["rejected_count"]) == (202, 1, 5)
    reasons = [told["reason"] for told in answer.body["rejected"]]
    assert (
        reasons
        == [f"attributes are nested more than {events.DEEPEST} deep"] * 2
        + ["attributes have a whole number of more than 64 bits"] * 3
    )


def test_half_a_surrogate_pair_beside_a_nan_costs_its_reading_alone(feed: Feed, supervisor: Pusher) -> None:
    halves = b'"\\ud800", {"address": "\\ud800", "value": 1}, {"address": "lamp-1", "value": "\\ud800"}'
    answer = supervisor.push(
        b'{"readings": [{"address": "lamp-1", "value": 1}, {"address": "lamp-1", "value": NaN}, %s]}' % halves
    )
    assert (answer.status, answer.body["accepted"], answer.body["rejected_count"]) == (202, 1, 4)


def test_what_a_feed_sent_shows_in_its_health(feed: Feed, supervisor: Pusher) -> None:
    assert health.read([feed.id])[0].state == "never"
    supervisor.push(readings(1, 2, None))
    supervisor.push(readings(1, address="lamp-77"))
    supervisor.flush()
    [now] = health.read([feed.id])
    assert (now.state, now.accepted, now.unknown, now.rejected) == ("ok", 2, 1, 1)
    assert now.per_minute[-1] + now.per_minute[-2] == 2
    assert now.rejections[0]["reason"] == "value is null"
    later = datetime.now(UTC) + timedelta(seconds=health.LATE_AFTER * feed.expected_interval + 1)
    assert health.read([feed.id], later)[0].state == "late"


@pytest.mark.parametrize(
    ("minutes", "state", "ahead"),
    [(7, "clock", pytest.approx(420, abs=5)), (-60 * 24 * 20_400, "clock", pytest.approx(-1.76e9, rel=1e-2)), (4, "ok", None)],
)
def test_a_supervisor_whose_clock_is_wrong_is_named_and_not_called_silent(
    feed: Feed, supervisor: Pusher, minutes: int, state: str, ahead: object
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    assert supervisor.push(readings(1, 2, at=moment.isoformat())).status == 202
    supervisor.flush()
    [one] = health.read([feed.id])
    assert (one.state, one.ahead if one.ahead is None else one.ahead / 1e6) == (state, ahead)
    told = [entry.unusable for entry in all_in_log(feed) if entry.unusable]
    assert [each.points.keys() for each in told] == [{point_of(feed, "lamp-1")}] * (state == "clock")
    supervisor.push(readings(1))
    supervisor.flush()
    assert health.read([feed.id])[0].state == "ok"


def test_one_station_whose_clock_is_wrong_is_told_although_the_others_are_well(feed: Feed, supervisor: Pusher) -> None:
    now = datetime.now(UTC)
    ahead = {"address": "lamp-2", "at": (now + timedelta(hours=2)).isoformat(), "value": 1}
    supervisor.push({"readings": [{"address": "lamp-1", "at": now.isoformat(), "value": 1}, ahead]})
    supervisor.flush()
    assert health.read([feed.id])[0].state == "ok"
    _, told = all_in_log(feed)
    assert told.unusable.points == {point_of(feed, "lamp-2"): pytest.approx(7_200_000_000, abs=5_000_000)}


@pytest.mark.parametrize(
    ("content", "headers", "noun"),
    [
        (b"{nonsense", {}, "readings"), (b"<xml/>", {"content-type": "text/xml"}, "readings"),
        (b"junk", {"content-encoding": "gzip"}, "readings"),
        (b'{"events": [{"address": "lamp-1", "kind": "k", "at": "yesterday"}]}', {}, "events"),
        (b'{"readings": [{"address": "lamp-1", "value": null}]}', {}, "readings"),
    ],
)  # fmt: skip
def test_a_supervisor_that_sends_nothing_usable_speaks_all_the_same(
    feed: Feed, supervisor: Pusher, content: bytes, headers: dict[str, str], noun: str
) -> None:
    supervisor.push(content, headers=headers, noun=noun)
    supervisor.flush()
    [one] = health.read([feed.id])
    assert (one.state, one.accepted, one.rejected) == ("unusable", 0, 1)
    assert [(entry.unusable.ahead, entry.unusable.points) for entry in all_in_log(feed)] == [(0, {})]


def test_inventing_addresses_does_not_fill_the_database(feed: Feed, supervisor: Pusher) -> None:
    for start in range(0, 3000, 1500):
        batch = [{"address": f"x-{number}", "value": 1} for number in range(start, start + 1500)]
        assert supervisor.push({"readings": batch}).body["unknown"] == 1500
        supervisor.flush()
    assert UnknownAddress.objects.count() == unknown.MOST_PER_FEED


def test_every_other_path_is_left_to_the_next_application() -> None:
    seen = []

    async def django(scope: dict[str, object], receive: object, send: object) -> None:
        seen.append(scope["path"])

    mounted = push.feeds_first(django)
    for path in ("/", "/api/v1/feeds/a/health", "/api/v1/feeds/a/readings/", "/api/v1/feeds/a/b/readings", "/readings"):
        asyncio.run(mounted({"type": "http", "path": path}, None, None))
    asyncio.run(mounted({"type": "websocket", "path": "/api/v1/feeds/a/readings"}, None, None))
    assert len(seen) == 6
