"""What opens a supervisor that is pulled, and how one goes from page to page where no link says so."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from assets.feeds.mapping import BadMapping, Certificate
from assets.feeds.ways import access, pull
from tests.feeds.pulling import MAPPING, NOW, in_log, page, pulled_from, state
from tests.feeds.supervisors import Asked, Reply, Supervisor

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "private_addresses_allowed")
]  # fmt: skip
ROWS = [("lamp-1", 1.5, "08:00"), ("lamp-2", 2.5, "08:05"), ("lamp-3", 3.5, "08:10")]


@pytest.fixture(autouse=True)
def no_tokens() -> None:
    access._tokens.clear()


def asked_of(asked: Asked, name: str) -> str:
    return parse_qs(urlsplit(asked.path).query).get(name, [""])[0]


def test_basic_is_sent_to_the_feed_s_own_origin(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(page(ROWS[0]))
    feed = pulled_from(served, mapping={**MAPPING, "credentials": {"type": "basic", "user": "vigie", "password": "a:b"}})
    pull.pull_feed(feed.pk, NOW)
    assert served.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"vigie:a:b").decode()


def test_a_key_is_a_header_or_a_parameter_of_every_page(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(page(ROWS[0]) if "start" in asked.path else page(ROWS[1], following="/levels?start=2"))
    feed = pulled_from(served, mapping={**MAPPING, "credentials": {"type": "key", "key": "k 1", "parameter": "apikey"}})
    pull.pull_feed(feed.pk, NOW)
    assert [asked_of(asked, "apikey") for asked in served.asked] == ["k 1", "k 1"]
    assert in_log(feed).value.tolist() == [1.5, 2.5]


def test_a_token_is_asked_for_once_and_anew_when_it_is_taken_no_more(served: Supervisor) -> None:
    valid = ["t1"]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["read"]}
            assert asked.headers["authorization"].startswith("Basic ")
            return Reply(json.dumps({"access_token": valid[0], "expires_in": 3600, "token_type": "Bearer"}).encode())
        return Reply(page(ROWS[0])) if asked.headers.get("authorization") == f"Bearer {valid[0]}" else Reply(status=401)

    served.answer = answer
    said = {"type": "oauth2", "token_url": f"{served.url}/token", "client_id": "c", "client_secret": "s", "scope": "read"}
    feed = pulled_from(served, mapping={**MAPPING, "credentials": said})
    pull.pull_feed(feed.pk, NOW)
    pull.pull_feed(feed.pk, NOW + 60)
    assert [asked.path for asked in served.asked].count("/token") == 1
    valid[0] = "t2"
    pull.pull_feed(feed.pk, NOW + 120)
    assert [asked.path for asked in served.asked].count("/token") == 2
    assert state(feed).failures == 0
    valid[0] = "gone"
    served.answer = lambda asked: Reply(status=401)
    pull.pull_feed(feed.pk, NOW + 180)
    assert "answered 401" in state(feed).last_error


def test_a_cursor_of_the_answer_leads_to_the_next_page(served: Supervisor) -> None:
    def answer(asked: Asked) -> Reply:
        at = int(asked_of(asked, "cursor") or 0)
        document = json.loads(page(ROWS[at]))
        return Reply(json.dumps({**document, "meta": {"cursor": at + 1 if at < 2 else None}}).encode())

    served.answer = answer
    paging = {"type": "cursor", "path": "meta.cursor", "parameter": "cursor"}
    feed = pulled_from(served, mapping={**MAPPING, "paging": paging})
    pull.pull_feed(feed.pk, NOW)
    assert in_log(feed).value.tolist() == [1.5, 2.5, 3.5]


def test_an_offset_grows_until_a_page_is_not_full(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(page(*ROWS[int(asked_of(asked, "offset")) :][:2]))
    feed = pulled_from(served, mapping={**MAPPING, "paging": {"type": "offset", "parameter": "offset", "full": 2}})
    pull.pull_feed(feed.pk, NOW)
    assert [asked_of(asked, "offset") for asked in served.asked] == ["0", "2"]
    assert in_log(feed).value.tolist() == [1.5, 2.5, 3.5]


def test_a_certificate_that_is_none_is_named() -> None:
    with pytest.raises(BadMapping, match="certificate"):
        access.certificate_of(Certificate("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----", "no"))
