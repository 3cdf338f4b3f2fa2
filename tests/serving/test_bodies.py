"""Bodies meet a bound and a question before they are read: no form of a stranger holds up the control room."""

import json
import threading
import time
import urllib.request

import pytest
from django.test import Client

from hypervisor.serving import bounds, requests
from tests.factories import TOKEN, make_feed, make_site, make_user

FORM = "multipart/form-data; boundary=B"
EMPTY_PARTS = b"--B\r\n\r\n\r\n" * 880_000
"""7.9 MB that a parser of forms takes for 880,000 parts."""


class Waits:
    """How long another page of the web process waits at most, while the block runs."""

    def __init__(self, served) -> None:
        self._url = f"{served.url}/health/live"
        self._over = threading.Event()
        self._asking = threading.Thread(target=self._ask)
        self.longest = 0.0

    def __enter__(self) -> "Waits":
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._asking.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            with urllib.request.urlopen(self._url, timeout=60):
                self.longest = max(self.longest, time.monotonic() - began)


@pytest.mark.parametrize("address", ["/login/", "/api/v1/feeds/jauges/readings", "/sites/quai/assets/imports"])
def test_a_form_of_empty_parts_holds_nobody_up(transactional_db, served, dial, address):
    wire = dial()
    with Waits(served) as waits:
        wire.send("POST", address, EMPTY_PARTS, Content_Type=FORM)
        status, _, _ = wire.answer()
    assert status in (401, 413, 303)
    assert waits.longest < 3, "parsed in the event loop, it takes ten seconds"


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/login/", bounds.FORM), ("/preferences", bounds.FORM), ("/api/v1/rules", bounds.FORM), ("/nowhere", bounds.FORM),
        ("/sites/quai/assets/imports/3/confirmation", bounds.FORM), ("/login/?x=/sites/quai/assets/imports", bounds.FORM),
        ("/api/v1/feeds/jauges/readings", bounds.BATCH), ("/api/v1/feeds/jauges", bounds.FORM),
        ("/sites/quai/assets/imports", bounds.INVENTORY),
    ],
)  # fmt: skip
def test_a_body_that_is_too_long_for_its_address_is_refused_before_it_is_sent(dial, address, most):
    wire = dial()
    wire.send("POST", address, length=most + 1, Content_Type=FORM)
    status, headers, body = wire.answer()
    assert status == 413
    kind = "application/problem+json" if address.startswith("/api/") else "text/plain; charset=utf-8"
    assert (headers["content-type"], headers["connection"], bool(body)) == (kind, "close", True)


def test_a_body_in_chunks_is_refused_where_it_becomes_too_long(dial):
    wire = dial()
    wire.send("POST", "/login/", Content_Type=FORM, Transfer_Encoding="chunked")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    wire.write(chunk * 17)
    assert wire.answer()[0] == 413
    wire.write(chunk * 17 + b"0\r\n\r\n")
    assert wire.is_closed()


def test_who_sends_all_of_a_refused_body_reads_the_answer_and_is_let_go(dial):
    wire = dial()
    wire.send("POST", "/api/v1/rules", b"x" * 4_000_000, Content_Type="application/json")
    assert wire.answer()[0] == 413
    assert wire.is_closed()


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=forged", 'sessionid="; x', "other=1"])
def test_a_stranger_is_shown_to_the_door_before_sending_an_inventory(db, dial, cookie):
    wire = dial()
    wire.send("POST", "/sites/quai/assets/imports", length=100_000_000, Content_Type=FORM, Cookie=cookie)
    status, headers, _ = wire.answer()
    assert (status, headers["location"]) == (303, "/login/?next=%2Fsites%2Fquai%2Fassets%2Fimports")


def test_a_person_of_the_site_sends_an_inventory_of_megabytes(transactional_db, dial):
    client = Client()
    client.force_login(make_user("chef", make_site(), "administrator"))
    head = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = head + b"code,name\n" + b"x" * 3_000_000 + b"\r\n--B--\r\n"
    token = "x" * 32
    wire = dial()
    cookie = f"sessionid={client.session.session_key}; csrftoken={token}"
    wire.send("POST", "/sites/quai/assets/imports", body, Content_Type=FORM, Cookie=cookie, X_CSRFToken=token)
    assert wire.answer()[0] == 422, "the form misses how to read the file; it was read"


def test_another_twisted_that_parses_forms_all_the_same_does_not_start(monkeypatch):
    def parsing(request):
        return request.content

    monkeypatch.setitem(requests.TRUSTED, "_parsePOSTFormSubmission", parsing)
    with pytest.raises(requests.NotHeeded, match="_parsePOSTFormSubmission"):
        requests.install()


@pytest.mark.parametrize("token", ["", "Token wrong", "Basic eDp5"])
@pytest.mark.parametrize("length", [bounds.UNASKED + 1, 8 * 1024 * 1024, None])
def test_a_feed_is_asked_for_its_token_before_its_body_is_read(transactional_db, served, dial, token, length):
    make_feed(make_site())
    wire = dial()
    headers = {"Content_Type": "application/json"} | ({"Authorization": token} if token else {})
    if length is None:
        headers |= {"Transfer_Encoding": "chunked"}
    wire.send("POST", "/api/v1/feeds/jauges/readings", length=length, **headers)
    status, fields, body = wire.answer()
    assert (status, fields["www-authenticate"], fields["content-type"]) == (401, "Token", "application/problem+json")
    assert json.loads(body)["detail"].startswith("Send the feed's own token")


def test_the_long_body_of_a_feed_that_says_its_token_is_taken(transactional_db, served, dial, wait_until):
    make_feed(make_site())
    headers = {"Content_Type": "application/json", "Authorization": f"Token {TOKEN}"}

    def known() -> bool:
        """The web process looks for new feeds every two seconds."""
        first = dial()
        first.send("POST", "/api/v1/feeds/jauges/readings", b'{"readings": []}', **headers)
        return first.answer()[0] == 202

    wait_until(known)
    wire = dial()
    body = json.dumps({"readings": [{"address": "nowhere", "value": 1}] * 20_000}).encode()
    assert len(body) > bounds.UNASKED
    wire.send("POST", "/api/v1/feeds/jauges/readings", length=len(body), **headers)
    for start in range(0, len(body), 100_000):
        wire.write(body[start : start + 100_000])
    status, _, told = wire.answer()
    assert (status, json.loads(told).get("unknown")) == (202, 20_000), told
    wire.send("POST", "/api/v1/feeds/jauges/readings", b'{"readings": []}', **headers)  # on the same connection
    assert wire.answer()[0] == 202
