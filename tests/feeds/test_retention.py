"""What is older than what is kept is refused by name, whatever brings it, but for a recording that is replayed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.management import call_command

from assets import log
from assets.models import Feed
from tests.feeds.city import Pusher, make_feed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

NOW = datetime.now(UTC)
YOUNG, OLD = NOW - timedelta(days=29), NOW - timedelta(days=31)
REASON = "at is older than what is kept: 30 days"


@pytest.fixture(autouse=True)
def kept(settings: object) -> None:
    settings.RETENTION_DAYS = 30


@pytest.fixture
def supervisor() -> Iterator[Pusher]:
    pusher = Pusher()
    yield pusher
    pusher.close()


def as_json() -> bytes:
    return json.dumps({"readings": [{"address": "lamp-1", "at": at.isoformat(), "value": 1} for at in (YOUNG, OLD)]}).encode()


def as_lines() -> bytes:
    return b"\n".join(json.dumps({"address": "lamp-1", "at": at.isoformat(), "value": 1}).encode() for at in (YOUNG, OLD))


def as_arrow() -> bytes:
    columns = {"address": ["lamp-1"] * 2, "at": pa.array([YOUNG, OLD], pa.timestamp("us", "UTC")), "value": [1.0, 1.0]}
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def as_events() -> bytes:
    return json.dumps({"events": [{"address": "lamp-1", "kind": "x", "at": at.isoformat()} for at in (YOUNG, OLD)]}).encode()


@pytest.mark.parametrize(
    ("content", "media_type", "noun"),
    [
        (as_json(), "application/json", "readings"),
        (as_lines(), "application/x-ndjson", "readings"),
        (as_arrow(), "application/vnd.apache.arrow.stream", "readings"),
        (as_events(), "application/json", "events"),
    ],
    ids=["JSON", "NDJSON", "Arrow", "events"],
)
def test_what_is_older_than_what_is_kept_is_refused_by_name(
    supervisor: Pusher, content: bytes, media_type: str, noun: str
) -> None:
    make_feed()
    answer = supervisor.push(content, noun=noun, headers={"content-type": media_type})
    assert (answer.status, answer.body["accepted"], answer.body["rejected_count"]) == (202, 1, 1)
    assert (answer.body["rejected"][0]["index"], answer.body["rejected"][0]["reason"]) == (1, REASON)


def test_an_entity_of_a_broker_is_refused_alike(supervisor: Pusher) -> None:
    make_feed(protocol="ngsi-ld")
    entity = {"id": "lamp-1", "state": {"value": 1, "observedAt": OLD.isoformat()}}
    assert supervisor.push(entity, noun="ngsi-ld").body["rejected"][0]["reason"] == REASON


def test_a_recording_that_is_replayed_is_taken_however_old(tmp_path: Path) -> None:
    feed = make_feed(protocol="replay")
    Feed.objects.filter(pk=feed.pk).update(mapping={"address": "a", "value": "v", "at": "t"})
    recording = tmp_path / "recording.csv"
    recording.write_text(f"a,v,t\nlamp-1,1,{OLD.isoformat()}\n")
    call_command("replay", str(recording), feed=feed.slug, stdout=StringIO())
    [entry] = log.shared().read(feed.supervisor.site_id, "0", 10, 1)
    assert len(entry.opened().readings) == 1
