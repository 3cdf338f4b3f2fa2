"""The workbench of a feed: what a message gives under a mapping, what is saved of it, and what is read again."""

import datetime as dt
import json

import pytest

from assets import log
from assets.feeds import captured
from assets.feeds.directory import read_feeds
from assets.models import Feed, RecordedMessage
from hypervisor.pages.failure_words import failure
from hypervisor.pages.workbench import DOTS
from journal.models import JournalEntry
from tests.api.city import City

pytestmark = pytest.mark.usefixtures("valkey")

MAPPING = {"items": "data", "address": "id", "value": "v", "at": "t"}
COMMA = "value '2,5' has a decimal comma: declare `decimal_comma` in the mapping"
MESSAGE = json.dumps({"data": [{"id": "J-1", "v": "2,5", "t": "2026-11-22T08:00:00Z"}, {"id": "nobody", "v": 1, "t": "soon"}]})


@pytest.fixture
def row(city: City) -> Feed:
    feed = Feed.objects.get(slug="jauges")
    feed.mapping = {**MAPPING, "headers": {"X-Key": "secret-key"}}
    feed.save()
    return feed


def post(city: City, act: str, who: str = "administrator", part: str = "", **fields: object):
    path = "/sites/quai/settings/feeds/jauges/mapping" + (f"?part={part}" if part else "")
    said = {"act": act, "mapping": json.dumps(MAPPING), "message": MESSAGE, "topic": "", "address": "", **fields}
    return city.client(who).post(path, said)


def test_a_message_gives_its_readings_and_its_refusals_at_once(city: City, row: Feed) -> None:
    page = post(city, "try", part="tried", mapping=json.dumps({**MAPPING, "decimal_comma": True})).content.decode()
    assert "J-1" in page
    assert "2.5" in page or "2,5" in page
    assert 'data-path="data"' in page
    assert log.shared().length(row.supervisor.site_id) == 0


def test_what_is_wrong_with_a_mapping_is_said_with_its_member(city: City, row: Feed) -> None:
    page = post(city, "try", part="tried", mapping='{"adress": "id"}').content.decode()
    assert "adress" in page
    assert post(city, "save", mapping='{"address": "id", "value": "v", "to": "parsecs"}').status_code == 422
    row.refresh_from_db()
    assert row.mapping["items"] == "data"


def test_a_saved_mapping_is_journaled_without_what_it_says_and_keeps_its_secrets(city: City, row: Feed) -> None:
    shown = city.client("administrator").get("/sites/quai/settings/feeds/jauges/mapping").content.decode()
    assert "secret-key" not in shown
    written = json.dumps({**MAPPING, "value": "w", "headers": {"X-Key": DOTS}})
    assert post(city, "save", mapping=written).status_code == 302
    row.refresh_from_db()
    assert (row.mapping["value"], row.mapping["headers"]) == ("w", {"X-Key": "secret-key"})
    line = JournalEntry.objects.filter(kind="feed.changed").get()
    assert json.loads(line.details)["changed"] == ["mapping"]


def test_a_recorded_message_is_read_again_and_a_difference_is_confirmed(city: City, row: Feed) -> None:
    assert post(city, "keep", name="two gauges").status_code == 200
    assert [reason for _, reason in RecordedMessage.objects.get().made["refusals"]] == [COMMA]
    other = json.dumps({**MAPPING, "decimal_comma": True})
    refused = post(city, "save", mapping=other)
    assert refused.status_code == 422
    assert 'name="anyway"' in refused.content.decode()
    assert post(city, "save", mapping=other, anyway="on").status_code == 302
    assert RecordedMessage.objects.get().made["readings"][0][:2] == ["J-1", 2.5]
    assert post(city, "save", mapping=other).status_code == 302
    kept = RecordedMessage.objects.get()
    assert post(city, "forget", recorded=str(kept.pk), mapping=other).status_code == 302
    assert not RecordedMessage.objects.exists()


def test_messages_that_come_are_kept_aside_when_somebody_asks(city: City, row: Feed) -> None:
    assert post(city, "capture").status_code == 200
    [entry] = [feed for feed in read_feeds() if feed.slug == "jauges"]
    now = dt.datetime.now(dt.UTC)
    assert captured.wanted(entry, int(now.timestamp() * 1e6))
    assert not captured.wanted(entry, int((now + captured.WAITS * 2).timestamp() * 1e6))
    captured.keep(log.shared().redis, row.pk, b'{"id": "J-9"}', "a/b", 1)
    page = city.client("administrator").get("/sites/quai/settings/feeds/jauges/mapping?part=captured").content.decode()
    assert "J-9" in page


@pytest.mark.parametrize("who", ["operator", "auditor", "shift_supervisor", "nord_admin"])
def test_only_who_may_change_feeds_has_a_workbench(city: City, row: Feed, who: str) -> None:
    assert city.client(who).get("/sites/quai/settings/feeds/jauges/mapping").status_code == 403


def test_reasons_are_in_the_reader_s_language(settings: object) -> None:
    from django.utils import translation

    with translation.override("fr"):
        assert failure("there is no `v`") == "il n’y a pas de `v`"
        assert failure("`also.0`: `form` is one of json, csv.") == "`also.0` : `form` est l’un de json, csv."
        assert failure("`value`: the unit 'parsecs' is not known.") == "`value` : l’unité 'parsecs' est inconnue."
        assert (
            failure("`a.b` is an object, not a text or a whole number") == "`a.b` est un objet, ni un texte ni un nombre entier"
        )
