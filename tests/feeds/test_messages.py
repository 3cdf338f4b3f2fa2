"""Suppliers' own messages, pushed: the mapping of the feed reads them, and what it refuses is told like any reading."""

import json

import pytest

from assets import log
from assets.feeds.forms import mapped
from assets.feeds.forms.mapped import compiled
from tests.feeds.city import Pusher, make_feed, point_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

UPLINK = {"items": "object.*", "address": "{$.device}/{@key}", "value": "@", "at": "$.time"}


def test_a_message_is_in_the_log_before_its_sender_is_told(supervisor: Pusher) -> None:
    feed = make_feed("lamps", mapping={**UPLINK, "address": "lamp-{$.device}"})
    message = {"device": 1, "time": "2026-11-22T08:00:00Z", "object": {"power": 71.5, "name": {}}}
    answer = supervisor.push(message, slug="lamps", noun="messages")
    assert (answer.status, answer.body["accepted"], answer.body["rejected_count"]) == (202, 1, 1)
    assert answer.body["rejected"][0]["reason"] == "the value is an object, not a number or a text"
    [entry] = log.shared().read(feed.supervisor.site_id, "0", 10, 1)
    taken = entry.opened().readings
    assert taken is not None
    assert (taken.point.tolist(), taken.value.tolist()) == ([point_of(feed, "lamp-1")], [71.5])


def test_a_message_that_is_not_of_the_declared_form_is_refused_whole(supervisor: Pusher) -> None:
    make_feed("lamps", mapping={"form": "xml", "address": "a", "value": "v"})
    headers = {"content-type": "application/xml"}
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    answer = supervisor.push(bomb, slug="lamps", noun="messages", headers=headers)
    assert answer.status == 422
    assert "document type or entities" in answer.body["detail"]


def test_a_feed_without_a_mapping_says_so(supervisor: Pusher) -> None:
    make_feed("lamps")
    answer = supervisor.push({"a": 1}, slug="lamps", noun="messages")
    assert (answer.status, "Give `address`." in answer.body["detail"]) == (503, True)


def test_a_document_that_its_mapping_multiplies_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "MOST_READINGS", 100)
    use = compiled({"address": "{id}/{quantity}", "values": {"a": "v", "b": "v"}, "also": [{"value": "v", "address": "id"}]})
    assert len(use.decode(json.dumps([{"id": "x", "v": 1}] * 33).encode()).batch.items) == 99
    with pytest.raises(mapped.Malformed, match="more than 100 readings"):
        use.decode(json.dumps([{"id": "x", "v": 1}] * 40).encode())
